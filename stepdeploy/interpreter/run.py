"""Runs an execution from start to end."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from datetime import timedelta
from typing import Any

from stepdeploy.interpreter.clocks import SystemClock, timestamp
from stepdeploy.interpreter.contract import Clock, History, Limits, MapHooks, Outcome, Stop, TaskRunner
from stepdeploy.interpreter.failures import TIMEOUT, Failure, TimeLimitReached
from stepdeploy.interpreter.frames import Execution, Frame
from stepdeploy.interpreter.history import Recorder
from stepdeploy.interpreter.machine import run_states
from stepdeploy.interpreter.texts import to_text

_WHOLE = {"truncated": False}


async def run(
    definition: dict[str, Any],
    input: Any,
    *,
    context: dict[str, Any],
    tasks: TaskRunner,
    clock: Clock | None = None,
    history: History | None = None,
    limits: Limits | None = None,
    readers: MapHooks | None = None,
    variables: dict[str, Any] | None = None,
) -> Outcome:
    """Runs a state machine on `input` (JSON data) and says how it ended.

    definition: parsed, already validated. context: the context object's Execution {Id, Input, Name, RoleArn, StartTime,
    RedriveCount} and StateMachine {Id, Name}; the interpreter keeps State, Map and Task. variables: set at the start.

    To stop it, cancel the asyncio task that awaits it with a reason: `task.cancel(Stop(error, cause))` ends it as
    ABORTED (or use `Run`). A plain cancel() is raised as CancelledError, as usual. A failing machine is an Outcome, an
    exception is a defect of the definition, the runner or this code.
    """
    clock = clock or SystemClock()
    limits = limits or Limits()
    context = _complete(context, input, clock)
    seconds = definition.get("TimeoutSeconds")
    recorder = Recorder(history, limits.events)
    execution = Execution(
        context=context,
        tasks=tasks,
        clock=clock,
        recorder=recorder,
        limits=limits,
        hooks=readers or MapHooks(),
        deadline=None if seconds is None else clock.now() + timedelta(seconds=seconds),
    )
    frame = Frame(execution, context, dict(variables or {}), 0, definition.get("QueryLanguage", "JSONPath"))
    started = {"input": to_text(input), "inputDetails": _WHOLE, "roleArn": context["Execution"].get("RoleArn")}
    recorder.add("ExecutionStarted", {"executionStartedEventDetails": started}, 0)
    outcome = await _outcome(frame, definition, input, seconds)
    _record_end(frame, outcome)
    return outcome


def _complete(context: dict[str, Any], input: Any, clock: Clock) -> dict[str, Any]:
    execution = {"Input": input, "StartTime": timestamp(clock.now()), **context.get("Execution", {})}
    return {**context, "Execution": execution}


async def _outcome(frame: Frame, definition: dict[str, Any], data: Any, seconds: float | None) -> Outcome:
    try:
        async with asyncio.timeout(seconds) as limit:
            return Outcome("SUCCEEDED", output=await run_states(frame, definition, data))
    except Failure as failure:
        return Outcome("FAILED", error=failure.error, cause=failure.cause)
    except TimeLimitReached:
        return Outcome("TIMED_OUT")
    except TimeoutError:
        if not limit.expired():
            raise
        return Outcome("TIMED_OUT")
    except asyncio.CancelledError as cancelled:
        reason = cancelled.args[0] if cancelled.args else None
        if not isinstance(reason, Stop):
            raise
        task = asyncio.current_task()
        if task is not None:
            task.uncancel()
        return Outcome("ABORTED", error=reason.error, cause=reason.cause)


_ENDS = {
    "SUCCEEDED": "ExecutionSucceeded",
    "FAILED": "ExecutionFailed",
    "TIMED_OUT": "ExecutionTimedOut",
    "ABORTED": "ExecutionAborted",
}


def _record_end(frame: Frame, outcome: Outcome) -> None:
    type_ = _ENDS[outcome.status]
    details: dict[str, Any] = {}
    if outcome.status == "SUCCEEDED":
        details = {"output": frame.text(outcome.output), "outputDetails": _WHOLE}
    if outcome.error is not None:
        details["error"] = outcome.error
    if outcome.cause is not None:
        details["cause"] = outcome.cause
    previous = frame.previous
    if outcome.status == "TIMED_OUT":
        # AWS names the error only in this event, and links it to nothing.
        details["error"] = TIMEOUT
        previous = 0
    members = {f"{type_[0].lower()}{type_[1:]}EventDetails": details}
    frame.execution.recorder.end(type_, members, previous)


class Run:
    """An execution in the background: `run = Run(definition, input, ...)`, `await run`, `run.stop(error, cause)`.

    Takes what `run` takes. Must be made on a running loop. `await run` gives the Outcome, to many awaiters if need be;
    cancelling an awaiter leaves the execution alone.
    """

    def __init__(self, definition: dict[str, Any], input: Any, **options: Any) -> None:
        self._stop: Stop | None = None
        self._begun = False
        self.task = asyncio.get_running_loop().create_task(self._run(definition, input, options))

    async def _run(self, definition: dict[str, Any], input: Any, options: dict[str, Any]) -> Outcome:
        self._begun = True
        if self._stop is not None:
            # Stopped before its first turn: let it begin, so that its history tells of both.
            asyncio.get_running_loop().call_soon(self.task.cancel, self._stop)
        return await run(definition, input, **options)

    def stop(self, error: str | None = None, cause: str | None = None) -> None:
        """Ends the execution as ABORTED; does nothing once it is over or being stopped."""
        if self._stop is None:
            self._stop = Stop(error, cause)
            if self._begun:
                self.task.cancel(self._stop)

    def __await__(self) -> Generator[Any, None, Outcome]:
        return asyncio.shield(self.task).__await__()
