"""Smoke cases: what differs is told by field, with the failing state and the cause."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stepdeploy import jsonsource
from stepdeploy.executions import Step
from stepdeploy.smoke.cases import Case, cases_of, failing_state, problems


def ended(output: Any = None, status: str = "SUCCEEDED", **more: Any) -> dict[str, Any]:
    return {"status": status, "output": json.dumps(output), **more}


FAILED = ended(status="FAILED", error="NobodyThere", cause='{"errorMessage": "There is nobody."}')


@pytest.mark.parametrize(
    ("case", "found", "told"),
    [
        (Case("a", {}), ended({"x": 1}), []),
        (Case("a", {}, output={"x": [1, {"y": None}]}), ended({"x": [1, {"y": None}]}), []),
        (Case("a", {}, output=None), ended(None), []),
        (Case("a", {}, output={"b": 1, "a": 2}), ended({"a": 2, "b": 1}), []),
        (Case("a", {}, output={"x": 1}), ended({"x": 2}), ["output/x: expected 1, was 2"]),
        (Case("a", {}, output={"x": 1}), ended({"x": True}), ["output/x: expected 1, was true"]),
        (Case("a", {}, output={"x": 1}), ended({}), ["output/x: expected 1, is missing"]),
        (Case("a", {}, output={"x": None}), ended({}), ["output/x: expected null, is missing"]),
        (Case("a", {}, output={}), ended({"x": None}), ["output/x: not expected, was null"]),
        (Case("a", {}, output=[1, 2]), ended([1]), ["output: expected [1, 2], was [1]"]),
        (Case("a", {}, output=None), ended({"x": 1}), ['output: expected null, was {"x": 1}']),
        (Case("a", {}, output_schema={"required": ["x"]}), ended({"x": 1}), []),
        (
            Case("a", {}, output_schema={"required": ["x"], "properties": {"y": {"type": "number"}}}),
            ended({"y": "1"}),
            ["output: lacks 'x'", "output: y must be a number, not '1'"],
        ),
        (Case("a", {}), FAILED, ["status: expected SUCCEEDED, was FAILED: NobodyThere: There is nobody. (state Say)"]),
        (Case("a", {}, "FAILED"), ended({"x": 1}), ["status: expected FAILED, was SUCCEEDED"]),
        (Case("a", {}, "FAILED", error="NobodyThere"), FAILED, []),
        (Case("a", {}, "FAILED"), FAILED, []),
        (
            Case("a", {}, "FAILED", error="Other"),
            FAILED,
            ["error: expected Other, was NobodyThere: NobodyThere: There is nobody. (state Say)"],
        ),
        (Case("a", {}, "FAILED", error="Other"), ended(status="FAILED"), ["error: expected Other, was none (state Say)"]),
        (Case("a", {}, "TIMED_OUT"), ended(status="TIMED_OUT"), []),
        (Case("a", {}, "TIMED_OUT"), FAILED, [
            "status: expected TIMED_OUT, was FAILED: NobodyThere: There is nobody. (state Say)"]),
    ],
)  # fmt: skip
def test_what_differs(case: Case, found: dict[str, Any], told: list[str]) -> None:
    steps = [Step(0, "entered", "First"), Step(0, "exited", "First"), Step(1, "entered", "Say")]
    assert problems(case, found, steps) == told


def test_many_differences_are_counted() -> None:
    told = problems(Case("a", {}, output={str(n): n for n in range(20)}), ended({}), [])
    assert len(told) == 9 and told[-1] == "12 more differences of the output"


def test_the_failing_state_is_the_last_one_that_was_not_left() -> None:
    caught = [Step(0, "entered", "A"), Step(1, "failed", "A", "Boom"), Step(1, "exited", "A"), Step(2, "entered", "B")]
    assert failing_state(caught) == "B"
    assert failing_state([Step(0, "entered", "A"), Step(1, "failed", "A"), Step(1, "exited", "A")]) == "A"
    assert failing_state([]) == ""


def test_cases_are_chosen_by_environment_and_defaulted() -> None:
    text = json.dumps({"cases": [{"name": "a"}, {"name": "b", "environments": ["prod"], "input": 3, "output": None}]})
    source = jsonsource.parse(text, "x.smoke.json")
    assert cases_of(source, "local") == (Case("a", {}),)
    assert cases_of(source, "prod")[1] == Case("b", 3, output=None)
    assert cases_of(None, "local") == ()
