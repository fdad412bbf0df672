"""Synchronous invocation: choose the version, find a process, run, log."""

from __future__ import annotations

import json
import logging
import random
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from stepdeploy.local.functions.archive import CodeStore
from stepdeploy.local.functions.control import check_changeable, resolve
from stepdeploy.local.functions.errors import no_function, throttled, too_large
from stepdeploy.local.functions.logs import InvocationLog, Report
from stepdeploy.local.functions.model import Function, Store, Version
from stepdeploy.local.functions.names import LATEST, Target
from stepdeploy.local.functions.outcome import Outcome, outcome_of
from stepdeploy.local.functions.runner.interpreters import shown_version
from stepdeploy.local.functions.runner.pool import Pool
from stepdeploy.local.functions.runner.process import Answer, FunctionProcess
from stepdeploy.local.functions.runner.recipe import Key, Recipe, key_of, recipe_of
from stepdeploy.local.wire import ApiError
from stepdeploy.local.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

log = logging.getLogger(__name__)

#: Bytes of a request: synchronous and asynchronous (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
MAX_REQUEST = 6 * 1024 * 1024
MAX_EVENT = 1024 * 1024
#: A start may take this long without counting as run time; one that takes longer is held to the function's timeout.
INIT_SECONDS = 10.0


@dataclass(frozen=True)
class Invocation:
    """What an invocation came to. status: 200, 202 (queued), 204 (dry run). log_tail: base64, as LogResult has it.
    request_id: as in the function's log, "" for one that did not run."""

    status: int
    payload: bytes = b""
    function_error: str | None = None
    executed_version: str = ""
    log_tail: str = ""
    request_id: str = ""


@dataclass(frozen=True)
class Request:
    """One call. target: as the caller named the function."""

    target: Target
    payload: bytes
    request_id: str
    client_context: str | None = None
    tail: bool = False


@dataclass(frozen=True)
class Invoked:
    """An invocation as metrics see it. milliseconds: how long the handler ran; None for a call that was throttled."""

    target: Target
    version: str = ""
    failed: bool = False
    milliseconds: float | None = None


