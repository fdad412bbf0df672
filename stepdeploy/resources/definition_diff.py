"""What changed between two state machine definitions, state by state.

Key order never counts; the order of Choice rules, Retry and Catch entries and branches does. The kinds of Change, all
with the path of the live definition, `definition/States/P/Branches[0]/States/X/Catch[1]/Next`:

- added, removed: of a state, `after` or `before` is the whole state, with all in it; else a field or an entry of a list
- renamed: the state's old and new name, where it is certain that it is the same one (definition_match)
- moved: from one scope (`top level`, `P[0]`, `M`) to another, or an entry from one position to another
- retargeted: where a Next, Default, rule, Catch or StartAt leads, None where the scope ends there
- version: the ARN of the same function or machine with another version; a Ref where it is still to be published
- changed: everything else; of a Choice rule's condition both are the whole conditions
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stepdeploy.conditions import RESULTS, condition
from stepdeploy.engine.changes import ABSENT
from stepdeploy.engine.model import Change
from stepdeploy.resources.definition_lists import Alignment, align, exact, keys_of
from stepdeploy.resources.definition_match import Match
from stepdeploy.resources.definition_tree import Node, Scope, read
from stepdeploy.resources.definition_values import Place, values
from stepdeploy.resources.definition_words import label, position

ENTRIES = ("Choices", "Retry", "Catch")
"""Fields of a state that are lists of which the order counts."""


def definition_changes(before: Any, after: Any, path: str = "definition") -> tuple[Change, ...]:
    """All differences between two definitions (JSON data, `after` may hold Refs), in the order of `after`, what is
    removed last. Empty exactly where they are the same JSON."""
    if exact(before) == exact(after):
        return ()
    one, other = read(before, path), read(after, path)
    if one is None or other is None:
        return tuple(values(before, after, Place(path)))
    return tuple(_Diff(Match(one, other)).run(one, other))


class _Diff:
    """One comparison of two matched definitions."""

    def __init__(self, match: Match) -> None:
        self.match = match
        self.partners = {other: node for node, other in match.pairs.items()}
        self.scopes = {other: scope for scope, other in match.scopes.items()}

    def run(self, before: Scope, after: Scope) -> Iterator[Change]:
        yield from self._fields(before.fields(), after.fields(), Place(before.path))
        for node in self.match.after:
            if partner := self.partners.get(node):
                yield from self._state(partner, node)
            elif not _within(node, self.scopes):
                path = f"{self.scopes[node.scope].path}/States/{node.name}"
                yield Place(path, node.name, position(node)).differ(ABSENT, node.value)
        for node in self.match.removed():
            if not _within(node, self.match.scopes):
                yield Place(node.path, node.name).differ(node.value, ABSENT)

    def _state(self, node: Node, other: Node) -> Iterator[Change]:
        at = Place(node.path, node.name)
        if node.name != other.name:
            yield at.differ(node.name, other.name, "renamed")
        if self.match.scopes.get(node.scope) is not other.scope:
            yield at.differ(node.scope.label, other.scope.label, "moved")
        yield from self._fields(node.fields(), other.fields(), at)
        yield from self._inner(node, other, at)

    def _fields(self, before: Mapping[str, Any], after: Mapping[str, Any], at: Place) -> Iterator[Change]:
        """The fields of a state, an entry or a scope."""
        goes_on = _goes_on(before) is not None and _goes_on(after) is not None
        for name in [*after, *(name for name in before if name not in after)]:
            old, new = before.get(name, ABSENT), after.get(name, ABSENT)
            if goes_on and name in ("Next", "End"):
                continue
            if name in ("Next", "Default", "StartAt") and isinstance(old, str) and isinstance(new, str):
                yield from self._target(old, new, at / name)
            elif name in ENTRIES and (entries := _entries(old, new)):
                yield from self._entries(name, *entries, at / name)
            else:
                yield from values(old, new, at / name)
        if goes_on:
            yield from self._target(before.get("Next"), after.get("Next"), at / "Next")

    def _target(self, before: str | None, after: str | None, at: Place) -> Iterator[Change]:
        if self.match.target(before) != after:
            yield at.differ(before, after, "retargeted")

    def _entries(self, field: str, before: list[Any], after: list[Any], at: Place) -> Iterator[Change]:
        renamed = [
            {**entry, "Next": self.match.target(entry["Next"])} if "Next" in entry else entry for entry in before
        ]
        aligned = align(renamed, after, keys_of(field))
        for i, j in aligned.pairs:
            here = at.entry(i, label(field, before[i]))
            if field == "Choices" and exact(condition(before[i])) != exact(condition(after[j])):
                yield here.differ(condition(before[i]), condition(after[j]))
            yield from self._fields(_rest(field, before[i]), _rest(field, after[j]), here)
        for i, j in aligned.moved():
            yield at.entry(i, label(field, before[i])).differ(i, j, "moved")
        for j in aligned.added:
            yield at.entry(j, label(field, after[j])).differ(ABSENT, after[j])
        for i in aligned.removed:
            yield at.entry(i, label(field, before[i])).differ(before[i], ABSENT)

    def _inner(self, node: Node, other: Node, at: Place) -> Iterator[Change]:
        """The scopes of a Parallel or Map: their own fields, and which are added, removed, or at another place."""
        kept: dict[int, int] = {}
        for i, mine in enumerate(node.inner):
            its = self.match.scopes.get(mine)
            if its is None or its.owner is not other:
                yield (at / mine.slot).differ(mine.value, ABSENT)
                continue
            kept[i] = other.inner.index(its)
            if not (mine.is_branch and its.is_branch) and mine.slot != its.slot:
                yield (at / mine.slot).differ(mine.slot, its.slot, "renamed")
            yield from self._fields(mine.fields(), its.fields(), at / mine.slot)
        for i, j in Alignment(tuple(kept.items()), (), ()).moved():
            yield (at / node.inner[i].slot).differ(i, j, "moved")
        for j, its in enumerate(other.inner):
            if j not in kept.values():
                yield (at / its.slot).differ(ABSENT, its.value)


def _within(node: Node, scopes: Mapping[Scope, Scope]) -> bool:
    """Whether it is within a state or branch that is added or removed as a whole."""
    return node.scope not in scopes


def _goes_on(fields: Mapping[str, Any]) -> bool | None:
    """Whether a state goes on to another (True) or ends its scope (False); None where it says neither, or both."""
    if isinstance(fields.get("Next"), str) and "End" not in fields:
        return True
    return False if fields.get("End") is True and "Next" not in fields else None


def _entries(before: Any, after: Any) -> tuple[list[Any], list[Any]] | None:
    """Both as lists of objects, nothing for ABSENT; None where one is something else, or there is no entry at all."""
    lists = tuple([] if value is ABSENT else value for value in (before, after))
    proper = all(isinstance(items, list) and all(isinstance(item, Mapping) for item in items) for items in lists)
    return (lists[0], lists[1]) if proper and any(lists) else None


def _rest(field: str, entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """An entry without what is compared as a whole."""
    return {name: value for name, value in entry.items() if name in RESULTS} if field == "Choices" else entry
