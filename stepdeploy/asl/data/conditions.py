"""Conditions of JSONata Choice states: the worlds in which one holds, and those in which it does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stepdeploy.asl import expressions
from stepdeploy.asl.data import choices, jsonata
from stepdeploy.asl.data.choices import Split, few
from stepdeploy.asl.data.values import NO, YES, Value, known
from stepdeploy.asl.data.worlds import World
from stepdeploy.asl.jsonpath import Child, Path

NamesIn = Callable[[World], jsonata.Names]
_PLAIN = ("stages", "predicate", "group", "focus", "index")
_OPERATORS = ("=", "!=", "<", "<=", ">", ">=", "in", "&", "+", "-", "*", "/", "%", "and", "or")


def split(world: World, text: str, names: NamesIn) -> Split:
    """Split a world by `{% condition %}`."""
    tree = expressions.tree(text)
    if tree is None or "${" in text:
        return [world], [world]
    try:
        return _split(world, tree, names)
    except (RecursionError, AttributeError):
        return [world], [world]


def _split(world: World, node: Any, names: NamesIn) -> Split:
    if node.type == "block" and len(node.expressions) == 1:
        return _split(world, node.expressions[0], names)
    if node.type == "binary" and node.value in ("and", "or"):
        return _both(world, node, names)
    if node.type == "function" and getattr(node.procedure, "value", "") == "not" and len(node.arguments) == 1:
        holds, fails = _split(world, node.arguments[0], names)
        return fails, holds
    found = jsonata.node_value(node, names(world))
    decided = jsonata.truth(found)
    if decided is not None:
        return ([world], []) if decided else ([], [world])
    holds, fails = _leaf(world, node, names)
    shown = _rendered(node)
    return choices.by_facts(shown, tuple(_reads(node)), holds, fails) if shown else (holds, fails)


def _both(world: World, node: Any, names: NamesIn) -> Split:
    wanted = node.value == "and"
    first_holds, first_fails = _split(world, node.lhs, names)
    going, out = (first_holds, first_fails) if wanted else (first_fails, first_holds)
    following: list[World] = []
    for one in going:
        holds, fails = _split(one, node.rhs, names)
        following += holds if wanted else fails
        out = out + (fails if wanted else holds)
    going, out = few(following, world), few(out, world)
    return (going, out) if wanted else (out, going)


def _leaf(world: World, node: Any, names: NamesIn) -> Split:
    if node.type == "function" and getattr(node.procedure, "value", "") == "exists" and len(node.arguments) == 1:
        path = _path(node.arguments[0])
        if path is not None:
            return [choices.learnt(world, path, None, True)], [choices.learnt(world, path, None, True, NO)]
    if node.type == "binary" and node.value in ("=", "!="):
        holds, fails = _equal(world, node, names)
        return (holds, fails) if node.value == "=" else (fails, holds)
    path = _path(node)
    if path is not None:
        there = choices.learnt(world, path, None, True)
        return [there], [world]
    return [world], [world]


def _equal(world: World, node: Any, names: NamesIn) -> Split:
    path = _path(node.lhs)
    target = _constant(node.rhs)
    if path is None or target is None:
        return [world], [world]
    found = jsonata.node_value(node.lhs, names(world))
    if found.presence == NO:
        return [], [world]
    inside = choices.among(found.value, target, True)
    holds = [choices.learnt(world, path, inside, True)] if inside is not None else []
    if found.presence != YES:
        return holds, [world]
    outside = choices.without(found.value, target)
    return holds, [choices.learnt(world, path, outside, True)] if outside is not None else []


def _constant(node: Any) -> Value | None:
    return known(node.value) if node.type in ("string", "number", "value") else None


def _path(node: Any) -> Path | None:
    """`$states.input.a` as `$.a`, `$variable.a` as it is; None for all others."""
    if node.type == "variable" and not any(getattr(node, field, None) for field in _PLAIN):
        return Path("", node.value, ()) if node.value not in ("", "$", "states") else None
    if node.type != "path" or any(getattr(step, field, None) for step in node.steps for field in _PLAIN):
        return None
    first, *rest = node.steps
    names = [step.value for step in rest if step.type == "name"]
    if first.type != "variable" or len(names) < len(rest):
        return None
    root = first.value
    if root == "states":
        if not names or names[0] != "input":
            return None
        root, names = "$", names[1:]
    return Path("", root, tuple(Child((name,)) for name in names)) if root else None


def _reads(node: Any) -> list[tuple[str, ...]]:
    path = _path(node)
    if path is not None:
        return [(path.root, *(name for step in path.steps if isinstance(step, Child) for name in step.names))]
    if node.type == "binary":
        return [*_reads(node.lhs), *_reads(node.rhs)]
    if node.type == "function":
        return [read for argument in node.arguments for read in _reads(argument)]
    return []


def _rendered(node: Any) -> str:
    """A text by which the same condition is known again; "" for forms that are not followed."""
    path = _path(node)
    if path is not None:
        return path.root + "".join(f".{name}" for step in path.steps if isinstance(step, Child) for name in step.names)
    if node.type in ("string", "number", "value"):
        return repr(node.value)
    if node.type == "binary" and node.value in _OPERATORS:
        parts = [_rendered(node.lhs), node.value, _rendered(node.rhs)]
        return " ".join(parts) if all(parts) else ""
    if node.type == "function" and getattr(node.procedure, "value", "") in expressions.FUNCTIONS - {"random", "now"}:
        inner = [_rendered(argument) for argument in node.arguments]
        return f"${node.procedure.value}({', '.join(inner)})" if all(inner) else ""
    return ""
