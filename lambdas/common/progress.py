"""A limit on standing still: work that makes no progress for so long is ended from inside, with an error of its own.

::

    with progress.deadline(60):
        for chunk in answer:
            progress.tick()

It does what HeartbeatSeconds does for an activity and cannot do for a Lambda that is called synchronously, which has
no way to send a heartbeat (Step Functions developer guide, "Task workflow state", HeartbeatSeconds).
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from common import logging
from common.errors import ProgressStalled

SECONDS = 60.0

_limit = SECONDS
_last_tick = 0.0
# Set once the limit was passed: what the work does with the error is its own affair, but it is told again.
_stalled = ""


def tick() -> None:
    """There is progress. Costs nothing worth counting; any thread may call it, inside a deadline or not.

    Raises ProgressStalled when the deadline has passed before and the work went on all the same.
    """
    global _last_tick
    if _stalled and threading.current_thread() is threading.main_thread():
        raise ProgressStalled(_stalled)
    _last_tick = time.monotonic()


@contextmanager
def deadline(seconds: float = SECONDS) -> Iterator[None]:
    """Raise ProgressStalled inside the block once tick() was not called for `seconds`.

    It interrupts a system call that waits, by a timer signal. Signals reach the main thread only: elsewhere the block
    runs without a limit, and a log line says so. Deadlines do not nest: the inner one is left to the outer.
    """
    if threading.current_thread() is not threading.main_thread():
        logging.info("no progress deadline outside the main thread")
        yield
        return
    if signal.getsignal(signal.SIGALRM) is _on_alarm:
        yield
        return
    global _limit, _stalled
    _limit, _stalled = seconds, ""
    tick()
    before = signal.signal(signal.SIGALRM, _on_alarm)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
        if _stalled:
            raise ProgressStalled(_stalled)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        _stalled = ""


def _on_alarm(_number: int, _frame: FrameType | None) -> None:
    """The timer ran out: there were ticks meanwhile, and it is set for what is left; or there were none."""
    global _stalled
    quiet = time.monotonic() - _last_tick
    left = _limit - quiet
    if left > 0:
        signal.setitimer(signal.ITIMER_REAL, left)
        return
    _stalled = f"no progress for {quiet:.1f} s"
    signal.setitimer(signal.ITIMER_REAL, _limit)  # again, if this one is swallowed
    raise ProgressStalled(_stalled)
