"""Histories in the shape that GetExecutionHistory gives, put together event by event."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:Merger-dev:7"
TOPIC = "arn:aws:sns:us-east-1:123456789012:Failures-dev"


def request_id(number: int) -> str:
    return str(uuid.UUID(int=number))


class History:
    """Each event points at the one before, unless told otherwise."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.add("ExecutionStarted")

    def add(self, kind: str, *, after: int | None = None, **details: Any) -> int:
        """Append an event; returns its id. details: those of its ...EventDetails."""
        number = len(self.events) + 1
        previous = number - 1 if after is None else after
        event = {
            "id": number,
            "previousEventId": previous,
            "type": kind,
            "timestamp": START + timedelta(seconds=number),
        }
        if details:
            name = "stateEntered" if kind.endswith("StateEntered") else kind[0].lower() + kind[1:]
            event[f"{name}EventDetails"] = details
        self.events.append(event)
        return number

    def enter(self, kind: str, name: str, **more: Any) -> int:
        return self.add(f"{kind}StateEntered", name=name, **more)

    def invoke(self, function: str = FUNCTION) -> None:
        """An attempt by the optimised integration."""
        parameters = json.dumps({"FunctionName": function, "Payload": {}})
        self.add("TaskScheduled", resourceType="lambda", resource="invoke", region="us-east-1", parameters=parameters)
        self.add("TaskStarted", resourceType="lambda", resource="invoke")

    def answered(self, number: int, body: dict[str, Any]) -> None:
        """The answer to an attempt; number: of the request's id."""
        output = {
            "ExecutedVersion": "7",
            "Payload": {"statusCode": 200, "body": body},
            "SdkResponseMetadata": {"RequestId": request_id(number)},
            "StatusCode": 200,
        }
        self.add("TaskSucceeded", resourceType="lambda", resource="invoke", output=json.dumps(output))

    def raised(self, number: int) -> None:
        """An attempt that ended in an error of the function's runtime."""
        cause = json.dumps({"errorMessage": "no", "errorType": "DatabaseError", "requestId": request_id(number)})
        self.add("TaskFailed", resourceType="lambda", resource="invoke", error="DatabaseError", cause=cause)
