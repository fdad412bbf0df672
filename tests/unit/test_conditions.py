"""Choice rules in words."""

from __future__ import annotations

from typing import Any

import pytest

from stepdeploy.conditions import brief_condition, condition_text


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ({"Variable": "$.a", "StringEquals": "x y", "Next": "B"}, '$.a = "x y"'),
        ({"Variable": "$.a", "NumericGreaterThanEquals": 5, "Comment": "c"}, "$.a >= 5"),
        ({"Variable": "$.a", "NumericLessThanPath": "$.b"}, "$.a < $.b"),
        ({"Variable": "$.a", "TimestampLessThanEquals": "2026-01-01T00:00:00Z"}, '$.a <= "2026-01-01T00:00:00Z"'),
        ({"Variable": "$.a", "BooleanEquals": True}, "$.a = true"),
        ({"Variable": "$.a", "StringMatches": "x*"}, '$.a like "x*"'),
        ({"Variable": "$.a", "IsPresent": True}, "$.a is present"),
        ({"Variable": "$.a", "IsPresent": False}, "$.a is absent"),
        ({"Variable": "$.a", "IsNumeric": False}, "$.a is no number"),
        ({"Not": {"Variable": "$.a", "IsNull": True}}, "not $.a is null"),
        (
            {"And": [{"Variable": "$.a", "IsPresent": True}, {"Or": [{"Variable": "$.b", "NumericEquals": 1}, {"Variable": "$.c", "IsString": True}]}]},
            "$.a is present and ($.b = 1 or $.c is a string)",
        ),
        ({"Not": {"And": [{"Variable": "$.a", "IsNull": True}, {"Variable": "$.b", "IsNull": True}]}}, "not ($.a is null and $.b is null)"),
        ({"Condition": "{% $a >  1 %}", "Output": 1}, "$a > 1"),
        ({"Condition": True}, "true"),
        ({"Variable": "$.a", "NewOperator": 1}, "$.a NewOperator 1"),
        ({"Variable": "$.a", "IsPresent": "yes"}, '$.a IsPresent "yes"'),
        ({"And": 5}, '{"And": 5}'),
        ({}, "{}"),
        (["x"], '["x"]'),
    ],
)  # fmt: skip
def test_in_words(rule: Any, text: str) -> None:
    assert condition_text(rule) == text


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ({"And": [{"Variable": "$.a", "IsPresent": True}, {"Variable": "$.a", "IsString": True}, {"Variable": "$.a", "StringEquals": "x"}]}, '$.a = "x"'),
        ({"And": [{"Variable": "$.a", "IsPresent": True}, {"Variable": "$.b", "IsPresent": True}]}, "$.a is present and $.b is present"),
        ({"And": [{"Variable": "$.a", "IsPresent": False}, {"Variable": "$.b", "IsNull": True}]}, "$.a is absent and $.b is null"),
        ({"Variable": "$.a", "IsPresent": True}, "$.a is present"),
        ({"Or": [{"Variable": "$.a", "IsPresent": True}, {"Variable": "$.a", "NumericEquals": 1}]}, "$.a is present or $.a = 1"),
    ],
)  # fmt: skip
def test_without_what_only_guards_it(rule: Any, text: str) -> None:
    assert brief_condition(rule) == text
