"""Types, ranges and allowed values of fields, as `stepdeploy.asl.fields` lists them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from stepdeploy.asl.model import Part
from stepdeploy.asl.placeholders import is_whole
from stepdeploy.asl.registry import Hit, rule
from stepdeploy.asl.shapes import JSONATA, Field
from stepdeploy.asl.timestamps import is_timestamp

_SPEC = "https://states-language.net/"
_FIELDS = "https://docs.aws.amazon.com/step-functions/latest/dg/statemachine-structure.html"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_integer(value: Any) -> bool:
    return _is_number(value) and value == value // 1


_TYPES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "string": ("String", lambda value: isinstance(value, str)),
    "timestamp": ("String", lambda value: isinstance(value, str)),
    "boolean": ("Boolean", lambda value: isinstance(value, bool)),
    "integer": ("Integer", _is_integer),
    "number": ("Number", _is_number),
    "object": ("Object", lambda value: isinstance(value, dict)),
    "assign": ("Object", lambda value: isinstance(value, dict)),
    "array": ("Array", lambda value: isinstance(value, list)),
    "strings": ("Array of String", lambda value: isinstance(value, list)),
}


def is_expression(value: Any) -> bool:
    """Whether a value is meant as a JSONata expression; whether it is one, another rule says."""
    return isinstance(value, str) and value.startswith("{%")


def _may_stand_in(value: Any, part: Part, field: Field) -> bool:
    """Whether a value stands for another that is not known yet."""
    if not isinstance(value, str):
        return False
    return is_whole(value) or (field.expression and part.language == JSONATA and is_expression(value))


@rule("ASL014", "error", "A value of the wrong type", source=_FIELDS, on="part")
def value_type(part: Part) -> Iterator[Hit]:
    for name, value, field in part.fields:
        expected = _TYPES.get(field.kind)
        if expected is None or _may_stand_in(value, part, field):
            continue
        title, fits = expected
        if not fits(value):
            yield Hit((*part.pointer, name), f"Expected value of type {title}")
        elif field.kind == "strings":
            for index, item in enumerate(value):
                if not isinstance(item, str):
                    yield Hit((*part.pointer, name, index), "Expected value of type String")


@rule("ASL015", "error", "A number out of range", source=_FIELDS, on="part")
def number_range(part: Part) -> Iterator[Hit]:
    for name, value, field in part.fields:
        if not _is_number(value):
            continue
        if field.minimum is not None and value < field.minimum:
            yield Hit((*part.pointer, name), f"Minimum value is {_shown(field.minimum, field)}")
        if field.maximum is not None and value > field.maximum:
            yield Hit((*part.pointer, name), f"Maximum value is {_shown(field.maximum, field)}")


def _shown(limit: float, field: Field) -> str:
    """As AWS prints it: 99999999 for whole numbers, 100.0 for others."""
    return str(float(limit)) if field.kind == "number" else str(int(limit))


@rule("ASL016", "error", "A text that is none of those allowed", source=_FIELDS, on="part")
def allowed_values(part: Part) -> Iterator[Hit]:
    for name, value, field in part.fields:
        known = not isinstance(value, str) or value in field.values or "${" in value
        if field.values and not known and not _may_stand_in(value, part, field):
            yield Hit((*part.pointer, name), f"Value is not one of the allowed values: [{', '.join(field.values)}]")


@rule("ASL017", "error", "A list, object or text that must not be empty", source=_SPEC, on="part")
def not_empty(part: Part) -> Iterator[Hit]:
    for name, value, field in part.fields:
        if field.filled and value in ([], {}, ""):
            yield Hit((*part.pointer, name), "Value cannot be empty")


@rule("ASL018", "error", "A timestamp is RFC 3339 with an upper-case T and Z", source=_SPEC + "#wait-state", on="part")
def timestamp(part: Part) -> Iterator[Hit]:
    for name, value, field in part.fields:
        if field.kind != "timestamp" or not isinstance(value, str):
            continue
        if not is_timestamp(value) and not _may_stand_in(value, part, field):
            yield Hit((*part.pointer, name), "String does not match RFC3339 timestamp", "As in 2030-01-31T08:00:00Z.")
