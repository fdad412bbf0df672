"""Somebody hears of a failure."""

from __future__ import annotations

from stepdeploy.review.model import Spot
from stepdeploy.review.registry import rule
from stepdeploy.review.subject import Subject, notifies

_FAILURES = {"ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"}


@rule(
    "REV202",
    "Nobody is told of a failure",
    weights={"observability": 2.0},
    section="2.3 gap 2, option 2.1",
    reason="Nobody looks at the console all day: a failure that tells nobody is found when its result is missed.",
    fix="Publish to an SNS topic on the way of a failure, and set an alarm on ExecutionsFailed.",
    needs="its alarms",
)
def alerts(subject: Subject) -> list[Spot] | None:
    after = {state.pointer for state in subject.aftermath} | _behind_catch(subject)
    if any(notifies(task) and task.pointer in after for task in subject.tasks):
        return [Spot()]
    alarms = subject.facts.alarms
    if alarms is None:
        return None
    told = any(alarm.metric in _FAILURES and alarm.tells for alarm in alarms)
    message = "No failure publishes anything, and no alarm with an action watches ExecutionsFailed."
    return [Spot(about="machine", message=None if told else message)]


def _behind_catch(subject: Subject) -> set[object]:
    """States that a Catch can lead to, also where a success comes by."""
    found: set[object] = set()
    for scope in subject.document.scopes:
        ways = subject.ways(scope)
        for targets in ways.caught.values():
            for target in targets:
                found |= {ways.states[name].pointer for name in ways.from_here(target)}
    return found
