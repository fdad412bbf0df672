"""Short ways to run machines in tests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from stepdeploy.interpreter import MapHooks, MemoryHistory, Outcome, TaskCall, TaskRunner, VirtualClock, run

CONTEXT = {
    "Execution": {
        "Id": "arn:aws:states:eu-west-1:123456789012:execution:machine:name",
        "Name": "name",
        "RoleArn": "arn:aws:iam::123456789012:role/machine",
        "StartTime": "2024-05-01T10:00:00.000Z",
        "RedriveCount": 0,
    },
    "StateMachine": {"Id": "arn:aws:states:eu-west-1:123456789012:stateMachine:machine", "Name": "machine"},
}


class Tasks:
    """Answers task calls with a function of the call, and keeps them."""

    def __init__(self, answer: Callable[[TaskCall], Any] | None = None) -> None:
        self.answer = answer or (lambda call: call.parameters)
        self.calls: list[TaskCall] = []

    async def __call__(self, call: TaskCall) -> Any:
        self.calls.append(call)
        await asyncio.sleep(0)
        return self.answer(call)


def execute(
    definition: dict[str, Any],
    data: Any = None,
    *,
    tasks: TaskRunner | None = None,
    history: MemoryHistory | None = None,
    clock: VirtualClock | None = None,
    hooks: MapHooks | None = None,
    **options: Any,
) -> Outcome:
    """Runs a machine on virtual time."""
    return asyncio.run(
        run(
            definition,
            {} if data is None else data,
            context=CONTEXT,
            tasks=tasks or Tasks(),
            clock=clock or VirtualClock(),
            history=history,
            readers=hooks,
            **options,
        )
    )


def one(state: dict[str, Any], **top: Any) -> dict[str, Any]:
    """A machine of one state, S, that ends."""
    ends = {} if state["Type"] in ("Fail", "Succeed", "Choice") else {"End": True}
    return {"StartAt": "S", "States": {"S": {**ends, **state}}, **top}


def output(state: dict[str, Any], data: Any = None, **options: Any) -> Any:
    """The output of a machine of one state; fails if it does not succeed."""
    outcome = execute(one(state), data, **options)
    assert outcome.status == "SUCCEEDED", outcome
    return outcome.output


def types(history: MemoryHistory) -> list[str]:
    """The event types in order."""
    return [event["type"] for event in history.events]


TASK = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke"}
