"""Retries do not come all at once."""

from __future__ import annotations

from stepdeploy.review.model import Spot
from stepdeploy.review.registry import rule
from stepdeploy.review.subject import Subject, entries


@rule(
    "REV108",
    "Retries are not spread by jitter",
    weights={"robustness": 0.2, "scalability": 0.2},
    section="2.1 gap 4, 3.2",
    reason="Executions that were refused together come back together, and are refused again.",
    fix='Set "JitterStrategy": "FULL" in every Retry entry.',
    fixable=True,
)
def jitter(subject: Subject) -> list[Spot]:
    return [
        Spot(
            (*state.pointer, "Retry", index),
            None if "JitterStrategy" in entry else f"A Retry of '{state.name}' has no JitterStrategy.",
        )
        for state in subject.of("Task", "Parallel", "Map")
        for index, entry in enumerate(entries(state.value, "Retry"))
        if entry.get("MaxAttempts") != 0
    ]
