"""What fails for good is not tried again."""

from __future__ import annotations

from stepdeploy.review.model import Spot
from stepdeploy.review.registry import rule
from stepdeploy.review.subject import Subject, errors_of

_ANY = {"States.ALL", "States.TaskFailed"}


@rule(
    "REV501",
    "What fails for good is tried again",
    weights={"cost": 0.7},
    section="2.1 gap 2, 5.3 gap 2",
    reason="States.TaskFailed is every error of the function: a wrong input is run, and paid for, as often as an outage.",
    fix="Retry by name what passes by itself, and let the rest fail at once.",
)
def blind_retries(subject: Subject) -> list[Spot]:
    return [
        Spot(
            task.pointer,
            f"'{task.name}' is run again after any error, also one that comes again."
            if any(_ANY.intersection(errors_of(entry)) for entry in subject.retriers(task))
            else None,
        )
        for task in subject.lambdas
        if subject.retriers(task)
    ]
