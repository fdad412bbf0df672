"""There is a place to look."""

from __future__ import annotations

from stepdeploy.review.model import Spot
from stepdeploy.review.registry import rule
from stepdeploy.review.subject import Subject


@rule(
    "REV207",
    "There is no dashboard",
    weights={"observability": 0.5},
    section="7 phase 2",
    reason="Success rate, duration and failures by stage are looked at together or not at all.",
    fix="Add a dashboard (dashboards in project.json).",
    needs="its dashboards",
)
def dashboard(subject: Subject) -> list[Spot] | None:
    if subject.facts.dashboards is None:
        return None
    return [Spot(about="machine", message=None if subject.facts.dashboards else "There is no dashboard.")]
