"""Choice rules of JSONPath states: 39 operators, And, Or, Not.

Source: https://states-language.net/#choice-state; that a missing Variable fails the execution is AWS's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any

from stepdeploy.interpreter.failures import runtime_error

MISSING = object()
"""What a resolver answers for a path that names nothing."""

Resolve = Callable[[str], Any]

_RFC3339 = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})")


def holds(rule: dict[str, Any], resolve: Resolve) -> bool:
    """Whether a rule is true. resolve: path text -> value, or MISSING. Raises States.Runtime."""
    if "And" in rule:
        return all(holds(part, resolve) for part in rule["And"])
    if "Or" in rule:
        return any(holds(part, resolve) for part in rule["Or"])
    if "Not" in rule:
        return not holds(rule["Not"], resolve)
    operator = next(name for name in rule if name in OPERATORS or name.removesuffix("Path") in COMPARISONS)
    value = resolve(rule["Variable"])
    if operator == "IsPresent":
        return (value is not MISSING) is rule[operator]
    if value is MISSING:
        raise _invalid(rule["Variable"])
    if operator in TYPES:
        return TYPES[operator](value) is rule[operator]
    if operator in COMPARISONS:
        return COMPARISONS[operator](value, rule[operator])
    expected = resolve(rule[operator])
    if expected is MISSING:
        raise _invalid(rule[operator])
    return COMPARISONS[operator.removesuffix("Path")](value, expected)


def _invalid(path: str) -> Exception:
    return runtime_error(f"Invalid path '{path}': The choice state's condition path references an invalid value.")


def is_number(value: Any) -> bool:
    """Whether a JSON value is a number (Python's True is an int)."""
    return isinstance(value, int | float) and not isinstance(value, bool)


@lru_cache(maxsize=4096)
def parse_timestamp(text: str) -> datetime | None:
    """The moment of an RFC 3339 timestamp with capital T and Z (the ISO 8601 profile of the language), or None."""
    match = _RFC3339.fullmatch(text)
    if not match:
        return None
    fraction = match.group(1) or ""
    # Python reads six digits at most; AWS takes nine.
    text = text.replace(fraction, fraction[:7], 1) if fraction else text
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _is_timestamp(value: Any) -> bool:
    return isinstance(value, str) and parse_timestamp(value) is not None


TYPES: dict[str, Callable[[Any], bool]] = {
    "IsNull": lambda value: value is None,
    "IsString": lambda value: isinstance(value, str),
    "IsNumeric": is_number,
    "IsBoolean": lambda value: isinstance(value, bool),
    "IsTimestamp": _is_timestamp,
}

_ORDERINGS: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": lambda a, b: bool(a == b),
    "LessThan": lambda a, b: bool(a < b),
    "LessThanEquals": lambda a, b: bool(a <= b),
    "GreaterThan": lambda a, b: bool(a > b),
    "GreaterThanEquals": lambda a, b: bool(a >= b),
}


def _utf16(value: Any) -> bytes | None:
    # Java compares texts by UTF-16 units.
    return value.encode("utf-16-be", "surrogatepass") if isinstance(value, str) else None


_KINDS: dict[str, Callable[[Any], Any]] = {
    "String": _utf16,
    "Numeric": lambda value: value if is_number(value) else None,
    "Timestamp": lambda value: parse_timestamp(value) if isinstance(value, str) else None,
}


def _comparison(convert: Callable[[Any], Any], test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compare(value: Any, expected: Any) -> bool:
        left, right = convert(value), convert(expected)
        return left is not None and right is not None and test(left, right)

    return compare


@lru_cache(maxsize=1024)
def _wildcard(pattern: str) -> re.Pattern[str]:
    r"""`*` matches any characters, `\*` a star, `\\` a backslash."""
    pieces = re.findall(r"\\[*\\]|.", pattern, re.DOTALL)
    return re.compile("".join(".*" if piece == "*" else re.escape(piece[-1]) for piece in pieces), re.DOTALL)


def _matches(value: Any, pattern: Any) -> bool:
    return isinstance(value, str) and isinstance(pattern, str) and _wildcard(pattern).fullmatch(value) is not None


COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    f"{kind}{name}": _comparison(convert, test) for kind, convert in _KINDS.items() for name, test in _ORDERINGS.items()
} | {
    "BooleanEquals": lambda value, expected: isinstance(value, bool) and value is expected,
    "StringMatches": _matches,
}
"""Operator without 'Path' -> test. A value of another type is never a match."""

OPERATORS = frozenset({*COMPARISONS, *TYPES, "IsPresent"})
