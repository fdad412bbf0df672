"""Choice rules of JSONPath states: the worlds in which a rule holds, and those in which it does not."""

from __future__ import annotations

import json
from typing import Any

from stepdeploy.asl import jsonpath, syntax
from stepdeploy.asl.data import lookup
from stepdeploy.asl.data.lookup import Found
from stepdeploy.asl.data.values import (
    BOOLEAN,
    MAYBE,
    NO,
    NULL,
    NUMBER,
    STRING,
    YES,
    Scalar,
    Value,
    alternatives,
    is_open,
    union,
)
from stepdeploy.asl.data.visits import Fails, Visit
from stepdeploy.asl.data.worlds import Fact, World
from stepdeploy.asl.fields import OPERATORS
from stepdeploy.asl.findings import Pointer

Split = tuple[list[World], list[World]]
"""The worlds in which a condition holds, and those in which it does not."""

_TESTED = {"IsNull": NULL, "IsString": STRING, "IsNumeric": NUMBER, "IsBoolean": BOOLEAN, "IsTimestamp": STRING}
_KINDS = {"String": STRING, "Numeric": NUMBER, "Timestamp": STRING, "Boolean": BOOLEAN}
_MOST_WORLDS = 6


def split(visit: Visit, rule: Any, pointer: Pointer, data: Value | None) -> Split:
    """Split the visit's world by a rule. data: what `$` is, where InputPath makes it other than the input.

    A world in which the rule certainly fails is in neither list.
    """
    start = visit.world
    try:
        if not isinstance(rule, dict) or len(pointer) > 150:
            return [start], [start]
        if isinstance(rule.get("And"), list):
            return _every(visit, rule["And"], (*pointer, "And"), data, wanted=True)
        if isinstance(rule.get("Or"), list):
            return _every(visit, rule["Or"], (*pointer, "Or"), data, wanted=False)
        if "Not" in rule:
            holds, fails = split(visit, rule["Not"], (*pointer, "Not"), data)
            return fails, holds
        return _compare(visit, rule, pointer, data)
    except Fails:
        return [], []
    finally:
        visit.world = start


def _every(visit: Visit, rules: list[Any], pointer: Pointer, data: Value | None, *, wanted: bool) -> Split:
    """And (wanted: all hold) and Or (wanted: none holds, so the lists change places)."""
    going, out = [visit.world], []
    for index, rule in enumerate(rules):
        following: list[World] = []
        for world in going:
            visit.world = world
            holds, fails = split(visit, rule, (*pointer, index), data)
            following += holds if wanted else fails
            out += fails if wanted else holds
        going = few(following, visit.world)
    out = few(out, visit.world)
    return (going, out) if wanted else (out, going)


def few(worlds: list[World], before: World) -> list[World]:
    """The worlds, each once; when they are many, the one that they all come from."""
    kept = list({world.key: world for world in worlds}.values())
    return kept if len(kept) <= _MOST_WORLDS else [before]


def _compare(visit: Visit, rule: dict[str, Any], pointer: Pointer, data: Value | None) -> Split:
    operator = next((name for name in rule if name in OPERATORS), None)
    text = rule.get("Variable")
    path = syntax.path(text)
    if operator is None or isinstance(path, str) or syntax.is_reference(text):
        return [visit.world], [visit.world]
    found = visit.find(path, visit.world.input if data is None else data)
    expected = rule[operator]
    if operator == "IsPresent":
        return _present(visit, path, found, expected, exact=data is None)
    _must_be_there(visit, path, found, (*pointer, "Variable"))
    if operator.endswith("Path") and operator != "Path":
        other = syntax.path(expected)
        if isinstance(other, str) or syntax.is_reference(expected):
            return [visit.world], [visit.world]
        second = visit.find(other, visit.world.input if data is None else data)
        _must_be_there(visit, other, second, (*pointer, operator))
        return [visit.world], [visit.world]
    if found.presence == MAYBE:
        visit.world = learnt(visit.world, path, None, data is None)
    return _by_value(visit, path, found.value, operator, expected, exact=data is None)


def _must_be_there(visit: Visit, path: jsonpath.Path, found: Found, pointer: Pointer) -> None:
    if found.presence in (NO, MAYBE):
        kind, detail = visit.lack(path, found.presence)
        visit.miss("condition" if kind == "path" else kind, pointer, path.text, detail, certain=found.presence == NO)


def _present(visit: Visit, path: jsonpath.Path, found: Found, expected: Any, *, exact: bool) -> Split:
    there = [] if found.presence == NO else [learnt(visit.world, path, None, exact)]
    gone = [] if found.presence == YES else [learnt(visit.world, path, None, exact, NO)]
    return (there, gone) if expected is not False else (gone, there)


