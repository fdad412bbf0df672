"""Run the rules over a definition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from stepdeploy.asl.findings import Finding
from stepdeploy.errors import InvalidProject
from stepdeploy.jsonsource import parse

TERMINAL = ("Succeed", "Fail")
TYPES = ("Pass", "Task", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map")


def check(text: str, *, machine_type: str = "STANDARD", name: str = "definition") -> list[Finding]:
    """All findings on a definition's JSON text. Never raises: broken JSON is a finding too."""
    try:
        source = parse(text, name)
    except InvalidProject as error:
        return [Finding("ASL001", "error", error.message, code="INVALID_JSON_DESCRIPTION")]
    found = []
    for finding in check_value(source.value, machine_type=machine_type):
        line, column = source.where(finding.pointer).rsplit(":", 2)[1:]
        found.append(replace(finding, line=int(line), column=int(column)))
    return found


def check_value(definition: Any, *, machine_type: str = "STANDARD") -> list[Finding]:
    """All findings on a parsed definition."""
    return list(_scope(definition, ()))


def _scope(scope: Any, pointer: tuple[str | int, ...]) -> Iterator[Finding]:
    states = scope.get("States") if isinstance(scope, dict) else None
    if not isinstance(states, dict) or not states:
        yield Finding("ASL002", "error", "States must be an object with at least one state", pointer, "SCHEMA_VALIDATION_FAILED")
        return
    start = scope.get("StartAt")
    if start not in states:
        yield _missing(start, (*pointer, "StartAt"))
    for name, state in states.items():
        here = (*pointer, "States", name)
        if not isinstance(state, dict) or state.get("Type") not in TYPES:
            yield Finding("ASL003", "error", f"Type must be one of {', '.join(TYPES)}", here, "SCHEMA_VALIDATION_FAILED")
            continue
        for target, where in _targets(state, here):
            if target not in states:
                yield _missing(target, where)
        for inner, where in _inner(state, here):
            yield from _scope(inner, where)
    reached = _reached(start, states)
    for name in states:
        if start in states and name not in reached:
            yield Finding("ASL005", "error", f"no state leads to {name!r}", (*pointer, "States", name), "MISSING_TRANSITION_TARGET")
    if not any(isinstance(state, dict) and (state.get("Type") in TERMINAL or state.get("End") is True) for state in states.values()):
        yield Finding("ASL006", "error", "no state ends the machine", (*pointer, "States"), "MISSING_END_STATE")


def _missing(target: Any, where: tuple[str | int, ...]) -> Finding:
    return Finding("ASL004", "error", f"there is no state {target!r}", where, "MISSING_TRANSITION_TARGET")


def _targets(state: Mapping[str, Any], here: tuple[str | int, ...]) -> Iterator[tuple[Any, tuple[str | int, ...]]]:
    for field in ("Next", "Default"):
        if field in state:
            yield state[field], (*here, field)
    for field in ("Choices", "Catch"):
        for index, item in enumerate(state.get(field) or []):
            if isinstance(item, dict) and "Next" in item:
                yield item["Next"], (*here, field, index, "Next")


def _inner(state: Mapping[str, Any], here: tuple[str | int, ...]) -> Iterator[tuple[Any, tuple[str | int, ...]]]:
    for field in ("ItemProcessor", "Iterator"):
        if field in state:
            yield state[field], (*here, field)
    for index, branch in enumerate(state.get("Branches") or []):
        yield branch, (*here, "Branches", index)


def _reached(start: Any, states: Mapping[str, Any]) -> set[Any]:
    seen: set[Any] = set()
    todo = [start]
    while todo:
        name = todo.pop()
        if name in seen or name not in states:
            continue
        seen.add(name)
        if isinstance(states[name], dict):
            todo += [target for target, _ in _targets(states[name], ())]
    return seen
