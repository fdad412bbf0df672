"""Clocks to run executions by."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta


class SystemClock:
    """Real time. With scale 0.1 a Wait of 10 seconds takes one."""

    def __init__(self, scale: float = 1.0) -> None:
        self.scale = scale

    def now(self) -> datetime:
        """The time now (UTC)."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Sleeps `seconds` times the scale."""
        await asyncio.sleep(max(0.0, seconds) * self.scale)


class VirtualClock:
    """Time that only passes by sleeping, at once: for tests. Sleepers of different branches all push it forward."""

    def __init__(self, start: datetime | None = None) -> None:
        self.time = start or datetime.now(UTC)
        self.slept: list[float] = []

    def now(self) -> datetime:
        """The virtual time."""
        return self.time

    async def sleep(self, seconds: float) -> None:
        """Notes the delay and moves the time."""
        self.slept.append(seconds)
        self.time += timedelta(seconds=max(0.0, seconds))
        await asyncio.sleep(0)


def timestamp(moment: datetime) -> str:
    """2025-01-15T10:30:01.500Z, as in the context object."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
