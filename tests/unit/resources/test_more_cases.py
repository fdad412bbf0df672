"""Case files of the kinds that wire things together; they are laid out as those of tests/unit/resources/test_cases.py.

A case may name its resource: "name", else each kind has one of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from stepdeploy.resources.base import Base
from stepdeploy.resources.dashboard import Dashboard
from stepdeploy.resources.event_source import EventSource
from stepdeploy.resources.invoke_config import InvokeConfig
from stepdeploy.resources.permission import Permission
from stepdeploy.resources.provisioned import Provisioned, Replaced
from stepdeploy.resources.recorded import WIRING
from stepdeploy.resources.rule import Rule
from stepdeploy.resources.subscription import Subscription
from stepdeploy.resources.warm_up import WarmUp
from tests.unit.resources.case_files import FOLDER, actual, calls_of, decode, load, made_plain
from tests.unit.resources.shapes import parameter_problems

KINDS: Mapping[str, tuple[type[Base], str]] = {
    "permission": (Permission, "Thing-test:stepdeploy-topic-news-to-thing"),
    "rule": (Rule, "Thing-test"),
    "warm_up": (WarmUp, "Thing-test-warm-up"),
    "event_source": (EventSource, "Thing-test/jobs-test"),
    "subscription": (Subscription, "News-test|lambda|arn:aws:lambda:eu-west-1:111122223333:function:Thing-test"),
    "invoke_config": (InvokeConfig, "Thing-test"),
    "provisioned": (Provisioned, "Thing-test"),
    "provisioned_before": (Replaced, "Thing-test"),
    "dashboard": (Dashboard, "Thing-test"),
}
FILES = sorted(path for kind in KINDS for path in (FOLDER / kind).glob("*.json"))


def resource(path: Path, case: Mapping[str, Any]) -> Base:
    kind, name = KINDS[path.parent.name]
    return kind("thing", case.get("name", name), decode(case["desired"]))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_case(path: Path) -> None:
    case = load(path)
    made = resource(path, case)
    decision = made.diff(actual(case), made.desired)
    assert calls_of(decision.calls) == case["calls"]
    assert [change.path for change in decision.changes] == case["changes"]
    assert dict(decision.outputs) == case["outputs"]
    assert list(decision.notes) == case.get("notes", [])
    for call in decision.calls:
        assert parameter_problems(call.service, call.operation, made_plain(call.params)) == ""


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_cases_for_a_change_and_for_nothing_to_do(kind: str) -> None:
    cases = {path.stem: load(path) for path in FILES if path.parent.name == kind}
    assert cases["no_change"]["calls"] == []
    assert any(case["calls"] for case in cases.values())


def test_all_wiring_has_cases() -> None:
    assert {kind.kind for kind in WIRING} <= set(KINDS)
