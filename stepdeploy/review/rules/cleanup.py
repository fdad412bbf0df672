"""What a failed run has left is put in order."""

from __future__ import annotations

from stepdeploy.review.model import Spot
from stepdeploy.review.registry import rule
from stepdeploy.review.subject import Subject, notifies


@rule(
    "REV111",
    "A failed run is not cleaned up",
    weights={"robustness": 0.5},
    section="2.2 gap 3",
    reason="What the Tasks before the failure have written stays behind, and the next run writes it again.",
    fix="Lead failures through a Task that takes back, or marks, what the execution has written.",
)
def cleanup(subject: Subject) -> list[Spot]:
    """For machines in which a Task can fail after another has done its work."""
    working = [task for task in subject.tasks if not notifies(task)]
    if len(working) < 2:
        return []
    tidy = [task for task in subject.aftermath if task.type == "Task" and not notifies(task)]
    message = "No way of a failure runs a Task: what was written before it stays."
    return [Spot((), None if tidy else message)]
