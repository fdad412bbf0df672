"""What matters is measured."""

from __future__ import annotations

from stepdeploy.review.model import Spot
from stepdeploy.review.registry import rule
from stepdeploy.review.subject import Subject, resource


@rule(
    "REV203",
    "The work is not measured",
    weights={"observability": 1.5},
    section="2.3 gap 3, option 2.4",
    reason="AWS counts executions; how complete, how slow and how dear the work itself is, only its own metrics tell.",
    fix="Write metrics of your own (embedded metric format) and set an alarm on one.",
    needs="its alarms",
)
def metrics(subject: Subject) -> list[Spot] | None:
    """An alarm on a metric that is not AWS's shows that there is one."""
    if not subject.tasks:
        return []
    if any("putmetricdata" in resource(task).lower() for task in subject.tasks):
        return [Spot()]
    if subject.facts.alarms is None:
        return None
    own = any(not alarm.namespace.startswith("AWS/") for alarm in subject.facts.alarms)
    return [Spot(about="machine", message=None if own else "No alarm watches a metric of the work itself.")]
