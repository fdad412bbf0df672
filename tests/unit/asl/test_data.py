"""The data layer: what it is told, what it says of each way, what it keeps silent about."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stepdeploy.asl import Finding, check_value

LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:f"
INVOKE = "arn:aws:states:::lambda:invoke"


def machine(start: str, **states: dict[str, Any]) -> dict[str, Any]:
    return {"StartAt": start, "States": states}


def passes(next: str | None = None, **fields: Any) -> dict[str, Any]:
    return {"Type": "Pass", **fields, **({"Next": next} if next else {"End": True})}


def task(next: str | None = None, **fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": LAMBDA, **fields, **({"Next": next} if next else {"End": True})}


def reads(path: str) -> dict[str, Any]:
    return passes(Parameters={"x.$": path})


def data(definition: Any, **known: Any) -> list[Finding]:
    return [finding for finding in check_value(definition, **known) if finding.layer == "data"]


def said(definition: Any, **known: Any) -> list[tuple[str, str, str]]:
    return [(finding.rule, finding.severity, finding.message) for finding in data(definition, **known)]


CAUGHT = machine(
    "P",
    P={
        "Type": "Parallel",
        "ResultPath": "$.extraction_results",
        "Next": "Q",
        "Branches": [
            machine(
                "ExtractSECData",
                ExtractSECData=task(
                    "Done",
                    ResultPath="$.r",
                    Catch=[
                        {"ErrorEquals": ["States.Timeout"], "ResultPath": "$.error", "Next": "SECExtractionTimeout"}
                    ],
                ),
                Done=passes(Parameters={"sec_result.$": "$.r"}),
                SECExtractionTimeout=passes(Parameters={"late": True}),
            ),
            machine("Other", Other=task()),
        ],
    },
    Q=reads("$.extraction_results[0].sec_result"),
)


def test_the_way_through_a_branch_is_spelled_out() -> None:
    assert said(CAUGHT) == [
        (
            "ASL113",
            "error",
            "by P → (ExtractSECData → Catch States.Timeout → SECExtractionTimeout) → Q, "
            "`$.extraction_results[0].sec_result` is absent",
        )
    ]


def test_a_guard_makes_the_way_safe() -> None:
    guarded = json.loads(json.dumps(CAUGHT))
    guarded["States"]["G"] = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.extraction_results[0].sec_result", "IsPresent": True, "Next": "Q"}],
        "Default": "Z",
    }
    guarded["States"]["Z"] = {"Type": "Succeed"}
    guarded["States"]["P"]["Next"] = "G"
    assert said(guarded) == []


SCHEMA = {
    "type": "object",
    "required": ["company"],
    "properties": {"company": {"type": "string"}, "year": {"type": "integer"}, "tags": {"type": "array"}},
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$.year", [("ASL113", "warning", "by A, `$.year` may be absent")]),
        ("$.compny", [("ASL113", "warning", "by A, `$.compny` may be absent")]),
        ("$.company.name", [("ASL113", "error", "by A, `$.company.name` is absent")]),
        ("$.tags[3]", [("ASL113", "warning", "by A, `$.tags[3]` may be absent")]),
        ("$.company", []),
        ("$$.Execution.Input.year", [("ASL113", "warning", "by A, `$$.Execution.Input.year` may be absent")]),
        ("$.tags[*].name", []),
    ],
)
def test_the_schema_of_the_input_is_believed(path: str, expected: list[Any]) -> None:
    assert said(machine("A", A=reads(path)), input_schema=SCHEMA) == expected


def test_a_closed_schema_makes_it_certain() -> None:
    closed = {**SCHEMA, "additionalProperties": False}
    assert [found[1] for found in said(machine("A", A=reads("$.compny")), input_schema=closed)] == ["error"]


def test_definitions_in_a_schema_are_followed_and_circles_end() -> None:
    schema = {"$ref": "#/$defs/node", "$defs": {"node": {"properties": {"next": {"$ref": "#/$defs/node"}}}}}
    assert said(machine("A", A=reads("$.next.next.value")), input_schema=schema) == [
        ("ASL113", "warning", "by A, `$.next.next.value` may be absent")
    ]


@pytest.mark.parametrize("key", ["A", "f", INVOKE])
def test_a_declared_result_is_believed_by_state_function_or_resource(key: str) -> None:
    definition = machine(
        "A",
        A={"Type": "Task", "Resource": INVOKE, "Parameters": {"FunctionName": "f"}, "Next": "B"},
        B=reads("$.Payload.body"),
    )
    assert said(definition) == []
    result = {"type": "object", "properties": {"status": {}}, "additionalProperties": False}
    assert said(definition, task_results={key: result}) == [("ASL113", "error", "by A → B, `$.Payload.body` is absent")]


def test_what_a_function_returns_is_anything() -> None:
    assert said(machine("A", A=task("B"), B=reads("$.a.b[0].c"))) == []


def test_conditions_that_come_again_come_out_the_same() -> None:
    again = {"Variable": "$.n", "NumericGreaterThan": 3}
    definition = machine(
        "A",
        A={"Type": "Choice", "Choices": [{**again, "Next": "B"}], "Default": "C"},
        B=passes("C", Result=1, ResultPath="$.made"),
        C={"Type": "Choice", "Choices": [{**again, "Next": "D"}], "Default": "Z"},
        D=reads("$.made"),
        Z={"Type": "Succeed"},
    )
    closed = {
        "type": "object",
        "properties": {"n": {"type": "number"}},
        "required": ["n"],
        "additionalProperties": False,
    }
    assert said(definition, input_schema=closed) == []
    definition["States"]["C"]["Choices"][0]["NumericGreaterThan"] = 4
    assert [found[0] for found in said(definition, input_schema=closed)] == ["ASL113"]


def test_loops_end() -> None:
    definition = machine(
        "A",
        A=passes("B", Parameters={"inner.$": "$", "more.$": "States.Array($, $)"}),
        B={"Type": "Choice", "Choices": [{"Variable": "$.inner.stop", "IsPresent": True, "Next": "Z"}], "Default": "A"},
        Z={"Type": "Succeed"},
    )
    assert all(finding.rule.startswith("ASL11") for finding in data(definition))


def test_a_caught_failure_of_an_expression_is_a_warning() -> None:
    states = machine("A", A=passes("B", Output={"a": 1}), B=task(Arguments="{% $states.input.b %}"))
    assert [found[1] for found in said({"QueryLanguage": "JSONata", **states})] == ["error"]
    states["States"]["B"]["Catch"] = [{"ErrorEquals": ["States.ALL"], "Next": "A"}]
    assert [found[1] for found in said({"QueryLanguage": "JSONata", **states})] == ["warning"]


def test_jsonata_conditions_make_ways_safe() -> None:
    definition = {
        "QueryLanguage": "JSONata",
        **machine(
            "A",
            A={
                "Type": "Choice",
                "Choices": [
                    {"Condition": "{% $exists($states.input.year) and $states.input.year > 2000 %}", "Next": "B"}
                ],
                "Default": "Z",
            },
            B=passes(Output="{% $states.input.year %}"),
            Z={"Type": "Succeed"},
        ),
    }
    assert said(definition, input_schema=SCHEMA) == []
    definition["States"]["A"]["Default"] = "B"
    del definition["States"]["Z"]
    assert [found[:2] for found in said(definition, input_schema=SCHEMA)] == [("ASL118", "error")]


def test_many_ways_cost_no_more_than_some() -> None:
    states: dict[str, Any] = {}
    for number in range(40):
        states[f"C{number}"] = {
            "Type": "Choice",
            "Choices": [{"Variable": f"$.o{number}", "IsPresent": True, "Next": f"P{number}"}],
            "Default": f"C{number + 1}",
        }
        states[f"P{number}"] = passes(f"C{number + 1}", Result=1, ResultPath=f"$.p{number}")
    states["C40"] = reads("$.p7")
    closed = {"type": "object", "properties": {f"o{number}": {} for number in range(40)}, "additionalProperties": False}
    ((rule, severity, message),) = said(machine("C0", **states), input_schema=closed)
    assert (rule, severity) == ("ASL113", "error")
    assert message.endswith("`$.p7` is absent") and "C7 → Default" in message
