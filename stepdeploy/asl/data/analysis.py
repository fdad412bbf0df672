"""The walk: worlds carried along all transitions of a machine, and into its inner machines."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from stepdeploy.asl.data.liveness import Liveness
from stepdeploy.asl.data.results import context
from stepdeploy.asl.data.schemas import from_schema
from stepdeploy.asl.data.transitions import exits
from stepdeploy.asl.data.values import ANY, MAYBE, NO, NOTHING, OPEN, Obj, Value, merge, union
from stepdeploy.asl.data.visits import Visit
from stepdeploy.asl.data.work import Output
from stepdeploy.asl.data.worlds import Misses, Variables, Way, World
from stepdeploy.asl.model import Document, Scope, State

_MOST_WORLDS = 24
"""Worlds of a state that are kept apart. Further ones are merged, so that many ways cost no more than some."""
_MOST_MERGES = 12
"""Merges of a state. Then what it is given is taken as anything, so that loops come to an end."""
_MOST_OUTPUTS = 12
"""Outputs of an inner machine that are told apart."""
_DEEPEST = 12
_MEMBERS_A_VISIT = 20
"""Members of an input that cost as much as another visit."""
_RULES_A_VISIT = 2
_VISITS, _VISITS_A_STATE = 1500, 5
"""Visits in all. When they are used up, what is left is not looked at, and inner machines yield anything."""


class Analysis:
    """See work.Machines. misses: what was found."""

    def __init__(self, document: Document) -> None:
        self.schemas: Mapping[str, Any] = document.options.task_results
        self.misses = Misses()
        self.left = _VISITS + _VISITS_A_STATE * len(document.states)
        self.complete = True
        self._scopes = {scope.pointer: scope for scope in document.scopes}
        self._known: dict[tuple[Any, ...], tuple[Output, ...]] = {}
        self._assigned = frozenset(name for scope in document.scopes for name in scope.assigned or ())
        self._open = any(scope.assigned is None for scope in document.scopes)
        self._depth = 0
        self._live = Liveness(document)
        given = document.options.input_schema
        start = ANY if given is None else from_schema(given)
        top = document.scopes[0]
        self._run(top, World(start, {}), context(start, in_map=False))

    def outputs(self, owner: Visit, field: str, index: int | None, world: World, context: Value) -> tuple[Output, ...]:
        """What comes out of an inner machine, for each world that goes in just once."""
        pointer = (*owner.state.pointer, field) if index is None else (*owner.state.pointer, field, index)
        scope = self._scopes.get(pointer)
        if scope is None or self._depth > _DEEPEST or self.left <= 0:
            return (Output(ANY),)
        key = (pointer, context, *world.key)
        if key not in self._known:
            self._depth += 1
            self._known[key] = self._run(scope, world, context)
            self._depth -= 1
        return self._known[key]

    def reported_elsewhere(self, name: str) -> bool:
        """Whether a variable that is not set is the news of another rule: nothing assigns it at all."""
        return self._open or name not in self._assigned

    def _run(self, scope: Scope, start: World, context: Value) -> tuple[Output, ...]:
        states = {state.name: state for state in scope.states}
        seen: dict[str, _Seen] = {}
        waiting: deque[tuple[State, World]] = deque()
        outputs: dict[Value, str] = {}
        whole = True

        def send(name: Any, world: World) -> None:
            nonlocal whole
            state = states.get(name) if isinstance(name, str) else None
            if state is None:
                whole = False  # a reference that is not rendered yet, or no state at all
                return
            taken = seen.setdefault(state.name, _Seen()).take(self._live.forget(world, state))
            if taken is not None:
                waiting.append((state, taken))

        send(scope.start, start)
        while waiting:
            if self.left <= 0:
                return (Output(ANY),)
            state, world = waiting.popleft()
            self.left -= _cost(state, world)
            for exit in exits(Visit(state, world, context, self), self):
                way, after = Way(state.name, exit.edge, world.way), exit.world
                if exit.target is None:
                    outputs.setdefault(self._live.put_out(after.input, scope), way.text(start.way))
                else:
                    send(exit.target, World(after.input, after.variables, way, after.facts))
        if not whole or len(outputs) > _MOST_OUTPUTS:
            return (Output(ANY),)
        return tuple(Output(value, way) for value, way in outputs.items())


def _cost(state: State, world: World) -> int:
    """What a visit costs, in visits to a plain state."""
    rules = state.value.get("Choices")
    members = len(world.input.members) if isinstance(world.input, Obj) else 0
    return 1 + members // _MEMBERS_A_VISIT + (len(rules) // _RULES_A_VISIT if isinstance(rules, list) else 0)


class _Seen:
    """The worlds in which a state was visited."""

    def __init__(self) -> None:
        self._keys: set[tuple[object, ...]] = set()
        self._merged: World | None = None
        self._merges = 0

    def take(self, world: World) -> World | None:
        """The world to visit the state in; None when that was done."""
        if world.key in self._keys:
            return None
        if len(self._keys) < _MOST_WORLDS:
            self._keys.add(world.key)
            return world
        self._merges += 1
        if self._merges > _MOST_MERGES:
            world = World(ANY, dict.fromkeys(world.variables, (ANY, OPEN)), world.way)
        elif self._merged is not None:
            world = _merged(self._merged, world)
        if world.key in self._keys:
            return None
        self._keys.add(world.key)
        self._merged = world
        return world


def _merged(one: World, other: World) -> World:
    variables: Variables = {
        name: _merged_variable(one.variable(name), other.variable(name))
        for name in {**one.variables, **other.variables}
    }
    return World(merge(one.input, other.input), variables, other.way, one.facts & other.facts)


def _merged_variable(one: tuple[Value, int], other: tuple[Value, int]) -> tuple[Value, int]:
    if one == other:
        return one
    held = [value for value, presence in (one, other) if presence != NO]
    presence = one[1] if one[1] == other[1] else MAYBE if OPEN not in (one[1], other[1]) else OPEN
    return (union(held) if held else NOTHING), presence


def analyse(document: Document) -> Misses:
    """What is missed on the ways through a definition; worked out once a document."""
    if document.misses is None:
        document.misses = Analysis(document).misses
    assert isinstance(document.misses, Misses)
    return document.misses
