"""Paths into data that the definition itself fixes: a path to nothing fails every execution that comes there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stepdeploy.asl import jsonpath, syntax
from stepdeploy.asl.embedded import dynamic_values
from stepdeploy.asl.findings import Pointer
from stepdeploy.asl.flow import MISSING, UNKNOWN, Flow, look_up
from stepdeploy.asl.model import Scope, State
from stepdeploy.asl.registry import Hit, rule
from stepdeploy.asl.shapes import JSONPATH

_FLOW = "https://docs.aws.amazon.com/step-functions/latest/dg/concepts-input-output-filtering.html"
_ON_INPUT = ("reference", "own_reference", "text_path")


@rule(
    "ASL113",
    "error",
    "A path finds something in data that the definition fixes",
    source=_FLOW,
    code="",
    layer="data",
    on="scope",
)
def path_to_nothing(scope: Scope) -> Iterator[Hit]:
    flow: Flow | None = None
    for state in scope.states:
        paths = list(_paths(state)) if state.language == JSONPATH else []
        if not paths and "InputPath" not in state.value:
            continue
        flow = flow or Flow(scope)
        inputs = flow.inputs(state)
        effective = _effective(state, inputs)
        if inputs and not effective:
            paths = [(state.value["InputPath"], (*state.pointer, "InputPath"))]
        for text, pointer in paths:
            if _finds_nothing(text, effective or inputs):
                message = f"'{text}' finds nothing in what the states before put out"
                yield Hit(pointer, message, warning=not state.fatal())


def _paths(state: State) -> Iterator[tuple[str, Pointer]]:
    """The paths that a state follows in its input at any rate. A Map's own lead into its items as well: left out."""
    if state.type == "Map":
        return
    for name, value, field in state.fields:
        if field.kind in _ON_INPUT and isinstance(value, str) and value.startswith("$"):
            yield value, (*state.pointer, name)
    for value, pointer in dynamic_values(state):
        if pointer[len(state.pointer)] == "Parameters" and isinstance(value, str) and value.startswith("$"):
            yield value, pointer


def _finds_nothing(text: str, inputs: list[Any]) -> bool:
    path = syntax.path(text)
    return isinstance(path, jsonpath.Path) and bool(inputs) and all(look_up(one, path) is MISSING for one in inputs)


def _effective(state: State, inputs: list[Any]) -> list[Any]:
    """The inputs as InputPath leaves them, those dropped in which it finds nothing."""
    text = state.value.get("InputPath", "$")
    path = syntax.path(text)
    if isinstance(path, str):
        return [UNKNOWN for _ in inputs]
    return [look_up(one, path) for one in inputs if look_up(one, path) is not MISSING]
