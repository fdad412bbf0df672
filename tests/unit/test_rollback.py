"""What an alias goes back to, what is checked first, and what the record says afterwards."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stepdeploy import rollback
from stepdeploy.engine.model import Plan
from stepdeploy.errors import NothingToRollBackTo, UsageError
from stepdeploy.resources.machine_alias import MachineAlias, history_after, read_history, write_history
from tests.unit.fake_aws import GONE, FakeAws

MACHINE = "arn:aws:states:eu-west-1:111122223333:stateMachine:M"
LAMBDA = "arn:aws:lambda:eu-west-1:111122223333:function"


def routes(**weights: int) -> dict[str, int]:
    """routes(v5=90, v4=10)"""
    return {f"{MACHINE}:{name[1:]}": weight for name, weight in weights.items()}


@pytest.mark.parametrize(
    ("served", "history", "to", "expected"),
    [
        (routes(v5=100), (4, 3), None, 4),
        (routes(v5=100), (1,), None, 1),
        (routes(v5=100), (4, 3), 2, 2),
        (routes(v5=100), (), 2, 2),
        (routes(v5=90, v4=10), (4, 3), None, 4),
        (routes(v5=10, v4=90), (3,), None, 4),
        (routes(v5=50, v4=50), (), None, 4),
        (routes(v1=100), (1, 3), None, 3),
    ],
    ids=[
        "the one before", "not the number below", "named", "named without a record", "weighted: the one before",
        "weighted by hand: the lower number", "weighted without a record", "moved by hand to the one before",
    ],
)  # fmt: skip
def test_choose(served: dict[str, int], history: tuple[int, ...], to: int | None, expected: int) -> None:
    assert rollback.choose(served, history, to) == expected


@pytest.mark.parametrize("history", [(), (5,)])
def test_without_a_record_of_another_version_there_is_nothing_to_choose(history: tuple[int, ...]) -> None:
    with pytest.raises(NothingToRollBackTo, match="serves version 5") as caught:
        rollback.choose(routes(v5=100), history, None)
    assert "--to VERSION" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("served", "history", "target", "expected"),
    [
        (routes(v5=100), (4, 3, 2, 1), 4, (3, 2, 1)),
        (routes(v5=100), (4, 3, 2, 1), 2, (1,)),
        (routes(v5=100), (4,), None, (5, 4)),
        (routes(v5=100), (4,), 3, (5, 4)),
        (routes(v5=90, v4=10), (4,), 5, (4,)),
        (routes(v5=10, v4=90), (3,), 4, (3,)),
        (routes(v4=90, v5=10), (4, 3), None, (4, 3)),
    ],
)
def test_the_record_never_names_what_is_served_nor_a_version_twice(
    served: dict[str, int], history: tuple[int, ...], target: int | None, expected: tuple[int, ...]
) -> None:
    assert history_after(served, history, target) == expected


def test_deploys_and_rollbacks_keep_the_record_of_what_was_served() -> None:
    """As in the module's own words: deploys 1 to 5, back to 4, deploy of 6."""
    served, history = 1, ()
    for version in (2, 3, 4, 5):
        served, history = version, history_after({f"{MACHINE}:{served}": 100}, history, None)
    assert history == (4, 3, 2, 1)
    served, history = 4, history_after({f"{MACHINE}:{served}": 100}, history, 4)
    history = history_after({f"{MACHINE}:{served}": 100}, history, None)
    assert write_history(history) == "stepdeploy before 4<3<2<1"
    assert read_history(write_history(history)) == history


def test_a_long_record_fits_the_description_and_loses_only_the_oldest() -> None:
    history = tuple(range(1200, 1000, -1))
    text = write_history(history)
    kept = read_history(text)
    assert len(text) <= 256 < len(text) + len(f"<{history[len(kept)]}")
    assert kept == history[: len(kept)]


def definition(*functions: str) -> str:
    names = {f"S{index}": {"Resource": name} for index, name in enumerate(functions)}
    return json.dumps({"StartAt": "S0", "States": names})


