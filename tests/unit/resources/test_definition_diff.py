"""State by state: what changed between two definitions."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from stepdeploy.references import Ref
from stepdeploy.resources.definition_diff import definition_changes

Definition = dict[str, Any]
LAMBDA = "arn:aws:lambda:eu-west-1:111122223333:function"


def machine() -> Definition:
    """Get -> Check -> (Both: parallel; Each: map) -> Done, with retries, catches, a wait."""
    return {
        "StartAt": "Get",
        "TimeoutSeconds": 600,
        "States": {
            "Get": {
                "Type": "Task", "Resource": f"{LAMBDA}:get:3", "TimeoutSeconds": 30, "Next": "Check",
                "Retry": [
                    {"ErrorEquals": ["Slow"], "MaxAttempts": 5},
                    {"ErrorEquals": ["Net", "States.Timeout"], "MaxAttempts": 2},
                ],
                "Catch": [
                    {"ErrorEquals": ["NotFound"], "Next": "Nothing"},
                    {"ErrorEquals": ["States.Timeout"], "Next": "Broken"},
                    {"ErrorEquals": ["States.ALL"], "Next": "Broken"},
                ],
            },
            "Check": {
                "Type": "Choice",
                "Choices": [
                    {"Variable": "$.n", "NumericGreaterThan": 5, "Next": "Both"},
                    {"And": [{"Variable": "$.a", "IsPresent": True}, {"Variable": "$.a", "StringEquals": "x"}], "Next": "Pause"},
                ],
                "Default": "Each",
            },
            "Pause": {"Type": "Wait", "Seconds": 5, "Next": "Both"},
            "Both": {
                "Type": "Parallel", "Next": "Done",
                "Branches": [
                    {"StartAt": "L1", "States": {"L1": {"Type": "Pass", "Next": "L2"}, "L2": {"Type": "Pass", "Result": 1, "End": True}}},
                    {"StartAt": "R1", "States": {"R1": {"Type": "Task", "Resource": f"{LAMBDA}:r:1", "End": True}}},
                ],
            },
            "Each": {
                "Type": "Map", "Next": "Done",
                "ItemProcessor": {"StartAt": "One", "States": {"One": {"Type": "Pass", "Parameters": {"x": [1, 2], "y": {"z": None}}, "End": True}}},
            },
            "Done": {"Type": "Succeed"},
            "Nothing": {"Type": "Pass", "Result": {"found": False}, "Next": "Done"},
            "Broken": {"Type": "Fail", "Error": "E"},
        },
    }  # fmt: skip


def states(definition: Definition) -> dict[str, Any]:
    found: dict[str, Any] = definition["States"]
    return found


def branch(definition: Definition, index: int) -> Definition:
    found: Definition = states(definition)["Both"]["Branches"][index]
    return found


def diff(change: Callable[[Definition], Any]) -> list[tuple[str, str, Any, Any]]:
    """(kind, path within the definition, before, after) of what `change` does to the machine."""
    after = machine()
    change(after)
    return [
        (item.kind, item.path.removeprefix("definition/").removeprefix("States/"), item.before, item.after)
        for item in definition_changes(machine(), after)
    ]


def rename(old: str, new: str) -> Callable[[Definition], None]:
    """Rename a state and all that leads to it, keeping its place."""

    def change(definition: Definition) -> None:
        text = json.dumps(definition).replace(f'"{old}"', f'"{new}"')
        definition.clear()
        definition.update(json.loads(text))

    return change


def put(path: str, value: Any) -> Callable[[Definition], None]:
    """Set `States/Get/Retry/0/MaxAttempts`; a value of ... removes it."""

    def change(definition: Definition) -> None:
        at: Any = definition
        *parents, last = [int(part) if part.isdigit() else part for part in path.split("/")]
        for part in parents:
            at = at[part]
        if value is ...:
            del at[last]
        else:
            at[last] = value

    return change


def both(*changes: Callable[[Definition], Any]) -> Callable[[Definition], None]:
    def change(definition: Definition) -> None:
        for one in changes:
            one(definition)

    return change


def insert(path: str, index: int, value: Any) -> Callable[[Definition], None]:
    def change(definition: Definition) -> None:
        at: Any = definition
        for part in path.split("/"):
            at = at[int(part)] if part.isdigit() else at[part]
        at.insert(index, value)

    return change


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (put("TimeoutSeconds", 900), [("changed", "TimeoutSeconds", 600, 900)]),
        (put("Comment", "new"), [("added", "Comment", None, "new")]),
        (put("StartAt", "Check"), [("retargeted", "StartAt", "Get", "Check")]),
        (put("States/Get/TimeoutSeconds", 60), [("changed", "Get/TimeoutSeconds", 30, 60)]),
        (put("States/Get/TimeoutSeconds", ...), [("removed", "Get/TimeoutSeconds", 30, None)]),
        (put("States/Get/Next", "Both"), [("retargeted", "Get/Next", "Check", "Both")]),
        (
            both(put("States/Nothing/Next", ...), put("States/Nothing/End", True)),
            [("retargeted", "Nothing/Next", "Done", None)],
        ),
        (
            both(put("States/Both/Branches/0/States/L2/End", ...), put("States/Both/Branches/0/States/L2/Next", "L1")),
            [("retargeted", "Both/Branches[0]/States/L2/Next", None, "L1")],
        ),
        (put("States/Check/Default", "Both"), [("retargeted", "Check/Default", "Each", "Both")]),
        (put("States/Check/Default", ...), [("removed", "Check/Default", "Each", None)]),
        (put("States/Check/Choices/1/Next", "Each"), [("retargeted", "Check/Choices[1]/Next", "Pause", "Each")]),
        (
            put("States/Check/Choices/0/NumericGreaterThan", 7),
            [
                (
                    "changed", "Check/Choices[0]",
                    {"Variable": "$.n", "NumericGreaterThan": 5}, {"Variable": "$.n", "NumericGreaterThan": 7},
                )
            ],
        ),
        (
            put("States/Check/Choices", list(reversed(machine()["States"]["Check"]["Choices"]))),
            [("moved", "Check/Choices[0]", 0, 1)],
        ),
        (
            insert("States/Check/Choices", 0, {"Variable": "$.z", "IsNull": True, "Next": "Done"}),
            [("added", "Check/Choices[0]", None, {"Variable": "$.z", "IsNull": True, "Next": "Done"})],
        ),
        (put("States/Get/Catch/1/Next", "Nothing"), [("retargeted", "Get/Catch[1]/Next", "Broken", "Nothing")]),
        (
            put("States/Get/Catch/0/ErrorEquals", ["NotFound", "Gone"]),
            [("changed", "Get/Catch[0]/ErrorEquals", ["NotFound"], ["NotFound", "Gone"])],
        ),
        (
            put("States/Get/Catch/0", ...),
            [("removed", "Get/Catch[0]", {"ErrorEquals": ["NotFound"], "Next": "Nothing"}, None)],
        ),
        (
            both(insert("States/Get/Catch", 0, {"ErrorEquals": ["New"], "Next": "Done"}), put("States/Get/Catch/2/Next", "Done")),
            [
                ("retargeted", "Get/Catch[1]/Next", "Broken", "Done"),
                ("added", "Get/Catch[0]", None, {"ErrorEquals": ["New"], "Next": "Done"}),
            ],
        ),
        (put("States/Get/Retry/1/MaxAttempts", 9), [("changed", "Get/Retry[1]/MaxAttempts", 2, 9)]),
        (put("States/Get/Retry/1/BackoffRate", 2), [("added", "Get/Retry[1]/BackoffRate", None, 2)]),
        (
            put("States/Get/Retry", ...),
            [
                ("removed", "Get/Retry[0]", {"ErrorEquals": ["Slow"], "MaxAttempts": 5}, None),
                ("removed", "Get/Retry[1]", {"ErrorEquals": ["Net", "States.Timeout"], "MaxAttempts": 2}, None),
            ],
        ),
        (put("States/Get/Retry", []), [
            ("removed", "Get/Retry[0]", {"ErrorEquals": ["Slow"], "MaxAttempts": 5}, None),
            ("removed", "Get/Retry[1]", {"ErrorEquals": ["Net", "States.Timeout"], "MaxAttempts": 2}, None),
        ]),
        (put("States/Pause/Retry", []), [("added", "Pause/Retry", None, [])]),
        (put("States/Get/Resource", f"{LAMBDA}:get:4"), [("version", "Get/Resource", f"{LAMBDA}:get:3", f"{LAMBDA}:get:4")]),
        (put("States/Get/Resource", f"{LAMBDA}:other:4"), [("changed", "Get/Resource", f"{LAMBDA}:get:3", f"{LAMBDA}:other:4")]),
        (
            put("States/Get/Resource", Ref("function:get", "version_arn")),
            [("version", "Get/Resource", f"{LAMBDA}:get:3", Ref("function:get", "version_arn"))],
        ),
        (
            put("States/Get/Resource", Ref("topic:get", "arn")),
            [("changed", "Get/Resource", f"{LAMBDA}:get:3", Ref("topic:get", "arn"))],
        ),
        (
            put("States/Each/ItemProcessor/States/One/Parameters/y/z", ...),
            [("removed", "Each/ItemProcessor/States/One/Parameters/y/z", None, None)],
        ),
        (
            put("States/Each/ItemProcessor/States/One/Parameters/x", [1, 2, 3]),
            [("changed", "Each/ItemProcessor/States/One/Parameters/x", [1, 2], [1, 2, 3])],
        ),
        (
            put("States/Each/ItemProcessor/ProcessorConfig", {"Mode": "INLINE"}),
            [("added", "Each/ItemProcessor/ProcessorConfig", None, {"Mode": "INLINE"})],
        ),
        (put("States/Pause/Seconds", 5.0), [("changed", "Pause/Seconds", 5, 5.0)]),
        (put("States/Pause/Seconds", True), [("changed", "Pause/Seconds", 5, True)]),
        (
            both(put("States/Pause/Type", "Pass"), put("States/Pause/Seconds", ...)),
            [("changed", "Pause/Type", "Wait", "Pass"), ("removed", "Pause/Seconds", 5, None)],
        ),
    ],
)  # fmt: skip
def test_a_change_is_named_and_nothing_else(
    change: Callable[[Definition], Any], expected: list[tuple[str, str, Any, Any]]
) -> None:
    assert diff(change) == expected


def test_states_added_and_removed() -> None:
    def change(definition: Definition) -> None:
        states(definition)["Ask"] = {"Type": "Pass", "Next": "Check"}
        states(definition)["Get"]["Next"] = "Ask"
        del states(definition)["Nothing"]
        states(definition)["Get"]["Catch"][0]["Next"] = "Broken"

    assert [(kind, path) for kind, path, *_ in diff(change)] == [
        ("retargeted", "Get/Catch[0]/Next"), ("retargeted", "Get/Next"), ("added", "Ask"), ("removed", "Nothing"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("definition", "name", "place"),
    [
        ({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}, "A", "at the start"),
        ({"StartAt": "B", "States": {"A": {}, "B": {"Next": "A"}}}, "A", "after B"),
        ({"StartAt": "B", "States": {"A": {}, "B": {"Default": "A"}, "C": {"Choices": [{"Next": "A"}]}}}, "A", "after B and C"),
        ({"StartAt": "B", "States": {"A": {}, **{name: {"Next": "A"} for name in "BCDE"}}}, "A", "after B, C and 2 more"),
        ({"StartAt": "B", "States": {"A": {}, "B": {"Catch": [{"Next": "A"}]}}}, "A", "on errors of B"),
        ({"StartAt": "B", "States": {"A": {"Next": "A"}, "B": {}}}, "A", ""),
    ],
)  # fmt: skip
def test_an_added_state_says_where_it_comes_in(definition: Definition, name: str, place: str) -> None:
    before = copy.deepcopy(definition)
    del before["States"][name]
    (added,) = [item for item in definition_changes(before, definition) if item.kind == "added"]
    assert (added.state, added.note) == (name, place)


def test_a_state_at_the_start_of_a_branch_says_of_which() -> None:
    after = machine()
    branch(after, 1)["StartAt"] = "R0"
    branch(after, 1)["States"]["R0"] = {"Type": "Pass", "Next": "R1"}
    added = definition_changes(machine(), after)[-1]
    assert (added.kind, added.note) == ("added", "at the start of Both[1]")
    assert added.path == "definition/States/Both/Branches[1]/States/R0"


class TestRenaming:
    @pytest.mark.parametrize(
        ("old", "new", "path"),
        [
            ("Get", "Fetch", "Get"),
            ("Check", "Decide", "Check"),
            ("Done", "Finished", "Done"),
            ("Broken", "Failed", "Broken"),
            ("Both", "Side by side", "Both"),
            ("L1", "Left", "Both/Branches[0]/States/L1"),
            ("R1", "Right", "Both/Branches[1]/States/R1"),
            ("One", "Item", "Each/ItemProcessor/States/One"),
        ],
    )
    def test_a_renamed_state_is_that_and_nothing_else(self, old: str, new: str, path: str) -> None:
        assert diff(rename(old, new)) == [("renamed", path, old, new)]

    def test_a_chain_of_renamed_states(self) -> None:
        change = both(rename("Get", "G2"), rename("Check", "C2"), rename("Pause", "P2"), rename("L1", "L9"))
        assert [item[::3] for item in diff(change)] == [
            ("renamed", "G2"), ("renamed", "C2"), ("renamed", "P2"), ("renamed", "L9")
        ]  # fmt: skip

    def test_a_parallel_with_the_same_states_is_the_same_one_though_it_changed(self) -> None:
        change = both(
            rename("Both", "Two"), put("States/Two/ResultPath", "$.r"), put("States/Two/Branches/0/States/L2/Result", 2)
        )
        assert diff(change) == [
            ("renamed", "Both", "Both", "Two"),
            ("added", "Both/ResultPath", None, "$.r"),
            ("changed", "Both/Branches[0]/States/L2/Result", 1, 2),
        ]  # fmt: skip

    def test_what_differs_otherwise_is_another_state(self) -> None:
        found = diff(both(rename("Pause", "Rest"), put("States/Rest/Seconds", 6)))
        assert [item[:2] for item in found] == [
            ("retargeted", "Check/Choices[1]/Next"), ("added", "Rest"), ("removed", "Pause")
        ]  # fmt: skip

    def test_one_that_became_two_is_not_renamed(self) -> None:
        def change(definition: Definition) -> None:
            rename("Broken", "Broken1")(definition)
            states(definition)["Broken2"] = {"Type": "Fail", "Error": "E"}
            states(definition)["Get"]["Catch"][2]["Next"] = "Broken2"

        assert [item[:2] for item in diff(change)] == [
            ("retargeted", "Get/Catch[1]/Next"), ("retargeted", "Get/Catch[2]/Next"),
            ("added", "Broken1"), ("added", "Broken2"), ("removed", "Broken"),
        ]  # fmt: skip

    def test_two_that_became_one_are_not_renamed(self) -> None:
        before = machine()
        states(before)["Broken2"] = {"Type": "Fail", "Error": "E"}
        states(before)["Get"]["Catch"][2]["Next"] = "Broken2"
        after = json.loads(
            json.dumps(before).replace('"Broken2"', '"Lost"').replace('"Next": "Broken"', '"Next": "Lost"')
        )
        del after["States"]["Broken"]
        assert "renamed" not in {item.kind for item in definition_changes(before, after)}

    def test_a_name_that_is_still_there_was_not_renamed(self) -> None:
        def change(definition: Definition) -> None:
            states(definition)["Nothing2"] = states(definition)["Nothing"]
            states(definition)["Get"]["Catch"][0]["Next"] = "Nothing2"

        assert [item[:2] for item in diff(change)] == [("retargeted", "Get/Catch[0]/Next"), ("added", "Nothing2")]


class TestScopes:
    def test_a_state_that_moves_into_a_branch_is_the_same_state(self) -> None:
        def change(definition: Definition) -> None:
            branch(definition, 1)["States"]["Pause"] = {**states(definition).pop("Pause"), "Next": "R1"}

        assert diff(change) == [
            ("moved", "Pause", "top level", "Both[1]"), ("retargeted", "Pause/Next", "Both", "R1")
        ]  # fmt: skip

    def test_branches_that_changed_places(self) -> None:
        def change(definition: Definition) -> None:
            states(definition)["Both"]["Branches"].reverse()
            branch(definition, 0)["States"]["R1"]["TimeoutSeconds"] = 3

        assert diff(change) == [
            ("moved", "Both/Branches[0]", 0, 1),
            ("added", "Both/Branches[1]/States/R1/TimeoutSeconds", None, 3),
        ]

    def test_a_branch_put_in_front_of_the_others(self) -> None:
        new = {"StartAt": "N", "States": {"N": {"Type": "Pass", "End": True}}}
        assert diff(insert("States/Both/Branches", 0, new)) == [("added", "Both/Branches[0]", None, new)]

    def test_a_branch_taken_away(self) -> None:
        gone = machine()["States"]["Both"]["Branches"][0]
        assert diff(put("States/Both/Branches/0", ...)) == [("removed", "Both/Branches[0]", gone, None)]

    def test_a_parallel_taken_away_takes_its_states_with_it_but_for_those_kept(self) -> None:
        def change(definition: Definition) -> None:
            states(definition)["L2"] = {**branch(definition, 0)["States"]["L2"]}
            states(definition)["Pause"]["Next"] = "L2"
            states(definition)["Check"]["Choices"][0]["Next"] = "L2"
            del states(definition)["Both"]

        assert [item[:2] for item in diff(change)] == [
            ("retargeted", "Check/Choices[0]/Next"), ("retargeted", "Pause/Next"),
            ("moved", "Both/Branches[0]/States/L2"), ("removed", "Both"),
        ]  # fmt: skip

    def test_iterator_is_the_older_name_of_item_processor(self) -> None:
        def change(definition: Definition) -> None:
            each = states(definition)["Each"]
            each["Iterator"] = each.pop("ItemProcessor")

        assert diff(change) == [("renamed", "Each/ItemProcessor", "ItemProcessor", "Iterator")]


class TestNotALanguage:
    @pytest.mark.parametrize("other", [None, [], "x", {}, {"States": []}, {"States": {"A": 1}}])
    def test_what_is_no_definition_is_compared_as_json(self, other: Any) -> None:
        assert definition_changes(other, other) == ()
        assert definition_changes(other, machine()) and definition_changes(machine(), other)

    def test_a_name_that_is_used_twice_is_told_apart_by_its_place(self) -> None:
        before = machine()
        branch(before, 1)["States"]["L1"] = {"Type": "Pass", "End": True}
        after = copy.deepcopy(before)
        branch(after, 1)["States"]["L1"]["Result"] = 1
        assert [(item.kind, item.path) for item in definition_changes(before, after)] == [
            ("added", "definition/States/Both/Branches[1]/States/L1/Result")
        ]


def test_entries_are_named_by_their_errors_and_conditions() -> None:
    after = machine()
    states(after)["Get"]["Catch"][1]["Next"] = "Done"
    states(after)["Get"]["Retry"][1]["MaxAttempts"] = 1
    states(after)["Check"]["Choices"][1]["Next"] = "Done"
    assert [(item.state, item.note) for item in definition_changes(machine(), after)] == [
        ("Get", "Net, States.Timeout"), ("Get", "States.Timeout"), ("Check", '$.a = "x"')
    ]  # fmt: skip


def test_the_path_may_start_elsewhere() -> None:
    assert definition_changes({"States": {}}, {"States": {}, "Comment": "x"}, "m")[0].path == "m/Comment"
