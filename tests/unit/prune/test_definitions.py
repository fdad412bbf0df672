"""Which function versions a definition is taken to call."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stepdeploy.prune.definitions import Calls, calls_of
from stepdeploy.prune.facts import ranges

ARN = "arn:aws:lambda:eu-west-1:111122223333:function"


def task(**parameters: Any) -> str:
    return json.dumps({"States": {"A": {"Type": "Task", "Parameters": parameters}}})


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (task(FunctionName=f"{ARN}:F:7"), {("F", 7)}),
        (task(FunctionName="F:7"), {("F", 7)}),
        (task(FunctionName="111122223333:function:F:7"), {("F", 7)}),
        (task(FunctionName=f"{ARN}:F", Qualifier="7"), {("F", 7)}),
        (task(FunctionName="F", Qualifier="7"), {("F", 7)}),
        (json.dumps({"States": {"A": {"Resource": f"{ARN}:F:12"}}}), {("F", 12)}),
        (json.dumps({"States": {"A": {"Result": {"which": f"{ARN}:F:3"}}}}), {("F", 3)}),
        (task(FunctionName=f"{ARN}:F"), set()),
        (task(FunctionName=f"{ARN}:F:prod"), set()),
        (task(FunctionName=f"{ARN}:F:$LATEST"), set()),
        (task(FunctionName=f"{ARN}:Other-F:7"), set()),
        (task(FunctionName=f"{ARN}:F-local:7"), {("F-local", 7)}),
        (task(FunctionName=f"{ARN}:Stranger:7"), set()),
    ],
)
def test_named(text: str, named: set[tuple[str, int]]) -> None:
    assert calls_of(text, ["F", "F-local"]) == Calls(frozenset(named))


@pytest.mark.parametrize(
    "parameters",
    [
        {"FunctionName.$": "$.function"},
        {"FunctionName": f"{ARN}:F", "Qualifier.$": "$.version"},
        {"FunctionName": "{% $states.input.function %}"},
    ],
)
def test_chosen_at_run_time(parameters: dict[str, str]) -> None:
    assert calls_of(task(**parameters), ["F"]).at_run_time


@pytest.mark.parametrize(("numbers", "text"), [([], ""), ([3], "3"), ([1, 2, 3, 5, 7, 8], "1-3, 5, 7-8")])
def test_ranges(numbers: list[int], text: str) -> None:
    assert ranges(numbers) == text
