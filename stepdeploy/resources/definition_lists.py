"""Which entry of one list is which of another: Choice rules, Retry and Catch entries, items of a payload."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stepdeploy.conditions import condition
from stepdeploy.engine.model import plain
from stepdeploy.resources.base import canonical

Key = Callable[[Any], Hashable]
"""What makes an entry of one list that of another; None for an entry that it says nothing of."""


@dataclass(frozen=True)
class Alignment:
    """pairs: (index before, index after), in the order before. removed, added: indices of entries without a partner."""

    pairs: tuple[tuple[int, int], ...]
    removed: tuple[int, ...]
    added: tuple[int, ...]

    def moved(self) -> tuple[tuple[int, int], ...]:
        """The fewest pairs that, taken out, leave the others in the order they were in."""
        kept = set(_longest_rise([after for _, after in self.pairs]))
        return tuple(pair for index, pair in enumerate(self.pairs) if index not in kept)


def align(before: Sequence[Any], after: Sequence[Any], keys: Sequence[Key]) -> Alignment:
    """Partners by the first key that is alike, then by the next. Entries of one key are taken in their order."""
    pairs: dict[int, int] = {}
    left, right = list(range(len(before))), list(range(len(after)))
    for key in keys:
        there: dict[Hashable, deque[int]] = defaultdict(deque)
        for index in right:
            there[key(after[index])].append(index)
        for index in left:
            name = key(before[index])
            if name is not None and there.get(name):
                pairs[index] = there[name].popleft()
        left = [index for index in left if index not in pairs]
        right = sorted(set(right) - set(pairs.values()))
    return Alignment(tuple(sorted(pairs.items())), tuple(left), tuple(right))


def exact(value: Any) -> str:
    """Equal text for equal JSON: 1, 1.0 and true are three things, key order counts for nothing."""
    return canonical(plain(value))


def keys_of(field: str) -> tuple[Key, ...]:
    """The keys for the entries of a state's `field`, the surest first."""
    return _KEYS.get(field, (exact,))


def without(*names: str) -> Key:
    """The entry's text without these fields; None where nothing is left that would tell it from another."""

    def key(entry: Any) -> Hashable:
        if not isinstance(entry, Mapping):
            return exact(entry)
        kept = {name: value for name, value in entry.items() if name not in names}
        return exact(kept) if kept else None

    return key


def _errors(entry: Any) -> Hashable:
    errors = entry.get("ErrorEquals") if isinstance(entry, Mapping) else None
    return tuple(sorted(map(exact, errors))) if isinstance(errors, list) else None


def _first_error(entry: Any) -> Hashable:
    errors = entry.get("ErrorEquals") if isinstance(entry, Mapping) else None
    return exact(errors[0]) if isinstance(errors, list) and errors else None


def _condition(entry: Any) -> Hashable:
    return exact(condition(entry)) if isinstance(entry, Mapping) else None


def _shape(value: Any) -> str:
    """A condition without the constants that it compares with."""
    if not isinstance(value, Mapping):
        return ""
    return exact(
        {
            name: item
            if name == "Variable"
            else [_shape(part) for part in (item if isinstance(item, list) else [item])]
            for name, item in condition(value).items()
        }
    )


def _shape_and_target(entry: Any) -> Hashable:
    return (_shape(entry), exact(entry.get("Next"))) if isinstance(entry, Mapping) else None


def _target(entry: Any) -> Hashable:
    return exact(entry["Next"]) if isinstance(entry, Mapping) and "Next" in entry else None


_KEYS: Mapping[str, tuple[Key, ...]] = {
    "Choices": (exact, _condition, _shape_and_target, _shape, _target),
    "Retry": (exact, _errors, _first_error, without("ErrorEquals", "Comment")),
    "Catch": (exact, _errors, _first_error, without("ErrorEquals", "Comment")),
}


def _longest_rise(numbers: Sequence[int]) -> list[int]:
    """Indices of a longest rising subsequence."""
    tails: list[int] = []
    ends: list[int] = []
    previous: list[int] = []
    for index, number in enumerate(numbers):
        place = bisect_left(tails, number)
        previous.append(ends[place - 1] if place else -1)
        tails[place : place + 1] = [number]
        ends[place : place + 1] = [index]
    found: list[int] = []
    at = ends[-1] if ends else -1
    while at >= 0:
        found.append(at)
        at = previous[at]
    return found
