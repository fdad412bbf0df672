"""JSONata mode: expressions in every field, the functions that AWS adds, and the wording of failures."""

from __future__ import annotations

from typing import Any

import pytest

from stepdeploy.interpreter import MemoryHistory, TaskCall, TaskError
from tests.unit.interpreter.support import TASK, Tasks, execute, one, types

DATA = {"n": 3, "none": None, "list": [1, None, 2], "text": "a", "empty": [], "object": {"k": [5]}, "float": 2.0}


def machine(state: dict[str, Any]) -> dict[str, Any]:
    return one(state, QueryLanguage="JSONata")


def value(expression: str, data: Any = None) -> Any:
    state = {"Type": "Pass", "Output": {"v": f"{{% {expression} %}}"}}
    outcome = execute(machine(state), DATA if data is None else data)
    return outcome.output["v"] if outcome.status == "SUCCEEDED" else outcome


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("$states.input.n + 1", 4),
        ("$states.input.none", None),
        ("$states.input.list", [1, None, 2]),
        ("$states.input.list.{'x': $}", [{"x": 1}, {"x": None}, {"x": 2}]),
        ("$states.input.empty", []),
        ("$states.input.object.k", [5]),
        ("[1..3]", [1, 2, 3]),
        ("$sum($states.input.list[$ != null])", 3),
        ("4 / 2", 2),
        ("1 / 4", 0.25),
        ("$states.input.float", 2),
        ("{'a': $states.input.missing, 'b': 1}", {"b": 1}),
        ("$map([1,2], function($v) { $v * 2 })", [2, 4]),
        ("$states.context.Execution.Name", "name"),
        ("$states.context.State.Name", "S"),
        ("$partition([1,2,3], 2)", [[1, 2], [3]]),
        ("$partition([1,2,3], 2.9)", [[1, 2], [3]]),
        ("$partition([0], 4)", [[0]]),
        ("$range(1, 9, 4)", [1, 5, 9]),
        ("$range(-1.7, 1, 1)", [-1, 0, 1]),
        ("$range(7, 7, 1)", 7),
        ("$hash('input data', 'SHA-1')", "aaff4a450a104cd177d28d18d74485e8cae074b7"),
        ("$parse('{\"a\": [null]}')", {"a": [None]}),
        ("$random(7) = $random(7)", True),
        ("$length($uuid())", 36),
        ("$merge([{'a': 1}, {'b': null}])", {"a": 1, "b": None}),
    ],
)
def test_expressions(expression: str, expected: Any) -> None:
    assert value(expression) == expected


@pytest.mark.parametrize(
    "expression",
    ["$missing", "$states.input.missing", "$range(3, 1, 1)", "$partition([], 2)", "$partition([1], 0)", "$hash('a')"],
)
def test_nothing_is_an_error_that_names_the_field(expression: str) -> None:
    outcome = value(expression)
    assert outcome.error == "States.QueryEvaluationError"
    assert outcome.cause == (
        "An error occurred while executing the state 'S' (entered at the event id #2). "
        f"The JSONata expression '{expression}' specified for the field 'Output/v' returned nothing (undefined)."
    )


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("$range('0', 4, 1)", 'T0410: Argument 1 of function "range" does not match function signature'),
        ("$eval('1')", "T1006: Attempted to invoke a non-function"),
        ("1 + 'a'", "T2002: The right side of the + operator must evaluate to a number"),
        ("$error('boo')", "boo"),
        ("$parse('{')", "$parse received invalid JSON"),
        ("(", "S0203"),
        ("$sort([1, null])", "not supported between instances"),
        ("+".join(["1"] * 101), "D1011: Stack overflow"),
        ("($f := function($n) { $f($n + 1) }; $f(1))", "D101"),
    ],
)
def test_a_failing_expression_says_why(expression: str, reason: str) -> None:
    outcome = value(expression)
    assert outcome.error == "States.QueryEvaluationError"
    assert " threw an error during evaluation. " in outcome.cause
    assert reason in outcome.cause.partition("evaluation. ")[2]


def test_a_hundred_levels_are_allowed() -> None:
    assert value("+".join(["1"] * 100)) == 100


def test_functions_are_no_result() -> None:
    assert value("function($x) { $x }").cause.endswith("returned an unsupported result type.")


def test_expressions_leave_the_input_alone() -> None:
    machine_ = {
        "StartAt": "A",
        "QueryLanguage": "JSONata",
        "States": {
            "A": {
                "Type": "Pass",
                "Output": "{% $states.input ~> |$|{'n': 9}| %}",
                "Assign": {"i": "{% $states.input %}"},
                "Next": "B",
            },
            "B": {"Type": "Pass", "Output": ["{% $i %}", "{% $states.input.n %}"], "End": True},
        },
    }
    assert execute(machine_, DATA).output == [DATA, 9]


