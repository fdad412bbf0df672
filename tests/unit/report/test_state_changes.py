"""A definition's changes, a line a state."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from stepdeploy.engine.model import Action, Change
from stepdeploy.references import Ref
from stepdeploy.report.lines import change_lines
from stepdeploy.report.spans import text_of
from stepdeploy.report.state_changes import ONE_LINE, definition_lines, is_of_definition
from stepdeploy.resources.definition_diff import definition_changes
from tests.unit.resources.test_definition_diff import (
    LAMBDA,
    Definition,
    both,
    branch,
    insert,
    machine,
    put,
    rename,
    states,
)

NEW = {"ErrorEquals": ["New", "Newer"], "Next": "Done"}


def lines(change: Callable[[Definition], Any], *, everything: bool = False) -> list[str]:
    after = copy.deepcopy(machine())
    change(after)
    return [text_of(line) for line in definition_lines(definition_changes(machine(), after), everything=everything)]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (put("TimeoutSeconds", 900), "~ machine: TimeoutSeconds 600 -> 900"),
        (put("StartAt", "Check"), "~ machine: StartAt Get -> Check"),
        (put("States/Get/TimeoutSeconds", 60), "~ state Get: TimeoutSeconds 30 -> 60"),
        (put("States/Get/TimeoutSeconds", ...), "~ state Get: - TimeoutSeconds 30"),
        (put("States/Get/ResultPath", "$.r"), "~ state Get: + ResultPath $.r"),
        (put("States/Get/ResultPath", None), "~ state Get: + ResultPath null"),
        (put("States/Get/Next", "Both"), "~ state Get: Next Check -> Both"),
        (
            both(put("States/Nothing/Next", ...), put("States/Nothing/End", True)),
            "~ state Nothing: Next Done -> (end)",
        ),
        (put("States/Get/Catch/1/Next", "Done"), "~ state Get: Catch[1] States.Timeout: Broken -> Done"),
        (put("States/Get/Catch/1/ResultPath", "$.e"), "~ state Get: + Catch[1] States.Timeout ResultPath $.e"),
        (put("States/Get/Retry/1/MaxAttempts", 9), "~ state Get: Retry[1] Net +1 MaxAttempts 2 -> 9"),
        (insert("States/Get/Catch", 0, NEW), "~ state Get: + Catch[0] New +1 -> Done"),
        (put("States/Get/Catch/0", ...), "~ state Get: - Catch[0] NotFound -> Nothing"),
        (
            insert("States/Get/Retry", 0, {"ErrorEquals": ["New"], "MaxAttempts": 3, "BackoffRate": 2}),
            "~ state Get: + Retry[0] New (MaxAttempts 3, BackoffRate 2)",
        ),
        (put("States/Get/Retry/0", ...), "~ state Get: - Retry[0] Slow (MaxAttempts 5)"),
        (put("States/Check/Choices/1/Next", "Done"), '~ state Check: Choices[1] $.a = "x": Pause -> Done'),
        (put("States/Check/Choices/0/NumericGreaterThan", 7), "~ state Check: Choices[0]: $.n > 5 -> $.n > 7"),
        (put("States/Check/Choices/0", ...), "~ state Check: - Choices[0] $.n > 5 -> Both"),
        (
            put("States/Check/Choices", machine()["States"]["Check"]["Choices"][::-1]),
            "~ state Check: Choices[0] $.n > 5 moved to [1]",
        ),
        (put("States/Get/Resource", f"{LAMBDA}:get:4"), "~ state Get: Lambda get:3 -> :4"),
        (put("States/Get/Resource", f"{LAMBDA}:other:4"), "~ state Get: Resource Lambda get:3 -> other:4"),
        (put("States/Get/Resource", Ref("function:get", "version_arn")), "~ state Get: Lambda get:3 -> new version of get"),
        (put("States/Get/Resource", Ref("topic:get", "arn")), f"~ state Get: Resource {LAMBDA}:get:3 -> (known after apply)"),
        (
            put("States/Each/ItemProcessor/States/One/Parameters/y/z", "5"),
            '~ state One: Parameters.y.z null -> "5"',
        ),
        (put("States/Each/ItemProcessor/ProcessorConfig", {"Mode": "INLINE"}),
         '~ state Each: + ItemProcessor.ProcessorConfig {"Mode": "INLINE"}'),
        (put("States/Both/Branches", machine()["States"]["Both"]["Branches"][::-1]), "~ state Both: Branches[0] moved to [1]"),
        (put("States/Both/Branches/0", ...), "~ state Both: - Branches[0] (2 states)"),
        (rename("Pause", "Rest"), "~ state Pause renamed Rest"),
    ],
)  # fmt: skip
def test_one_change_is_one_line(change: Callable[[Definition], Any], expected: str) -> None:
    assert lines(change) == [expected]


def test_states_that_come_go_and_move() -> None:
    def change(definition: Definition) -> None:
        states(definition)["New"] = {**copy.deepcopy(states(definition)["Both"]), "Branches": [
            {"StartAt": "N1", "States": {"N1": {"Type": "Map", "End": True, "ItemProcessor": {"StartAt": "N2", "States": {"N2": {"Type": "Pass", "End": True}}}}}}
        ]}  # fmt: skip
        states(definition)["Pause"]["Next"] = "New"
        branch(definition, 0)["States"]["Nothing"] = {**states(definition).pop("Nothing"), "Next": "L2"}
        states(definition)["Get"]["Catch"][0]["Next"] = "Broken"

    assert lines(change) == [
        "~ state Get: Catch[0] NotFound: Nothing -> Broken",
        "~ state Pause: Next Both -> New",
        "~ state Nothing moved from top level to Both[0]: Next Done -> L2",
        "+ state New (Parallel, 2 states in it), after Pause",
    ]
    assert lines(put("States/Both", ...)) == ["- state Both (Parallel, 3 states in it)"]


def test_several_changes_of_a_state_stand_in_its_line_while_they_fit() -> None:
    two = both(put("States/Get/TimeoutSeconds", 60), put("States/Get/Resource", f"{LAMBDA}:get:4"))
    assert lines(two) == ["~ state Get: Lambda get:3 -> :4; TimeoutSeconds 30 -> 60"]
    comment = "c" * ONE_LINE
    assert lines(both(two, put("States/Get/Comment", comment))) == [
        "~ state Get",
        "    Lambda get:3 -> :4",
        "    TimeoutSeconds 30 -> 60",
        f"    + Comment {comment[:99]}…",
    ]


def test_states_that_changed_alike_share_a_line() -> None:
    change = both(put("States/Done/Comment", "x"), put("States/Broken/Comment", "x"), put("States/Pause/Comment", "y"))
    assert lines(change) == ["~ state Pause: + Comment y", "~ states Done and Broken: + Comment x"]


def test_where_many_changed_alike_not_all_are_named() -> None:
    def change(definition: Definition) -> None:
        for name in states(definition):
            if name != "Broken":
                states(definition)[name]["Comment"] = "x"
        branch(definition, 0)["States"]["L1"]["Comment"] = "x"

    assert lines(change) == ["~ states Get, Check, Pause, Both, L1, Each and 2 more: + Comment x"]
    assert lines(change, everything=True) == [
        "~ states Get, Check, Pause, Both, L1, Each, Done and Nothing: + Comment x"
    ]


def test_secrets_are_masked_and_the_change_is_seen() -> None:
    def change(definition: Definition) -> None:
        states(definition)["Get"]["Parameters"] = {"Payload": {"api_token": "t1ger"}}
        states(definition)["Check"]["Choices"][1]["And"][1] = {"Variable": "$.password", "StringEquals": "t1ger"}

    one, *other = lines(change)
    assert "t1ger" not in "".join([one, *other])
    assert one.startswith("~ state Get: + Parameters") and "*** (sha256:" in one
    assert '$.password = "*** (sha256:' in "".join(other)


def test_colours() -> None:
    after = machine()
    after["States"]["New"] = {"Type": "Pass", "Next": "Get"}
    after["States"]["Pause"]["Next"] = "New"
    (changed, added) = definition_lines(definition_changes(machine(), after))
    assert changed == [
        ("~ ", "yellow"), ("state ", ""), ("Pause", "bold"), (": ", ""), ("Next ", ""), ("Both", "red"), (" -> ", "dim"), ("New", "green"),
    ]  # fmt: skip
    assert added == [("+ ", "green"), ("state ", ""), ("New", "green"), (" (Pass), after Pause", "")]


def test_other_changes_of_the_resource_stand_beside() -> None:
    changes = (
        Change("version", "1", "2"),
        *definition_changes({"States": {}}, {"States": {"A": {"Type": "Pass"}}}),
        Change("logging/level", "ALL", "ERROR"),
    )
    action = Action("state_machine:m", "M", "update", (), changes)
    assert [text_of(line) for line in change_lines(action)] == [
        "version: 1 -> 2", "+ state A (Pass)", "logging/level: ALL -> ERROR"
    ]  # fmt: skip
    assert [is_of_definition(change) for change in changes] == [False, True, False]


def test_a_state_whose_name_begins_another_one_is_not_taken_for_it() -> None:
    def change(definition: Definition) -> None:
        rename("R1", "Bo")(definition)
        branch(definition, 1)["States"]["Bo"]["TimeoutSeconds"] = 3

    before = copy.deepcopy(machine())
    rename("R1", "Bo")(before)
    after = copy.deepcopy(before)
    change(after)
    found = definition_changes(before, after)
    assert [text_of(line) for line in definition_lines(found)] == ["~ state Bo: + TimeoutSeconds 3"]
    assert [item.place for item in found] == ["TimeoutSeconds"]


@pytest.mark.parametrize("name", ["a/b", "a[0]", "States", "x/States/y", "GetToken", "a.b c"])
def test_any_name_of_a_state(name: str) -> None:
    before = {"StartAt": name, "States": {name: {"Type": "Wait", "Seconds": 1, "End": True}}}
    after = copy.deepcopy(before)
    after["States"][name]["Seconds"] = 2  # type: ignore[index]
    assert [text_of(line) for line in definition_lines(definition_changes(before, after))] == [
        f"~ state {name}: Seconds 1 -> 2"
    ]
