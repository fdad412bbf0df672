"""What is read from a state on: the rest of a world is forgotten there.

Without this, each choice and each Catch on the way would double the worlds of all states behind it, though none of
these reads what differs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from stepdeploy.asl import syntax
from stepdeploy.asl.data.reads import EVERYTHING, Mention, Names, mentions, of_result
from stepdeploy.asl.data.values import ANY, LIST, NO, OBJECT, OPEN, Arr, Obj, Union, Value, union
from stepdeploy.asl.data.worlds import World
from stepdeploy.asl.findings import Pointer
from stepdeploy.asl.jsonpath import Child, Index, Path
from stepdeploy.asl.model import Document, Scope, State
from stepdeploy.asl.shapes import JSONPATH

_LONGEST = 12


class Node:
    """Names that are read -> what is read below. whole: all of the value counts."""

    __slots__ = ("below", "whole")

    def __init__(self) -> None:
        self.below: dict[str | int, Node] = {}
        self.whole = False

    def add(self, path: Names, whole: bool) -> None:
        """Note that a path is read."""
        node = self
        for name in path[:_LONGEST]:
            node = node.below.setdefault(name, Node())
        node.whole = node.whole or whole or len(path) > _LONGEST


class Liveness:
    """What is read from each state of a definition on."""

    def __init__(self, document: Document) -> None:
        self._own: dict[Pointer, set[Mention]] = defaultdict(set)
        self._inner: dict[Pointer, list[Scope]] = defaultdict(list)
        for part in document.parts:
            state = _state_of(part)
            if state is not None:
                self._own[state.pointer].update(mentions(part))
        for scope in document.scopes:
            if scope.owner is not None:
                self._inner[scope.owner.pointer].append(scope)
        self._numbers: dict[Mention, int] = {}
        self._masks: dict[Pointer, int] = {}
        self._trees: dict[int, Node] = {}
        self._out: dict[Pointer, frozenset[Mention]] = {}
        for scope in document.scopes:  # outer ones first
            self._out[scope.pointer] = frozenset(self._wanted(scope))
        for scope in reversed(document.scopes):  # inner ones first
            self._run(scope)

    def forget(self, world: World, state: State) -> World:
        """The world with only what is read from a state on."""
        tree = self._tree(self._masks.get(state.pointer, 0))
        data = tree.below.get("$")
        input = ANY if data is None else kept(world.input, data)
        variables = {
            name: (kept(value, tree.below[name]), presence)
            for name, (value, presence) in world.variables.items()
            if name in tree.below
        }
        facts = world.facts and frozenset(
            fact for fact in world.facts if all(_reads(tree, read) for read in fact.reads)
        )
        return World(input, variables, world.way, facts)

    def put_out(self, value: Value, scope: Scope) -> Value:
        """What is read of what a machine puts out."""
        if scope.owner is None:
            return value
        tree = self._tree(self._mask(self._out[scope.pointer])).below.get("$")
        return ANY if tree is None else kept(value, tree)

    def _tree(self, mask: int) -> Node:
        if mask not in self._trees:
            self._trees[mask] = tree = Node()
            for mention, number in self._numbers.items():
                if mask >> number & 1:
                    tree.add(mention.path, mention.whole)
        return self._trees[mask]

    def _run(self, scope: Scope) -> None:
        """Work out the masks of a scope's states, from the last to the first until they stay."""
        states = {state.name: state for state in scope.states}
        own = {name: self._mask(self._of_state(state)) for name, state in states.items()}
        end = self._mask(self._out[scope.pointer])
        following = {name: [to for to in _targets(state) if to in states] for name, state in states.items()}
        before: dict[str, list[str]] = defaultdict(list)
        for name, targets in following.items():
            for target in targets:
                before[target].append(name)
        waiting = list(states)
        while waiting:
            name = waiting.pop()
            state = states[name]
            ends = state.type == "Succeed" or "End" in state.value
            mask = own[name] | (end if ends else 0)
            for target in following[name]:
                mask |= self._masks.get(states[target].pointer, 0)
            if mask != self._masks.get(state.pointer):
                self._masks[state.pointer] = mask
                waiting += before[name]

    def _mask(self, found: Iterable[Mention]) -> int:
        mask = 0
        for mention in found:
            mask |= 1 << self._numbers.setdefault(mention, len(self._numbers))
        return mask

    def _of_state(self, state: State) -> Iterator[Mention]:
        yield from self._own[state.pointer]
        for scope in self._inner[state.pointer]:
            start = next((inner for inner in scope.states if inner.name == scope.start), None)
            mask = self._masks.get(start.pointer, 0) if start else 0
            for mention, number in list(self._numbers.items()):
                if mask >> number & 1 and (mention.path[0] != "$" or _passes_input(state)):
                    yield mention

    def _wanted(self, scope: Scope) -> Iterator[Mention]:
        """What is read of what a scope puts out."""
        owner = scope.owner
        if owner is None:
            return
        if owner.language != JSONPATH:
            yield EVERYTHING
            return
        result_path = owner.value.get("ResultPath", "$")
        found = set(of_result(owner))
        place = () if "ResultSelector" in owner.value else _place(result_path)
        if place and "Assign" in owner.value:
            yield EVERYTHING
        if place is None and "Assign" not in owner.value:
            return  # the result is thrown away
        if "ResultSelector" not in owner.value:
            found |= self._after(owner)
        last = scope.pointer[-1]
        for mention in found:
            yield from _below(mention, ("$", *(place or ())), last if isinstance(last, int) else None)

    def _after(self, owner: State) -> set[Mention]:
        """What is mentioned by the states that may follow a state, and by what takes the output of their machine."""
        states = {state.name: state for state in owner.scope.states}
        found: set[Mention] = set()
        seen: set[str] = set()
        waiting = [owner.name]
        while waiting:
            state = states[waiting.pop()]
            if state.type == "Succeed" or "End" in state.value:
                found |= self._out[state.scope.pointer]
            for name in _targets(state):
                if name in states and name not in seen:
                    seen.add(name)
                    waiting.append(name)
                    found |= self._gross(states[name])
        return found

    def _gross(self, state: State) -> set[Mention]:
        """What a state and its inner machines mention."""
        found = set(self._own[state.pointer])
        if _passes_input(state):
            for scope in self._inner[state.pointer]:
                for inner in scope.states:
                    found |= self._gross(inner)
        return found


