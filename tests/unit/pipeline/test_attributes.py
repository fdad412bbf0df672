"""DynamoDB's attribute values: what boto3 makes of them, without boto3."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from common.attributes import attribute, plain
from hypothesis import given
from hypothesis import strategies as st

NUMBERS = st.integers(-(10**37), 10**37) | st.decimals(-(10**9), 10**9, places=4)
LEAVES = st.none() | st.booleans() | st.text(max_size=8) | NUMBERS | st.binary(max_size=4)
SETS = (
    st.frozensets(st.text(max_size=4), min_size=1, max_size=3)
    | st.frozensets(st.integers(-(10**37), 10**37), min_size=1, max_size=3)
    | st.frozensets(st.binary(max_size=3), min_size=1, max_size=3)
)
VALUES = st.recursive(
    LEAVES | SETS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


@given(VALUES)
def test_a_value_becomes_what_boto3_makes_of_it(value: Any) -> None:
    assert attribute(value) == TypeSerializer().serialize(value)


@given(VALUES)
def test_an_attribute_value_becomes_what_boto3_makes_of_it(value: Any) -> None:
    stored = TypeSerializer().serialize(value)
    assert plain(stored) == _without_decimals(TypeDeserializer().deserialize(stored))


def _without_decimals(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    if isinstance(value, dict):
        return {name: _without_decimals(inner) for name, inner in value.items()}
    if isinstance(value, (list, set)):
        return type(value)(_without_decimals(inner) for inner in value)
    return value


@pytest.mark.parametrize(
    ("value", "text"),
    [(46.2, "46.2"), (-0.05, "-0.05"), (1e-7, "1E-7"), (1e30, "1E+30"), (3.0, "3.0"), (10**37, "1" + "0" * 37)],
)
def test_a_number_is_stored_as_it_is_written(value: float, text: str) -> None:
    assert attribute(value) == {"N": text}
    assert float(plain({"N": text})) == float(value)


@pytest.mark.parametrize(("text", "kind"), [("3", int), ("3.0", int), ("1E+3", int), ("-0.5", float)])
def test_whole_numbers_come_back_as_int(text: str, kind: type) -> None:
    assert type(plain({"N": text})) is kind


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("-Infinity"), object(), {1, "a"}, set(), {None}])
def test_what_no_attribute_can_hold_is_a_type_error(value: Any) -> None:
    with pytest.raises(TypeError, match="DynamoDB"):
        attribute({"rows": [value]})


@pytest.mark.parametrize("value", [10**38 + 1, Decimal("1e126"), Decimal("1e-131"), Decimal("1." + "1" * 38)])
def test_a_number_that_would_be_rounded_is_refused(value: Any) -> None:
    with pytest.raises(ArithmeticError):
        attribute(value)


@pytest.mark.parametrize("value", [{}, {"S": "a", "N": "1"}, {"X": 1}, "text", None, [{"S": "a"}]])
def test_what_is_no_attribute_value_is_a_type_error(value: Any) -> None:
    with pytest.raises(TypeError, match="not an attribute value"):
        plain(value)
