"""What a `${name}` stands for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stepdeploy import settings
from stepdeploy.arns import Place
from stepdeploy.names import ASSIGNED, DEFAULTS, Names
from stepdeploy.references import KINDS, Ref
from tests.unit.small_project import write_project

PLACE = Place("aws", "eu-west-1", "123456789012")
ACCOUNT = "eu-west-1:123456789012"


@pytest.fixture
def names(tmp_path: Path) -> Names:
    return Names(settings.load(write_project(tmp_path), "local"), PLACE)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("threshold", 95),
        ("env", "local"),
        ("aws:region", "eu-west-1"),
        ("aws:account", "123456789012"),
        ("aws:partition", "aws"),
        ("table:orders", "Orders-local"),
        ("table:orders.arn", f"arn:aws:dynamodb:{ACCOUNT}:table/Orders-local"),
        ("bucket:files", "files-local-123456789012"),
        ("bucket:files.arn", "arn:aws:s3:::files-local-123456789012"),
        ("topic:alerts", f"arn:aws:sns:{ACCOUNT}:Alerts-local"),
        ("queue:jobs", f"arn:aws:sqs:{ACCOUNT}:Jobs-local.fifo"),
        ("queue:jobs.name", "Jobs-local.fifo"),
        ("role:greet.name", "GreetRole-local"),
        ("alarm:failed", f"arn:aws:cloudwatch:{ACCOUNT}:alarm:Failed-local"),
        ("function:greet.name", "Greet-local"),
        ("function:greet.arn", f"arn:aws:lambda:{ACCOUNT}:function:Greet-local"),
        ("function:greet.log_group", "/aws/lambda/Greet-local"),
        ("function:greet.log_group_arn", f"arn:aws:logs:{ACCOUNT}:log-group:/aws/lambda/Greet-local"),
        ("state_machine:main", f"arn:aws:states:{ACCOUNT}:stateMachine:Main-local:live"),
        ("state_machine:main.arn", f"arn:aws:states:{ACCOUNT}:stateMachine:Main-local"),
        ("state_machine:bare.alias_arn", f"arn:aws:states:{ACCOUNT}:stateMachine:Bare-local"),
        ("state_machine:main.log_group", "/aws/vendedlogs/states/Main-local"),
    ],
)
def test_known_at_once(names: Names, name: str, value: Any) -> None:
    assert names.lookup(name) == value


@pytest.mark.parametrize(
    ("name", "ref"),
    [
        ("function:greet", Ref("function:greet", "version_arn")),
        ("queue:jobs.url", Ref("queue:jobs", "url")),
        ("state_machine:main.version_arn", Ref("state_machine:main", "version_arn")),
        ("layer:deps", Ref("layer:deps", "version_arn")),
    ],
)
def test_known_to_aws_alone(names: Names, name: str, ref: Ref) -> None:
    assert names.lookup(name) == ref


@pytest.mark.parametrize(
    "name",
    [
        "thresold", "aws:zone", "table:order", "table:orders.url", "function:greet.url", "kind:x", "table:",
        "log_group:greet", "function:none.version_arn", "",
    ],
)  # fmt: skip
def test_unknown_names(names: Names, name: str) -> None:
    with pytest.raises(KeyError):
        names.lookup(name)


def test_parameters_that_were_asked_for_are_noted(names: Names) -> None:
    names.lookup("env")
    assert names.used == set()
    names.lookup("threshold")
    assert names.used == {"threshold"}


def test_every_known_name_can_be_looked_up(names: Names) -> None:
    known = names.known()
    assert {"threshold", "env", "aws:region", "function:greet", "queue:jobs", "layer:deps"} <= set(known)
    for name in known:
        names.lookup(name)


def test_the_tables_speak_of_kinds_that_a_reference_can_name() -> None:
    assert set(DEFAULTS) == set(KINDS)
    assert {kind for kind, _ in ASSIGNED} <= set(KINDS)
