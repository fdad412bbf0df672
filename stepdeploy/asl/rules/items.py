"""Items of a Map state under JSONata: what cannot be an array fails every execution."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stepdeploy.asl import expressions
from stepdeploy.asl.model import State
from stepdeploy.asl.placeholders import is_whole
from stepdeploy.asl.registry import Hit, rule
from stepdeploy.asl.shapes import JSONATA

_MAP = "https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html"
_NAMES = {str: "string", bool: "boolean", int: "number", float: "number", type(None): "null"}


@rule("ASL112", "error", "Items is an array", source=_MAP, code="", layer="data", types=("Map",))
def items(state: State) -> Iterator[Hit]:
    if state.language != JSONATA or "Items" not in state.value:
        return
    kinds = {_kind(value) for value in _possible(state, state.value["Items"])}
    if kinds and None not in kinds:
        found = " or ".join(sorted(str(kind) for kind in kinds))
        message = f"Items must be an array, and it is always a {found}"
        yield Hit((*state.pointer, "Items"), message, warning=not state.fatal())


def _possible(state: State, value: Any) -> list[Any]:
    """The values that Items may have: what its variable is given, if it is one, else what it says."""
    name = value[2:-2].strip() if isinstance(value, str) and value.startswith("{%") and value.endswith("%}") else ""
    if not name.startswith("$") or expressions.start(value) != name[1:]:
        return [value]
    values: list[Any] = []
    for scope in state.scope.chain():
        if scope.assigned is None:
            return []
        values += scope.assigned.get(name[1:], [])
    return values


def _kind(value: Any) -> str | None:
    """The type of a value that is known and no array or object, else None."""
    if isinstance(value, str) and value.startswith("{%"):
        known = expressions.literal(value)
        return _NAMES.get(type(known[0])) if known else None
    if is_whole(value):
        return None
    return _NAMES.get(type(value))
