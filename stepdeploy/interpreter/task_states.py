"""The Task state: one attempt, its timeout, and its events in the style of its kind of resource."""

from __future__ import annotations

import asyncio
import secrets
from typing import Any

from stepdeploy.interpreter.choice_rules import is_number
from stepdeploy.interpreter.contract import TaskCall, TaskError
from stepdeploy.interpreter.failures import HEARTBEAT_TIMEOUT, RUNTIME, TIMEOUT, Failure, runtime_error, too_large
from stepdeploy.interpreter.frames import Step, Visit
from stepdeploy.interpreter.task_events import TaskEvents, events_of
from stepdeploy.interpreter.texts import exceeds


async def run_task(visit: Visit) -> Step:
    """Calls the task runner once."""
    resource = visit.state["Resource"]
    if resource.endswith(".waitForTaskToken") or ":activity:" in resource:
        visit.renew_context(Task={"Token": secrets.token_urlsafe(96)})
    data = visit.flow.input(visit)
    parameters = visit.flow.arguments(visit, data)
    events = events_of(visit.frame, resource)
    call = TaskCall(
        resource=resource,
        parameters=parameters,
        state=visit.name,
        context=visit.context,
        timeout=_seconds(visit, "TimeoutSeconds", data),
        heartbeat=_seconds(visit, "HeartbeatSeconds", data),
        credentials=_credentials(visit, data),
        attempt=visit.retries,
        submitted=events.submitted,
        started=events.started,
    )
    result = await _perform(visit, call, events)
    return visit.flow.finish(visit, data, result)


def _seconds(visit: Visit, name: str, data: Any) -> float | None:
    value = visit.flow.field(visit, name, data)
    if value is None:
        return None
    if not is_number(value) or value <= 0:
        raise runtime_error(f"The {name} field must be a positive number of seconds: {value}")
    return float(value)


def _credentials(visit: Visit, data: Any) -> dict[str, Any] | None:
    if "Credentials" not in visit.state:
        return None
    credentials: dict[str, Any] = visit.flow.template(visit, "Credentials", visit.state["Credentials"], data)
    return credentials


async def _perform(visit: Visit, call: TaskCall, events: TaskEvents) -> Any:
    prepare = getattr(visit.execution.tasks, "prepare", None)
    if prepare is not None:
        try:
            prepare(call)
        except TaskError as error:
            raise _failure(error) from error
    events.scheduled(call)
    try:
        async with asyncio.timeout(call.timeout) as limit:
            result = await visit.execution.tasks(call)
    except TimeoutError:
        if not limit.expired():
            raise
        raise _timed_out(events, heartbeat=False) from None
    except TaskError as error:
        if error.error in (TIMEOUT, HEARTBEAT_TIMEOUT):
            raise _timed_out(events, heartbeat=error.error == HEARTBEAT_TIMEOUT, cause=error.cause) from error
        failure = _failure(error)
        if not failure.fatal:
            events.failed(failure)
        raise failure from error
    text = visit.frame.text(result)
    if exceeds(text, visit.execution.limits.payload):
        failure = too_large(events.subject, fatal=False)
        events.failed(failure)
        raise failure
    events.succeeded(text)
    return result


def _failure(error: TaskError) -> Failure:
    runtime = error.error == RUNTIME
    return Failure(error.error, error.cause, fatal=runtime, internal=runtime)


def _timed_out(events: TaskEvents, *, heartbeat: bool, cause: str | None = None) -> Failure:
    # AWS records a missed heartbeat as States.Timeout too; only Retry and Catch see the difference.
    failure = Failure(TIMEOUT, cause, heartbeat=heartbeat)
    events.timed_out(failure)
    return failure
