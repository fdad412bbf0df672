"""The state stays small."""

from __future__ import annotations

from stepdeploy.asl.model import State
from stepdeploy.review.model import Spot
from stepdeploy.review.registry import rule
from stepdeploy.review.subject import Subject, is_lambda, resource

_SELECTS = ("ResultSelector", "OutputPath", "Output", "Assign")


@rule(
    "REV404",
    "More is handed on than is needed",
    weights={"scalability": 0.3, "efficiency": 0.1},
    reason="lambda:invoke answers with headers around the payload; a state may hold 256 KiB, and logs keep all of it.",
    fix="Select what the next states read with ResultSelector (Output in JSONata).",
)
def payload(subject: Subject) -> list[Spot]:
    return [
        Spot(task.pointer, None if _selects(task) else f"'{task.name}' hands on the whole answer of lambda:invoke.")
        for task in subject.tasks
        if is_lambda(task) and ":::lambda:invoke" in resource(task)
    ]


def _selects(task: State) -> bool:
    return any(name in task.value for name in _SELECTS) or task.value.get("ResultPath", "$") is None