def learnt(world: World, path: jsonpath.Path, value: Value | None, exact: bool, presence: int = YES) -> World:
    """The world, now that a path is known to find something. exact: `$` is the state's input."""
    if path.root == "$" and exact and path.is_reference:
        input = lookup.given(path.steps, world.input, value, presence)
        return World(input, world.variables, world.way, world.facts)
    if path.root not in ("$", "$$") and path.is_reference:
        held, there = world.variable(path.root)
        if not path.steps:
            held, there = (held if value is None else value), presence
        else:
            held = lookup.given(path.steps, held, value, presence)
        return World(world.input, {**world.variables, path.root: (held, there)}, world.way, world.facts)
    return world


def _by_value(visit: Visit, path: jsonpath.Path, value: Value, operator: str, expected: Any, *, exact: bool) -> Split:
    target, sure = _target(operator, expected)
    if target is None:
        return _by_fact(visit, path, value, operator, expected, exact)
    inside = among(value, target, sure)
    outside = without(value, target) if sure or operator.startswith("Is") else value
    holds = [learnt(visit.world, path, inside, exact)] if inside is not None else []
    fails = [learnt(visit.world, path, outside, exact)] if outside is not None else []
    return (fails, holds) if operator.startswith("Is") and expected is False else (holds, fails)


def _target(operator: str, expected: Any) -> tuple[Value | None, bool]:
    """What the value must be, and whether being that is enough. None: the operator orders, or matches a pattern."""
    if operator in _TESTED:
        return _TESTED[operator], operator != "IsTimestamp"
    for name, kind in _KINDS.items():
        if operator == f"{name}Equals" and name != "Timestamp" and not isinstance(expected, list | dict):
            assert isinstance(kind, Scalar)
            return Scalar(kind.kind, (expected,)), "${" not in str(expected)
    return None, False


def among(value: Value, target: Value, sure: bool) -> Value | None:
    """The value where it is also the target; None when it cannot be."""
    assert isinstance(target, Scalar)
    if is_open(value):
        return None if target in value.excluded and sure else (target if sure else Scalar(target.kind))
    found: list[Value] = []
    for one in alternatives(value):
        if is_open(one):
            return target
        if not isinstance(one, Scalar) or one.kind != target.kind or (target in one.excluded and sure):
            continue
        if not target.constant or not sure:
            found.append(one)
        elif not one.constant or one.constant == target.constant:
            found.append(target)
    return union(found) if found else None


def without(value: Value, target: Value) -> Value | None:
    """The value where it is not the target; None when it cannot be anything else."""
    assert isinstance(target, Scalar)
    kept: list[Value] = []
    for one in alternatives(value):
        if type(one) is Value:
            kept.append(Value(one.excluded | {target}))
        elif not isinstance(one, Scalar) or one.kind != target.kind:
            kept.append(one)
        elif target.constant and not one.constant:
            both = one.kind == "boolean" and Scalar("boolean", (not target.constant[0],))
            kept.append(both or Scalar(one.kind, (), one.excluded | {target}))
        elif target.constant and one.constant != target.constant:
            kept.append(one)
    return (kept[0] if len(kept) == 1 else union(kept)) if kept else None


def _by_fact(visit: Visit, path: jsonpath.Path, value: Value, operator: str, expected: Any, exact: bool) -> Split:
    """A comparison that shows nothing but itself: when it comes again with the same data, it comes out the same."""
    condition = f"{path.text} {operator} {json.dumps(expected)}"
    names = tuple(step.names[0] for step in path.steps if isinstance(step, jsonpath.Child))
    reads = ((path.root, *names),)
    kind = next((kind for name, kind in _KINDS.items() if operator.startswith(name)), None)
    narrowed = among(value, kind, True) if kind is not None else value
    world = visit.world if exact else World(visit.world.input, visit.world.variables, visit.world.way)
    holds = [learnt(world, path, narrowed, exact)] if narrowed is not None else []
    return by_facts(condition, reads, holds, [world]) if exact else (holds, [visit.world])


def by_facts(condition: str, reads: tuple[tuple[str, ...], ...], holds: list[World], fails: list[World]) -> Split:
    """Split by what the way has shown of a condition, and note it."""
    return _noted(condition, reads, holds, True), _noted(condition, reads, fails, False)


def _noted(condition: str, reads: tuple[tuple[str, ...], ...], worlds: list[World], holds: bool) -> list[World]:
    fact = Fact(condition, reads, holds)
    against = fact._replace(holds=not holds)
    return [
        World(world.input, world.variables, world.way, world.facts | {fact})
        for world in worlds
        if against not in world.facts
    ]


def kept(facts: frozenset[Fact], written: tuple[str, ...] | None, assigned: frozenset[str]) -> frozenset[Fact]:
    """The facts that still hold. written: names to where the input was changed, () for nowhere; None: all of it."""
    if not facts or (written == () and not assigned):
        return facts
    return frozenset(fact for fact in facts if not any(_touched(read, written, assigned) for read in fact.reads))


def _touched(read: tuple[str, ...], written: tuple[str, ...] | None, assigned: frozenset[str]) -> bool:
    root, *names = read
    if root == "$$":
        return True  # the context is another in each state
    if root != "$":
        return root in assigned
    if written is None:
        return True
    common = min(len(written), len(names))
    return bool(written) and tuple(names[:common]) == written[:common]
