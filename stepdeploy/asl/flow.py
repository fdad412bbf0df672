"""What data a state is sure to get: followed back to Pass states whose output is written in the definition."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from stepdeploy.asl import jsonpath
from stepdeploy.asl.model import Scope, State
from stepdeploy.asl.placeholders import filled
from stepdeploy.asl.shapes import JSONPATH

_MOST_STATES = 100
"""To look at before giving up, so that long chains take no time."""


class _Mark:
    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


UNKNOWN = _Mark("UNKNOWN")
"""A value that only the execution knows."""

MISSING = _Mark("MISSING")
"""No value: the path leads nowhere."""


class Flow:
    """The transitions of a scope, backwards."""

    def __init__(self, scope: Scope) -> None:
        self._start = scope.start
        self._before: dict[Any, list[State]] = defaultdict(list)
        self._after_error: set[Any] = set()
        for state in scope.states:
            for name in _following(state):
                self._before[name].append(state)
            self._after_error.update(_texts(state.value.get("Catch")))

    def inputs(self, state: State) -> list[Any]:
        """All inputs that the state may get, with UNKNOWN inside where a part is open; [] when one is not known."""
        found: list[Any] = []
        seen: set[int] = set()
        waiting = [state]
        while waiting:
            one = waiting.pop()
            if id(one) in seen:
                continue
            seen.add(id(one))
            if one.name == self._start or one.name in self._after_error or len(seen) > _MOST_STATES:
                return []
            for before in self._before[one.name]:
                if _passes_on(before):
                    waiting.append(before)
                    continue
                output = _output(before)
                if output is UNKNOWN:
                    return []
                found.append(output)
        return found


def look_up(value: Any, path: jsonpath.Path) -> Any:
    """What a path finds in a value: the value, UNKNOWN or MISSING."""
    if path.root != "$" or not path.is_reference:
        return UNKNOWN
    for step in path.steps:
        if value is UNKNOWN:
            return UNKNOWN
        if isinstance(step, jsonpath.Child):
            value = value.get(step.names[0], MISSING) if isinstance(value, dict) else MISSING
        elif isinstance(step, jsonpath.Index):
            index = step.indexes[0]
            inside = isinstance(value, list) and -len(value) <= index < len(value)
            value = value[index] if inside else MISSING
        if value is MISSING:
            return MISSING
    return value


def _following(state: State) -> set[str]:
    names = [state.value.get("Next"), state.value.get("Default")]
    return {name for name in names if isinstance(name, str)} | _texts(state.value.get("Choices"))


def _texts(entries: Any) -> set[str]:
    """The Next of each entry."""
    found = [entry.get("Next") for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    return {name for name in found if isinstance(name, str)}


def _passes_on(state: State) -> bool:
    """Whether a state's output is its input."""
    changing = ("InputPath", "OutputPath", "Output", "Parameters", "Result")
    return state.type in ("Choice", "Wait", "Pass") and not any(field in state.value for field in changing)


def _output(state: State) -> Any:
    """What a Pass state puts out whatever it gets, else UNKNOWN."""
    value = state.value
    if state.type != "Pass" or state.language != JSONPATH:
        return UNKNOWN
    if value.get("ResultPath", "$") != "$" or value.get("OutputPath", "$") != "$":
        return UNKNOWN
    if "Parameters" in value and "Result" not in value:
        return _known(value["Parameters"], template=True)
    return _known(value["Result"], template=False) if "Parameters" not in value else UNKNOWN


def _known(value: Any, *, template: bool, depth: int = 0) -> Any:
    """A value with UNKNOWN for what the execution fills in."""
    if depth > _MOST_STATES:
        return UNKNOWN
    if isinstance(value, str):
        return value if filled(value, "") == value else UNKNOWN
    if isinstance(value, list):
        return [_known(item, template=template, depth=depth + 1) for item in value]
    if not isinstance(value, dict):
        return value
    found = {}
    for key, item in value.items():
        if template and key.endswith(".$"):
            found[key[:-2]] = UNKNOWN
        else:
            found[key] = _known(item, template=template, depth=depth + 1)
    return found