class Invoker:
    """Runs functions; thread-safe. on_invoked: told of each invocation that has ended."""

    def __init__(self, world: World, store: Store, code: CodeStore, pool: Pool, directory: Path) -> None:
        self._world = world
        self._store = store
        self._code = code
        self._pool = pool
        self._directory = directory
        self._lock = threading.Lock()
        self._running: Counter[tuple[str, str]] = Counter()
        self._random = random.Random()
        self.on_invoked: Callable[[Invoked], None] = lambda invoked: None

    def running(self) -> int:
        """Invocations under way."""
        with self._lock:
            return self._running.total()

    def check(self, request: Request, limit: int) -> Version:
        """The version that a request would run. Raises ApiError where it could not be run."""
        if len(request.payload) > limit:
            raise too_large(f"Request must be smaller than {limit} bytes for the InvokeFunction operation")
        _, version = self._choose(request.target)
        try:
            json.loads(request.payload or b"{}")
        except ValueError as error:
            message = f"Could not parse request body into json: {error}"
            raise ApiError("InvalidRequestContentException", message) from None
        return version

    def invoke(self, request: Request) -> Invocation:
        """Run the function and wait. Raises ApiError where it was not run."""
        version = self.check(request, MAX_REQUEST)
        with self._place(request.target):
            outcome, lines = self._run(request, version)
        tail = lines.tail() if request.tail else ""
        return Invocation(200, outcome.payload, outcome.error, version.number, tail, request.request_id)

    def _choose(self, target: Target) -> tuple[Function, Version]:
        now = self._world.now()
        with self._store.lock:
            function = self._store.region(target.place.region).functions.get(target.name)
            if function is None:
                raise no_function(target.qualified_arn)
            number = self._routed(function, resolve(function, target).number, target)
            version = function.serving(number, now)
        if version is None:
            raise no_function(f"{target.arn}:{number}")
        if not version.is_update:  # an update lets calls run what was there before
            check_changeable(target, version, now)
        return function, version

    def _routed(self, function: Function, main: str, target: Target) -> str:
        """The version number that this call goes to, by the weights of its alias."""
        alias = function.aliases.get(target.qualifier or LATEST)
        for number, weight in (alias.weights if alias else {}).items():
            if self._random.random() < weight:
                return number
        return main

    @contextmanager
    def _place(self, target: Target) -> Iterator[None]:
        """Holds one of the function's concurrent invocations; with reserved concurrency their number is limited."""
        key = (target.place.region, target.name)
        with self._store.lock:
            function = self._store.region(key[0]).functions.get(key[1])
            reserved = function.reserved if function is not None else None
        with self._lock:
            if reserved is not None and self._running[key] >= reserved:
                self.on_invoked(Invoked(target))
                raise throttled("ReservedFunctionConcurrentInvocationLimitExceeded")
            self._running[key] += 1
        try:
            yield
        finally:
            with self._lock:
                self._running[key] -= 1
                if not self._running[key]:
                    del self._running[key]

    def _run(self, request: Request, version: Version) -> tuple[Outcome, InvocationLog]:
        key = key_of(request.target.place.region, request.target.name, version)
        process = self._pool.take(key, lambda: self._recipe(key, version))
        lines = self._log(request, version, process)
        try:
            answer, report = self._answer(request, version, process, lines)
        except BaseException:
            self._pool.drop(process)
            raise
        # Given back before the log is written: the next invocation need not wait for that.
        if answer.kind in ("result", "error", "oversize"):
            self._pool.give_back(process)
        else:
            self._pool.drop(process)
        timeout = float(version.snapshot.settings["Timeout"])
        outcome = outcome_of(answer, request.request_id, timeout)
        if outcome.status == "timeout":
            lines.timed_out(timeout)
        elif outcome.reason:
            lines.exited(outcome.reason, outcome.error_type)
        lines.end(replace(report, status=outcome.status, error_type=outcome.error_type))
        failed = outcome.error is not None
        self.on_invoked(Invoked(request.target, version.number, failed, report.duration))
        return outcome, lines

    def _recipe(self, key: Key, version: Version) -> Recipe:
        return recipe_of(key, version, self._code, self._directory, self._world.endpoint)

    def _log(self, request: Request, version: Version, process: FunctionProcess) -> InvocationLog:
        group, region = process.recipe.log_group, request.target.place.region

        def write(lines: list[tuple[int, str]]) -> None:
            try:
                self._world.write_logs(group, process.stream, lines, region=region)
            except Exception:  # as on AWS, a function runs on when its log cannot be written
                log.exception("Lines for %s were lost", group)

        return InvocationLog(
            write,
            request.request_id,
            version.number,
            version.snapshot.settings["LoggingConfig"],
            shown_version(version.snapshot.settings["Runtime"]),
        )

    def _answer(
        self, request: Request, version: Version, process: FunctionProcess, lines: InvocationLog
    ) -> tuple[Answer, Report]:
        """Start the handler where the process is new, then call it."""
        settings = version.snapshot.settings
        timeout = float(settings["Timeout"])
        init = None
        if process.fresh:
            process.fresh = False
            lines.initialising()
            answer = process.wait_ready(max(INIT_SECONDS, timeout), lines.add)
            init = (time.monotonic() - process.started) * 1000
            if answer.kind != "ready":
                lines.start()
                return answer, self._report(settings, answer, 0.0, init)
        lines.start()
        began = time.monotonic()
        answer = process.call(_header(request, timeout), request.payload, timeout, lines.add)
        duration = min((time.monotonic() - began), timeout) * 1000
        return answer, self._report(settings, answer, duration, init)

    @staticmethod
    def _report(settings: dict[str, object], answer: Answer, duration: float, init: float | None) -> Report:
        size = settings["MemorySize"]
        assert isinstance(size, int)
        return Report(duration, init, size, min(-(-answer.memory_kb // 1024), size))


def _header(request: Request, timeout: float) -> dict[str, object]:
    return {
        "request_id": request.request_id,
        "arn": request.target.qualified_arn,
        "deadline_ms": int((time.time() + timeout) * 1000),
        "client_context": request.client_context,
        "trace_id": f"Root=1-{int(time.time()):08x}-{request.request_id.replace('-', '')[:24]};Sampled=0",
    }
