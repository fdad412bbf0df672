"""What is known where a state starts, the way that leads there, and what is missed on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from stepdeploy.asl.data.values import ANY, NO, Value
from stepdeploy.asl.findings import Pointer

_MOST_SHOWN = 8
_MOST_MISSES = 1000
"""Misses of a definition: nobody reads more."""


class Way(NamedTuple):
    """A way through the graph, as its last state and how that is left ("" by its Next), after the way before it."""

    state: str
    edge: str
    before: Way | None

    def text(self, start: Way | None = None) -> str:
        """`A → Catch States.Timeout → B`, from behind `start` on. States just passed are left out of long ones."""
        steps: list[Way] = []
        way: Way | None = self
        while way is not None and way is not start:
            steps.append(way)
            way = way.before
        steps.reverse()
        parts: list[str] = []
        for position, step in enumerate(steps):
            near = len(steps) <= _MOST_SHOWN or step.edge or position in (0, len(steps) - 2, len(steps) - 1)
            if near:
                edge = f"({step.edge})" if " → " in step.edge else step.edge
                parts += [step.state, edge] if edge else [step.state]
            elif parts[-1] != "…":
                parts.append("…")
        shown = parts if len(parts) <= 4 * _MOST_SHOWN else [*parts[: 2 * _MOST_SHOWN], "…", *parts[-2 * _MOST_SHOWN :]]
        return " → ".join(shown)


Variables = Mapping[str, tuple[Value, int]]


class Fact(NamedTuple):
    """A condition that was found true or false. reads: paths that it reads, as (root, names...)."""

    condition: str
    reads: tuple[tuple[str, ...], ...]
    holds: bool


@dataclass(frozen=True, slots=True)
class World:
    """What is known where a state starts. facts: conditions decided on the way, as long as their data is the same."""

    input: Value
    variables: Variables
    way: Way | None = None
    facts: frozenset[Fact] = frozenset()

    @property
    def key(self) -> tuple[object, ...]:
        """What makes two worlds the same: all but the way."""
        return self.input, frozenset(self.variables.items()), self.facts

    def variable(self, name: str) -> tuple[Value, int]:
        """What is known of a variable."""
        return self.variables.get(name, (ANY, NO))


Kind = Literal["path", "variable", "condition", "expression", "type", "items", "place"]


@dataclass(slots=True)
class Miss:
    """A read that finds nothing, or nothing of use, on some way.

    kind: what is read. text: as written. detail: what is wrong. certain: it fails on that way, caught or not.
    way: the first (shortest) such way. ways: their number. caught: a Catch of the state takes the failure.
    """

    kind: Kind
    pointer: Pointer
    text: str
    detail: str
    certain: bool
    way: Way | None
    caught: bool = False
    ways: int = 1


@dataclass(slots=True)
class Misses:
    """All misses, one for each place and text; a certain one hides those that may happen."""

    found: dict[tuple[Kind, Pointer, str], Miss] = field(default_factory=dict)

    def add(self, miss: Miss) -> None:
        """Take note of a miss."""
        key = (miss.kind, miss.pointer, miss.text)
        before = self.found.get(key)
        if before is None and len(self.found) >= _MOST_MISSES:
            return
        if before is None or (miss.certain and not before.certain):
            self.found[key] = miss
        elif miss.certain == before.certain:
            before.ways += 1
