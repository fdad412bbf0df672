"""A request that comes twice runs once."""

from __future__ import annotations

from stepdeploy.review.model import Spot
from stepdeploy.review.registry import rule
from stepdeploy.review.rules.cache import is_cached
from stepdeploy.review.subject import Subject


@rule(
    "REV110",
    "A request that comes twice runs twice",
    weights={"robustness": 0.4, "cost": 0.3},
    section="2.2 gap 2",
    reason="Whoever asks twice pays twice, and leaves everything twice in the tables.",
    fix="Make the execution's name from the input (execution_name in project.json), or ask first what there is.",
    needs="how executions are named",
)
def duplicates(subject: Subject) -> list[Spot] | None:
    if subject.facts.type == "EXPRESS" or not subject.tasks:
        return []
    if subject.facts.named or is_cached(subject):
        return [Spot(about="machine")]
    if subject.facts.named is None:
        return None
    return [
        Spot(about="machine", message="Executions have no name of their request, and nothing looks for an earlier one.")
    ]
