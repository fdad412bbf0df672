"""The ways through one machine, branch or item processor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from stepdeploy.asl.model import Scope, State


class Ways:
    """The edges between the states of a scope. Nothing is trusted: a target that is no state is no edge."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.states = {state.name: state for state in scope.states}
        self.usual = {name: self._known(usual_targets(state)) for name, state in self.states.items()}
        self.caught = {name: self._known(caught_targets(state)) for name, state in self.states.items()}

    def _known(self, names: Iterable[Any]) -> list[str]:
        return list(dict.fromkeys(name for name in names if isinstance(name, str) and name in self.states))

    def after(self, names: Iterable[str], *, errors: bool = True) -> set[str]:
        """The states that can come after these, these left out unless there is a way back. errors: over Catch, too."""
        found: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            for target in (*self.usual[name], *(self.caught[name] if errors else ())):
                if target not in found:
                    found.add(target)
                    waiting.append(target)
        return found

    def from_here(self, name: str, *, errors: bool = True) -> set[str]:
        """A state and what can come after it."""
        return {name} | self.after([name], errors=errors)

    def before(self, name: str) -> set[str]:
        """The states from which a state can be reached."""
        return {other for other in self.states if other != name and name in self.after([other])}

    @cached_property
    def after_errors(self) -> set[str]:
        """The states that are reached over a Catch and not without one."""
        start = self.scope.start
        usual = self.from_here(start, errors=False) if isinstance(start, str) and start in self.states else set()
        return (
            self.after([], errors=True)
            | {other for name in self.states for target in self.caught[name] for other in self.from_here(target)}
            - usual
        )

    def is_lost(self, name: str) -> bool:
        """Whether no way from a state ends well."""
        return name not in self._saved

    @cached_property
    def _saved(self) -> set[str]:
        good = {name for name, state in self.states.items() if ends_well(state)}
        while True:
            more = {name for name in self.states if name not in good and good.intersection(self.usual[name])}
            if not more:
                return good
            good |= more

    def gates(self) -> Iterator[tuple[State, str]]:
        """Choices that judge what a Task before them has found out, each with a way on that runs no further Task.

        Yields (choice, first state of that way).
        """
        for name, state in self.states.items():
            if state.type == "Choice" and any(self.states[other].type == "Task" for other in self.before(name)):
                for target in self.usual[name]:
                    if not any(is_work(self.states[other]) for other in self.from_here(target)):
                        yield state, target


def is_work(state: State) -> bool:
    return state.type in ("Task", "Parallel", "Map")


def ends_well(state: State) -> bool:
    """Whether the scope can end here without an error."""
    return state.type == "Succeed" or state.value.get("End") is True


def usual_targets(state: State) -> Iterator[Any]:
    """Where a state goes without an error."""
    yield state.value.get("Next")
    yield state.value.get("Default")
    for choice in _entries(state.value.get("Choices")):
        yield choice.get("Next")


def caught_targets(state: State) -> Iterator[Any]:
    """Where a state goes with one."""
    for entry in _entries(state.value.get("Catch")):
        yield entry.get("Next")


def _entries(found: Any) -> list[dict[str, Any]]:
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []
