"""A state machine definition as scopes and states, for comparing two of them.

A scope is what has StartAt and States: the machine, a branch of a Parallel, the processor of a Map. Built without trust
in what a live definition looks like: an inner scope that is none of the language stays an ordinary field of its state.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

PROCESSORS = ("ItemProcessor", "Iterator")
"""The field of a Map that holds its scope; Iterator is its older name."""


@dataclass(eq=False)
class Scope:
    """value: the object with StartAt and States. path: where it stands, `definition/States/P/Branches[0]`. owner: the
    state it is in, None for the machine. slot: its place in the owner, `Branches[0]` or `ItemProcessor`."""

    value: Mapping[str, Any]
    path: str
    owner: Node | None = None
    slot: str = ""
    nodes: list[Node] = field(default_factory=list)

    def fields(self) -> dict[str, Any]:
        """The scope without its states."""
        return {name: value for name, value in self.value.items() if name != "States"}

    @property
    def label(self) -> str:
        """`P[0]` for a branch, `M` for a Map's processor, `top level` for the machine."""
        if self.owner is None:
            return "top level"
        return self.owner.name + self.slot.removeprefix("Branches") if self.is_branch else self.owner.name

    @property
    def is_branch(self) -> bool:
        return self.slot.startswith("Branches")


@dataclass(eq=False)
class Node:
    """A state. inner: its scopes, for a Parallel or Map."""

    name: str
    value: Mapping[str, Any]
    path: str
    scope: Scope
    inner: list[Scope] = field(default_factory=list)

    @property
    def type(self) -> Any:
        return self.value.get("Type")

    def fields(self) -> dict[str, Any]:
        """The state without the scopes in it."""
        held = {scope.slot.split("[")[0] for scope in self.inner}
        return {name: value for name, value in self.value.items() if name not in held}

    def descendants(self) -> Iterator[Node]:
        """All states in its scopes, at any depth."""
        for scope in self.inner:
            yield from walk(scope)


def walk(scope: Scope) -> Iterator[Node]:
    """All states of a scope and of those within, in document order."""
    for node in scope.nodes:
        yield node
        yield from node.descendants()


def read(definition: Any, path: str) -> Scope | None:
    """The machine's scope; None where `definition` has not the form of one."""
    return _scope(definition, path, None, "") if _is_scope(definition) else None


def _scope(value: Mapping[str, Any], path: str, owner: Node | None, slot: str) -> Scope:
    scope = Scope(value, path, owner, slot)
    for name, state in value["States"].items():
        node = Node(name, state, f"{path}/States/{name}", scope)
        node.inner = [
            _scope(inner, f"{node.path}/{inner_slot}", node, inner_slot) for inner_slot, inner in _inner(state)
        ]
        scope.nodes.append(node)
    return scope


def _inner(state: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    branches = state.get("Branches")
    if isinstance(branches, list) and all(map(_is_scope, branches)):
        for index, branch in enumerate(branches):
            yield f"Branches[{index}]", branch
    for name in PROCESSORS:
        if _is_scope(state.get(name)):
            yield name, state[name]


def _is_scope(value: Any) -> bool:
    states = value.get("States") if isinstance(value, Mapping) else None
    return isinstance(states, Mapping) and all(isinstance(state, Mapping) for state in states.values())
