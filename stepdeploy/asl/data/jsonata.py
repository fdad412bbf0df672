"""JSONata expressions on what is known: what they yield, or that they yield nothing (undefined).

Paths, constructors, conditions, literals and the operators are followed; what is not is open. A member that is not
there makes a path undefined, and an expression that is undefined fails the state.

Source: https://docs.jsonata.org/, https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stepdeploy.asl import expressions
from stepdeploy.asl.data.lookup import Found
from stepdeploy.asl.data.values import (
    ANY,
    BOOLEAN,
    MAYBE,
    NO,
    NOTHING,
    NUMBER,
    OPEN,
    STRING,
    YES,
    Arr,
    Obj,
    Scalar,
    Union,
    Value,
    array,
    known,
    union,
)

Names = Mapping[str, Found]
"""Variable -> what it is; a name that is not in it is open."""

UNKNOWN = Found(ANY, OPEN)
UNDEFINED = Found(NOTHING, NO)

_ALWAYS = {
    "exists": BOOLEAN,
    "count": NUMBER,
    "now": STRING,
    "millis": NUMBER,
    "random": NUMBER,
    "uuid": STRING,
}
"""Functions that yield something whatever they are given."""
_OF_ARGUMENT = {
    **dict.fromkeys(("string", "substring", "uppercase", "lowercase", "trim", "join", "base64encode", "hash"), STRING),
    **dict.fromkeys(("number", "abs", "floor", "ceil", "round", "sqrt", "length", "sum", "power"), NUMBER),
    **dict.fromkeys(("boolean", "not", "contains"), BOOLEAN),
    **dict.fromkeys(("parse", "keys", "type", "merge", "spread", "reverse", "sort", "distinct"), ANY),
}
"""Functions that yield nothing when their first argument is nothing (`$string($states.input.absent)`)."""
_ORDERS = ("<", "<=", ">", ">=")
_MATHS = ("+", "-", "*", "/", "%")


def evaluate(text: str, names: Names) -> Found:
    """What `{% expression %}` yields. names: `states` and the variables."""
    tree = expressions.tree(text)
    if tree is None or "${" in text:
        return UNKNOWN
    try:
        return node_value(tree, names)
    except (RecursionError, AttributeError):  # too deep, or a form of the parser's tree that is not followed here
        return UNKNOWN


def node_value(node: Any, names: Names) -> Found:
    """What a node of the syntax tree yields."""
    if any(getattr(node, field, None) for field in ("group", "predicate", "stages", "focus", "index")):
        return UNKNOWN
    handler = _NODES.get(node.type)
    return handler(node, names) if handler else UNKNOWN


def member(name: str, value: Value) -> Found:
    """What `.name` finds in a value: of an array, that of each item."""
    if isinstance(value, Union):
        return either([member(name, one) for one in value.alternatives])
    if type(value) is Value:
        return UNKNOWN
    if isinstance(value, Obj):
        return Found(*value.member(name))
    if isinstance(value, Arr) and not (value.rest is None and not value.items):
        found = member(name, value.each())
        return Found(ANY, NO if found.presence == NO else OPEN)
    return UNDEFINED


def either(found: list[Found]) -> Found:
    """One of some findings."""
    there = [one for one in found if one.presence != NO]
    if not there:
        return UNDEFINED
    presence = min(one.presence for one in there)
    return Found(union(one.value for one in there), presence if len(there) == len(found) else MAYBE)


def _variable(node: Any, names: Names) -> Found:
    return names.get(node.value, UNKNOWN)


def _path(node: Any, names: Names) -> Found:
    first, *rest = node.steps
    found = node_value(first, names)
    for step in rest:
        if step.type != "name" or any(getattr(step, field, None) for field in ("stages", "focus", "index", "group")):
            return UNKNOWN if found.presence != NO else UNDEFINED
        following = member(step.value, found.value) if found.presence != NO else UNDEFINED
        found = Found(following.value, min(found.presence, following.presence))
    if any(getattr(step, "keep_array", False) for step in node.steps):
        return Found(ANY, found.presence)
    return found


def _literal(node: Any, names: Names) -> Found:
    return Found(known(node.value), YES)


def _unary(node: Any, names: Names) -> Found:
    if node.value == "[":
        items = [node_value(item, names) for item in node.expressions]
        exact = all(item.presence == YES and not isinstance(item.value, Arr | Union) for item in items)
        exact = exact and all(type(item.value) is not Value for item in items)
        return Found(array([item.value for item in items]) if exact else Arr((), ANY, 0), YES)
    if node.value == "{":
        return Found(_object(node.lhs_object, names), YES)
    if node.value == "-":
        inner = node_value(node.expression, names)
        return Found(NUMBER, inner.presence)
    return UNKNOWN


def _object(pairs: Any, names: Names) -> Value:
    members: dict[str, tuple[Value, int]] = {}
    rest = NO
    for key, value in pairs:
        if key.type != "string":
            rest = OPEN
            continue
        found = node_value(value, names)
        members[key.value] = found.value, found.presence  # what is undefined is left out
    return Obj(members, rest)


def _binary(node: Any, names: Names) -> Found:
    operator = node.value
    if operator in ("and", "or", "=", "!=", "in"):
        return Found(BOOLEAN, YES)
    if operator == "&":
        return Found(STRING, YES)
    sides = [node_value(node.lhs, names), node_value(node.rhs, names)]
    if operator in _MATHS or operator in _ORDERS:
        presence = min(side.presence for side in sides)
        if operator in _ORDERS and presence == NO and any(side.presence != NO for side in sides):
            presence = OPEN
        return Found(NUMBER if operator in _MATHS else BOOLEAN, presence)
    return UNKNOWN


def _condition(node: Any, names: Names) -> Found:
    chosen = truth(node_value(node.condition, names))
    otherwise = getattr(node, "_else", None)
    last = node_value(otherwise, names) if otherwise is not None else UNDEFINED
    if chosen is not None:
        return node_value(node.then, names) if chosen else last
    # What the condition asks is not carried into the branches: what may be absent there is not known to be.
    found = either([node_value(node.then, names), last])
    return Found(found.value, OPEN if found.presence == MAYBE else found.presence)


def truth(found: Found) -> bool | None:
    """Whether a value counts as true; None when it is not known."""
    if found.presence == NO:
        return False
    if found.presence == YES and isinstance(found.value, Scalar) and found.value.constant:
        return bool(found.value.constant[0])
    return None


def _function(node: Any, names: Names) -> Found:
    name = getattr(node.procedure, "value", None)
    if getattr(node.procedure, "type", "") != "variable" or name in names:
        return UNKNOWN
    if name == "exists" and len(node.arguments) == 1:
        presence = node_value(node.arguments[0], names).presence
        return Found(known(presence == YES) if presence in (YES, NO) else BOOLEAN, YES)
    if name in _ALWAYS:
        return Found(_ALWAYS[name], YES)
    if name in _OF_ARGUMENT and node.arguments:
        presence = node_value(node.arguments[0], names).presence
        return Found(_OF_ARGUMENT[name], OPEN if presence == MAYBE and name == "not" else presence)
    return UNKNOWN


def _block(node: Any, names: Names) -> Found:
    own = dict(names)
    found = UNDEFINED
    for expression in node.expressions:
        if expression.type == "bind":
            found = node_value(expression.rhs, own)
            own[expression.lhs.value] = found
        else:
            found = node_value(expression, own)
    return found


_NODES = {
    "variable": _variable,
    "path": _path,
    "string": _literal,
    "number": _literal,
    "value": _literal,
    "unary": _unary,
    "binary": _binary,
    "condition": _condition,
    "function": _function,
    "block": _block,
}