def _below(mention: Mention, place: Names, index: int | None) -> Iterator[Mention]:
    """A mention as it is said of the output of a branch (index) or iteration (None)."""
    path = mention.path
    if path[: len(place)] != place:
        if mention.whole and path == place[: len(path)]:
            yield EVERYTHING
    elif len(path) == len(place):
        if mention.whole:
            yield EVERYTHING
    elif isinstance(path[len(place)], int) and index in (None, path[len(place)]):
        rest = path[len(place) + 1 :]
        if rest or mention.whole:
            yield Mention(("$", *rest), mention.whole)


def _place(text: Any) -> Names | None:
    path = syntax.path(text)
    if not isinstance(path, Path):
        return None
    return tuple(
        step.names[0] if isinstance(step, Child) else step.indexes[0] if isinstance(step, Index) else "*"
        for step in path.steps
    )


def _passes_input(state: State) -> bool:
    return state.type == "Parallel" and not {"Parameters", "Arguments"} & state.value.keys()


def _state_of(part: Any) -> State | None:
    while part is not None and not isinstance(part, State):
        part = part.parent if not isinstance(part, Scope) else None
    return part


def _targets(state: State) -> Iterator[str]:
    value = state.value
    entries = [entry for name in ("Choices", "Catch") for entry in _list(value.get(name)) if isinstance(entry, dict)]
    for name in (value.get("Next"), value.get("Default"), *(entry.get("Next") for entry in entries)):
        if isinstance(name, str):
            yield name


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _reads(tree: Node, path: tuple[str, ...]) -> bool:
    node: Node | None = tree
    for name in path:
        assert node is not None
        if node.whole:
            return True
        node = node.below.get(name)
        if node is None:
            return False
    return True


@lru_cache(maxsize=8192)
def kept(value: Value, node: Node) -> Value:
    """What counts of a value."""
    if node.whole:
        return value
    if isinstance(value, Union):
        return union(kept(one, node) for one in value.alternatives)
    if isinstance(value, Obj):
        if not node.below:
            return ANY if value.loose else OBJECT
        members = {}
        for name, inner in node.below.items():
            if isinstance(name, str):
                found, presence = value.member(name)
                if presence != OPEN or found is not ANY:
                    members[name] = (found if presence == NO else kept(found, inner)), presence
        if value.loose and not members:
            return ANY
        return Obj(members, OPEN, value.loose)
    if isinstance(value, Arr):
        if not node.below:
            return LIST
        items = [kept(item, node.below[at]) if at in node.below else ANY for at, item in enumerate(value.items)]
        return Arr(tuple(items), None if value.rest is None else ANY, value.least)
    return value
