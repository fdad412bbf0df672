"""Each kind of error is waited for in its own way."""

from __future__ import annotations

from typing import Any

from stepdeploy.review.model import Spot
from stepdeploy.review.registry import rule
from stepdeploy.review.subject import Subject, entries, errors_of


@rule(
    "REV302",
    "Every kind of error has the same delay",
    weights={"efficiency": 0.6},
    section="3.2 gap 1, option 2.2",
    reason="A network error is over in a second, a rate limit in a minute; one delay for both is wrong for one of them.",
    fix="One Retry entry for throttling (15 s and more), one for network and service errors (1 to 3 s).",
)
def delays(subject: Subject) -> list[Spot]:
    spots = []
    for task in subject.lambdas:
        retriers = subject.retriers(task)
        if retriers:
            at = (*task.pointer, "Retry") if entries(task.value, "Retry") else task.pointer
            message = f"'{task.name}' waits the same for every error it retries."
            spots.append(Spot(at, None if len({_delay(entry) for entry in retriers}) > 1 else message))
    return [] if all(_is_plain(subject, spot) for spot in spots) else spots


def _delay(entry: dict[str, Any]) -> tuple[str, ...]:
    """How a Retry waits, and how often."""
    return tuple(str(entry.get(name)) for name in ("IntervalSeconds", "BackoffRate", "MaxDelaySeconds", "MaxAttempts"))


def _is_plain(subject: Subject, spot: Spot) -> bool:
    """Whether the one Retry of a spot is about one kind of error alone."""
    task = next(task for task in subject.lambdas if spot.pointer[: len(task.pointer)] == task.pointer)
    names = {name for entry in subject.retriers(task) for name in errors_of(entry)}
    return len(names) == 1 and not names & {"States.ALL", "States.TaskFailed"}
