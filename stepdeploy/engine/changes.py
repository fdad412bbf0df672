"""Differences between two JSON values, as a person reads them. Key order never counts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from stepdeploy.engine.model import Change, ChangeKind

ABSENT: Final = object()
"""What stands for a key that is not there; None is a JSON null, which is something else."""
_POSITION = re.compile(r"\[\d+\]")


def changes(before: Any, after: Any, path: str = "") -> tuple[Change, ...]:
    """All leaves that differ, in the order of `after`. Lists of one length are compared item by item.

    before, after: JSON data, or ABSENT.
    """
    return tuple(_walk(before, after, path))


def change(path: str, before: Any, after: Any, *, state: str = "", note: str = "") -> Change:
    """The Change between two values of which one may be ABSENT. Its kind tells a null from nothing."""
    kind: ChangeKind = "added" if before is ABSENT else "removed" if after is ABSENT else "changed"
    return Change(
        path, None if before is ABSENT else before, None if after is ABSENT else after, kind, state=state, note=note
    )


def overlapping(found: Iterable[Change], others: Iterable[Change]) -> tuple[Change, ...]:
    """Those of `found` that are at, in or around a place that one of `others` is at, too.

    Positions in lists do not count: an entry that was put in front of others shifts them.
    """
    places = {_place(other) for other in others}
    return tuple(item for item in found if any(_touch(_place(item), place) for place in places))


def _place(item: Change) -> str:
    return _POSITION.sub("", item.path)


def _touch(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def _walk(before: Any, after: Any, path: str) -> Iterator[Change]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in [*after, *(key for key in before if key not in after)]:
            inner = f"{path}/{key}" if path else str(key)
            yield from _walk(before.get(key, ABSENT), after.get(key, ABSENT), inner)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _walk(old, new, f"{path}[{index}]")
    elif before != after or isinstance(before, bool) != isinstance(after, bool):
        yield change(path, before, after)
