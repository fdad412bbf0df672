"""What somebody else ends shows that it is alive."""

from __future__ import annotations

from stepdeploy.review.model import Spot
from stepdeploy.review.registry import rule
from stepdeploy.review.subject import Subject, waits_for_token


@rule(
    "REV104",
    "A callback or an activity has no heartbeat",
    weights={"robustness": 0.4},
    section="2.1 gap 3, option 1.2",
    reason="A worker that died is noticed by its missing heartbeat; without one, only when the whole timeout is over.",
    fix="Set HeartbeatSeconds, and let the worker call SendTaskHeartbeat more often than that.",
)
def heartbeats(subject: Subject) -> list[Spot]:
    return [
        Spot(
            task.pointer,
            None
            if "HeartbeatSeconds" in task.value or "HeartbeatSecondsPath" in task.value
            else f"'{task.name}' waits for somebody else and has no HeartbeatSeconds.",
        )
        for task in subject.tasks
        if waits_for_token(task)
    ]
