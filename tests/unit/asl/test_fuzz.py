"""A check never raises, whatever it is given."""

from __future__ import annotations

import copy
import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stepdeploy.asl import check, check_value
from stepdeploy.asl.data.analysis import analyse
from stepdeploy.asl.fields import OPERATORS, STATES
from stepdeploy.asl.model import build
from stepdeploy.asl.options import Options

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


LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:f"
PATHS = st.sampled_from(
    ["$", "$.a", "$.b.c", "$.a[0]", "$[1].a", "$.a[*].b", "$..a", "$v", "$v.a", "$$.Map.Item.Value", "$$.Execution.Id"]
)
CALLS = st.sampled_from(
    ["States.Array($.a, 1)", "States.ArrayGetItem($.a, 0)", "States.StringToJson($v)", "States.UUID()"]
)
RESULT_PATHS = st.sampled_from(["$", "$.a", "$.a.b", "$.b[0]", None])
TEMPLATES = st.dictionaries(st.sampled_from(["a.$", "b.$", "v.$"]), PATHS | CALLS, max_size=2)
DATA = st.recursive(
    st.sampled_from([None, True, 0, "t", "${r}"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
    max_leaves=6,
)
TARGETS = st.sampled_from("ABCD")
TESTS = st.one_of(
    st.builds(lambda path, value: {"Variable": path, "IsPresent": value}, PATHS, st.booleans()),
    st.builds(lambda path, value: {"Variable": path, "StringEquals": value}, PATHS, st.sampled_from(["t", "u"])),
    st.builds(lambda path, value: {"Variable": path, "NumericGreaterThan": value}, PATHS, st.integers(0, 2)),
    st.builds(lambda path, value: {"Variable": path, "BooleanEquals": value}, PATHS, st.booleans()),
)
RULES = st.recursive(
    TESTS,
    lambda inner: st.builds(
        lambda name, parts: {name: parts[0] if name == "Not" else parts},
        st.sampled_from(["And", "Or", "Not"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=4,
)


def some(**fields: Any) -> Any:
    """An object with any of some fields."""
    return st.fixed_dictionaries({}, optional=fields)


FLOW = {"ResultPath": RESULT_PATHS, "OutputPath": PATHS, "InputPath": PATHS, "Assign": TEMPLATES}
CATCH = st.lists(
    st.builds(
        lambda target, place: {"ErrorEquals": ["States.ALL"], "Next": target, "ResultPath": place},
        TARGETS,
        RESULT_PATHS,
    ),
    max_size=1,
)
STEPS = st.one_of(
    st.builds(lambda fields, to: {"Type": "Pass", "Next": to, **fields}, some(**FLOW, Result=DATA), TARGETS),
    st.builds(lambda fields, to: {"Type": "Pass", "Next": to, **fields}, some(**FLOW, Parameters=TEMPLATES), TARGETS),
    st.builds(
        lambda fields, to: {"Type": "Task", "Resource": LAMBDA, "Next": to, **fields},
        some(**FLOW, ResultSelector=TEMPLATES, Catch=CATCH),
        TARGETS,
    ),
    st.builds(
        lambda rules, to: {"Type": "Choice", "Choices": rules, "Default": to},
        st.lists(st.builds(lambda rule, to: {**rule, "Next": to}, RULES, TARGETS), min_size=1, max_size=3),
        TARGETS,
    ),
    st.builds(lambda path, to: {"Type": "Wait", "SecondsPath": path, "Next": to}, PATHS, TARGETS),
)


def machines(inner: Any) -> Any:
    """Sound machines whose ways go anywhere, with machines from `inner` in Parallel and Map states."""
    nested = st.one_of(
        st.builds(
            lambda branches, fields: {"Type": "Parallel", "Branches": branches, "Next": "D", **fields},
            st.lists(inner, min_size=1, max_size=2),
            some(**FLOW, Catch=CATCH),
        ),
        st.builds(
            lambda one, fields: {"Type": "Map", "ItemProcessor": one, "Next": "D", **fields},
            inner,
            some(**FLOW, ItemsPath=PATHS, ItemSelector=TEMPLATES),
        ),
    )
    steps = STEPS | nested
    return st.builds(
        lambda a, b, c: {"StartAt": "A", "States": {"A": a, "B": b, "C": c, "D": {"Type": "Pass", "End": True}}},
        steps,
        steps,
        steps,
    )


LEAVES = st.builds(
    lambda state: {"StartAt": "A", "States": {"A": {**state, "Next": "D"}, "D": {"Type": "Succeed"}}}, STEPS
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(machines(machines(LEAVES)), DATA)
def test_the_data_of_any_sound_machine(definition: Any, given_input: Any) -> None:
    """Straight into the data layer: what the language rules make of names that come twice is not the point."""
    document = build(definition, "STANDARD", Options(input_schema={"const": given_input}))
    for miss in analyse(document).found.values():
        assert miss.detail and miss.way and miss.way.text()


def wide(states: int, state: Any) -> dict[str, Any]:
    """A long chain of states, alike but for their number."""
    chain = {f"S{number}": {**state(number), "Next": f"S{number + 1}"} for number in range(states)}
    return {"StartAt": "S0", "States": {**chain, f"S{states}": {"Type": "Succeed"}}}


@pytest.mark.parametrize(
    "definition",
    [
        wide(6000, lambda number: {"Type": "Pass", "Parameters": {"x.$": f"$.a{number}", "y": "z" * 60}}),
        wide(4000, lambda number: {"Type": "Pass", "Result": {"x": "y" * 100}, "ResultPath": f"$.a{number}"}),
        wide(
            2000,
            lambda number: {
                "Type": "Task",
                "Resource": LAMBDA,
                "ResultPath": f"$.a{number}",
                "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.e", "Next": "S2000"}],
            },
        ),
        wide(1, lambda number: {"Type": "Pass", "Result": "\ud800\U0001f600\u202e\x00" * 70_000}),
        wide(1, lambda number: {"Type": "Pass", "Result": list(range(120_000))}),
        wide(1, lambda number: {"Type": "Pass", "Parameters": {f"k{key}.$": "$.a" for key in range(50_000)}}),
        wide(1, lambda number: {"Type": "Pass", "InputPath": "$" + ".a" * 400_000}),
        wide(1, lambda number: {"Type": "Pass", "ResultPath": "$" + ".a" * 400_000}),
        wide(
            1,
            lambda number: {
                "Type": "Choice",
                "Choices": [{"Variable": f"$.a{rule}", "StringEquals": "x", "Next": "S1"} for rule in range(12_000)],
                "Default": "S1",
            },
        ),
        wide(
            1,
            lambda number: {
                "Type": "Parallel",
                "Branches": [
                    {"StartAt": f"B{branch}", "States": {f"B{branch}": {"Type": "Succeed"}}} for branch in range(12_000)
                ],
            },
        ),
    ],
    ids=["passes", "results", "catches", "unicode", "list", "template", "path", "result path", "rules", "branches"],
)
def test_a_megabyte_does_not_hang(definition: Any) -> None:
    text = json.dumps(definition, ensure_ascii=False)
    assert len(text) < 1024 * 1024
    started = time.process_time()
    check(text, input_schema={"type": "object", "properties": {"a": {}}})
    # A second on a machine that does nothing else, where the bench measures it; a hang is far beyond this.
    assert time.process_time() - started < 5
