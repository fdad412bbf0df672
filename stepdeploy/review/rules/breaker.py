"""What is down is left alone."""

from __future__ import annotations

from stepdeploy.review.model import Spot
from stepdeploy.review.registry import rule
from stepdeploy.review.subject import Subject, errors_of
from stepdeploy.review.ways import Ways, is_work

_ANY = {"States.ALL", "States.TaskFailed"}


@rule(
    "REV114",
    "A service that is down is called on and on",
    weights={"robustness": 0.3, "scalability": 0.3, "cost": 0.7},
    section="5.3 gap 2, option 3.2",
    reason="While an API is down every execution calls it, and every retry calls it again; each call is paid for.",
    fix="Ask a circuit breaker before the work (a Task and a Choice), and fail at once while it is open.",
)
def breaker(subject: Subject) -> list[Spot]:
    """For machines that retry whatever their functions raise: a gate before the work can end the execution."""
    blind = [
        task for task in subject.lambdas if any(_ANY.intersection(errors_of(entry)) for entry in subject.retriers(task))
    ]
    if not blind:
        return []
    gated = any(_stops_work(subject.ways(scope)) for scope in subject.document.scopes)
    message = f"'{blind[0].name}' and its like are tried again whatever fails, and nothing stops that in an outage."
    return [Spot(blind[0].pointer, None if gated else message)]


def _stops_work(ways: Ways) -> bool:
    """Whether a Choice on what a Task found can fail at once, and can also go on to work."""
    return any(
        ways.is_lost(target) and any(is_work(ways.states[name]) for name in ways.after([choice.name]))
        for choice, target in ways.gates()
    )
