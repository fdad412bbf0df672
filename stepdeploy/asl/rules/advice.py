"""What AWS takes with a warning, and limits that it does not check: text that was meant as a path, late heartbeats."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from stepdeploy.asl import syntax
from stepdeploy.asl.findings import Pointer
from stepdeploy.asl.model import Part, State
from stepdeploy.asl.registry import Hit, rule
from stepdeploy.asl.shapes import JSONPATH

_DIAGNOSTICS = (
    "https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinitionDiagnostic.html"
)
_TASK = "https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html"
_LOOKS_DYNAMIC = re.compile(r"\$\$?([.\[].*)?|States\.\w+\(.*\)", re.DOTALL)
_WITH_PATH = ("Timestamp", "Error", "Cause")


@rule(
    "ASL047", "warning", "A path under a key without .$ is plain text", source=_DIAGNOSTICS, code="NO_DOLLAR", on="part"
)
def no_dollar(part: Part) -> Iterator[Hit]:
    for name, value, field in part.fields:
        if field.kind in ("template", "assign") and part.language == JSONPATH:
            for key, pointer in _paths(value, (*part.pointer, name)):
                yield Hit(
                    pointer,
                    f"The value of '{key}' looks like a path or function and is plain text",
                    f"Name it '{key}.$'.",
                )


@rule(
    "ASL048",
    "warning",
    "A path in a Pass state's Result is plain text",
    source=_DIAGNOSTICS,
    code="PASS_RESULT_IS_STATIC",
    types=("Pass",),
)
def static_result(state: State) -> Iterator[Hit]:
    if state.language == JSONPATH:
        for key, pointer in _paths(state.value.get("Result"), (*state.pointer, "Result")):
            yield Hit(
                pointer, f"The value of '{key}' looks like a path or function and is plain text", "Use Parameters."
            )


@rule("ASL049", "warning", "A path in a field without Path is plain text", source=_DIAGNOSTICS, code="NO_PATH")
def no_path(state: State) -> Iterator[Hit]:
    for name in _WITH_PATH:
        value = state.value.get(name)
        if state.language == JSONPATH and isinstance(value, str) and _is_dynamic(value):
            hint = f"Name it '{name}Path'."
            yield Hit(
                (*state.pointer, name), f"The value of '{name}' looks like a path or function and is plain text", hint
            )


@rule("ASL062", "warning", "A heartbeat comes before the timeout", source=_TASK, code="", types=("Task",))
def late_heartbeat(state: State) -> Iterator[Hit]:
    heartbeat, timeout = state.value.get("HeartbeatSeconds"), state.value.get("TimeoutSeconds")
    if isinstance(heartbeat, int) and isinstance(timeout, int) and heartbeat >= timeout:
        message = f"HeartbeatSeconds ({heartbeat}) must be less than TimeoutSeconds ({timeout})"
        yield Hit((*state.pointer, "HeartbeatSeconds"), message)


def _is_dynamic(text: str) -> bool:
    return _LOOKS_DYNAMIC.fullmatch(text) is not None and syntax.dynamic_problem(text) is None


def _paths(value: Any, pointer: Pointer) -> Iterator[tuple[str, Pointer]]:
    """Keys without `.$` whose value is a path or call, at any depth."""
    waiting: list[tuple[Any, Pointer]] = [(value, pointer)]
    while waiting:
        found, at = waiting.pop()
        if isinstance(found, list):
            waiting += [(item, (*at, index)) for index, item in enumerate(found)]
        elif isinstance(found, dict):
            for key, item in found.items():
                if isinstance(item, str) and not key.endswith(".$") and _is_dynamic(item):
                    yield key, (*at, key)
                waiting.append((item, (*at, key)))
