"""The processes that run functions: warm ones are used again, and never more than a set number at once."""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from stepdeploy.local.functions.errors import throttled
from stepdeploy.local.functions.runner.process import FunctionProcess
from stepdeploy.local.functions.runner.recipe import Key, Recipe
from stepdeploy.local.wire import ApiError

#: How many processes there may be at once.
CAP_VARIABLE = "STEPDEPLOY_LOCAL_CONCURRENCY"
IDLE_SECONDS = 300.0
#: Longest wait for a place: a function can hold one for 900 s at most.
WAIT_SECONDS = 900.0


def cap() -> int:
    """The number of processes that this machine may have."""
    return int(os.environ.get(CAP_VARIABLE, "0") or 0) or min(48, 8 * (os.cpu_count() or 1))


class Pool:
    """Hands out processes by key, first come first served; idle ones end after a while, or to make room."""

    def __init__(self, scratch: Path, limit: int, idle_seconds: float = IDLE_SECONDS) -> None:
        self._scratch = scratch
        self._limit = limit
        self._idle_seconds = idle_seconds
        self._lock = threading.Lock()
        self._idle: list[FunctionProcess] = []  # the longest idle first
        self._busy: set[FunctionProcess] = set()
        self._starting = 0
        self._waiting: deque[threading.Condition] = deque()  # the first in line is the only one to be woken
        self._retired: set[Key] = set()
        self._closed = threading.Event()
        self._reaper: threading.Thread | None = None

    def take(self, key: Key, recipe: Callable[[], Recipe]) -> FunctionProcess:
        """An idle process of that key, or a new one; waits while all places are taken.

        Raises ApiError TooManyRequestsException where none becomes free in time.
        """
        found, evicted = self._place(key)
        if evicted is not None:
            evicted.kill()
        if found is not None:
            return found
        made = None
        try:
            made = FunctionProcess(recipe(), self._scratch, log_stream(key.version))
        finally:
            with self._lock:
                self._starting -= 1
                if made is not None:
                    self._busy.add(made)
                self._wake()
        if self._closed.is_set():
            self.drop(made)
            raise stopping()
        return made

    def _place(self, key: Key) -> tuple[FunctionProcess | None, FunctionProcess | None]:
        """(an idle process, None), or (None, one to be killed to make room) with a place kept for a new one."""
        ticket = threading.Condition(self._lock)
        deadline = time.monotonic() + WAIT_SECONDS
        with self._lock:
            self._start_reaper()
            self._waiting.append(ticket)
            try:
                while not self._closed.is_set():
                    if self._waiting[0] is ticket:
                        chosen = self._choose(key)
                        if chosen is not None:
                            return chosen
                    if not ticket.wait(deadline - time.monotonic()):
                        raise throttled("ConcurrentInvocationLimitExceeded")
                raise stopping()
            finally:
                self._waiting.remove(ticket)
                self._wake()

    def _wake(self) -> None:
        """Something changed that the first in line may have waited for; when the server ends, everybody has."""
        for ticket in self._waiting if self._closed.is_set() else list(self._waiting)[:1]:
            ticket.notify()

    def _choose(self, key: Key) -> tuple[FunctionProcess | None, FunctionProcess | None] | None:
        for process in reversed(self._idle):
            if process.recipe.key == key and process.alive():
                self._idle.remove(process)
                self._busy.add(process)
                return process, None
        if len(self._idle) + len(self._busy) + self._starting < self._limit:
            self._starting += 1
            return None, None
        if self._idle:
            self._starting += 1
            return None, self._idle.pop(0)
        return None

    def give_back(self, process: FunctionProcess) -> None:
        """The process is idle and may be used again."""
        with self._lock:
            usable = process.alive() and not self._closed.is_set() and process.recipe.key not in self._retired
            if usable:
                process.idle_since = time.monotonic()
                self._busy.discard(process)
                self._idle.append(process)
                self._wake()
        if not usable:
            self.drop(process)

    def drop(self, process: FunctionProcess) -> None:
        """The process is of no more use."""
        process.kill()
        with self._lock:
            self._busy.discard(process)
            self._wake()

    def retire(self, unwanted: Callable[[Key], bool]) -> None:
        """End idle processes of those keys now, and busy ones when they are done."""
        with self._lock:
            gone = [process for process in self._idle if unwanted(process.recipe.key)]
            self._idle = [process for process in self._idle if process not in gone]
            busy = {process.recipe.key for process in self._busy}
            self._retired = {key for key in self._retired | busy if key in busy and unwanted(key)}
            self._wake()
        for process in gone:
            process.kill()

    def counts(self) -> tuple[int, int]:
        """(busy, idle) processes."""
        with self._lock:
            return len(self._busy) + self._starting, len(self._idle)

    def close(self) -> None:
        """Kill every process and let nobody wait any longer."""
        self._closed.set()
        with self._lock:
            idle, self._idle = self._idle, []
            busy = list(self._busy)
            self._wake()
        for process in idle:
            process.kill()
        for process in busy:  # the thread that uses it lets go of the rest
            process.end()

    def _start_reaper(self) -> None:
        if self._reaper is None:
            self._reaper = threading.Thread(target=self._reap, name="idle functions", daemon=True)
            self._reaper.start()

    def _reap(self) -> None:
        while not self._closed.wait(min(self._idle_seconds / 4, 30)):
            limit = time.monotonic() - self._idle_seconds
            with self._lock:
                old = [process for process in self._idle if process.idle_since < limit or not process.alive()]
                self._idle = [process for process in self._idle if process not in old]
                self._wake()
            for process in old:
                process.kill()


def stopping() -> ApiError:
    """The answer to calls while the server ends."""
    return ApiError("ServiceException", "The embedded AWS is stopping.", 500)


def log_stream(version: str) -> str:
    """`YYYY/MM/DD/[version]hex`, one a process."""
    return f"{time.strftime('%Y/%m/%d', time.gmtime())}/[{version}]{secrets.token_hex(16)}"
