"""Work that was done lately is not done again."""

from __future__ import annotations

from stepdeploy.review.model import Spot
from stepdeploy.review.registry import rule
from stepdeploy.review.subject import Subject
from stepdeploy.review.ways import Ways, is_work


@rule(
    "REV306",
    "Work that was done lately is done again",
    weights={"efficiency": 0.7, "cost": 1.2},
    section="4.2 point 3, option 2.3",
    reason="Most of what an execution costs is paid again for a request that was answered an hour ago.",
    fix="Look first for a fresh result (a Task and a Choice), and end with it where there is one.",
)
def cache(subject: Subject) -> list[Spot]:
    """For machines with several Lambda Tasks: a Choice can end the execution well before the work."""
    if len(subject.lambdas) < 2:
        return []
    message = "Every execution does all of the work: nothing looks for a result that is there already."
    return [Spot((), None if is_cached(subject) else message)]


def is_cached(subject: Subject) -> bool:
    """Whether a Choice on what a Task found can end the execution well, and can also go on to more work."""
    ways = subject.ways(subject.top)
    return any(
        not ways.is_lost(target) and any(is_work(ways.states[name]) for name in _others(ways, choice.name, target))
        for choice, target in ways.gates()
    )


def _others(ways: Ways, choice: str, target: str) -> set[str]:
    others = [name for name in ways.usual[choice] if name != target and not ways.is_lost(name)]
    return {after for name in others for after in ways.from_here(name, errors=False)}