class Machine(FakeAws):
    """A machine with versions (number -> definition) and an alias."""

    def __init__(self, served: dict[str, int] | None, description: str, versions: dict[int, str], *gone: str) -> None:
        def describe(stateMachineArn: str) -> Any:
            number = int(stateMachineArn.rsplit(":", 1)[1])
            return {"definition": versions[number]} if number in versions else GONE

        def function(FunctionName: str, Qualifier: str = "") -> Any:
            return GONE if f"{FunctionName}:{Qualifier}" in gone else {"FunctionName": FunctionName}

        found = [{"stateMachineVersionArn": arn, "weight": weight} for arn, weight in (served or {}).items()]
        alias = {"routingConfiguration": found, "description": description}
        super().__init__(
            {
                "stepfunctions:describe_state_machine_alias": alias if served else GONE,
                "stepfunctions:describe_state_machine": describe,
                "lambda:get_function_configuration": function,
            }
        )


def plan(aws: FakeAws, to: int | None = None, *, records: Any = (), target: rollback.Target | None = None) -> Plan:
    alias = MachineAlias("m", "M:live", {"arn": f"{MACHINE}:live"})
    where = rollback.Where("m", MACHINE, "stepdeploy-p-e", "ada@host")
    return rollback.plan(
        aws, alias, where, lambda: records, target or rollback.Target(to), project="p", env="e", account="111122223333",
        region="eu-west-1",
    )  # fmt: skip


def test_a_rollback_is_one_call_that_moves_the_alias_and_the_record() -> None:
    versions = {3: definition(f"{LAMBDA}:f:1"), 5: definition(f"{LAMBDA}:f:2")}
    aws = Machine(routes(v5=100), "stepdeploy before 3<1", versions)
    action, recorded = plan(aws).actions
    (call,) = action.calls
    assert call.label == "stepfunctions:UpdateStateMachineAlias"
    assert call.params["routingConfiguration"] == [{"stateMachineVersionArn": f"{MACHINE}:3", "weight": 100}]
    assert call.params["description"] == "stepdeploy before 1"
    assert [(change.path, change.before, change.after) for change in action.changes] == [
        ("version", "5", "3"), ("definition/States/S0/Resource", f"{LAMBDA}:f:2", f"{LAMBDA}:f:1"),
    ]  # fmt: skip
    assert ("lambda:get_function_configuration", {"FunctionName": "f", "Qualifier": "1"}) in aws.made
    assert recorded.needs == {"alias:m"} and recorded.calls[0].label == "dynamodb:TransactWriteItems"


def test_what_is_served_already_is_an_empty_plan() -> None:
    made = plan(Machine(routes(v5=100), "stepdeploy before 3", {5: definition()}), to=5)
    assert not made and made.unchanged == ("alias:m",)


def test_a_weighted_alias_goes_wholly_to_the_version_that_was_named() -> None:
    aws = Machine(routes(v5=90, v4=10), "stepdeploy before 4<3", {4: definition(), 5: definition()})
    call = plan(aws, to=5).actions[0].calls[0]
    assert call.params["routingConfiguration"] == [{"stateMachineVersionArn": f"{MACHINE}:5", "weight": 100}]
    assert call.params["description"] == "stepdeploy before 4<3"


def test_without_an_alias_there_is_nothing_to_roll_back() -> None:
    with pytest.raises(NothingToRollBackTo, match="the alias M:live does not exist"):
        plan(Machine(None, "", {}))


def test_a_named_version_that_does_not_exist_is_a_matter_of_usage() -> None:
    with pytest.raises(UsageError, match="version 9 does not exist"):
        plan(Machine(routes(v5=100), "stepdeploy before 3", {5: definition()}), to=9)


def test_a_recorded_version_that_is_gone_is_not() -> None:
    with pytest.raises(NothingToRollBackTo, match="served version 3 before, which does not exist any more") as caught:
        plan(Machine(routes(v5=100), "stepdeploy before 3", {5: definition()}))
    assert "--to VERSION" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("resource", "gone", "words"),
    [(f"{LAMBDA}:f:1", "f:1", "it calls f:1, which"), (f"{LAMBDA}:f", "f:", "it calls f, which")],
)
def test_a_version_whose_function_is_gone_is_refused(resource: str, gone: str, words: str) -> None:
    versions = {3: definition(resource), 5: definition()}
    with pytest.raises(NothingToRollBackTo, match=words):
        plan(Machine(routes(v5=100), "stepdeploy before 3", versions, gone))


def test_functions_of_a_definition() -> None:
    text = definition(
        f"{LAMBDA}:b:2", f"{LAMBDA}:a", f"{LAMBDA}:b:2", "arn:aws-cn:lambda:cn-north-1:111122223333:function:c:$LATEST",
        "arn:aws:states:::lambda:invoke",
    )  # fmt: skip
    assert rollback.functions_in(text) == [("a", None), ("b", "2"), ("c", "$LATEST")]
