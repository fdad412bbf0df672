"""What differs in the parts of a definition of which the language says nothing: parameters, results, comments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from stepdeploy.engine.changes import ABSENT, change
from stepdeploy.engine.model import Change, ChangeKind
from stepdeploy.references import Ref
from stepdeploy.resources.definition_lists import align, exact

_VERSIONED = re.compile(
    r"(arn:[\w-]+:(?:lambda:[\w-]*:\d*:function:[\w-]+|states:[\w-]*:\d*:stateMachine:[\w-]+)):[\w$-]+"
)


@dataclass(frozen=True)
class Place:
    """Where in a definition. path, state, note: as in Change."""

    path: str
    state: str = ""
    note: str = ""

    def __truediv__(self, name: str) -> Place:
        return replace(self, path=f"{self.path}/{name}")

    def entry(self, index: int, note: str | None = None) -> Place:
        """An entry of the list that is here."""
        return replace(self, path=f"{self.path}[{index}]", note=self.note if note is None else note)

    def differ(self, before: Any, after: Any, kind: ChangeKind | None = None) -> Change:
        """The Change here; kind: None = added, removed or changed, as ABSENT tells."""
        if kind is None:
            return change(self.path, before, after, state=self.state, note=self.note)
        return Change(self.path, before, after, kind, self.state, self.note)


def values(before: Any, after: Any, at: Place) -> Iterator[Change]:
    """All leaves that differ. before, after: JSON data that may hold Refs, or ABSENT (not both)."""
    if before is not ABSENT and after is not ABSENT and exact(before) == exact(after):
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in [*after, *(name for name in before if name not in after)]:
            yield from values(before.get(name, ABSENT), after.get(name, ABSENT), at / name)
    elif isinstance(before, list) and isinstance(after, list) and _structured(before) and _structured(after):
        yield from _items(before, after, at)
    else:
        yield at.differ(before, after, "version" if _is_version(before, after) else None)


def _items(before: list[Any], after: list[Any], at: Place) -> Iterator[Change]:
    """Two lists of objects: equal items are the same one, then those of a type in their order, then what is left."""
    aligned = align(before, after, (exact, type, lambda _: True))
    for i, j in aligned.pairs:
        yield from values(before[i], after[j], at.entry(i))
    for i, j in aligned.moved():
        yield at.entry(i).differ(i, j, "moved")
    for j in aligned.added:
        yield at.entry(j).differ(ABSENT, after[j])
    for i in aligned.removed:
        yield at.entry(i).differ(before[i], ABSENT)


def _structured(items: list[Any]) -> bool:
    """Whether items are worth telling apart; a list of plain values is shown as a whole."""
    return any(isinstance(item, Mapping | list) for item in items)


def _is_version(before: Any, after: Any) -> bool:
    """Whether both are versions of one function or machine, or a function's version is still to be published."""
    one = _VERSIONED.fullmatch(before) if isinstance(before, str) else None
    if one is None:
        return False
    if isinstance(after, Ref):
        return after.address.startswith("function:") and ":function:" in one[1]
    other = _VERSIONED.fullmatch(after) if isinstance(after, str) else None
    return other is not None and one[1] == other[1]
