"""Many items are one order."""

from __future__ import annotations

from stepdeploy.review.model import Spot
from stepdeploy.review.registry import rule
from stepdeploy.review.subject import Subject


@rule(
    "REV401",
    "Many items cannot be worked off together",
    weights={"scalability": 1.6, "efficiency": 0.3, "cost": 0.4},
    section="3.1 gap 2, 4.2 point 4, option 3.1",
    reason="With one item an execution, a list is started by hand, one by one, and nobody sees how far it is.",
    fix="Add a Map over the items, or a second machine whose Map starts this one for each.",
    needs="whether another machine runs it for a list",
)
def batch(subject: Subject) -> list[Spot] | None:
    if not subject.tasks:
        return []
    if subject.of("Map") or subject.facts.batched:
        return [Spot()]
    if subject.facts.batched is None:
        return None
    return [Spot((), "One item an execution: no Map, and no other machine runs this one for a list.")]
