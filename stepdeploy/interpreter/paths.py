"""Evaluates parsed JSONPaths, and writes through Reference Paths (ResultPath).

The rules and the wording of the reasons are Jayway JsonPath's, which AWS uses and quotes in its causes: a definite path
that leads nowhere is an error, an indefinite one (wildcard, slice, union, filter, scan) yields a list, maybe empty.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from stepdeploy.asl.jsonpath import (
    Child,
    Compare,
    Condition,
    Exists,
    Filter,
    Function,
    Index,
    Junction,
    Negation,
    Path,
    Scan,
    Slice,
    Step,
)


class PathNotFound(LookupError):
    """A definite path names nothing; the text is Jayway's reason."""


class PastEnd(PathNotFound):
    """The last step is an index past the end of an array."""


class NotWritable(LookupError):
    """A Reference Path cannot be written into the data (a text or number is in the way)."""


_MISSING = object()


def find(path: Path, root: Any) -> Any:
    """The value at `path` in `root`, or the list of values for an indefinite path. Raises PathNotFound."""
    steps = path.steps
    if not path.definite:
        return _find_all(path, root)
    value = root
    for position, step in enumerate(steps):
        if isinstance(step, Child):
            if not isinstance(value, dict):
                raise PathNotFound(_not_an_object(steps, position, value))
            value = value.get(step.names[0], _MISSING)
            if value is _MISSING:
                last = position == len(steps) - 1
                reason = "No results for path" if last else "Missing property in path"
                raise PathNotFound(
                    f"{reason}: {render(steps)}" if last else f"{reason} {render(steps[: position + 1])}"
                )
        elif isinstance(step, Index):
            if not isinstance(value, list):
                raise PathNotFound(
                    f"Filter: [{step.indexes[0]}] can only be applied to arrays. Current context is: {value}"
                )
            index = step.indexes[0]
            if not -len(value) <= index < len(value):
                failure = PastEnd if position == len(steps) - 1 else PathNotFound
                raise failure(f"No results for path: {render(steps)}")
            value = value[index]
        else:
            assert isinstance(step, Function)
            value = _apply_function(step.name, value)
    return value


def render(steps: tuple[Step, ...]) -> str:
    """Definite steps the way Jayway prints a path: $['a'][0]."""
    parts = ["$"]
    for step in steps:
        if isinstance(step, Child):
            parts.append(f"['{step.names[0]}']")
        elif isinstance(step, Index):
            parts.append(f"[{step.indexes[0]}]")
        elif isinstance(step, Function):
            parts.append(f".{step.name}()")
    return "".join(parts)


def _not_an_object(steps: tuple[Step, ...], position: int, value: Any) -> str:
    step = steps[position]
    assert isinstance(step, Child)
    kind = "null" if value is None else type(value).__name__
    return f"Expected to find an object with property ['{step.names[0]}'] in path {render(steps[:position])} but found '{kind}'"


def _find_all(path: Path, root: Any) -> Any:
    steps = path.steps
    function = steps[-1] if isinstance(steps[-1], Function) else None
    values: list[Any] = [root]
    for step in steps[:-1] if function else steps:
        values = [found for value in values for found in _select(step, value, root)]
    return _apply_function(function.name, values) if function else values


def _select(step: Step, value: Any, root: Any) -> Iterator[Any]:
    """All values that one step leads to; what does not fit is passed over, as Jayway does on indefinite paths."""
    if isinstance(step, Child):
        if isinstance(value, dict):
            if len(step.names) == 1:
                if step.names[0] in value:
                    yield value[step.names[0]]
            else:
                yield {name: value[name] for name in step.names if name in value}
    elif isinstance(step, Index):
        if isinstance(value, list):
            yield from (value[index] for index in step.indexes if -len(value) <= index < len(value))
    elif isinstance(step, Slice):
        if isinstance(value, list):
            yield from value[step.start : step.stop]
    elif isinstance(step, Scan):
        yield from _descend(value)
    elif isinstance(step, Filter):
        candidates = value if isinstance(value, list) else [value] if isinstance(value, dict) else []
        yield from (candidate for candidate in candidates if holds(step.condition, candidate, root))
    else:
        yield from value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _descend(value: Any) -> Iterator[Any]:
    yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _descend(child)


