"""A thread that takes what others put down and hands it on in batches: records, log lines, metrics."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

log = logging.getLogger(__name__)


class Batches(Generic[T]):
    """Hands items to `work` in order, as many at a time as have come meanwhile, at most `most`.

    linger: how long, in seconds, the first item of a batch waits for more; `flush` and `close` cut that short.
    An exception of `work` is logged and its batch dropped: what runs executions must not die of a log line.
    """

    def __init__(self, name: str, work: Callable[[list[T]], None], most: int = 500, linger: float = 0.0) -> None:
        self._work = work
        self._most = most
        self._linger = linger
        self._items: queue.SimpleQueue[T | threading.Event | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def put(self, item: T) -> None:
        self._items.put(item)

    def flush(self, timeout: float = 10.0) -> None:
        """Wait until all that was put down before has been handed on. timeout in seconds."""
        if self._thread.is_alive():
            done = threading.Event()
            self._items.put(done)
            done.wait(timeout)

    def close(self) -> None:
        """Hand on what is left, then end the thread."""
        self._items.put(None)
        self._thread.join(10)

    def _run(self) -> None:
        while True:
            batch, marks, last = self._collect()
            if batch:
                try:
                    self._work(batch)
                except Exception:
                    log.exception("%s: a batch of %d was lost", self._thread.name, len(batch))
            for mark in marks:
                mark.set()
            if last:
                return

    def _collect(self) -> tuple[list[T], list[threading.Event], bool]:
        """Wait for one item, then take what else comes in time. The bool says that this is the end."""
        batch: list[T] = []
        marks: list[threading.Event] = []
        item = self._items.get()
        until = time.monotonic() + self._linger
        while True:
            if item is None:
                return batch, marks, True
            if isinstance(item, threading.Event):
                marks.append(item)
                until = 0.0
            else:
                batch.append(item)
            if len(batch) >= self._most:
                return batch, marks, False
            try:
                left = until - time.monotonic()
                item = self._items.get(timeout=left) if left > 0 else self._items.get_nowait()
            except queue.Empty:
                return batch, marks, False
