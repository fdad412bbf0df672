"""What a Task gives its service, held against what the operation takes (stepdeploy.asl.services)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from stepdeploy.asl import integrations, resources, services
from stepdeploy.asl.findings import Pointer
from stepdeploy.asl.model import State
from stepdeploy.asl.registry import did_you_mean
from stepdeploy.asl.services import Service, Structure
from stepdeploy.asl.shapes import JSONATA, JSONPATH

_FREE = {
    ("lambda", "payload"),
    ("bedrock", "body"),
}
"""Members of optimised integrations that take any JSON."""
_ADDED = {("bedrock", "input"), ("bedrock", "output")}
"""Members that only the optimised integration has."""
_NAMES = {"i": "a whole number", "f": "a number", "b": "a boolean"}
_MOST_DEEP = 60

Kind = Literal["missing", "unknown", "type"]


class Problem(NamedTuple):
    """What is wrong with an argument: where, and what to do."""

    kind: Kind
    pointer: Pointer
    message: str
    hint: str | None = None


def given(state: State) -> tuple[str, Any]:
    """The field with a Task's arguments, and its value (None: not there)."""
    field = "Parameters" if state.language == JSONPATH else "Arguments"
    return field, state.value.get(field)


@lru_cache(maxsize=1)  # three rules ask of each state in turn
def problems(state: State) -> tuple[Problem, ...]:
    """All that is wrong with a Task's arguments."""
    return tuple(_problems(state))


def _problems(state: State) -> Iterator[Problem]:
    called = resources.called(state)
    if called.kind not in ("sdk", "optimized"):
        return
    field, value = given(state)
    if not isinstance(value, dict):
        return
    pointer = (*state.pointer, field)
    found = services.called(called.service, called.action)
    optimized = called.service if called.kind == "optimized" else ""
    yield from _missing(optimized, called.action, found[1].input if found else None, value, pointer)
    if found is None or (optimized and not integrations.has(called.service, called.action)):
        return
    if found[1].input is not None:
        reader = _Reader(found[0], optimized, state.language == JSONATA)
        yield from reader.structure(found[1].input, value, pointer, ())


def _missing(
    optimized: str, action: str, structure: Structure | None, value: dict[str, Any], pointer: Pointer
) -> Iterator[Problem]:
    """Members that the operation requires; for optimised integrations, those that AWS's pages say are required."""
    if optimized:
        names = list(integrations.REQUIRED.get(f"{optimized}:{action}", ()))
    else:
        names = [member.name for member in structure.members.values() if member.required] if structure else []
    there = {name.removesuffix(".$").lower() for name in value}
    for name in names:
        if name.lower() not in there:
            shown = name[0].upper() + name[1:]
            yield Problem("missing", pointer, f"The field '{shown}' is required but was missing")


class _Reader:
    def __init__(self, service: Service, optimized: str, jsonata: bool) -> None:
        self._service, self._optimized, self._jsonata = service, optimized, jsonata

    def structure(
        self, structure: Structure, value: dict[str, Any], pointer: Pointer, path: tuple[str, ...]
    ) -> Iterator[Problem]:
        """Problems of an object. path: names in lower case that lead to it."""
        for name, item in value.items():
            plain = name.removesuffix(".$") if not self._jsonata else name
            at = (*path, plain.lower())
            member = structure.members.get(plain.lower())
            if member is None or plain[:1].islower():
                if (self._optimized, *at) not in _ADDED:
                    yield self._unknown(structure, plain, (*pointer, name), member is not None)
            elif plain == name and (self._optimized, *at) not in _FREE:
                yield from self.value(member.type, item, (*pointer, name), at)

    def _unknown(self, structure: Structure, name: str, pointer: Pointer, known: bool) -> Problem:
        names = [member.name[0].upper() + member.name[1:] for member in structure.members.values()]
        hint = f"Names begin with a capital: {name[0].upper() + name[1:]!r}." if known else did_you_mean(name, names)
        hint = hint or f"It takes: {', '.join(sorted(names))[:300]}."
        return Problem("unknown", pointer, f"The field '{name}' is not supported by Step Functions", hint)

    def value(self, type: str, value: Any, pointer: Pointer, path: tuple[str, ...]) -> Iterator[Problem]:
        """Problems of a value of a type of the table."""
        if self._is_open(value) or len(pointer) > _MOST_DEEP:
            return
        structure = self._service.structure(type)
        if structure is not None:
            if isinstance(value, dict):
                yield from self.structure(structure, value, pointer, path)
            elif self._service.name != "dynamodb" or isinstance(value, list):  # a plain value stands for {"S": value}
                yield _wrong(pointer, "an object", value)
        elif type[0] == "[":
            yield from self._items(type[1:], value, pointer, path)
        elif type[0] == "{":
            yield from self._entries(type[1:], value, pointer, path)
        elif not _fits(type, value):
            yield _wrong(pointer, _NAMES[type], value)

    def _items(self, type: str, value: Any, pointer: Pointer, path: tuple[str, ...]) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield _wrong(pointer, "an array", value)
            return
        for index, item in enumerate(value):
            yield from self.value(type, item, (*pointer, index), path)

    def _entries(self, type: str, value: Any, pointer: Pointer, path: tuple[str, ...]) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield _wrong(pointer, "an object", value)
            return
        for name, item in value.items():
            if self._jsonata or not name.endswith(".$"):
                yield from self.value(type, item, (*pointer, name), path)

    def _is_open(self, value: Any) -> bool:
        """Whether only the execution knows the value."""
        return isinstance(value, str) and ("${" in value or (self._jsonata and value.startswith("{%")))


def _fits(type: str, value: Any) -> bool:
    """Whether Step Functions can make a value of the type; it turns anything into text (as AWS's samples do)."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if type in ("i", "f"):
        return number or isinstance(value, str)
    if type == "b":
        return isinstance(value, bool | str)
    return True


def _wrong(pointer: Pointer, wanted: str, value: Any) -> Problem:
    names = {dict: "an object", list: "an array", str: "a text", bool: "a boolean", type(None): "null"}
    found = names.get(type(value), "a number")
    return Problem("type", pointer, f"The value for the field '{pointer[-1]}' must be {wanted}, and is {found}")
