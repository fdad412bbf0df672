"""Asynchronous invocation: a queue, retries, and what becomes of events in the end.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html. AWS waits one and two minutes before its two
retries; here it is one and two seconds. Events that are queued when the server ends are lost.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from stepdeploy.local.functions.destinations import Destinations
from stepdeploy.local.functions.invoker import Invocation, Invoker, Request
from stepdeploy.local.functions.model import Store
from stepdeploy.local.functions.names import LATEST
from stepdeploy.local.wire import ApiError

log = logging.getLogger(__name__)

RETRY_SECONDS = (1.0, 2.0)
#: Wait before a throttled event is tried again; AWS begins with one second too.
THROTTLED_SECONDS = 1.0
MAX_AGE = 21_600


@dataclass(frozen=True)
class Event:
    """A queued call. attempts: how often the function was run for it. accepted: time.monotonic()."""

    request: Request
    accepted: float
    attempts: int = 0


class EventQueue:
    """Runs events in threads of its own, each event when it is due."""

    def __init__(self, invoker: Invoker, store: Store, destinations: Destinations, threads: int) -> None:
        self._invoker = invoker
        self._store = store
        self._destinations = destinations
        self._limit = threads
        self._changed = threading.Condition()
        self._due: list[tuple[float, int, Event]] = []
        self._order = itertools.count()
        self._threads = 0
        self._free = 0
        self._closed = False

    def put(self, request: Request) -> None:
        """Queue a call; it is tried at once when a thread is free."""
        self._push(Event(request, time.monotonic()), 0.0)

    def waiting(self) -> int:
        """Events that are queued."""
        with self._changed:
            return len(self._due)

    def close(self) -> None:
        """Forget what is queued and let the threads end."""
        with self._changed:
            self._closed = True
            self._due.clear()
            self._changed.notify_all()

    def _push(self, event: Event, seconds: float) -> None:
        with self._changed:
            if self._closed:
                return
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), event))
            if self._free < len(self._due) and self._threads < self._limit:
                self._threads += 1
                threading.Thread(target=self._work, name="events", daemon=True).start()
            self._changed.notify()

    def _next(self) -> Event | None:
        """Waits for an event to be due; None when the server ends."""
        with self._changed:
            self._free += 1
            try:
                while not self._closed:
                    wait = self._due[0][0] - time.monotonic() if self._due else None
                    if wait is not None and wait <= 0:
                        return heapq.heappop(self._due)[2]
                    self._changed.wait(wait)
                return None
            finally:
                self._free -= 1

    def _work(self) -> None:
        while (event := self._next()) is not None:
            try:
                self._try(event)
            except Exception:
                log.exception("An event for %s was lost", event.request.target.name)

    def _try(self, event: Event) -> None:
        config = self._config(event)
        aged = time.monotonic() - event.accepted > config.get("MaximumEventAgeInSeconds", MAX_AGE)
        if aged:
            self._give_up(event, None, "EventAgeExceeded")
            return
        try:
            result = self._invoker.invoke(event.request)
        except ApiError as error:
            if error.code in ("TooManyRequestsException", "ResourceConflictException"):
                self._push(event, THROTTLED_SECONDS)
            return  # any other: the function is gone, and with it who would have to be told
        event = replace(event, attempts=event.attempts + 1)
        if result.function_error is None:
            self._settle(event, result, "OnSuccess", "Success")
        elif event.attempts <= config.get("MaximumRetryAttempts", len(RETRY_SECONDS)):
            self._push(event, RETRY_SECONDS[event.attempts - 1])
        else:
            self._give_up(event, result, "RetriesExhausted")

    def _config(self, event: Event) -> dict[str, Any]:
        target = event.request.target
        with self._store.lock:
            function = self._store.region(target.place.region).functions.get(target.name)
            return dict(function.event_config.get(target.qualifier or LATEST, {})) if function else {}

    def _settle(self, event: Event, result: Invocation | None, side: str, condition: str) -> None:
        destination = self._config(event).get("DestinationConfig", {}).get(side, {}).get("Destination")
        if destination:
            record = Destinations.record(event.request, event.attempts, result, condition)
            self._send(lambda: self._destinations.send(destination, record, event.request, self.put))

    def _give_up(self, event: Event, result: Invocation | None, condition: str) -> None:
        self._settle(event, result, "OnFailure", condition)
        target = event.request.target
        with self._store.lock:
            function = self._store.region(target.place.region).functions.get(target.name)
            settings = function.latest.snapshot.settings if function else {}
        queue = settings.get("DeadLetterConfig", {}).get("TargetArn")
        if queue:
            self._send(lambda: self._destinations.bury(queue, event.request, result))

    @staticmethod
    def _send(send: Callable[[], None]) -> None:
        try:
            send()
        except Exception as error:  # AWS drops it too, and counts DestinationDeliveryFailures or DeadLetterErrors
            log.warning("An event's result could not be delivered: %s", error)
