"""Which state of one definition is which of another.

The same name is the same state, wherever it stands: AWS wants names unique over all scopes. Another name is the same
state only where that is certain:

- nothing in it has changed but names of states that are themselves renamed, and wherever its old name was reached from,
  its new one is now, and from nowhere is there a second candidate; or
- it is a Parallel or Map with the very same states in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stepdeploy.resources.definition_lists import align, exact, keys_of
from stepdeploy.resources.definition_tree import Node, Scope, walk

Targets = tuple[str, str]
"""Names of the states that one reference leads to, before and after."""


class Match:
    """pairs: state before -> state after. scopes: the same for scopes. names: old name -> new name of renamed states."""

    def __init__(self, before: Scope, after: Scope) -> None:
        self.before = list(walk(before))
        self.after = list(walk(after))
        self.pairs: dict[Node, Node] = {}
        self.scopes: dict[Scope, Scope] = {before: after}
        self.names: dict[str, str] = {}
        self._by_name()
        self._pair_scopes()
        self._containers()
        self._renamed()

    def removed(self) -> list[Node]:
        """States without a partner in the other definition."""
        return [node for node in self.before if node not in self.pairs]

    def added(self) -> list[Node]:
        """States without a partner in the first definition."""
        found = set(self.pairs.values())
        return [node for node in self.after if node not in found]

    def target(self, name: Any) -> Any:
        """What a reference of the first definition is called in the second."""
        return self.names.get(name, name) if isinstance(name, str) else name

    def _by_name(self) -> None:
        """By name; where one is used twice, which AWS refuses, by place."""
        ours, theirs = _once(self.before), _once(self.after)
        self.pairs = {ours[name]: theirs[name] for name in ours if name in theirs}
        places = {node.path: node for node in self.added()}
        for node in self.removed():
            if node.path in places:
                self.pairs[node] = places.pop(node.path)

    def _pair_scopes(self) -> None:
        for node, other in self.pairs.items():
            for mine, its in self._inner(node, other):
                self.scopes[mine] = its

    def _inner(self, node: Node, other: Node) -> Iterator[tuple[Scope, Scope]]:
        """The scopes of two matched states that belong together: those with most states in common, else in order."""
        scored = [
            (self._shared(mine, its), i, j) for i, mine in enumerate(node.inner) for j, its in enumerate(other.inner)
        ]
        done: tuple[set[int], set[int]] = set(), set()
        for count, i, j in sorted(scored, key=lambda item: (-item[0], item[1:])):
            mine, its = node.inner[i], other.inner[j]
            alike = count > 0 or (i == j and mine.is_branch == its.is_branch)
            if alike and i not in done[0] and j not in done[1]:
                done[0].add(i)
                done[1].add(j)
                yield mine, its

    def _shared(self, mine: Scope, its: Scope) -> int:
        theirs = set(its.nodes)
        return sum(self.pairs.get(node) in theirs for node in mine.nodes)

    def _containers(self) -> None:
        """A Parallel or Map of another name with the same states in it; the inner ones first."""
        for node in sorted(self.removed(), key=lambda node: len(_names(node))):
            names = frozenset(map(self.target, _names(node)))
            alike = [other for other in self.added() if names and (other.type, _names(other)) == (node.type, names)]
            if len(alike) == 1:
                self._rename(node, alike[0])

    def _rename(self, node: Node, other: Node) -> None:
        self.pairs[node] = other
        self.names[node.name] = other.name
        for mine, its in self._inner(node, other):
            self.scopes[mine] = its

    def _renamed(self) -> None:
        """Candidates are what references of matched states lead to; those that differ otherwise are dropped again."""
        ours, theirs = _once(self.before), _once(self.after)
        found: dict[str, str] = {}
        while new := self._led({**self.names, **found}, ours, theirs).items() - found.items():
            found.update(new)
        certain = self._led({**self.names, **found}, ours, theirs)
        found = {old: name for old, name in found.items() if certain.get(old) == name}
        while wrong := [old for old, name in found.items() if not self._same(ours[old], theirs[name], found)]:
            for old in wrong:
                del found[old]
        for old, name in found.items():
            self._rename(ours[old], theirs[name])

    def _led(self, names: Mapping[str, str], ours: Mapping[str, Node], theirs: Mapping[str, Node]) -> dict[str, str]:
        """Old name -> new name, where each reference that led to the old one leads to the new one, and no other does."""
        free, taken = set(self.removed()), set(self.added())
        known = {**self.pairs, **{ours[old]: theirs[name] for old, name in names.items() if old in ours}}
        leads: dict[str, set[str]] = {}
        for one, other in self._references(known):
            leads.setdefault(one, set()).add(other)
        certain = {old: next(iter(new)) for old, new in leads.items() if len(new) == 1}
        new_names = list(certain.values())
        return {
            old: name
            for old, name in certain.items()
            if ours.get(old) in free and theirs.get(name) in taken and new_names.count(name) == 1
            and self.scopes.get(ours[old].scope) is theirs[name].scope
            and _blank(ours[old]) == _blank(theirs[name])
        }  # fmt: skip

    def _references(self, known: Mapping[Node, Node]) -> Iterator[Targets]:
        for mine, its in self.scopes.items():
            yield from _both(mine.value, its.value, "StartAt")
        for node, other in known.items():
            yield from _targets(node.value, other.value)

    def _same(self, node: Node, other: Node, found: Mapping[str, str]) -> bool:
        names = {**self.names, **found}
        return exact(_mapped(node.value, names)) == exact(other.value)


def _targets(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Targets]:
    """What the references of a state lead to, before and after."""
    yield from _both(before, after, "Next")
    yield from _both(before, after, "Default")
    for field in ("Choices", "Catch"):
        old, new = before.get(field), after.get(field)
        if isinstance(old, list) and isinstance(new, list):
            for i, j in align(old, new, keys_of(field)).pairs:
                if isinstance(old[i], Mapping) and isinstance(new[j], Mapping):
                    yield from _both(old[i], new[j], "Next")


def _both(before: Mapping[str, Any], after: Mapping[str, Any], field: str) -> Iterator[Targets]:
    one, other = before.get(field), after.get(field)
    if isinstance(one, str) and isinstance(other, str):
        yield one, other


def _mapped(state: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """A state with the targets of its own references renamed; scopes within are left alone."""
    result = {field: _target(value, names) if field in ("Next", "Default") else value for field, value in state.items()}
    for field in ("Choices", "Catch"):
        entries = result.get(field)
        if isinstance(entries, list):
            result[field] = [
                {**entry, "Next": _target(entry["Next"], names)} if isinstance(entry, Mapping) and "Next" in entry
                else entry
                for entry in entries
            ]  # fmt: skip
    return result


def _target(value: Any, names: Mapping[str, str]) -> Any:
    return names.get(value, value) if isinstance(value, str) else value


def _blank(node: Node) -> str:
    """A state without where it leads to."""
    everywhere = dict.fromkeys([*_leads_to(node.value)], "")
    return exact(_mapped(node.value, everywhere))


def _leads_to(state: Mapping[str, Any]) -> Iterator[str]:
    return (one for one, _ in _targets(state, state))


def _once(nodes: list[Node]) -> dict[str, Node]:
    """Name -> state, of names used once."""
    found: dict[str, Node] = {}
    twice: set[str] = set()
    for node in nodes:
        if node.name in found:
            twice.add(node.name)
        found[node.name] = node
    return {name: node for name, node in found.items() if name not in twice}


def _names(node: Node) -> frozenset[str]:
    return frozenset(inner.name for inner in node.descendants())
