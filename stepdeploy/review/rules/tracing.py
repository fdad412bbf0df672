"""Requests can be followed."""

from __future__ import annotations

from stepdeploy.review.model import Spot
from stepdeploy.review.registry import rule
from stepdeploy.review.subject import Subject


@rule(
    "REV204",
    "Executions are not traced",
    weights={"observability": 0.5},
    section="2.3",
    reason="X-Ray shows where the time of an execution goes, across all functions.",
    fix="Turn tracing on.",
    needs="whether it is traced",
)
def tracing(subject: Subject) -> list[Spot] | None:
    if subject.facts.tracing is None:
        return None
    return [Spot(about="machine", message=None if subject.facts.tracing else "Tracing is off.")]
