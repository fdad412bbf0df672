"""Which data a state mentions: what must be known where it starts, for what it and its inner machines read.

A mention is a path, as (root, names and indexes...), and whether the value found is handed on (then all that is known
of it counts) or only looked at. It may say too much, never too little: what nobody mentions is forgotten (liveness).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from stepdeploy.asl import expressions, intrinsics, syntax
from stepdeploy.asl.jsonpath import Child, Index, Path
from stepdeploy.asl.model import Part, State
from stepdeploy.asl.shapes import JSONATA

Names = tuple[str | int, ...]


class Mention(NamedTuple):
    """path: the root ("$" or a variable), then names and indexes. whole: the value is handed on."""

    path: Names
    whole: bool


EVERYTHING = Mention(("$",), True)
_PATH_KINDS = ("path", "reference", "own_reference", "text_path")
_HANDED_ON = ("InputPath", "OutputPath", "ItemsPath", "Items", "Output", "Assign", "ItemSelector", "ResultSelector")


def of_result(part: Part) -> Iterator[Mention]:
    """What a Task, Parallel or Map mentions of its result, as `$`; and OutputPath, of what it puts out."""
    for name, value, field in part.fields:
        if name in ("ResultSelector", "Assign", "OutputPath"):
            yield from _in_value(value, part.language == JSONATA, True, field.kind in _PATH_KINDS)


def mentions(part: Part) -> Iterator[Mention]:
    """What a part of a definition mentions of its input and of variables."""
    opaque = isinstance(part, State) and part.type == "Task"
    for name, value, field in part.fields:
        if field.kind == "result_path":
            yield from (Mention(mention.path[:-1], False) for mention in _in_value(value, False, False, True))
        if field.inner is not None or field.kind in ("literal", "result_path"):
            continue
        if part.language != JSONATA and name in _of_result(part):
            found = _in_value(value, False, True, False)
            yield from (mention for mention in found if mention.path[0] != "$")
            continue
        whole = name in _HANDED_ON or (name in ("Parameters", "Arguments", "BatchInput") and not opaque)
        yield from _in_value(value, part.language == JSONATA, whole, field.kind in _PATH_KINDS)
    if isinstance(part, State) and _hands_on_input(part):
        yield EVERYTHING


def _of_result(part: Part) -> tuple[str, ...]:
    """Fields of a JSONPath part whose `$` is not the state's input."""
    if part.shape.name == "Catch":
        return ("Assign",)
    working = isinstance(part, State) and part.type in ("Task", "Parallel", "Map")
    return ("ResultSelector", "Assign") if working else ()


def _hands_on_input(state: State) -> bool:
    """Whether a state gives its input another place, so that later names tell nothing of earlier ones."""
    value = state.value
    if state.type == "Map":
        return "ItemReader" not in value and not {"Items", "ItemsPath"} & value.keys()
    moved = value.get("ResultPath", "$") not in ("$", None)
    return state.type == "Pass" and moved and "Parameters" not in value and "Result" not in value


def _in_value(value: Any, jsonata: bool, whole: bool, is_path: bool) -> Iterator[Mention]:
    waiting: list[tuple[Any, bool]] = [(value, is_path)]
    while waiting:
        found, dynamic = waiting.pop()
        if isinstance(found, list):
            waiting += [(item, False) for item in found]
        elif isinstance(found, dict):
            waiting += [(item, name.endswith(".$")) for name, item in found.items()]
        elif isinstance(found, str):
            if jsonata and found.startswith("{%"):
                yield from _in_expression(found, whole)
            elif dynamic and not jsonata:
                yield from _in_path(found, whole)


def _in_path(text: str, whole: bool) -> Iterator[Mention]:
    if syntax.is_reference(text):
        yield EVERYTHING
        return
    waiting: list[Any] = [syntax.path(text) if text.startswith("$") else syntax.call(text)]
    while waiting:
        found = waiting.pop()
        if isinstance(found, Path):
            if found.root not in ("$$", "@") and found.text != "$":
                yield Mention((found.root, *_names(found)), whole or not found.is_reference)
            elif found.text == "$" and whole:
                yield EVERYTHING
        elif isinstance(found, intrinsics.Call):
            waiting += found.arguments


def _names(path: Path) -> Iterator[str | int]:
    for step in path.steps:
        if isinstance(step, Child) and len(step.names) == 1:
            yield step.names[0]
        elif isinstance(step, Index) and len(step.indexes) == 1 and step.indexes[0] >= 0:
            yield step.indexes[0]
        else:
            return


def _in_expression(text: str, whole: bool) -> Iterator[Mention]:
    tree = expressions.tree(text)
    if tree is None:
        return
    if "${" in text:
        yield EVERYTHING
    inside: set[int] = set()
    for node in expressions.nodes(tree):
        if node.type == "path" and node.steps and node.steps[0].type == "variable":
            inside.add(id(node.steps[0]))
            yield from _of_path(node, whole)
        elif node.type == "variable" and id(node) not in inside:
            yield EVERYTHING if node.value == "states" and whole else Mention((str(node.value),), True)


def _of_path(node: Any, whole: bool) -> Iterator[Mention]:
    root, names = str(node.steps[0].value), []
    for step in node.steps[1:]:
        if step.type != "name":
            whole = True
            break
        names.append(step.value)
        if any(getattr(step, field, None) for field in ("stages", "predicate", "group", "focus", "index")):
            whole = True
            break
    if root == "states":
        if names[:1] != ["input"]:
            return
        root, names = "$", names[1:]
    if names or root != "$" or whole:
        yield Mention((root, *names), whole)
