"""Paths on values: what they find, and the same value once that is known to be there or changed."""

from __future__ import annotations

from typing import NamedTuple

from stepdeploy.asl.data.values import (
    ANY,
    LIST,
    MAYBE,
    NO,
    NOTHING,
    NUMBER,
    OPEN,
    YES,
    Arr,
    Obj,
    Union,
    Value,
    disjoint,
    is_open,
    union,
)
from stepdeploy.asl.jsonpath import Child, Function, Index, Path, Step


class Found(NamedTuple):
    """What a path finds. presence: whether it finds it. past: it is an index past the end of an array."""

    value: Value
    presence: int
    past: bool = False


Steps = tuple[Step, ...]
_MOST_STEPS = 1000
"""Steps of a path that is followed."""
_MOST_MEMBERS = 300
"""Members of an object that still is made more exact: each time it is copied."""
_LONGEST = 60
"""Steps of a path that is written through; a longer one leaves what it leads into unknown."""


def find(path: Path, root: Value) -> Found:
    """What a path finds in a value; an indefinite path finds a list, also an empty one."""
    steps = path.steps
    if len(steps) > _MOST_STEPS:
        return Found(ANY, OPEN)
    if steps and isinstance(steps[-1], Function):
        found = find_steps(steps[:-1], root) if path.definite else Found(ANY, OPEN)
        # Only length() yields a value on AWS, and only of what has a length.
        return Found(NUMBER, min(found.presence, OPEN))
    if path.definite:
        return find_steps(steps, root)
    return Found(LIST, YES)  # empty where nothing fits, even where a name before is missing (recorded)


def find_steps(steps: Steps, root: Value) -> Found:
    """What single children and indexes find."""
    value, presence = root, YES
    for position, step in enumerate(steps):
        found = _step(step, value)
        if found.presence == NO:
            return Found(NOTHING, NO, found.past and position == len(steps) - 1)
        value, presence = found.value, min(presence, found.presence)
    return Found(value, presence)


def _step(step: Step, value: Value) -> Found:
    if isinstance(value, Union):
        return _together([_step(step, one) for one in value.alternatives])
    if type(value) is Value:
        return Found(ANY, OPEN)
    if isinstance(step, Child) and isinstance(value, Obj):
        return Found(*value.member(step.names[0]))
    if is_open(value):
        return Found(ANY, OPEN)
    if isinstance(step, Index) and isinstance(value, Arr):
        return _item(step.indexes[0], value)
    return Found(NOTHING, NO)


def _item(index: int, value: Arr) -> Found:
    exact = value.rest is None and value.least == len(value.items)
    if index < 0:
        if not exact:
            return Found(value.each(), OPEN)
        index += len(value.items)
    if 0 <= index < len(value.items):
        return Found(value.items[index], YES if index < value.least else OPEN)
    if index < 0 or value.rest is None:
        return Found(NOTHING, NO, True)
    return Found(value.rest, YES if index < value.least else OPEN)


def _together(found: list[Found]) -> Found:
    there = [one for one in found if one.presence != NO]
    if not there:
        return Found(NOTHING, NO, bool(found) and all(one.past for one in found))
    presence = min(one.presence for one in there)
    if len(there) < len(found):
        presence = MAYBE
    return Found(union(one.value for one in there), presence)


def given(steps: Steps, root: Value, value: Value | None, presence: int = YES) -> Value:
    """The root, now that the path is known to find `value` (None: what it would find), or nothing (NO)."""
    if not steps or len(steps) > _LONGEST:
        return root if value is None or steps else value
    if isinstance(root, Union):
        kept = [one for one in root.alternatives if _may_be(find_steps(steps, one), value, presence)]
        return union(given(steps, one, value, presence) for one in kept) if kept else root
    if isinstance(root, Obj) and len(root.members) > _MOST_MEMBERS:
        return root
    step, rest = steps[0], steps[1:]
    if isinstance(step, Child) and (type(root) is Value or isinstance(root, Obj)):
        members = root.members if isinstance(root, Obj) else {}
        before, there = members.get(step.names[0], (ANY, root.rest if isinstance(root, Obj) else OPEN))
        if not rest:
            there = presence
        elif presence != NO:
            there = YES
        inner = given(rest, before, value, presence) if rest or presence != NO else before
        loose = presence == NO and is_open(root)
        return Obj({**members, step.names[0]: (inner, there)}, root.rest if isinstance(root, Obj) else OPEN, loose)
    if isinstance(step, Index) and isinstance(root, Arr) and 0 <= step.indexes[0] < len(root.items) and presence != NO:
        items = list(root.items)
        items[step.indexes[0]] = given(rest, items[step.indexes[0]], value, presence)
        return Arr(tuple(items), root.rest, max(root.least, step.indexes[0] + 1))
    return root


def _may_be(found: Found, value: Value | None, presence: int) -> bool:
    """Whether what a path finds in an alternative can be what it is known to find."""
    if presence == NO:
        return found.presence != YES
    return found.presence != NO and (value is None or not disjoint(found.value, value))


def put(steps: Steps, root: Value, value: Value) -> tuple[Value, int]:
    """The root with a value written at a Reference Path, and whether that can be done: NO, MAYBE, OPEN or YES.

    Objects that are missing on the way are made; a text or a number in the way, or a short array, is in the way.
    """
    if not steps or len(steps) > _LONGEST:
        return (ANY, OPEN) if steps else (value, YES)
    if isinstance(root, Union):
        parts = [put(steps, one, value) for one in root.alternatives]
        done = [part for part in parts if part[1] != NO]
        worst = min((part[1] for part in done), default=NO)
        return union(part[0] for part in done), worst if len(done) == len(parts) else min(worst, MAYBE)
    step, rest = steps[0], steps[1:]
    if isinstance(step, Child):
        if type(root) is Value:
            return Obj({step.names[0]: (put(rest, Obj({}, OPEN), value)[0], YES)}, OPEN), OPEN
        if isinstance(root, Obj):
            before, there = root.member(step.names[0])
            if there == NO:
                before = Obj({})
            elif there != YES and rest:
                before = union([before, Obj({})])
            inner, able = put(rest, before, value)
            return Obj({**root.members, step.names[0]: (inner, YES)}, root.rest), min(
                able, OPEN
            ) if root.loose else able
        return NOTHING, NO
    if isinstance(step, Index) and isinstance(root, Arr):
        index = step.indexes[0]
        if 0 <= index < len(root.items):
            items = list(root.items)
            items[index], there = put(rest, items[index], value)
            return Arr(tuple(items), root.rest, root.least), there if index < root.least else min(there, OPEN)
        return (LIST, OPEN) if root.rest is not None and index >= 0 else (NOTHING, NO)
    return (ANY, OPEN) if is_open(root) else (NOTHING, NO)
