"""A Choice rule in words: `$.count > 5 and not $.done`. For people, where the JSON would hide what is meant."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

RESULTS = ("Next", "Comment", "Assign", "Output")
"""What a Choice rule holds besides its condition (https://states-language.net/#choice-state)."""
_ORDERS = {
    "Equals": "=",
    "LessThan": "<",
    "GreaterThan": ">",
    "LessThanEquals": "<=",
    "GreaterThanEquals": ">=",
    "Matches": "like",
}
_TYPES = ("String", "Numeric", "Timestamp", "Boolean")
_TESTS = {
    "IsPresent": ("is present", "is absent"),
    "IsNull": ("is null", "is not null"),
    "IsNumeric": ("is a number", "is no number"),
    "IsString": ("is a string", "is no string"),
    "IsBoolean": ("is a boolean", "is no boolean"),
    "IsTimestamp": ("is a timestamp", "is no timestamp"),
}


def condition(rule: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a Choice rule that is its condition."""
    return {name: value for name, value in rule.items() if name not in RESULTS}


def condition_text(rule: Any, *, inner: bool = False) -> str:
    """A Choice rule's condition in one line. What is no rule of the language is given as JSON. inner: it stands within
    `and`, `or` or `not`."""
    if not isinstance(rule, Mapping):
        return _json(rule)
    held = condition(rule)
    if set(held) == {"Condition"}:
        return _expression(held["Condition"])
    for name, word in (("And", " and "), ("Or", " or ")):
        if set(held) == {name} and isinstance(held[name], list):
            text = word.join(condition_text(item, inner=True) for item in held[name])
            return f"({text})" if inner else text
    if set(held) == {"Not"}:
        return f"not {condition_text(held['Not'], inner=True)}"
    if len(held) == 2 and "Variable" in held:
        (name,) = set(held) - {"Variable"}
        return _comparison(held["Variable"], name, held[name])
    return _json(held)


def brief_condition(rule: Any) -> str:
    """A Choice rule's condition without the tests that only guard what is compared: `$.a = "x"` where the whole reads
    `$.a is present and $.a = "x"`. For a label."""
    parts = rule.get("And") if isinstance(rule, Mapping) else None
    if not isinstance(parts, list):
        return condition_text(rule)
    telling = [part for part in parts if not _is_guard(part)]
    return " and ".join(condition_text(part, inner=True) for part in telling or parts)


def _is_guard(rule: Any) -> bool:
    """Whether it only tests that there is something, of the right type, to be compared."""
    if not isinstance(rule, Mapping) or "Variable" not in rule:
        return False
    return any(rule.get(name) is True for name in _TESTS if name != "IsNull")


def _comparison(variable: Any, operator: str, value: Any) -> str:
    if operator in _TESTS and isinstance(value, bool):
        return f"{variable} {_TESTS[operator][not value]}"
    bare = operator.removesuffix("Path")
    for kind in _TYPES:
        sign = _ORDERS.get(bare.removeprefix(kind)) if bare.startswith(kind) else None
        if sign:
            return f"{variable} {sign} {value if bare != operator else _json(value)}"
    return f"{variable} {operator} {_json(value)}"


def _expression(value: Any) -> str:
    """A JSONata expression without its `{% %}`."""
    text = value if isinstance(value, str) else _json(value)
    if text.startswith("{%") and text.endswith("%}"):
        text = text[2:-2]
    return " ".join(text.split())


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
