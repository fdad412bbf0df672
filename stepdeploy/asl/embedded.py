"""Where expressions and paths stand in a part of a definition."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stepdeploy.asl.findings import Pointer
from stepdeploy.asl.model import Part
from stepdeploy.asl.shapes import JSONATA, JSONPATH

_PATHS = ("path", "reference", "own_reference", "text_path")


def texts_of(part: Part) -> Iterator[tuple[str, Pointer]]:
    """All texts of a part that are meant as expressions; those of inner parts are theirs."""
    if part.language != JSONATA:
        return
    for name, value, field in part.fields:
        if field.inner is None and field.expression and field.kind != "literal":
            yield from _texts(value, (*part.pointer, name))


def _texts(value: Any, pointer: Pointer) -> Iterator[tuple[str, Pointer]]:
    waiting: list[tuple[Any, Pointer]] = [(value, pointer)]
    while waiting:
        found, at = waiting.pop()
        if isinstance(found, dict):
            waiting += [(item, (*at, key)) for key, item in found.items()]
        elif isinstance(found, list):
            waiting += [(item, (*at, index)) for index, item in enumerate(found)]
        elif isinstance(found, str) and found.startswith("{%"):
            yield found, at


def dynamic_values(part: Part) -> Iterator[tuple[Any, Pointer]]:
    """All values of keys that end in `.$` in a JSONPath part."""
    if part.language != JSONPATH:
        return
    waiting: list[tuple[Any, Pointer]] = [
        (value, (*part.pointer, name)) for name, value, field in part.fields if field.kind in ("template", "assign")
    ]
    if part.shape.name == "Credentials":
        waiting.append((part.value, part.pointer))
    while waiting:
        found, at = waiting.pop()
        if isinstance(found, list):
            waiting += [(item, (*at, index)) for index, item in enumerate(found)]
        elif isinstance(found, dict):
            for key, item in found.items():
                if key.endswith(".$"):
                    yield item, (*at, key)
                else:
                    waiting.append((item, (*at, key)))


def path_fields(part: Part) -> Iterator[tuple[str, Pointer]]:
    """All texts in fields that hold a path."""
    if part.language == JSONPATH:
        for name, value, field in part.fields:
            if field.kind in _PATHS and isinstance(value, str):
                yield value, (*part.pointer, name)
