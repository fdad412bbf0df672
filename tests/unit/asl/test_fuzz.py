"""A check never raises, whatever it is given."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepdeploy.asl import check, check_value
from stepdeploy.asl.fields import OPERATORS, STATES

PIPELINE = Path(__file__).resolve().parents[3] / "definitions" / "company_data_extraction.asl.json"

NAMES = sorted({name for shape in STATES.values() for name in shape.fields} | set(OPERATORS) | {"StartAt", "States"})
TEXTS = st.sampled_from(
    [
        *("A", "", "$", "$.a", "$$", "$.a[", "States.Format('{}', $.a)", "States.UUID(", "{% $a.b %}", "{% a", "{%%}"),
        *(
            "{% [ %}",
            "${a}",
            "${",
            "arn:aws:states:::lambda:invoke",
            "arn",
            "JSONata",
            "JSONPath",
            "DISTRIBUTED",
            *STATES,
        ),
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(NAMES) | st.sampled_from(["And", "Or", "Not", "a.$", "Next"]), inner, max_size=6
        )
    ),
    max_leaves=30,
)
FIELDS = st.dictionaries(st.sampled_from([*NAMES, "a.$"]), VALUES, max_size=8)
STATE = st.builds(lambda kind, fields: {**fields, "Type": kind}, st.sampled_from(list(STATES)), FIELDS)
MACHINES = st.builds(
    lambda states, top: {"StartAt": "A", "States": states, **top},
    st.dictionaries(st.sampled_from("ABC"), STATE, max_size=3),
    st.dictionaries(st.sampled_from(["QueryLanguage", "Comment", "TimeoutSeconds", "StartAt"]), VALUES, max_size=2),
)


@settings(max_examples=300, deadline=None)
@given(MACHINES, st.sampled_from(["STANDARD", "EXPRESS"]))
def test_any_fields_with_any_values(definition: Any, machine_type: str) -> None:
    for finding in check_value(definition, machine_type=machine_type):
        assert finding.message
    check(json.dumps(definition), machine_type=machine_type)


@settings(max_examples=100, deadline=None)
@given(VALUES)
def test_any_value(value: Any) -> None:
    check_value(value)


@settings(max_examples=200, deadline=None)
@given(st.text() | st.text(alphabet='{}[]":,\\ \n"SA$%'))
def test_any_text(text: str) -> None:
    for finding in check(text):
        assert finding.line and finding.column


def places(value: Any, pointer: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [pointer, *(place for key, item in items for place in places(item, (*pointer, key)))]


PIPELINE_VALUE = json.loads(PIPELINE.read_text(encoding="utf-8"))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(places(PIPELINE_VALUE)[1:]), VALUES)
def test_any_value_anywhere_in_the_pipeline(pointer: tuple[str | int, ...], value: Any) -> None:
    definition = copy.deepcopy(PIPELINE_VALUE)
    holder = definition
    for part in pointer[:-1]:
        holder = holder[part]
    holder[pointer[-1]] = value
    check_value(definition)


def nested(depth: int, inner: Any, wrap: Any) -> Any:
    for _ in range(depth):
        inner = wrap(inner)
    return inner


@pytest.mark.parametrize(
    "state",
    [
        {"Type": "Pass", "End": True, "Parameters": nested(5000, {"a.$": "b"}, lambda value: {"a": [value]})},
        {"Type": "Pass", "End": True, "Result": nested(5000, {"a": "$.b"}, lambda value: [value])},
        {
            "Type": "Pass",
            "End": True,
            "QueryLanguage": "JSONata",
            "Output": nested(5000, "{% a %}", lambda value: [value]),
        },
        {"Type": "Choice", "Choices": [nested(5000, {"Variable": "a"}, lambda value: {"Not": value})]},
        {"Type": "Pass", "End": True, "InputPath": "$[?(" + "(" * 5000 + "@.a" + ")" * 5000 + ")]"},
        {"Type": "Pass", "End": True, "Parameters": {"a.$": "States.Array(" * 5000 + ")" * 5000}},
        {
            "Type": "Pass",
            "End": True,
            "QueryLanguage": "JSONata",
            "Output": "{% " + "(" * 5000 + "a" + ")" * 5000 + " %}",
        },
        {"Type": "Pass", "End": True, "InputPath": "$[" + "9" * 5000 + "]"},
    ],
    ids=["template", "result", "output", "choice", "path", "call", "expression", "index"],
)
def test_deep_nesting_is_safe(state: dict[str, Any]) -> None:
    findings = check_value({"StartAt": "A", "States": {"A": state}})
    assert [finding.rule for finding in findings]


def test_deep_machines_are_safe() -> None:
    machine = nested(
        2000,
        {"StartAt": "I", "States": {"I": {"Type": "Succeed"}}},
        lambda value: {"StartAt": "A", "States": {"A": {"Type": "Map", "End": True, "ItemProcessor": value}}},
    )
    assert {finding.rule for finding in check_value(machine)} == {"ASL024"}


def test_deep_texts_are_refused_by_the_reader() -> None:
    (finding,) = check("[" * 100_000)
    assert finding.rule == "ASL001"
