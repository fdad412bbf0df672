"""The 18 intrinsic functions, their syntax, and how AWS words their failures."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepdeploy.asl import intrinsics
from tests.unit.interpreter.support import execute, one, output

DATA = {
    "list": [1, 2, 3, 4, 5],
    "twice": [1, True, 1, "1", {"a": 1}, {"a": 1}],
    "name": "Ann",
    "object": {"Arg1": 1, "Arg2": []},
    "other": {"Arg1": 2},
    "nothing": None,
    "number": 3.0,
}


def value(expression: str, data: Any = None) -> Any:
    return output({"Type": "Pass", "Parameters": {"v.$": expression}}, DATA if data is None else data)["v"]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("States.Array()", []),
        ("States.Array('a', 1, 2.5, true, null, $.name)", ["a", 1, 2.5, True, None, "Ann"]),
        ("States.ArrayPartition($.list, 2)", [[1, 2], [3, 4], [5]]),
        ("States.ArrayContains($.list, 3)", True),
        ("States.ArrayContains($.twice, false)", False),
        ("States.ArrayRange(1, 9, 2)", [1, 3, 5, 7, 9]),
        ("States.ArrayRange(5, 1, -2)", [5, 3, 1]),
        ("States.ArrayGetItem($.list, 4)", 5),
        ("States.ArrayLength($.list)", 5),
        ("States.ArrayUnique($.twice)", [1, True, "1", {"a": 1}]),
        ("States.Base64Encode('Data to encode')", "RGF0YSB0byBlbmNvZGU="),
        ("States.Base64Decode('RGF0YSB0byBlbmNvZGU=')", "Data to encode"),
        ("States.Hash('input data', 'SHA-1')", "aaff4a450a104cd177d28d18d74485e8cae074b7"),
        ("States.JsonMerge($.object, $.other, false)", {"Arg1": 2, "Arg2": []}),
        ("States.StringToJson('{\"a\": [1]}')", {"a": [1]}),
        ("States.JsonToString($.object)", '{"Arg1":1,"Arg2":[]}'),
        ("States.MathAdd(1.5, -2.5)", 0),
        ("States.StringSplit('1,2+3,,4', ',+')", ["1", "2", "3", "4"]),
        ("States.Format('Hi {}, {}', $.name, $.object)", "Hi Ann, {Arg1=1, Arg2=[]}"),
        (r"States.Format('\{{}\} it\'s \\ {}', $.name, null)", r"{Ann} it's \ null"),
        ("States.Format($.name)", "Ann"),
        ("States.Format('{}', States.ArrayLength(States.Array(1, 2)))", "2"),
        ("States.ArrayGetItem(States.StringSplit('a-b', '-'), 1)", "b"),
        ("States.ArrayLength($.list[*])", 5),
        ("States.ArrayLength($.list[?(@ > 3)])", 2),
        ("States.ArrayLength($.none[*])", 0),
    ],
)
def test_functions_give_what_aws_documents(expression: str, expected: Any) -> None:
    assert value(expression) == expected


def test_random_numbers_are_in_bounds_and_seeded() -> None:
    assert value("States.MathRandom(3, 4)") == 3
    assert value("States.MathRandom(1, 1000000, 7)") == value("States.MathRandom(1, 1000000, 7)")


def test_uuid_is_a_new_version_4_each_time() -> None:
    first, second = value("States.Array(States.UUID(), States.UUID())")
    assert first != second
    assert first[14] == "4"


@pytest.mark.parametrize(
    "expression",
    [
        "States.ArrayPartition($.list, 0)",
        "States.ArrayRange(1, 5000, 1)",
        "States.ArrayRange(1, 2, 0)",
        "States.ArrayGetItem($.list, 5)",
        "States.ArrayLength($.name)",
        "States.Base64Decode('%')",
        "States.Hash('a', 'SHA-3')",
        "States.JsonMerge($.object, $.other, true)",
        "States.StringToJson('{')",
        "States.MathAdd('1', 2)",
        "States.MathRandom(4, 3)",
        "States.Format('{} {}', 1)",
        "States.Base64Encode($.nothing)",
    ],
)
def test_bad_arguments_fail_the_execution_naming_the_call(expression: str) -> None:
    outcome = execute(one({"Type": "Pass", "Parameters": {"v.$": expression}}), DATA)
    assert outcome.error == "States.Runtime"
    assert f"The function '{expression}' had the following error: " in str(outcome.cause)


def test_a_missing_argument_names_the_whole_expression_and_the_input() -> None:
    expression = "States.Format('{}', States.Format('{}', $.nope))"
    outcome = execute(one({"Type": "Pass", "Parameters": {"v.$": expression}}), {"other": 1})
    assert outcome.cause == (
        "An error occurred while executing the state 'S' (entered at the event id #2). "
        f"The function '{expression}' had the following error: "
        "The JsonPath argument for the field '$.nope' could not be found in the input '{\"other\":1}'"
    )


def test_an_index_past_the_end_is_null_on_its_own_but_no_argument() -> None:
    assert value("$.list[9]") is None
    outcome = execute(one({"Type": "Pass", "Parameters": {"v.$": "States.Format('{}', $.list[9])"}}), DATA)
    assert outcome.error == "States.Runtime"


@pytest.mark.parametrize(
    "text",
    [
        "States.Nope()",
        "States.UUID(1)",
        "States.MathAdd(1)",
        "States.Format('a",
        r"States.Format('a\n')",
        "States.Format('a') x",
        "States.Array(1 2)",
        "States.Array(01)",
        "States.Array($.a[)",
        "UUID()",
    ],
)
def test_bad_syntax_is_refused(text: str) -> None:
    with pytest.raises(intrinsics.IntrinsicSyntaxError) as caught:
        intrinsics.parse(text)
    assert 0 <= caught.value.position <= len(text)


def test_ten_calls_may_nest_and_no_more() -> None:
    intrinsics.parse("States.Array(" * 10 + ")" * 10)
    with pytest.raises(intrinsics.IntrinsicSyntaxError, match="nested"):
        intrinsics.parse("States.Array(" * 11 + ")" * 11)


@given(st.text())
def test_format_gives_back_any_text(text: str) -> None:
    assert value("States.Format('{}', $.t)", {"t": text}) == text


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_json_survives_the_way_to_text_and_back(data: Any) -> None:
    assert value("States.StringToJson(States.JsonToString($.d))", {"d": data}) == data
