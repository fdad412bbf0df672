"""An asyncio loop on which time passes only when there is nothing left to do, and then at once.

Everything on it shares its time: `asyncio.sleep`, `asyncio.timeout`, and so the interpreter's time limits. A simulated
hour of waiting takes milliseconds; what code computes between two waits takes no simulated time.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

START = datetime(2027, 1, 4, tzinfo=UTC)
"""When the simulated time begins."""

_T = TypeVar("_T")


class _Selector(selectors.SelectSelector):
    """Where the loop would wait, its time is moved instead."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise RuntimeError("everything waits for something that never comes")
            self.now += max(0.0, timeout)
        return ready


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)

    def time(self) -> float:
        return self._virtual.now


class LoopClock:
    """The interpreter's clock on this loop."""

    def now(self) -> datetime:
        """START and what has passed of the loop's time."""
        return START + timedelta(seconds=elapsed())

    async def sleep(self, seconds: float) -> None:
        """Sleep on the loop."""
        await asyncio.sleep(max(0.0, seconds))


def elapsed() -> float:
    """Simulated seconds since the start."""
    return asyncio.get_running_loop().time()


def epoch() -> float:
    """The simulated time as seconds since 1970."""
    return START.timestamp() + elapsed()


def simulate(work: Coroutine[Any, Any, _T]) -> _T:
    """Run a coroutine from START on and return what it returns."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(work)
