"""A bounded queue of deliveries, done in order by one thread.

On AWS a publisher never waits for, nor learns of, what becomes of a delivery; so here a failure is logged and no more.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable

log = logging.getLogger(__name__)

#: More than this are not queued; what comes on top is lost, and said in the log.
MOST = 10_000


class Deliveries:
    """Thread-safe. The thread starts with the first delivery."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._changed = threading.Condition()
        self._waiting: deque[tuple[str, Callable[[], None]]] = deque()
        self._busy = 0
        self._closed = False
        self._thread: threading.Thread | None = None

    def put(self, what: str, deliver: Callable[[], None]) -> None:
        """Queue a delivery. what: names it in the log, e.g. "SNS arn:... to arn:..."."""
        with self._changed:
            if self._closed:
                return
            if len(self._waiting) >= self._most:
                log.warning("Lost, since %d deliveries are waiting: %s", self._most, what)
                return
            self._waiting.append((what, deliver))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="deliveries", daemon=True)
                self._thread.start()
            self._changed.notify()

    def running(self) -> int:
        """Deliveries that are queued or under way."""
        with self._changed:
            return len(self._waiting) + self._busy

    def close(self, timeout: float = 5.0) -> None:
        """Forget what is queued, and wait for the one under way. timeout: seconds."""
        with self._changed:
            self._closed = True
            if self._waiting:
                log.warning("%d deliveries were not made before the end", len(self._waiting))
            self._waiting.clear()
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(timeout)

    def _run(self) -> None:
        while (found := self._next()) is not None:
            what, deliver = found
            try:
                deliver()
            except Exception as error:
                log.warning("Not delivered: %s: %s: %s", what, type(error).__name__, error)
            finally:
                with self._changed:
                    self._busy = 0

    def _next(self) -> tuple[str, Callable[[], None]] | None:
        with self._changed:
            while not self._waiting and not self._closed:
                self._changed.wait()
            if self._closed:
                return None
            self._busy = 1
            return self._waiting.popleft()
