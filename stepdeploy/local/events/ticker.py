"""One thread that does small jobs again and again, each at its own interval."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

log = logging.getLogger(__name__)


@dataclass
class _Job:
    name: str
    seconds: float
    work: Callable[[], None]
    due: float
    failed: bool = False


class Ticker:
    """A job that fails is logged the first time, and tried again at its next turn."""

    def __init__(self) -> None:
        self._jobs: list[_Job] = []
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ticker", daemon=True)

    def every(self, name: str, seconds: float, work: Callable[[], None]) -> None:
        """Add a job; call before `start`."""
        self._jobs.append(_Job(name, seconds, work, time.monotonic() + seconds))

    def start(self) -> None:
        self._thread.start()

    def close(self, timeout: float = 5.0) -> None:
        """Wait for the job under way. timeout: seconds."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _run(self) -> None:
        while not self._closed.wait(max(min(job.due for job in self._jobs) - time.monotonic(), 0.01)):
            for job in self._jobs:
                if job.due <= time.monotonic() and not self._closed.is_set():
                    self._do(job)

    @staticmethod
    def _do(job: _Job) -> None:
        try:
            job.work()
            job.failed = False
        except Exception:
            if not job.failed:
                log.exception("%s failed", job.name)
            job.failed = True
        job.due = time.monotonic() + job.seconds
