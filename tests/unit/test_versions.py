"""Published versions and what an alias serves, as rows."""

from __future__ import annotations

from typing import Any

from stepdeploy import versions
from stepdeploy.resources.machine_alias import MachineAlias
from tests.unit.fake_aws import GONE, FakeAws

MACHINE = "arn:aws:states:eu-west-1:111122223333:stateMachine:M"
DEFINITION = '{"R": "arn:aws:lambda:eu-west-1:111122223333:function:f:7"}'
ALIAS = MachineAlias("m", "M:live", {"arn": f"{MACHINE}:live"})


def aws(**weights: int) -> FakeAws:
    served = [{"stateMachineVersionArn": f"{MACHINE}:{name[1:]}", "weight": n} for name, n in weights.items()]
    alias = {"routingConfiguration": served, "description": "stepdeploy before 6<5<4<3<2<1"}
    return FakeAws(
        {
            "stepfunctions:list_state_machine_versions": {
                "stateMachineVersions": [{"stateMachineVersionArn": f"{MACHINE}:{number}"} for number in (8, 7)]
            },
            "stepfunctions:describe_state_machine": {"definition": DEFINITION, "description": "git 1"},
            "stepfunctions:describe_state_machine_alias": alias if weights else GONE,
        }
    )


def rows(fake: FakeAws, alias: MachineAlias | None = ALIAS, limit: int = 20) -> list[tuple[Any, ...]]:
    found = versions.listing(fake, MACHINE, alias, limit)
    return [(row["version"], row["alias"], row["functions"], row["description"]) for row in found]


def test_the_served_version_bears_the_alias() -> None:
    assert rows(aws(v7=100)) == [(8, None, "f:7", "git 1"), (7, "live", "f:7", "git 1")]


def test_weights_are_shown_where_the_alias_is_split() -> None:
    assert [row[1] for row in rows(aws(v8=10, v7=90))] == ["live 10 %", "live 90 %"]


def test_without_an_alias_no_version_is_marked() -> None:
    assert [row[1] for row in rows(aws())] == [row[1] for row in rows(aws(v8=100), None)] == [None, None]


def test_aws_lists_at_most_a_thousand_at_once() -> None:
    fake = aws()
    rows(fake, limit=5000)
    assert fake.made[0][1]["maxResults"] == 1000


def test_a_machine_that_does_not_exist_has_no_versions() -> None:
    assert versions.listing(FakeAws({"stepfunctions:list_state_machine_versions": GONE}), MACHINE, ALIAS, 20) == []


def test_what_is_served() -> None:
    assert versions.served(aws(v8=10, v7=90), MACHINE, ALIAS) == {
        "alias": "M:live", "serves": "7 (90 %), 8 (10 %)", "before": "6 5 4 3 2", "functions": "f:7",
    }  # fmt: skip
    assert versions.served(aws(), MACHINE, ALIAS) is None


def test_an_unversioned_function_is_shown_as_such() -> None:
    assert versions.functions_text(DEFINITION.replace(":7", "")) == "f:$LATEST"