def holds(condition: Condition, current: Any, root: Any) -> bool:
    """Whether a filter's condition is true of `current` (`@`) in the document `root` (`$`)."""
    if isinstance(condition, Junction):
        combine = all if condition.every else any
        return combine(holds(part, current, root) for part in condition.parts)
    if isinstance(condition, Negation):
        return not holds(condition.part, current, root)
    if isinstance(condition, Exists):
        return _operand(condition.path, current, root) is not _MISSING
    return _compare(condition, current, root)


def _operand(side: Any, current: Any, root: Any) -> Any:
    if not isinstance(side, Path):
        return side
    try:
        return find(side, current if side.root == "@" else root)
    except PathNotFound:
        return _MISSING


def same(left: Any, right: Any) -> bool:
    """JSON equality: unlike Python's, true is not 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return bool(left == right)


def _ordered(left: Any, right: Any, test: Callable[[Any, Any], bool]) -> bool:
    numbers = all(isinstance(side, int | float) and not isinstance(side, bool) for side in (left, right))
    texts = isinstance(left, str) and isinstance(right, str)
    return (numbers or texts) and test(left, right)


def _within(value: Any, values: Any) -> bool:
    return isinstance(values, list) and any(same(value, candidate) for candidate in values)


def _contains(left: Any, right: Any) -> bool:
    if isinstance(left, str):
        return isinstance(right, str) and right in left
    return _within(right, left)


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": same,
    "!=": lambda left, right: not same(left, right),
    "<": lambda left, right: _ordered(left, right, lambda a, b: a < b),
    "<=": lambda left, right: _ordered(left, right, lambda a, b: a <= b),
    ">": lambda left, right: _ordered(left, right, lambda a, b: a > b),
    ">=": lambda left, right: _ordered(left, right, lambda a, b: a >= b),
    "in": _within,
    "nin": lambda left, right: not _within(left, right),
    "contains": _contains,
    "subsetof": lambda left, right: isinstance(left, list) and all(_within(item, right) for item in left),
    "anyof": lambda left, right: isinstance(left, list) and any(_within(item, right) for item in left),
    "noneof": lambda left, right: isinstance(left, list) and not any(_within(item, right) for item in left),
    "size": lambda left, right: isinstance(left, str | list) and len(left) == right,
    "empty": lambda left, right: isinstance(left, str | list | dict) and (not left) is right,
}


def _compare(condition: Compare, current: Any, root: Any) -> bool:
    left = _operand(condition.left, current, root)
    right = _operand(condition.right, current, root)
    if condition.operator == "=~":
        pattern, text = (right, left) if isinstance(right, re.Pattern) else (left, right)
        return isinstance(pattern, re.Pattern) and isinstance(text, str) and pattern.fullmatch(text) is not None
    if left is _MISSING or right is _MISSING:
        return condition.operator == "!=" and left is not right
    return _COMPARISONS[condition.operator](left, right)


def _apply_function(name: str, value: Any) -> Any:
    """Only length() yields a value: AWS accepts Jayway's aggregates but finds nothing with them.

    Source: https://repost.aws/questions/QUYiQKP0XfThWEc_ahsMnLOA (`$.Jobs.sum()` "could not be found in the input").
    """
    if name != "length" or not isinstance(value, str | list | dict):
        raise PathNotFound(f"No results for path: {name}()")
    return len(value)


def put(path: Path, root: Any, value: Any) -> Any:
    """A copy of `root` with `value` at the Reference Path; missing objects on the way are made. Raises NotWritable.

    Only the containers on the way are copied: the rest is shared.
    """
    return _put(path.steps, root, value)


def _put(steps: tuple[Step, ...], data: Any, value: Any) -> Any:
    if not steps:
        return value
    step = steps[0]
    if isinstance(step, Child) and isinstance(data, dict):
        name = step.names[0]
        return {**data, name: _put(steps[1:], data.get(name, {}), value)}
    if isinstance(step, Index) and isinstance(data, list) and 0 <= step.indexes[0] < len(data):
        copy = list(data)
        copy[step.indexes[0]] = _put(steps[1:], data[step.indexes[0]], value)
        return copy
    raise NotWritable(render(steps))
