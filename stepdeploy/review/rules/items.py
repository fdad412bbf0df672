"""One bad item does not end the whole list."""

from __future__ import annotations

from stepdeploy.asl.model import State
from stepdeploy.review.model import Spot
from stepdeploy.review.registry import rule
from stepdeploy.review.subject import Subject, entries

_TOLERANCE = ("ToleratedFailurePercentage", "ToleratedFailureCount")


@rule(
    "REV117",
    "One bad item ends a Map",
    weights={"robustness": 0.5, "scalability": 0.2},
    section="3.1 gap 2, option 3.1",
    reason="The first item that fails stops all others, and what they have done is lost.",
    fix="Catch inside the item processor, or tolerate some failures (ToleratedFailurePercentage of a distributed Map).",
)
def items(subject: Subject) -> list[Spot]:
    return [
        Spot(map_.pointer, None if _tolerates(subject, map_) else f"One item that fails ends all of '{map_.name}'.")
        for map_ in subject.of("Map")
        if any(state.type == "Task" for state in subject.inner(map_))
    ]


def _tolerates(subject: Subject, map_: State) -> bool:
    if any(name in map_.value or f"{name}Path" in map_.value for name in _TOLERANCE):
        return True
    inner = [state for state in subject.inner(map_) if state.type == "Task"]
    return all(entries(task.value, "Catch") or task.scope.owner is not map_ for task in inner)
