"""Walks a machine from state to state: attempts, retries, catchers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from stepdeploy.interpreter.failures import Failure, first_match
from stepdeploy.interpreter.flow import flow_of
from stepdeploy.interpreter.frames import ABORTABLE, RETRIABLE, Frame, Step, Visit
from stepdeploy.interpreter.retries import Retries

STEPS_PER_TURN = 16
"""So many states run before the loop gets a turn: branches and executions stay fair to each other."""


async def run_states(frame: Frame, machine: dict[str, Any], data: Any) -> Any:
    """Runs `machine` ({StartAt, States}) on `data` in a frame and returns its output. Raises Failure."""
    states = machine["States"]
    name: str | None = machine["StartAt"]
    while name is not None:
        frame.steps += 1
        if frame.steps % STEPS_PER_TURN == 0:
            await asyncio.sleep(0)
        state = states[name]
        step = await _visit(Visit(frame, name, state, data, flow_of(state, frame.language)))
        data, name = step.output, step.next
    return data


async def _visit(visit: Visit) -> Step:
    visit.enter()
    try:
        step = await (_attempts(visit) if visit.type in RETRIABLE else _handler(visit)(visit))
        visit.leave(step)
    except Failure as failure:
        visit.explain(failure)
        if visit.frame.inner and visit.type == "Task" and not failure.fatal:
            # Recorded: a task that ends its branch by failing counts as aborted too.
            visit.frame.add_if_room("TaskStateAborted")
        raise
    except asyncio.CancelledError:
        if visit.type in ABORTABLE:
            visit.frame.add_if_room(f"{visit.type}StateAborted")
        raise
    return step


async def _attempts(visit: Visit) -> Step:
    """Runs a Task, Parallel or Map until it succeeds, is caught, or its Retry gives up."""
    retries = Retries(visit.state.get("Retry"))
    while True:
        try:
            return await _handler(visit)(visit)
        except Failure as failure:
            visit.explain(failure)
            delay = retries.delay(failure)
            if delay is None:
                return _give_up(visit, failure)
        await visit.execution.sleep(delay)
        visit.retries += 1
        visit.renew_context()


def _give_up(visit: Visit, failure: Failure) -> Step:
    if visit.type != "Task" and not failure.fatal:
        visit.frame.add(f"{visit.type}StateFailed")
    catcher = first_match(failure, visit.state.get("Catch"))
    if catcher is None:
        raise failure
    return visit.flow.caught(visit, catcher, failure)


def _handler(visit: Visit) -> Callable[[Visit], Awaitable[Step]]:
    # Parallel and Map run machines themselves, hence the late import.
    from stepdeploy.interpreter.states import HANDLERS

    return HANDLERS[visit.type]
