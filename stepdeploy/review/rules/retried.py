"""What fails for a moment is tried again."""

from __future__ import annotations

from stepdeploy.review.model import Spot
from stepdeploy.review.registry import rule
from stepdeploy.review.subject import Subject, waits_for_token


@rule(
    "REV106",
    "A Task is never tried again",
    weights={"robustness": 1.0},
    section="2.1 gap 4, option 2.2",
    reason="Every service has moments in which it refuses or drops a call; AWS's own advice is to retry them.",
    fix="Add a Retry with backoff and jitter for the errors of the service.",
    fixable=True,
)
def retried(subject: Subject) -> list[Spot]:
    return [
        Spot(task.pointer, None if subject.retriers(task) else f"'{task.name}' is never tried again.")
        for task in subject.tasks
        if not waits_for_token(task)
    ]
