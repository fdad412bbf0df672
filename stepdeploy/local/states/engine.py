"""The executions that run: one event loop in one thread for all of them. What blocks goes to `running`'s pool."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

from stepdeploy.interpreter.contract import Outcome, Stop
from stepdeploy.interpreter.texts import to_text
from stepdeploy.local.states.eventlog import EventLog
from stepdeploy.local.states.history import Event, Recorder
from stepdeploy.local.states.metrics import Metrics
from stepdeploy.local.states.records import Execution
from stepdeploy.local.states.store import Store
from stepdeploy.local.world import World

log = logging.getLogger(__name__)


@dataclass
class Run:
    """An execution that runs. ended: resolves to it when it has. task: is cancelled to stop it, once it has begun."""

    execution: Execution
    recorder: Recorder
    ended: Future[Execution] = field(default_factory=Future)
    task: asyncio.Task[None] | None = None
    begun: bool = False


class Interpret(Protocol):
    """Runs an execution to its end and records its events. See `running.Running`."""

    async def __call__(self, run: Run, /) -> Outcome: ...


class Engine:
    """The executions that run, and where the ended ones are kept."""

    def __init__(self, world: World, store: Store, eventlog: EventLog, metrics: Metrics, interpret: Interpret) -> None:
        self.starting = threading.Lock()
        #: Told of each standard execution that has begun or ended.
        self.changed: Callable[[Execution], None] = lambda execution: None
        self.loop = asyncio.new_event_loop()
        self._interpret = interpret
        self._world = world
        self._store = store
        self._eventlog = eventlog
        self._metrics = metrics
        self._lock = threading.Lock()
        self._live: dict[str, Run] = {}
        self._thread = threading.Thread(target=self._loop_forever, name="states-loop", daemon=True)
        self._thread.start()

    def start(self, execution: Execution) -> Future[Execution]:
        """Set an execution going; the future resolves to it when it has ended."""
        run = Run(execution, self.recorder(execution))
        with self._lock:
            self._live[execution.arn] = run
        self.opened(execution)
        self.loop.call_soon_threadsafe(self._spawn, run)
        return run.ended

    def opened(self, execution: Execution) -> None:
        """Store an execution that begins, and count it."""
        if execution.type != "EXPRESS":
            self._store.save(execution)
            self.changed(execution)
        self._metrics.started(execution)

    def closed(self, execution: Execution, recorder: Recorder) -> None:
        """Store an execution that ended, with its history, and count it."""
        if execution.type != "EXPRESS":
            self._store.save(execution, recorder.events())
            self.changed(execution)
        self._metrics.ended(execution)

    def recorder(self, execution: Execution) -> Recorder:
        """Where the events of an execution go: its history, and its machine's log group."""
        started = {
            "stateMachineAliasArn": execution.alias_arn,
            "stateMachineVersionArn": execution.version_arn,
        }
        return Recorder(self._world.now, started, lambda event: self._eventlog.put(execution, event))

    def find(self, arn: str) -> Execution | None:
        with self._lock:
            run = self._live.get(arn)
        return run.execution if run is not None else self._store.find(arn)

    def ended(self, arn: str) -> Future[Execution] | None:
        """What resolves when an execution ends; None where it is not running."""
        with self._lock:
            run = self._live.get(arn)
        return run.ended if run is not None else None

    def running(self) -> int:
        """How many executions are under way."""
        return len(self._live)

    def history(self, arn: str) -> list[Event]:
        with self._lock:
            run = self._live.get(arn)
        return run.recorder.events() if run is not None else self._store.history(arn) or []

    def stop(self, arn: str, error: str | None, cause: str | None) -> Execution | None:
        """Abort an execution and wait until it has ended; None where it is not running."""
        with self._lock:
            run = self._live.get(arn)
        if run is None:
            return None
        self.loop.call_soon_threadsafe(self._stop, run, error, cause)
        return run.ended.result(timeout=30)

    def ask_stop(self, arn: str) -> None:
        """Abort an execution, without waiting."""
        with self._lock:
            run = self._live.get(arn)
        if run is not None:
            self.loop.call_soon_threadsafe(self._stop, run, None, None)

    def stop_all(self, machine: str) -> None:
        """Abort all executions of a machine, without waiting."""
        with self._lock:
            arns = [arn for arn, run in self._live.items() if run.execution.machine == machine]
        for arn in arns:
            self.ask_stop(arn)

    def close(self) -> None:
        """Let go of the loop. What still runs is found ABORTED at the next start."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)

    def _loop_forever(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()
        left = asyncio.all_tasks(self.loop)
        for task in left:
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self.loop.close()

    def _spawn(self, run: Run) -> None:
        # A fresh context: the starter's may hold the frozen clock of a request that is journalled.
        run.task = self.loop.create_task(self._run(run), context=contextvars.Context())

    async def _run(self, run: Run) -> None:
        run.begun = True
        execution = run.execution
        try:
            outcome = await self._outcome(run)
        except asyncio.CancelledError:
            run.ended.cancel()
            raise
        execution.status, execution.error, execution.cause = outcome.status, outcome.error, outcome.cause
        if outcome.status == "SUCCEEDED":
            execution.output = to_text(outcome.output)
        execution.stopped = self._world.now()
        self.closed(execution, run.recorder)
        with self._lock:
            self._live.pop(execution.arn, None)
        run.ended.set_result(execution)

    async def _outcome(self, run: Run) -> Outcome:
        """How it ended; FAILED with what went wrong in us, so that no execution hangs for ever."""
        try:
            return await self._interpret(run)
        except Exception as problem:
            log.exception("%s died of an error of ours", run.execution.arn)
            cause = f"The embedded AWS failed: {type(problem).__name__}: {problem}"
            details = {"error": "States.Runtime", "cause": cause}
            run.recorder.add("ExecutionFailed", {"executionFailedEventDetails": details})
            return Outcome("FAILED", None, "States.Runtime", cause)

    def _stop(self, run: Run, error: str | None, cause: str | None) -> None:
        """On the loop. A task that is cancelled before its first step would never get to record its end."""
        if run.task is None or not run.begun:
            self.loop.call_soon(self._stop, run, error, cause)
        else:
            run.task.cancel(Stop(error, cause))
