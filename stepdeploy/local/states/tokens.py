"""Task tokens: SendTaskSuccess, SendTaskFailure, SendTaskHeartbeat find the task that waits for them.

https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-wait-token
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from stepdeploy.local.wire import ApiCall, ApiError

#: How many used tokens are known as such (TaskTimedOut); an older one is answered as any unknown token (InvalidToken).
KEPT = 50_000


class CallbackFailed(Exception):
    """A worker reported a failure with SendTaskFailure."""

    def __init__(self, error: str | None, cause: str | None) -> None:
        super().__init__(error)
        self.error = error
        self.cause = cause


@dataclass
class Waiting:
    """A task that waits. beat: monotonic time of its start or last heartbeat, seconds."""

    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    beat: float = field(default_factory=time.monotonic)


class Tokens:
    """The tokens given out and not used up."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, Waiting] = {}
        self._over: dict[str, None] = {}

    def wait(self, token: str) -> Waiting:
        """From now on, answers to the token reach the future. To be called on the event loop."""
        loop = asyncio.get_running_loop()
        waiting = Waiting(loop, loop.create_future())
        with self._lock:
            self._waiting[token] = waiting
        return waiting

    def is_waiting(self, token: str) -> bool:
        with self._lock:
            return token in self._waiting

    def forget(self, token: str) -> None:
        """The task is over: answers that come now are too late (TaskTimedOut)."""
        with self._lock:
            if self._waiting.pop(token, None) is not None:
                self._end(token)

    def success(self, call: ApiCall) -> dict[str, Any]:
        try:
            output = json.loads(call.params["output"])
        except ValueError as error:
            raise ApiError("InvalidOutput", f"Invalid Output: '{error}'") from None
        waiting = self._take(call.params["taskToken"])
        waiting.loop.call_soon_threadsafe(_set_result, waiting.future, output)
        return {}

    def failure(self, call: ApiCall) -> dict[str, Any]:
        waiting = self._take(call.params["taskToken"])
        failed = CallbackFailed(call.params.get("error"), call.params.get("cause"))
        waiting.loop.call_soon_threadsafe(_set_failure, waiting.future, failed)
        return {}

    def heartbeat(self, call: ApiCall) -> dict[str, Any]:
        self._find(call.params["taskToken"]).beat = time.monotonic()
        return {}

    def _find(self, token: str) -> Waiting:
        with self._lock:
            return self._known(token)

    def _take(self, token: str) -> Waiting:
        """The task of a token, which is used up by that."""
        with self._lock:
            waiting = self._known(token)
            del self._waiting[token]
            self._end(token)
            return waiting

    def _end(self, token: str) -> None:
        """Remember that the token was used; the oldest are forgotten."""
        self._over[token] = None
        if len(self._over) > KEPT:
            del self._over[next(iter(self._over))]

    def _known(self, token: str) -> Waiting:
        if token in self._over:
            raise ApiError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
        if token not in self._waiting:
            raise ApiError("InvalidToken", "Invalid Token: 'Invalid token'")
        return self._waiting[token]


def _set_result(future: asyncio.Future[Any], output: Any) -> None:
    if not future.done():
        future.set_result(output)


def _set_failure(future: asyncio.Future[Any], failed: CallbackFailed) -> None:
    if not future.done():
        future.set_exception(failed)
