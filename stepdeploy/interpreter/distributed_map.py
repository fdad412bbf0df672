"""Distributed Map: every item, or batch of items, is an execution of its own.

Source: AWS "Using Map state in Distributed mode" (state-map-distributed.html), "ItemBatcher"
(input-output-itembatcher.html), "Setting failure thresholds" (state-map-distributed.html#maprun-fail-threshold).
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from stepdeploy.interpreter.choice_rules import is_number
from stepdeploy.interpreter.clocks import timestamp
from stepdeploy.interpreter.contract import MapRun, Outcome, Stop
from stepdeploy.interpreter.failures import Failure, runtime_error
from stepdeploy.interpreter.frames import Visit
from stepdeploy.interpreter.result_writers import write_results
from stepdeploy.interpreter.texts import to_text

THRESHOLD_EXCEEDED = "States.ExceedToleratedFailureThreshold"
_COUNTERS = {"SUCCEEDED": "succeeded", "FAILED": "failed", "TIMED_OUT": "timed_out", "ABORTED": "aborted"}


@dataclass(frozen=True)
class Bounds:
    """MaxConcurrency (0: no limit of its own), ToleratedFailureCount, ToleratedFailurePercentage (0..100)."""

    concurrency: int
    tolerated_count: int
    tolerated_percentage: float


@dataclass
class Child:
    """A child execution: its context object, its items and, once over, how and when (RFC 3339) it ended."""

    context: dict[str, Any]
    input: Any
    weight: int
    outcome: Outcome | None = None
    stopped: str | None = None


async def run_distributed(
    visit: Visit,
    processor: dict[str, Any],
    inputs: Callable[[], Awaitable[list[Any]]],
    bounds: Bounds,
    data: Any,
) -> Any:
    """Runs the children and returns the array of outputs, or where the ResultWriter put them.

    inputs: reads the items once the Map Run has begun.
    """
    run = _map_run(visit, bounds)
    visit.frame.add("MapRunStarted", mapRunStartedEventDetails={"mapRunArn": run.arn})
    hooks = visit.execution.hooks
    hooks.map_run_started(run)
    children: list[Child] = []
    try:
        items = await inputs()
        children += [_child(visit, run, weight, child) for weight, child in _batches(visit, items, data)]
        run.items, run.total = len(items), len(children)
        await _run_children(visit, run, processor, children)
        result = await _result(visit, run, children, data)
        run.status = "SUCCEEDED"
    except Failure as failure:
        run.status = "FAILED"
        if failure.error == THRESHOLD_EXCEEDED:
            await _keep_results(visit, run, children, data)
        visit.frame.add("MapRunFailed", mapRunFailedEventDetails=failure.details())
        raise
    except asyncio.CancelledError:
        run.status = "ABORTED"
        visit.frame.add_if_room("MapRunAborted")
        raise
    finally:
        hooks.map_run_ended(run)
    visit.frame.add("MapRunSucceeded")
    return result


def _map_run(visit: Visit, bounds: Bounds) -> MapRun:
    label = str(visit.state.get("Label") or uuid.uuid4())
    parts = visit.execution.arn.split(":")
    head = ":".join(parts[:5]) if len(parts) >= 7 else "arn:aws:states::"
    machine = visit.context.get("StateMachine", {}).get("Name", "")
    return MapRun(
        arn=f"{head}:mapRun:{machine}/{label}:{uuid.uuid4()}",
        state=visit.name,
        label=label,
        execution_arn=visit.execution.arn,
        max_concurrency=bounds.concurrency,
        tolerated_count=bounds.tolerated_count,
        tolerated_percentage=bounds.tolerated_percentage,
    )


def _child(visit: Visit, run: MapRun, weight: int, data: Any) -> Child:
    head = run.arn.partition(":mapRun:")[0]
    parent = visit.context
    machine = f"{parent.get('StateMachine', {}).get('Name', '')}/{run.label}"
    name = str(uuid.uuid4())
    execution = {
        **parent["Execution"],
        "Id": f"{head}:execution:{machine}:{name}",
        "Input": data,
        "Name": name,
        "StartTime": timestamp(visit.execution.clock.now()),
    }
    context = {"Execution": execution, "StateMachine": {"Id": f"{head}:stateMachine:{machine}", "Name": machine}}
    return Child(context, data, weight)


def _batches(visit: Visit, items: list[Any], data: Any) -> list[tuple[int, Any]]:
    """(number of items, child's input) a child: an item each, or as many as ItemBatcher allows."""
    batcher = visit.state.get("ItemBatcher")
    if batcher is None:
        return [(1, item) for item in items]
    most, most_bytes = (
        _batch_limit(visit, batcher, name, data) for name in ("MaxItemsPerBatch", "MaxInputBytesPerBatch")
    )
    shared: dict[str, Any] = {}
    if "BatchInput" in batcher:
        shared["BatchInput"] = visit.flow.template(visit, "ItemBatcher/BatchInput", batcher["BatchInput"], data)
    most_bytes = min(most_bytes or visit.execution.limits.payload, visit.execution.limits.payload)
    room = most_bytes - len(to_text({**shared, "Items": []}).encode())
    batches: list[list[Any]] = []
    used = 0
    for item in items:
        size = len(to_text(item).encode()) + 1
        if not batches or (most and len(batches[-1]) >= most) or used + size > room + 1:
            batches.append([])
            used = 0
        batches[-1].append(item)
        used += size
    return [(len(batch), {**shared, "Items": batch}) for batch in batches]


def _batch_limit(visit: Visit, batcher: dict[str, Any], name: str, data: Any) -> int:
    path = batcher.get(f"{name}Path")
    if path is None:
        value = visit.flow.template(visit, f"ItemBatcher/{name}", batcher.get(name, 0), data)
    else:
        value = visit.flow.template(visit, "ItemBatcher", {f"{name}.$": path}, data)[name]
    if not is_number(value) or value != int(value) or value < 0:
        raise runtime_error(f"The {name} of the ItemBatcher is not a valid integer: {to_text(value)}")
    return int(value)


async def _run_children(visit: Visit, run: MapRun, processor: dict[str, Any], children: list[Child]) -> None:
    """Runs all children; stops the rest and raises as soon as too many have failed."""
    most = visit.execution.limits.distributed_concurrency
    width = min(run.max_concurrency or most, most)
    waiting = iter(children)
    exceeded = closed = False

    async def work() -> None:
        nonlocal exceeded
        for child in waiting:
            await _run_child(visit, run, processor, child)
            exceeded = exceeded or _exceeded(run)
            # A stopped child ends as ABORTED, so its worker goes on: it must not take another.
            if exceeded or closed:
                return

    workers = [asyncio.create_task(work()) for _ in range(min(width, len(children)))]
    try:
        pending: set[asyncio.Task[None]] = set(workers)
        while pending and not exceeded:
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for worker in done:
                worker.result()
    finally:
        closed = True
        for worker in workers:
            worker.cancel(Stop())
        await asyncio.gather(*workers, return_exceptions=True)
    if exceeded:
        raise Failure(THRESHOLD_EXCEEDED, "The specified tolerated failure threshold was exceeded")


async def _run_child(visit: Visit, run: MapRun, processor: dict[str, Any], child: Child) -> None:
    # A child is an execution like any other; `run` imports the states, and so this module.
    from stepdeploy.interpreter.run import run as run_machine

    execution = visit.execution
    definition = {"QueryLanguage": visit.frame.language, **processor}
    history = execution.hooks.child_started(run, child.context)
    child.outcome = await run_machine(
        definition,
        child.input,
        context=child.context,
        tasks=execution.tasks,
        clock=execution.clock,
        history=history,
        limits=execution.limits,
        readers=execution.hooks,
    )
    child.stopped = timestamp(execution.clock.now())
    counter = _COUNTERS[child.outcome.status]
    setattr(run, counter, getattr(run, counter) + child.weight)
    execution.hooks.child_ended(run, child.context, child.outcome)


def _exceeded(run: MapRun) -> bool:
    """Both thresholds apply when both are given; without any, no failure is tolerated."""
    failed = run.failed + run.timed_out
    if not failed:
        return False
    share = 100 * failed / run.items
    if run.tolerated_count and run.tolerated_percentage:
        return failed > run.tolerated_count or share > run.tolerated_percentage
    if run.tolerated_percentage:
        return share > run.tolerated_percentage
    return failed > run.tolerated_count


async def _result(visit: Visit, run: MapRun, children: list[Child], data: Any) -> Any:
    if "ResultWriter" in visit.state:
        return await write_results(visit, run, children, data)
    # Tolerated failures leave no trace in the result.
    return [child.outcome.output for child in children if child.outcome and child.outcome.status == "SUCCEEDED"]


async def _keep_results(visit: Visit, run: MapRun, children: list[Child], data: Any) -> None:
    """A Map Run that is given up leaves its files, too: what ended, and in PENDING what was never started. Without a
    writer nothing is kept, and a writer that fails does not hide why the run was given up."""
    if "Resource" in visit.state.get("ResultWriter", {}):
        with contextlib.suppress(Failure):
            await write_results(visit, run, children, data)
