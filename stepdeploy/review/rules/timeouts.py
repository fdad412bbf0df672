"""Every Task has a limit."""

from __future__ import annotations

from stepdeploy.asl.model import State
from stepdeploy.review.model import Spot
from stepdeploy.review.registry import rule
from stepdeploy.review.subject import Subject, is_lambda, waits_for_token


@rule(
    "REV103",
    "A Task has no timeout",
    weights={"robustness": 0.8, "efficiency": 0.4, "cost": 0.5},
    section="2.1 gap 3, 3.3, option 1.2",
    reason="A Task without a limit of its own waits for as long as its service lets it: 15 minutes for a Lambda function "
    "that hangs, and without end for a job or a callback.",
    fix="Set TimeoutSeconds to the function's own timeout and a fifth, and catch States.Timeout.",
    fixable=True,
)
def timeouts(subject: Subject) -> list[Spot]:
    return [Spot(task.pointer, None if has_timeout(task) else _message(task)) for task in subject.tasks]


def has_timeout(task: State) -> bool:
    """Whether a Task has a limit of its own."""
    return "TimeoutSeconds" in task.value or "TimeoutSecondsPath" in task.value


def _message(task: State) -> str:
    text = f"'{task.name}' has no TimeoutSeconds"
    if is_lambda(task) and not waits_for_token(task):
        return f"{text}. (HeartbeatSeconds would do nothing here: a synchronous invocation cannot send one.)"
    return f"{text}."
