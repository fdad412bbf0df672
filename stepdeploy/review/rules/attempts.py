"""Enough attempts for an outage that lasts longer than a blink."""

from __future__ import annotations

from typing import Any

from stepdeploy.review.model import Spot
from stepdeploy.review.registry import rule
from stepdeploy.review.subject import Subject, entries

ENOUGH = 3


@rule(
    "REV107",
    "Retries end before a short outage does",
    weights={"robustness": 0.5},
    section="2.1 gap 4, option 2.2",
    reason="Two retries are over within seconds; after that somebody has to start the whole execution again.",
    fix=f"Give what passes by itself at least {ENOUGH} attempts with a growing interval.",
)
def attempts(subject: Subject) -> list[Spot]:
    spots = []
    for task in subject.lambdas:
        found = [(entry, _attempts(entry)) for entry in subject.retriers(task)]
        if found:
            most = max(number for _, number in found)
            at = (*task.pointer, "Retry") if entries(task.value, "Retry") else task.pointer
            message = f"'{task.name}' is tried again {most} times at most, {_seconds(subject.retriers(task))} s in all."
            spots.append(Spot(at, None if most >= ENOUGH else message))
    return spots


def _attempts(entry: dict[str, Any]) -> float:
    """3 is the default; a placeholder is somebody's choice."""
    found = entry.get("MaxAttempts", 3)
    return found if isinstance(found, int | float) else ENOUGH


def _seconds(retriers: list[dict[str, Any]]) -> str:
    return f"{max(map(_waits, retriers)):g}"


def _waits(entry: dict[str, Any]) -> float:
    """Seconds of waiting before the last attempt."""
    interval, rate = entry.get("IntervalSeconds", 1), entry.get("BackoffRate", 2.0)
    if not isinstance(interval, int | float) or not isinstance(rate, int | float):
        return 0.0
    return float(sum(interval * rate**number for number in range(min(int(_attempts(entry)), ENOUGH))))
