"""Choice states of both languages."""

from __future__ import annotations

from typing import Any

import pytest

from stepdeploy.interpreter import MemoryHistory
from tests.unit.interpreter.support import execute, one, output, types

MOMENT = "2024-03-01T12:00:00Z"
LATER = "2024-03-01T14:30:00.5+02:00"


def taken(rule: dict[str, Any], data: Any, default: bool = True) -> Any:
    """Whether a rule is taken: True, False (Default), or the outcome when the execution failed."""
    choice = {"Type": "Choice", "Choices": [{**rule, "Next": "Yes"}]} | ({"Default": "No"} if default else {})
    results = {name: {"Type": "Pass", "Result": result, "End": True} for name, result in (("Yes", True), ("No", False))}
    outcome = execute({"StartAt": "C", "States": {"C": choice, **results}}, data)
    return outcome.output if outcome.status == "SUCCEEDED" else outcome


@pytest.mark.parametrize(
    ("operator", "value", "expected", "result"),
    [
        ("StringEquals", "a", "a", True),
        ("StringEquals", 1, "1", False),
        ("StringLessThan", "a", "b", True),
        ("StringGreaterThanEquals", "b", "b", True),
        ("StringGreaterThan", "Z", "a", False),
        ("StringMatches", "log-2024.txt", "log-*.txt", True),
        ("StringMatches", "a*b", "a\\*b", True),
        ("StringMatches", "axb", "a\\*b", False),
        ("NumericEquals", 1, 1.0, True),
        ("NumericEquals", True, 1, False),
        ("NumericEquals", "1", 1, False),
        ("NumericLessThanEquals", 2, 2, True),
        ("NumericGreaterThan", 2, 2, False),
        ("BooleanEquals", True, True, True),
        ("BooleanEquals", 1, True, False),
        ("TimestampEquals", MOMENT, "2024-03-01T13:00:00+01:00", True),
        ("TimestampLessThan", MOMENT, LATER, True),
        ("TimestampGreaterThanEquals", MOMENT, LATER, False),
        ("TimestampEquals", "yesterday", MOMENT, False),
        ("IsNull", None, True, True),
        ("IsNull", 0, False, True),
        ("IsString", "", True, True),
        ("IsNumeric", False, True, False),
        ("IsBoolean", False, True, True),
        ("IsTimestamp", MOMENT, True, True),
        ("IsTimestamp", "2024-13-01T12:00:00Z", True, False),
        ("IsTimestamp", "2024-03-01 12:00:00Z", False, True),
        ("IsPresent", None, True, True),
    ],
)
def test_operators_compare_values_of_their_own_type(operator: str, value: Any, expected: Any, result: bool) -> None:
    assert taken({"Variable": "$.v", operator: expected}, {"v": value}) is result


@pytest.mark.parametrize(
    ("operator", "value", "expected", "result"),
    [
        ("StringEqualsPath", "a", "a", True),
        ("NumericLessThanPath", 1, 2, True),
        ("TimestampGreaterThanPath", LATER, MOMENT, True),
        ("BooleanEqualsPath", False, False, True),
        ("NumericEqualsPath", 1, "1", False),
    ],
)
def test_path_operators_take_the_other_side_from_the_data(
    operator: str, value: Any, expected: Any, result: bool
) -> None:
    assert taken({"Variable": "$.v", operator: "$.w"}, {"v": value, "w": expected}) is result


def test_junctions_nest() -> None:
    rule = {
        "And": [
            {"Variable": "$.a", "IsPresent": True},
            {"Or": [{"Variable": "$.a", "NumericEquals": 1}, {"Not": {"Variable": "$.a", "NumericLessThan": 5}}]},
        ]
    }
    assert [taken(rule, {"a": number}) for number in (1, 2, 7)] == [True, False, True]
    assert taken(rule, {}) is False


