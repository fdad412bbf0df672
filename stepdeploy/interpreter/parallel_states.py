"""The Parallel state, and running branches side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from stepdeploy.interpreter.frames import Frame, Step, Visit
from stepdeploy.interpreter.machine import run_states


async def together(branches: list[Coroutine[Any, Any, Any]]) -> list[Any]:
    """The results of coroutines run side by side, in order. The first to raise cancels the rest and is raised.

    The rest has ended, with its events recorded, when this returns or raises.
    """
    tasks = [asyncio.create_task(branch) for branch in branches]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        # Of several that failed in the same turn of the loop, the first in order counts.
        for task in tasks:
            if task in done:
                task.result()
        return [task.result() for task in tasks]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def run_parallel(visit: Visit) -> Step:
    """Runs every branch on the same input; the result is the array of their outputs."""
    data = visit.flow.input(visit)
    arguments = visit.flow.arguments(visit, data)
    parent = visit.frame
    started = parent.add("ParallelStateStarted")
    frames = [parent.branch() for _ in visit.state["Branches"]]
    running = [
        _run_branch(parent, frame, branch, arguments)
        for frame, branch in zip(frames, visit.state["Branches"], strict=True)
    ]
    results = await together(running) if running else []
    last = max((frame.previous for frame in frames), default=started)
    parent.previous = last
    parent.add("ParallelStateSucceeded")
    # In AWS's histories the success is a side note: ...StateExited follows the last branch's event.
    parent.previous = last
    return visit.flow.finish(visit, data, results)


async def _run_branch(parent: Frame, frame: Frame, branch: dict[str, Any], data: Any) -> Any:
    try:
        return await run_states(frame, branch, data)
    finally:
        parent.previous = max(parent.previous, frame.previous)
