"""A definition as the rules see it: its machines (`Scope`), states and all objects of the language (`Part`) in them.

Built without recursion and without trust: what is not an object where one belongs is left out and kept in `misfits`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from stepdeploy.asl import fields as tables
from stepdeploy.asl.findings import Pointer
from stepdeploy.asl.options import Options
from stepdeploy.asl.shapes import JSONATA, JSONPATH, Field, QueryLanguage, Shape


@dataclass(slots=True, eq=False)
class Part:
    """An object of the language: a machine, a state, a retrier, a Choice rule and so on.

    language: the query language in force there. parent: the part that holds it; None for the whole definition.
    fields: those that the part has and may have: name, value, description.
    """

    shape: Shape
    value: dict[str, Any]
    pointer: Pointer
    language: QueryLanguage
    parent: Part | None
    fields: list[tuple[str, Any, Field]] = field(init=False)

    def __post_init__(self) -> None:
        known = self.shape.fields
        found = [(name, value, known[name]) for name, value in self.value.items() if name in known]
        self.fields = [item for item in found if item[2].language in (None, self.language)]

    def home(self) -> Scope:
        """The machine, branch or item processor that the part is in; a scope is its own."""
        part: Part = self
        while not isinstance(part, Scope):
            assert part.parent is not None, "only scopes have no parent"
            part = part.parent
        return part

    def fatal(self) -> bool:
        """Whether an error here ends every execution: all come here, and no Catch is in the way."""
        part: Part | None = self
        while part is not None:
            if isinstance(part, State):
                if part.value.get("Catch") or part.name not in part.scope.straight:
                    return False
                if part is not self and part.type == "Map":
                    return False  # there may be no items
            part = part.parent
        return True


@dataclass(slots=True, eq=False)
class State(Part):
    """A state. type: as written when it is one of the language's, else ""."""

    name: str
    type: str
    scope: Scope


@dataclass(slots=True, eq=False)
class Scope(Part):
    """An object with StartAt and States: the whole machine, a branch, an item processor.

    owner: the state it is in. assigned: what its states assign, name -> values as written (that of `a.$` under `a`, as
    `{"$": value}`); None when an Assign is no object.
    straight: the states from StartAt up to the first that may go on in two ways.
    """

    owner: State | None = None
    states: list[State] = field(default_factory=list)
    assigned: dict[str, list[Any]] | None = None
    straight: set[str] = field(default_factory=set)

    def chain(self) -> Iterator[Scope]:
        """The scope and those around it, innermost first."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.owner.scope if scope.owner else None

    @property
    def start(self) -> Any:
        """What StartAt says."""
        return self.value.get("StartAt")


@dataclass(slots=True)
class Document:
    """A definition. parts holds scopes and states, too. misfits: where an object belongs and something else stands.

    options: what else is known. misses: what the data layer found, once it was asked (data.worlds.Misses).
    """

    value: dict[str, Any]
    machine_type: str
    language: QueryLanguage
    parts: list[Part] = field(default_factory=list)
    scopes: list[Scope] = field(default_factory=list)
    states: list[State] = field(default_factory=list)
    misfits: list[Pointer] = field(default_factory=list)
    options: Options = field(default_factory=Options)
    misses: object = None


_SCOPES = (tables.MACHINE, tables.BRANCH, tables.PROCESSOR)


def build(value: dict[str, Any], machine_type: str = "STANDARD", options: Options | None = None) -> Document:
    """The model of a parsed definition, parts in the order of the file, level by level."""
    document = Document(value, machine_type, _language(value, JSONPATH), options=options or Options())
    top = Scope(tables.MACHINE, value, (), document.language, None)
    document.scopes.append(top)
    document.parts.append(top)
    for part in document.parts:  # grows while it is walked
        if isinstance(part, Scope):
            _add_states(document, part)
        _add_inner(document, part)
    return document


def _add_states(document: Document, scope: Scope) -> None:
    states = scope.value.get("States")
    if not isinstance(states, dict):
        return
    for name, value in states.items():
        pointer = (*scope.pointer, "States", name)
        if not isinstance(value, dict):
            document.misfits.append(pointer)
            continue
        kind = value.get("Type")
        known = kind if isinstance(kind, str) and kind in tables.STATES else ""
        shape = tables.STATES.get(known, tables.STATE)
        language = _language(value, document.language)  # a Map's or Parallel's own does not reach its inner states
        state = State(shape, value, pointer, language, scope, name, known, scope)
        document.parts.append(state)
        document.states.append(state)
        scope.states.append(state)
    scope.assigned = _assigned(scope.states)
    scope.straight = _straight(scope)


def _add_inner(document: Document, part: Part) -> None:
    for name, value, described in part.fields:
        shape = described.inner
        if shape is None:
            continue
        pointer = (*part.pointer, name)
        if described.kind == "object":
            if isinstance(value, dict):
                _add(document, shape, value, pointer, part)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, dict):
                    _add(document, shape, item, (*pointer, index), part)
                else:
                    document.misfits.append((*pointer, index))


def _add(document: Document, shape: Shape, value: dict[str, Any], pointer: Pointer, parent: Part) -> None:
    if shape not in _SCOPES:
        document.parts.append(Part(shape, value, pointer, parent.language, parent))
        return
    owner = parent if isinstance(parent, State) else None
    scope = Scope(shape, value, pointer, document.language, parent, owner)
    document.scopes.append(scope)
    document.parts.append(scope)


def _straight(scope: Scope) -> set[str]:
    states = {state.name: state for state in scope.states}
    found: set[str] = set()
    name = scope.start
    while isinstance(name, str) and name in states and name not in found:
        found.add(name)
        state = states[name]
        if state.type == "Choice" or state.value.get("Catch"):
            break
        name = state.value.get("Next")
    return found


def _assigned(states: list[State]) -> dict[str, list[Any]] | None:
    found: dict[str, list[Any]] = {}
    for state in states:
        for value in (state.value, *_entries(state.value, "Catch"), *_entries(state.value, "Choices")):
            values = value.get("Assign", {})
            if not isinstance(values, dict):
                return None
            for key, given in values.items():
                dynamic = state.language == JSONPATH and key.endswith(".$")
                name, held = (key[:-2], {"$": given}) if dynamic else (key, given)
                found.setdefault(name, []).append(held)
    return found


def _entries(value: dict[str, Any], field: str) -> list[dict[str, Any]]:
    entries = value.get(field)
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def _language(value: dict[str, Any], inherited: QueryLanguage) -> QueryLanguage:
    own = value.get("QueryLanguage")
    if own == JSONATA:
        return JSONATA
    return JSONPATH if own == JSONPATH else inherited
