"""The state types: Pass, Succeed, Fail, Wait and Choice here; Task, Parallel and Map in modules of their own."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from stepdeploy.interpreter.choice_rules import is_number, parse_timestamp
from stepdeploy.interpreter.failures import Failure, query_error, runtime_error
from stepdeploy.interpreter.frames import Step, Visit
from stepdeploy.interpreter.map_states import run_map
from stepdeploy.interpreter.parallel_states import run_parallel
from stepdeploy.interpreter.task_states import run_task

MAX_WAIT_SECONDS = 99_999_999


async def run_pass(visit: Visit) -> Step:
    """Result if given, else what Parameters make of the input."""
    data = visit.flow.input(visit)
    result = visit.state["Result"] if "Result" in visit.state else visit.flow.arguments(visit, data)
    return visit.flow.finish(visit, data, result)


async def run_succeed(visit: Visit) -> Step:
    """Hands its input on and ends the branch."""
    data = visit.flow.input(visit)
    return visit.flow.finish(visit, data, data)


async def run_fail(visit: Visit) -> Step:
    """Fails the branch with Error and Cause."""
    texts: dict[str, str | None] = {}
    for name in ("Error", "Cause"):
        value = visit.flow.field(visit, name, visit.input)
        if value is not None and not isinstance(value, str):
            path = visit.state.get(f"{name}Path")
            raise runtime_error(f"The {name}Path field refers to a value that is not a string: {path}")
        texts[name] = value
    raise Failure(texts["Error"], texts["Cause"])


async def run_choice(visit: Visit) -> Step:
    """Goes where the first rule that holds leads, or to Default."""
    flow = visit.flow
    data = flow.input(visit)
    for index, rule in enumerate(visit.state["Choices"]):
        if flow.condition(visit, rule, data, index):
            return flow.finish(visit, data, data, index)
    default = visit.state.get("Default")
    if default is None:
        raise Failure(
            "States.NoChoiceMatched",
            "Failed to transition out of the state. The state does not point to a next state.",
            internal=True,
        )
    return flow.finish(visit, data, data)._replace(next=default)


async def run_wait(visit: Visit) -> Step:
    """Waits for Seconds or until Timestamp, also as paths or expressions."""
    data = visit.flow.input(visit)
    if "Timestamp" in visit.state or "TimestampPath" in visit.state:
        moment = _moment(visit, visit.flow.field(visit, "Timestamp", data))
        seconds = max(0.0, (moment - visit.execution.clock.now()).total_seconds())
    else:
        seconds = _seconds(visit, visit.flow.field(visit, "Seconds", data))
    if seconds:
        await visit.execution.sleep(seconds)
    return visit.flow.finish(visit, data, data)


def _moment(visit: Visit, value: Any) -> datetime:
    moment = parse_timestamp(value) if isinstance(value, str) else None
    if moment is None:
        path = visit.state.get("TimestampPath")
        if path is None:
            raise query_error(
                f"The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: {value}",
                "Timestamp",
            )
        raise runtime_error(
            "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: "
            f"{path} == {value}"
        )
    return moment


def _seconds(visit: Visit, value: Any) -> float:
    path = visit.state.get("SecondsPath")
    if path is None:
        if not is_number(value) or not 0 <= value <= MAX_WAIT_SECONDS:
            raise query_error(f"The Seconds field must be between 0 and {MAX_WAIT_SECONDS}: {value}", "Seconds")
        return float(value)
    if isinstance(value, str) and re.fullmatch(r"-?\d+", value):
        value = int(value)
    if not is_number(value):
        raise runtime_error(f"The SecondsPath parameter does not reference a number value: {path} == {value}")
    if value < 0:
        raise runtime_error(f"The SecondsPath parameter references a negative value: {path} == {value}")
    if value > MAX_WAIT_SECONDS:
        raise runtime_error(f"The SecondsPath parameter references a value above {MAX_WAIT_SECONDS}: {path} == {value}")
    return float(value)


HANDLERS: dict[str, Callable[[Visit], Awaitable[Step]]] = {
    "Pass": run_pass,
    "Succeed": run_succeed,
    "Fail": run_fail,
    "Choice": run_choice,
    "Wait": run_wait,
    "Task": run_task,
    "Parallel": run_parallel,
    "Map": run_map,
}