def test_a_missing_variable_fails_the_execution_though_there_is_a_default() -> None:
    outcome = taken({"Variable": "$.x", "StringEquals": "a"}, {})
    assert outcome.error == "States.Runtime"
    assert outcome.cause.endswith("Invalid path '$.x': The choice state's condition path references an invalid value.")
    assert taken({"Variable": "$.v", "NumericEqualsPath": "$.x"}, {"v": 1}).error == "States.Runtime"


def test_presence_of_an_element_tells_an_empty_array() -> None:
    rule = {"Variable": "$.list[0]", "IsPresent": True}
    assert [taken(rule, {"list": items}) for items in ([], [None])] == [False, True]


def test_no_match_and_no_default() -> None:
    assert taken({"Variable": "$.v", "NumericEquals": 1}, {"v": 2}, default=False).error == "States.NoChoiceMatched"


def test_input_and_output_path_apply() -> None:
    choice = {
        "Type": "Choice",
        "InputPath": "$.inner",
        "OutputPath": "$.b",
        "Choices": [{"Variable": "$.a", "NumericEquals": 1, "Next": "End"}],
    }
    machine = {"StartAt": "C", "States": {"C": choice, "End": {"Type": "Succeed"}}}
    assert execute(machine, {"inner": {"a": 1, "b": "kept"}}).output == "kept"


def test_a_rule_assigns_in_place_of_the_state() -> None:
    choice = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.a", "NumericEquals": 1, "Assign": {"from": "rule"}, "Next": "End"}],
        "Assign": {"from": "default"},
        "Default": "End",
    }
    machine = {
        "StartAt": "C",
        "States": {"C": choice, "End": {"Type": "Pass", "Parameters": {"from.$": "$from"}, "End": True}},
    }
    assert [execute(machine, {"a": number}).output["from"] for number in (1, 2)] == ["rule", "default"]


JSONATA_CHOICE = {
    "Type": "Choice",
    "QueryLanguage": "JSONata",
    "Choices": [
        {"Condition": "{% $states.input.a > 5 %}", "Next": "End", "Output": "{% $states.input.a * 2 %}"},
        {"Condition": False, "Next": "End"},
    ],
    "Default": "End",
    "Output": "default",
}


def test_jsonata_conditions_and_outputs() -> None:
    machine = {"StartAt": "C", "States": {"C": JSONATA_CHOICE, "End": {"Type": "Succeed"}}}
    assert [execute(machine, {"a": number}).output for number in (6, 5)] == [12, "default"]


def test_a_condition_must_be_true_or_false() -> None:
    machine = one({**JSONATA_CHOICE, "Choices": [{"Condition": "{% $states.input.a %}", "Next": "End"}]})
    history = MemoryHistory()
    outcome = execute(machine, {"a": "yes"}, history=history)
    assert outcome.error == "States.QueryEvaluationError"
    assert (
        "field 'Choices[0]/Condition' returned an unexpected result type. Expected 'boolean', but was 'string'"
        in str(outcome.cause)
    )
    assert types(history)[2:] == ["EvaluationFailed", "ExecutionFailed"]


def test_a_parallels_output_can_be_chosen_by() -> None:
    branch = {"StartAt": "B", "States": {"B": {"Type": "Pass", "Result": {"ok": True}, "End": True}}}
    machine = {
        "StartAt": "P",
        "States": {
            "P": {"Type": "Parallel", "Branches": [branch], "Next": "C"},
            "C": {
                "Type": "Choice",
                "Choices": [{"Variable": "$[0].ok", "BooleanEquals": True, "Next": "Yes"}],
                "Default": "No",
            },
            "Yes": {"Type": "Pass", "Result": "yes", "End": True},
            "No": {"Type": "Pass", "Result": "no", "End": True},
        },
    }
    assert execute(machine).output == "yes"
    assert output({"Type": "Pass", "Parameters": {"v.$": "$[0].ok"}}, [{"ok": True}]) == {"v": True}
