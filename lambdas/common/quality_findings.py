"""What a cross-check may find."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple, TypedDict

from common.quality_reading import Cxo, Doubt, Sec


class Skipped(NamedTuple):
    """Why a check could not be made."""

    why: str


class Outcome(TypedDict):
    """What became of one check. outcome: "passed", "doubt" or "skipped"; why: what was found, "" when it passed."""

    check: str
    outcome: str
    why: str


Found = Iterator[Doubt | Skipped]
Check = Callable[[Sec, Cxo, datetime], Found]


def lacking(sec: Sec, name: str) -> Skipped:
    """A check lacks a field."""
    reason = sec.field(name).reason
    return Skipped(f"{name} is missing{': ' + reason if reason else ''}")


def doubt(field: str, text: str, weight: float) -> Doubt:
    """A check found something."""
    return Doubt(field=field, doubt=text, weight=weight)
