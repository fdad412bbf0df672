"""Execution histories: events in the shape of GetExecutionHistory, and their pages.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from stepdeploy.local.states import pages

Event = dict[str, Any]

#: Members that hold what went through the machine; left out where the caller does not want execution data.
_DATA = (
    "input",
    "output",
    "parameters",
    "inputDetails",
    "outputDetails",
    "assignedVariables",
    "assignedVariablesDetails",
)


class Recorder:
    """The history of one execution: the interpreter's sink of events.

    clock: gives the time of an event. started: members that ExecutionStarted gets besides the interpreter's own.
    on_event: told of each event.
    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        started: dict[str, Any],
        on_event: Callable[[Event], None] | None = None,
    ) -> None:
        self._clock = clock
        self._started = {name: value for name, value in started.items() if value is not None}
        self._on_event = on_event
        self._lock = threading.Lock()
        self._events: list[Event] = []

    def add(self, type: str, details: dict[str, Any], *, previous: int = 0) -> int:
        """Add an event, return its id (from 1). details: as {"stateEnteredEventDetails": {...}}."""
        with self._lock:
            number = len(self._events) + 1
            event: Event = {"timestamp": self._clock(), "type": type, "id": number, "previousEventId": previous}
            event |= details
            if type == "ExecutionStarted":
                event["executionStartedEventDetails"] = event.get("executionStartedEventDetails", {}) | self._started
            self._events.append(event)
        if self._on_event is not None:
            self._on_event(event)
        return number

    def events(self) -> list[Event]:
        """What has come so far, oldest first."""
        with self._lock:
            return list(self._events)


def page(events: list[Event], params: dict[str, Any]) -> dict[str, Any]:
    """The answer to GetExecutionHistory."""
    ordered = events[::-1] if params.get("reverseOrder") else events
    output = pages.page(ordered, params, "events")
    if params.get("includeExecutionData") is False:
        output["events"] = [without_data(event) for event in output["events"]]
    return output


def without_data(event: Event) -> Event:
    """The event without inputs and outputs."""
    return {
        key: {name: item for name, item in value.items() if name not in _DATA} if isinstance(value, dict) else value
        for key, value in event.items()
    }
