"""Intrinsic functions on what is known: what they yield, and arguments that they certainly refuse.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html.
"""

from __future__ import annotations

from typing import Any

from stepdeploy.asl.data.values import (
    ANY,
    BOOLEAN,
    LIST,
    NUMBER,
    OPEN,
    STRING,
    YES,
    Arr,
    Obj,
    Scalar,
    Value,
    array,
    known,
)

_YIELDS = {
    "ArrayPartition": LIST,
    "ArrayContains": BOOLEAN,
    "ArrayRange": Arr((), NUMBER, 0),
    "ArrayLength": NUMBER,
    "Base64Encode": STRING,
    "Base64Decode": STRING,
    "Hash": STRING,
    "JsonToString": STRING,
    "MathRandom": NUMBER,
    "MathAdd": NUMBER,
    "StringSplit": Arr((), STRING, 0),
    "UUID": STRING,
    "Format": STRING,
}
_TAKES: dict[str, tuple[str, ...]] = {
    "ArrayPartition": ("array", "number"),
    "ArrayContains": ("array",),
    "ArrayRange": ("number", "number", "number"),
    "ArrayGetItem": ("array", "number"),
    "ArrayLength": ("array",),
    "ArrayUnique": ("array",),
    "Base64Encode": ("string",),
    "Base64Decode": ("string",),
    "JsonMerge": ("object", "object", "boolean"),
    "StringToJson": ("string",),
    "MathRandom": ("number", "number", "number"),
    "MathAdd": ("number", "number"),
    "StringSplit": ("string", "string"),
}
"""Function -> types of its arguments, as far as they are of one type."""


def literal(value: Any) -> Value:
    """What a literal in a call is; text as it is written may still hold escapes."""
    return STRING if isinstance(value, str) and "\\" in value else known(value)


def problem(name: str, given: list[Value]) -> str | None:
    """Why a call certainly fails: an argument of a type that the function does not take."""
    for position, (wanted, value) in enumerate(zip(_TAKES.get(name, ()), given, strict=False), 1):
        kinds = value.kinds
        if kinds and wanted not in kinds:
            article = "an" if wanted[0] in "ao" else "a"
            return f"fails: argument {position} of States.{name} must be {article} {wanted}, and is {shown(kinds)}"
    return None


def shown(kinds: frozenset[str]) -> str:
    """Types in words: `a string or null`."""
    articles = {"array": "an array", "object": "an object", "null": "null"}
    return " or ".join(articles.get(kind, f"a {kind}") for kind in sorted(kinds))


def result(name: str, given: list[Value]) -> Value:
    """What a call yields."""
    if name == "Array":
        return array(given)
    if name == "ArrayUnique" and given and isinstance(given[0], Arr):
        return Arr((), given[0].each(), min(given[0].least, 1))
    if name == "ArrayGetItem" and given and isinstance(given[0], Arr):
        return _item(given)
    if name == "JsonMerge" and len(given) > 1:
        return _merged(given[0], given[1])
    return _YIELDS.get(name, ANY)


def _item(given: list[Value]) -> Value:
    items, at = given[0], given[1] if len(given) > 1 else ANY
    assert isinstance(items, Arr)
    index = at.constant[0] if isinstance(at, Scalar) and at.constant else None
    if isinstance(index, int) and 0 <= index < len(items.items):
        return items.items[index]
    return ANY


def _merged(left: Value, right: Value) -> Value:
    if not isinstance(left, Obj) or not isinstance(right, Obj) or left.loose or right.loose:
        return ANY
    members = dict(left.members)
    for name, (value, presence) in right.members.items():
        if presence == YES:
            members[name] = value, YES
        else:
            members[name] = ANY, max(left.member(name)[1], presence)
    rest = max(left.rest, right.rest)
    if right.rest == OPEN:  # any member may be another's
        members = {
            name: (right.members[name][0] if name in right.members else ANY, there[1])
            for name, there in members.items()
        }
    return Obj(members, rest)
