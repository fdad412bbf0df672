"""InputPath to OutputPath, variables, the context object, Pass, Wait, Succeed and Fail."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from stepdeploy.interpreter import VirtualClock
from tests.unit.interpreter.support import CONTEXT, TASK, Tasks, execute, one, output


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {"a": 1, "b": {"c": 2}}),
        ({"InputPath": "$.b"}, {"c": 2}),
        ({"InputPath": None}, {}),
        ({"OutputPath": None}, {}),
        ({"OutputPath": "$.b.c"}, 2),
        ({"Result": 7, "ResultPath": "$.b.d"}, {"a": 1, "b": {"c": 2, "d": 7}}),
        ({"Result": 7, "ResultPath": None}, {"a": 1, "b": {"c": 2}}),
        ({"InputPath": "$.b", "ResultPath": "$.copy"}, {"a": 1, "b": {"c": 2}, "copy": {"c": 2}}),
        ({"Parameters": {"x.$": "$.a", "y": ["$.a", {"z.$": "$.b.c"}]}}, {"x": 1, "y": ["$.a", {"z": 2}]}),
        ({"Parameters": {"name.$": "$$.Execution.Name", "state.$": "$$.State.Name"}}, {"name": "name", "state": "S"}),
        ({"Result": {"not.$": "$.evaluated"}}, {"not.$": "$.evaluated"}),
    ],
)
def test_pass_shapes_data(fields: dict[str, Any], expected: Any) -> None:
    assert output({"Type": "Pass", **fields}, {"a": 1, "b": {"c": 2}}) == expected


def test_a_task_goes_through_all_five_filters() -> None:
    tasks = Tasks(lambda call: {"got": call.parameters, "noise": 0})
    state = {
        **TASK,
        "InputPath": "$.in",
        "Parameters": {"p.$": "$.x"},
        "ResultSelector": {"kept.$": "$.got"},
        "ResultPath": "$.out",
        "OutputPath": "$.out",
    }
    assert output(state, {"in": {"x": 1}}, tasks=tasks) == {"kept": {"p": 1}}


@pytest.mark.parametrize(
    ("fields", "cause"),
    [
        ({"InputPath": "$.x"}, "Invalid path '$.x' : No results for path: $['x']"),
        ({"OutputPath": "$.x.y"}, "Invalid path '$.x.y' : Missing property in path $['x']"),
        (
            {"Parameters": {"v.$": "$.x"}},
            "The JSONPath '$.x' specified for the field 'v.$' could not be found in the input '{\"a\":1}'",
        ),
    ],
)
def test_a_path_that_leads_nowhere_fails_the_execution(fields: dict[str, Any], cause: str) -> None:
    outcome = execute(one({"Type": "Pass", **fields}), {"a": 1})
    assert outcome.error == "States.Runtime"
    assert outcome.cause == f"An error occurred while executing the state 'S' (entered at the event id #2). {cause}"


def test_result_path_into_a_value_is_a_match_failure() -> None:
    outcome = execute(one({"Type": "Pass", "Result": 1, "ResultPath": "$.a.b"}), {"a": "text"})
    assert outcome.error == "States.ResultPathMatchFailure"


def test_variables_are_assigned_from_the_values_before() -> None:
    machine = {
        "StartAt": "A",
        "States": {
            "A": {"Type": "Pass", "Assign": {"n": 1, "data.$": "$.x"}, "Next": "B"},
            "B": {"Type": "Pass", "Assign": {"n": 2, "old.$": "$n"}, "Next": "C"},
            "C": {"Type": "Pass", "Parameters": {"n.$": "$n", "old.$": "$old", "d.$": "$data[0]"}, "End": True},
        },
    }
    assert execute(machine, {"x": [5]}).output == {"n": 2, "old": 1, "d": 5}


def test_a_variable_that_was_never_assigned_fails() -> None:
    assert execute(one({"Type": "Pass", "Parameters": {"v.$": "$nope"}})).error == "States.Runtime"


def test_inner_variables_stay_inside_and_outer_ones_are_seen() -> None:
    branch = {
        "StartAt": "B",
        "States": {
            "B": {"Type": "Pass", "Assign": {"inner.$": "$outer"}, "Next": "C"},
            "C": {"Type": "Pass", "Parameters": {"v.$": "$inner"}, "End": True},
        },
    }
    machine = {
        "StartAt": "A",
        "States": {
            "A": {"Type": "Pass", "Assign": {"outer": 1}, "Next": "P"},
            "P": {"Type": "Parallel", "Branches": [branch], "ResultPath": "$.p", "Next": "End"},
            "End": {"Type": "Pass", "Parameters": {"v.$": "$inner"}, "End": True},
        },
    }
    assert execute(machine).error == "States.Runtime"
    machine["States"]["End"] = {"Type": "Pass", "OutputPath": "$.p[0].v", "End": True}
    assert execute(machine).output == 1


def test_the_context_object_is_whole() -> None:
    clock = VirtualClock(datetime(2024, 5, 1, 10, tzinfo=UTC))
    context = output({"Type": "Pass", "InputPath": "$$"}, {"in": 1}, clock=clock)
    assert context == {
        "Execution": {**CONTEXT["Execution"], "Input": {"in": 1}},
        "StateMachine": CONTEXT["StateMachine"],
        "State": {"Name": "S", "EnteredTime": "2024-05-01T10:00:00.000Z"},
    }


@pytest.mark.parametrize(
    ("fields", "data", "slept"),
    [
        ({"Seconds": 30}, {}, [30]),
        ({"SecondsPath": "$.s"}, {"s": 5}, [5]),
        ({"Timestamp": "2024-05-01T10:00:10Z"}, {}, [10]),
        ({"TimestampPath": "$.t"}, {"t": "2024-05-01T12:00:01+02:00"}, [1]),
        ({"Timestamp": "2020-01-01T00:00:00Z"}, {}, []),
        ({"Seconds": "{% $states.input.s * 2 %}", "QueryLanguage": "JSONata"}, {"s": 5}, [10]),
    ],
)
def test_wait_sleeps_on_the_clock(fields: dict[str, Any], data: Any, slept: list[float]) -> None:
    clock = VirtualClock(datetime(2024, 5, 1, 10, tzinfo=UTC))
    assert output({"Type": "Wait", **fields}, data, clock=clock) == data
    assert clock.slept == slept


@pytest.mark.parametrize("seconds", [-1, 100_000_000, "soon", None, True])
def test_wait_refuses_bad_seconds(seconds: Any) -> None:
    assert execute(one({"Type": "Wait", "SecondsPath": "$.s"}), {"s": seconds}).error == "States.Runtime"
    expression = {"Type": "Wait", "Seconds": "{% $states.input.s %}", "QueryLanguage": "JSONata"}
    assert execute(one(expression), {"s": seconds}).error == "States.QueryEvaluationError"


def test_succeed_ends_a_machine_in_the_middle() -> None:
    assert output({"Type": "Succeed", "InputPath": "$.a"}, {"a": 1}) == 1


@pytest.mark.parametrize(
    ("fields", "error", "cause"),
    [
        ({}, None, None),
        ({"Error": "E", "Cause": "because"}, "E", "because"),
        ({"ErrorPath": "$.e", "CausePath": "States.Format('{}!', $.c)"}, "Bad", "so!"),
        ({"Error": "{% $states.input.e %}", "Cause": "{% 'x' & 1 %}", "QueryLanguage": "JSONata"}, "Bad", "x1"),
    ],
)
def test_fail_states(fields: dict[str, Any], error: str | None, cause: str | None) -> None:
    outcome = execute(one({"Type": "Fail", **fields}), {"e": "Bad", "c": "so"})
    assert (outcome.status, outcome.error, outcome.cause) == ("FAILED", error, cause)


def test_fail_paths_must_lead_to_a_text() -> None:
    assert execute(one({"Type": "Fail", "ErrorPath": "$.e"}), {"e": 1}).error == "States.Runtime"
