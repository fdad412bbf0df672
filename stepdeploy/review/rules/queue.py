"""Requests can queue."""

from __future__ import annotations

from stepdeploy.review.model import Spot
from stepdeploy.review.registry import rule
from stepdeploy.review.subject import Subject


@rule(
    "REV403",
    "Requests cannot queue",
    weights={"scalability": 1.0},
    section="5.2 gap 2",
    reason="Without a queue each execution is started by hand, all at once, with no order among them.",
    fix="Let a queue, or a rule, start the executions, as many at a time as the work bears.",
    needs="what starts it",
)
def queue(subject: Subject) -> list[Spot] | None:
    if subject.facts.queued is None:
        return None
    message = None if subject.facts.queued else "No queue, rule or schedule starts executions."
    return [Spot(about="machine", message=message)]
