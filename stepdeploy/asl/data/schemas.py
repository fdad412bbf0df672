"""JSON Schema -> what is known of the values that it allows.

Source: https://json-schema.org/draft/2020-12. Keywords that are not read leave the value more open, never less.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stepdeploy.asl.data.values import (
    ANY,
    BOOLEAN,
    LIST,
    MAYBE,
    NO,
    NULL,
    NUMBER,
    OBJECT,
    OPEN,
    STRING,
    YES,
    Arr,
    Obj,
    Value,
    known,
    union,
)

_TYPES = {
    "string": STRING,
    "number": NUMBER,
    "integer": NUMBER,
    "boolean": BOOLEAN,
    "null": NULL,
    "array": LIST,
    "object": OBJECT,
}
_DEEPEST = 12


def from_schema(schema: Any) -> Value:
    """What a JSON Schema (parsed) says of a value. ANY for one that cannot be read."""
    return _read(schema, schema, 0)


def _read(schema: Any, whole: Any, depth: int) -> Value:
    if not isinstance(schema, Mapping) or depth > _DEEPEST:
        return ANY
    if "$ref" in schema:
        return _read(_referred(schema["$ref"], whole), whole, depth + 1)
    if "const" in schema:
        return known(schema["const"])
    if isinstance(schema.get("enum"), list) and schema["enum"]:
        return union(known(value) for value in schema["enum"])
    for keyword in ("anyOf", "oneOf"):
        options = schema.get(keyword)
        if isinstance(options, list) and options and "type" not in schema and "properties" not in schema:
            return union(_read(option, whole, depth + 1) for option in options)
    if isinstance(schema.get("allOf"), list):
        return _all_of(schema, whole, depth)
    kinds = schema.get("type", _guessed(schema))
    return union(_of_type(kind, schema, whole, depth) for kind in (kinds if isinstance(kinds, list) else [kinds]))


def _guessed(schema: Mapping[str, Any]) -> str:
    return "object" if "properties" in schema else ""


def _of_type(kind: Any, schema: Mapping[str, Any], whole: Any, depth: int) -> Value:
    if kind == "object":
        return _object(schema, whole, depth)
    if kind == "array":
        first = schema.get("prefixItems")
        items = tuple(_read(item, whole, depth + 1) for item in first) if isinstance(first, list) else ()
        rest = None if schema.get("items") is False else _read(schema.get("items"), whole, depth + 1)
        least = schema.get("minItems")
        return Arr(items, rest, least if isinstance(least, int) else 0)
    return _TYPES.get(kind, ANY) if isinstance(kind, str) else ANY


def _object(schema: Mapping[str, Any], whole: Any, depth: int) -> Value:
    properties, required = schema.get("properties"), schema.get("required")
    names = set(required) if isinstance(required, list) else set()
    members: dict[str, tuple[Value, int]] = {name: (ANY, YES) for name in names if isinstance(name, str)}
    for name, inner in properties.items() if isinstance(properties, Mapping) else ():
        members[name] = (_read(inner, whole, depth + 1), YES if name in names else MAYBE)
    return Obj(members, _rest(schema))


def _rest(schema: Mapping[str, Any]) -> int:
    """Presence of members that the schema does not name: one that names some is taken as meant in full."""
    further = schema.get("additionalProperties")
    if "patternProperties" in schema or "unevaluatedProperties" in schema:
        return OPEN
    if further is False:
        return NO
    return MAYBE if further is None and schema.get("properties") else OPEN


def _all_of(schema: Mapping[str, Any], whole: Any, depth: int) -> Value:
    own = {name: value for name, value in schema.items() if name != "allOf"}
    parts = [_read(part, whole, depth + 1) for part in (own, *schema["allOf"])]
    members: dict[str, tuple[Value, int]] = {}
    objects = [part for part in parts if isinstance(part, Obj)]
    for part in objects:
        for name, (value, presence) in part.members.items():
            before = members.get(name)
            members[name] = (value, presence) if before is None else (before[0], max(before[1], presence))
    return Obj(members, OPEN) if objects else next((part for part in parts if part is not ANY), ANY)


def _referred(reference: Any, whole: Any) -> Any:
    """What `#/$defs/name` refers to; None for what is in another file."""
    if not isinstance(reference, str) or not reference.startswith("#"):
        return None
    found = whole
    for part in reference[1:].split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        found = found.get(key) if isinstance(found, Mapping) else None
    return found
