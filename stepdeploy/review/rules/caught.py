"""Every Task's failure is caught."""

from __future__ import annotations

from stepdeploy.review.model import Spot
from stepdeploy.review.registry import rule
from stepdeploy.review.subject import Subject


@rule(
    "REV101",
    "A Task's failure is not caught",
    weights={"robustness": 1.8},
    section="2.1 gap 1, option 1.1",
    reason="An error that nobody catches ends the execution on the spot: nothing is cleaned up, nobody is told why.",
    fix="Add a Catch for States.ALL with a ResultPath, and a state that says what failed.",
    fixable=True,
)
def caught(subject: Subject) -> list[Spot]:
    return [
        Spot(task.pointer, None if subject.is_caught(task) else f"Nothing catches an error of '{task.name}'.")
        for task in subject.tasks
    ]