def test_only_a_text_that_is_all_expression_is_one() -> None:
    constants = [" {% 1 %}", "{% 1 %} ", "$states.input", "{%", 1, None]
    assert execute(machine({"Type": "Pass", "Output": constants})).output == constants


def test_a_task_in_jsonata() -> None:
    state = {
        **TASK,
        "Arguments": {"x": "{% $states.input.n %}", "deep": ["{% $v %}"]},
        "TimeoutSeconds": "{% $states.input.n * 10 %}",
        "Output": {"in": "{% $states.input.n %}", "result": "{% $states.result.x %}"},
        "Assign": {"kept": "{% $states.result %}"},
    }
    tasks = Tasks()
    outcome = execute(machine(state), DATA, tasks=tasks, variables={"v": 8})
    assert tasks.calls[0].parameters == {"x": 3, "deep": [8]}
    assert tasks.calls[0].timeout == 30
    assert outcome.output == {"in": 3, "result": 3}


def test_a_failed_evaluation_can_be_caught_and_is_recorded() -> None:
    state = {
        **TASK,
        "Arguments": "{% $missing %}",
        "Catch": [
            {"ErrorEquals": ["Other"], "Next": "End"},
            {
                "ErrorEquals": ["States.QueryEvaluationError"],
                "Next": "End",
                "Output": "{% $states.errorOutput.Error %}",
            },
        ],
    }
    history = MemoryHistory()
    definition = machine(state)
    definition["States"]["End"] = {"Type": "Succeed"}
    assert execute(definition, history=history).output == "States.QueryEvaluationError"
    event = history.events[2]
    assert event["type"] == "EvaluationFailed"
    assert event["evaluationFailedEventDetails"]["location"] == "Arguments"
    assert event["evaluationFailedEventDetails"]["state"] == "S"


def test_a_failing_catcher_names_itself() -> None:
    def answer(call: TaskCall) -> Any:
        raise TaskError("Boom")

    state = {**TASK, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "S", "Output": {"v": "{% $missing %}"}}]}
    outcome = execute(machine(state), tasks=Tasks(answer))
    assert "specified for the field 'Catch[0]/Output/v' returned nothing" in str(outcome.cause)


def mapped(items: Any, mode: str = "INLINE", **fields: Any) -> dict[str, Any]:
    processor = {
        "ProcessorConfig": {"Mode": mode},
        "StartAt": "I",
        "States": {"I": {"Type": "Pass", "End": True}},
    }
    return machine({"Type": "Map", "Items": items, "ItemProcessor": processor, **fields})


def test_map_in_jsonata() -> None:
    selector = {"v": "{% $states.context.Map.Item.Value %}", "i": "{% $states.context.Map.Item.Index %}"}
    outcome = execute(mapped("{% $states.input.list %}", ItemSelector=selector), DATA)
    assert outcome.output == [{"v": 1, "i": 0}, {"v": None, "i": 1}, {"v": 2, "i": 2}]
    assert execute(mapped([1, "{% $states.input.n %}"]), DATA).output == [1, 3]


def test_only_a_distributed_map_goes_over_an_object() -> None:
    assert execute(mapped("{% {'a': 1} %}", "DISTRIBUTED")).output == [{"Key": "a", "Value": 1}]
    outcome = execute(mapped("{% {'a': 1} %}"))
    assert str(outcome.cause).endswith("Expected 'array', but was 'object' for value: {\"a\":1}")


def test_the_languages_mix() -> None:
    definition = {
        "StartAt": "A",
        "States": {
            "A": {"Type": "Pass", "Assign": {"v.$": "$.n"}, "Next": "B"},
            "B": {"Type": "Pass", "QueryLanguage": "JSONata", "Output": {"w": "{% $v + 1 %}"}, "Next": "C"},
            "C": {"Type": "Pass", "Parameters": {"x.$": "$.w", "v.$": "$v"}, "End": True},
        },
    }
    assert execute(definition, DATA).output == {"x": 4, "v": 3}


def test_inner_states_take_the_machines_language_not_the_maps() -> None:
    state = {
        "Type": "Map",
        "QueryLanguage": "JSONata",
        "Items": "{% $states.input.list %}",
        "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Pass", "Parameters": {"v.$": "$"}, "End": True}}},
    }
    assert execute(one(state), {"list": [1]}).output == [{"v": 1}]


def test_a_branch_fails_with_the_inner_states_cause() -> None:
    inner = {"StartAt": "I", "States": {"I": {"Type": "Pass", "Output": "{% $missing %}", "End": True}}}
    history = MemoryHistory()
    outcome = execute(machine({"Type": "Parallel", "Branches": [inner]}), history=history)
    assert str(outcome.cause).startswith(
        "An error occurred while executing the state 'I' (entered at the event id #4)."
    )
    assert types(history).count("EvaluationFailed") == 1
