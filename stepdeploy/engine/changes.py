"""Differences between two JSON values, as a person reads them. Key order never counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stepdeploy.engine.model import Change


def changes(before: Any, after: Any, path: str = "") -> tuple[Change, ...]:
    """All leaves that differ, in the order of `after`. Lists are compared item by item."""
    return tuple(_walk(before, after, path))


def _walk(before: Any, after: Any, path: str) -> Iterator[Change]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in [*after, *(key for key in before if key not in after)]:
            yield from _walk(before.get(key), after.get(key), f"{path}/{key}" if path else str(key))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _walk(old, new, f"{path}[{index}]")
    elif before != after or isinstance(before, bool) != isinstance(after, bool):
        yield Change(path, before, after)
