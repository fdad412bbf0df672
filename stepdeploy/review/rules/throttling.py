"""A rate limit is waited for."""

from __future__ import annotations

from typing import Any

from stepdeploy.review.model import Spot
from stepdeploy.review.registry import rule
from stepdeploy.review.subject import Subject, errors_of

LONG = 5
"""Seconds: what is shorter is no wait for a rate limit."""


@rule(
    "REV303",
    "Throttling is not waited for",
    weights={"efficiency": 0.4, "scalability": 0.5},
    section="3.2 gap 2, option 2.2",
    reason="Limits are counted by the minute; who comes back after two seconds is refused again.",
    fix=f"Retry Lambda.TooManyRequestsException by itself, after {LONG} s or more, or wait in a Wait state.",
)
def throttling(subject: Subject) -> list[Spot]:
    """Where Tasks retry: some Wait, or a patient Retry for each."""
    tasks = [task for task in subject.lambdas if subject.retriers(task)]
    waits = bool(subject.of("Wait"))
    return [
        Spot(
            task.pointer,
            None
            if waits or any(_is_patient(entry) for entry in subject.retriers(task))
            else f"'{task.name}' does not wait longer when it is asked to slow down.",
        )
        for task in tasks
    ]


def _is_patient(entry: dict[str, Any]) -> bool:
    throttled = any("TooManyRequests" in name or "hrottl" in name for name in errors_of(entry))
    interval = entry.get("IntervalSeconds", 1)
    return throttled and (not isinstance(interval, int | float) or interval >= LONG)
