"""An execution has a limit."""

from __future__ import annotations

from stepdeploy.review.model import Spot
from stepdeploy.review.registry import rule
from stepdeploy.review.subject import Subject


@rule(
    "REV105",
    "The machine has no timeout",
    weights={"robustness": 0.2, "cost": 0.2},
    section="2.1 gap 3",
    reason="A loop that never ends runs for a year, or until its history is full, and pays for every transition.",
    fix="Set TimeoutSeconds beside StartAt to more than the longest execution takes.",
    fixable=True,
)
def machine_timeout(subject: Subject) -> list[Spot]:
    """An EXPRESS execution has a limit of five minutes anyway."""
    if subject.facts.type == "EXPRESS":
        return []
    sound = "TimeoutSeconds" in subject.document.value
    return [Spot((), None if sound else "The machine has no TimeoutSeconds: an execution may run for a year.")]
