"""HeartbeatSeconds on Tasks that cannot send a heartbeat."""

from __future__ import annotations

from collections.abc import Iterator

from stepdeploy.asl import resources
from stepdeploy.asl.model import State
from stepdeploy.asl.registry import Hit, rule


@rule(
    "ASL087",
    "warning",
    "HeartbeatSeconds stands where a heartbeat can be sent: with a task token or an activity",
    source="https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html",
    code="",
    layer="integration",
    types=("Task",),
)
def heartbeat(state: State) -> Iterator[Hit]:
    for field in ("HeartbeatSeconds", "HeartbeatSecondsPath"):
        called = resources.called(state)
        if field not in state.value or called.kind in ("activity", "other") or called.waits_for_token:
            continue
        if called.pattern:
            message = f"Nothing sends heartbeats to a {called.pattern} Task: it times out when they are due"
        else:
            message = "Nothing sends heartbeats to a Task that answers at once"
        yield Hit((*state.pointer, field), message, "Use TimeoutSeconds, or .waitForTaskToken and SendTaskHeartbeat.")
