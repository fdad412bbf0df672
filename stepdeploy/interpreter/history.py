"""Histories, and the recorder that numbers events and keeps the quota."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from stepdeploy.interpreter.contract import History
from stepdeploy.interpreter.failures import RUNTIME, Failure


class MemoryHistory:
    """Keeps events in a list, each as GetExecutionHistory shows it (timestamp is a datetime)."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def add(self, type: str, details: dict[str, Any], *, previous: int = 0) -> int:
        """Appends an event and returns its id."""
        identifier = len(self.events) + 1
        self.events.append(
            {"timestamp": datetime.now(UTC), "type": type, "id": identifier, "previousEventId": previous, **details}
        )
        return identifier


class _Counter:
    """Numbers events and forgets them."""

    def __init__(self) -> None:
        self.count = 0

    def add(self, type: str, details: dict[str, Any], *, previous: int = 0) -> int:
        self.count += 1
        return self.count


class Recorder:
    """Writes to a history and fails the execution before it outgrows the quota.

    The last event of a full history is ExecutionSucceeded or ExecutionFailed
    (https://docs.aws.amazon.com/step-functions/latest/dg/bp-history-limit.html).
    """

    def __init__(self, history: History | None, limit: int | None) -> None:
        self._add = (history or _Counter()).add
        self._limit = limit if limit is not None else 1 << 62
        self._last = 0

    def add(self, type: str, details: dict[str, Any], previous: int) -> int:
        """Records an event; raises a Failure when only the execution's own end still fits."""
        if self._last >= self._limit - 1:
            raise Failure(
                RUNTIME, f"The execution reached the maximum number of history events ({self._limit}).", fatal=True
            )
        self._last = self._add(type, details, previous=previous)
        return self._last

    def end(self, type: str, details: dict[str, Any], previous: int) -> int:
        """Records the execution's end, for which there is always room."""
        self._last = self._add(type, details, previous=previous)
        return self._last
