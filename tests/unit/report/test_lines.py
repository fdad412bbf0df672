"""Plans, findings and errors as lines and as data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stepdeploy.engine.model import Action, Call, Change, FileBytes, JsonText, Plan
from stepdeploy.errors import AccessDenied, InvalidProject, StepdeployError
from stepdeploy.references import Pending, Ref
from stepdeploy.report.lines import (
    Line,
    as_template,
    change_spans,
    error_json,
    error_lines,
    plan_lines,
)
from stepdeploy.report.values import value_text

VERSION = Ref("function:f", "version_arn")


def text(line: Line) -> str:
    return "".join(part for part, _ in line)


def plan(*actions: Action, notes: tuple[str, ...] = ()) -> Plan:
    return Plan("orders", "prod", "111122223333", "eu-west-1", actions, ("role:a", "topic:t"), notes)


PUBLISH = Call("lambda", "publish_version", {"FunctionName": "F"}, {"version_arn": "FunctionArn"})
UPDATE = Action(
    "function:f", "F-prod", "update", (Call("lambda", "update_function_code", {"FunctionName": "F"}), PUBLISH),
    (Change("code", "sha256:a", "sha256:b"), Change("environment/A", None, "1"), Change("tags/Team", "x", None)),
)  # fmt: skip
CREATE = Action(
    "state_machine:m", "M-prod", "create",
    (Call("stepfunctions", "create_state_machine", {"definition": JsonText({"States": {"A": VERSION}})}),),
    (Change("states", None, ["A"]),), frozenset({"function:f"}),
)  # fmt: skip
DELETE = Action("role:old", "Old-role", "delete", (), ())


def test_a_plan_as_a_tree() -> None:
    assert [text(line) for line in plan_lines(plan(UPDATE, CREATE, DELETE, notes=("a note",)))] == [
        "orders / prod  account 111122223333, eu-west-1",
        "├─ ~ function:f  F-prod",
        "│       code: sha256:a -> sha256:b",
        "│       environment/A: 1",
        "│       tags/Team: x removed",
        "├─ + state_machine:m  M-prod",
        "└─ - role:old  Old-role",
        "   ! a note",
        "1 to create, 1 to update, 1 to delete, 2 unchanged.",
    ]


def test_a_verbose_plan_shows_calls_and_what_stays() -> None:
    assert [text(line) for line in plan_lines(plan(UPDATE), verbose=True)][5:] == [
        "        lambda:UpdateFunctionCode",
        "        lambda:PublishVersion",
        "   = role:a unchanged",
        "   = topic:t unchanged",
        "0 to create, 1 to update, 0 to delete, 2 unchanged.",
    ]


def test_an_empty_plan_says_so() -> None:
    assert text(list(plan_lines(plan()))[-1]) == "Nothing to change: 2 resources are as they should be."


def test_a_plan_as_data() -> None:
    data = plan(CREATE).to_json()
    assert json.loads(json.dumps(data)) == {
        "project": "orders", "environment": "prod", "account": "111122223333", "region": "eu-west-1",
        "counts": {"create": 1, "update": 0, "delete": 0},
        "actions": [
            {
                "address": "state_machine:m", "name": "M-prod", "verb": "create", "needs": ["function:f"], "bookkeeping": False,
                "changes": [{"path": "states", "kind": "added", "before": None, "after": ["A"]}],
                "calls": [
                    {
                        "operation": "stepfunctions:CreateStateMachine",
                        "params": {"definition": {"States": {"A": {"$ref": "function:f.version_arn"}}}},
                    }
                ],
            }
        ],
        "unchanged": ["role:a", "topic:t"], "notes": [], "drift": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("x", "x"),
        (True, "true"),
        (1.5, "1.5"),
        (None, "null"),
        (["a", {"b": 1}], '["a", {"b": 1}]'),
        ("é", "é"),
        (["é"], '["é"]'),
        ("two\n  lines", "two lines"),
        (VERSION, "(known after apply)"),
        ({"a": Pending(("x", VERSION))}, "(known after apply)"),
        (FileBytes(Path("f.zip"), "ab"), '{"$file": "f.zip", "sha256": "ab"}'),
        (b"abc", '"<3 bytes>"'),
        ("y" * 100, "y" * 100),
        ("y" * 101, "y" * 99 + "…"),
    ],
)
def test_values_in_one_short_line(value: Any, shown: str) -> None:
    assert value_text(value) == shown


def test_what_appears_is_green_and_what_goes_is_red() -> None:
    assert change_spans(Change("a", 1, 2)) == [("a: ", ""), ("1", "red"), (" -> ", "dim"), ("2", "green")]
    assert change_spans(Change("a", None, 2))[1] == ("2", "green")
    assert change_spans(Change("a", 1, None))[1] == ("1", "red")


def test_an_error_says_what_where_and_what_next() -> None:
    error = AccessDenied(
        "iam:CreateRole: AccessDenied: no", code="AccessDenied", operation="iam:CreateRole", where="R", hint="Ask.",
        request_id="req-1",
    )  # fmt: skip
    assert [text(line) for line in error_lines(error)] == [
        "error: R: iam:CreateRole: AccessDenied: no",
        "       Ask.",
        "       AWS request id: req-1",
    ]
    assert error_json(error) == {
        "error": "AccessDenied", "message": "iam:CreateRole: AccessDenied: no", "where": "R", "hint": "Ask.",
        "exit_code": 1, "code": "AccessDenied", "operation": "iam:CreateRole", "request_id": "req-1",
    }  # fmt: skip


def test_an_error_without_place_and_hint_is_one_line() -> None:
    assert [text(line) for line in error_lines(StepdeployError("no"))] == ["error: no"]


def test_all_problems_of_a_project_are_told() -> None:
    problems = (InvalidProject("one", where="a.json:1:2", hint="mend"), InvalidProject("two"))
    error = InvalidProject("one", problems=problems)
    assert [text(line) for line in error_lines(error)] == [
        "error: a.json:1:2: one", "       mend", "error: two", "2 problems found",
    ]  # fmt: skip
    data = error_json(error)
    assert data["exit_code"] == 3
    assert [problem["message"] for problem in data["problems"]] == ["one", "two"]
    assert "2 problems found" not in [text(line) for line in error_lines(InvalidProject("x", problems=problems[:1]))]


def test_a_rendered_definition_is_written_as_it_would_be_in_a_template() -> None:
    value = {"a": VERSION, "b": [Pending(("x-", VERSION))], "c": 1}
    assert as_template(value) == {"a": "${function:f.version_arn}", "b": ["x-${function:f.version_arn}"], "c": 1}
