"""The Map state: its fields, and the inline mode. The distributed mode is in distributed_map."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from stepdeploy.interpreter.distributed_map import Bounds, run_distributed
from stepdeploy.interpreter.failures import Failure, runtime_error
from stepdeploy.interpreter.frames import Frame, Step, Visit
from stepdeploy.interpreter.item_readers import read_items
from stepdeploy.interpreter.machine import run_states
from stepdeploy.interpreter.parallel_states import together


async def run_map(visit: Visit) -> Step:
    """Runs the item processor once an item; the result is the array of its outputs."""
    state = visit.state
    processor: dict[str, Any] = state.get("ItemProcessor") or state["Iterator"]
    distributed = processor.get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED"
    data = visit.flow.input(visit)
    # Items that are still to be read count as none here (recorded).
    items = [] if "ItemReader" in state else _pairs(visit.flow.items(visit, data))
    concurrency = _concurrency(visit, data)
    visit.frame.add("MapStateStarted", mapStateStartedEventDetails={"length": len(items)})
    bounds = _bounds(visit, data, concurrency)
    if distributed:

        async def inputs() -> list[Any]:
            read = await read_items(visit, data) if "ItemReader" in state else items
            return _select(visit, read, data)

        result = await run_distributed(visit, processor, inputs, bounds, data)
    else:
        result = await _run_inline(visit, processor, items, _select(visit, items, data), bounds)
    last = visit.frame.previous
    visit.frame.add("MapStateSucceeded")
    # In AWS's histories the success is a side note: MapStateExited follows the last iteration's event.
    visit.frame.previous = last
    return visit.flow.finish(visit, data, result)


def _pairs(items: Any) -> list[Any]:
    """JSONata may iterate over an object: each member is an item {"Key", "Value"}."""
    if isinstance(items, dict):
        return [{"Key": name, "Value": value} for name, value in items.items()]
    return list(items)


def _select(visit: Visit, items: list[Any], data: Any) -> list[Any]:
    """The iterations' inputs: the items, or what ItemSelector (formerly Parameters) makes of each."""
    name = "ItemSelector" if "ItemSelector" in visit.state else "Parameters"
    if name not in visit.state:
        return items
    template = visit.state[name]
    return [visit.flow.template(visit.for_item(index, item), name, template, data) for index, item in enumerate(items)]


def _concurrency(visit: Visit, data: Any) -> int:
    concurrency = int(_number(visit, "MaxConcurrency", data, "integer"))
    if concurrency < 0:
        raise runtime_error("MaxConcurrency cannot be negative.")
    return concurrency


def _bounds(visit: Visit, data: Any, concurrency: int) -> Bounds:
    count = _number(visit, "ToleratedFailureCount", data, "integer")
    percentage = _number(visit, "ToleratedFailurePercentage", data, "float")
    if count < 0:
        raise runtime_error("ToleratedFailureCount cannot be negative.")
    if not 0 <= percentage <= 100:
        raise runtime_error("ToleratedFailurePercentage must be between 0 and 100.")
    return Bounds(concurrency, int(count), percentage)


_SHAPES = {"integer": re.compile(r"-?\d+"), "float": re.compile(r"-?\d+(\.\d+)?")}


def _number(visit: Visit, name: str, data: Any, kind: str) -> float:
    value = visit.flow.field(visit, name, data)
    if value is None:
        return 0
    text = value if isinstance(value, str) else visit.frame.text(value)
    if not _SHAPES[kind].fullmatch(text):
        field = f"{name}Path"
        if field not in visit.state:
            raise runtime_error(f'The {name} field refers to value "{text}" which is not a valid {kind}')
        raise runtime_error(
            f'The {field} field refers to value "{text}" which is not a valid {kind}: {visit.state[field]}'
        )
    return float(text)


async def _run_inline(
    visit: Visit, processor: dict[str, Any], items: list[Any], inputs: list[Any], bounds: Bounds
) -> list[Any]:
    parent, limits = visit.frame, visit.execution.limits
    width = min(bounds.concurrency or limits.inline_concurrency, limits.inline_concurrency)
    gate = asyncio.Semaphore(width)
    started = parent.previous
    broken = False

    async def iterate(index: int) -> Any:
        nonlocal broken
        async with gate:
            if broken:
                return None
            context = {**parent.context, "Map": {"Item": {"Index": index, "Value": items[index]}}}
            frame = parent.branch(context)
            frame.previous = started if index < width else parent.previous
            try:
                return await _iteration(frame, visit.name, index, processor, inputs[index])
            except BaseException:
                # Iterations that wait for their turn must not start any more.
                broken = True
                raise
            finally:
                parent.previous = max(parent.previous, frame.previous)

    if not inputs:
        return []
    return await together([iterate(index) for index in range(len(inputs))])


async def _iteration(frame: Frame, name: str, index: int, processor: dict[str, Any], data: Any) -> Any:
    details = {"name": name, "index": index}
    frame.add("MapIterationStarted", mapIterationStartedEventDetails=details)
    try:
        output = await run_states(frame, processor, data)
    except Failure as failure:
        if not failure.fatal:
            frame.add_if_room("MapIterationFailed", mapIterationFailedEventDetails=details)
        raise
    except asyncio.CancelledError:
        frame.add_if_room("MapIterationAborted", mapIterationAbortedEventDetails=details)
        raise
    frame.add("MapIterationSucceeded", mapIterationSucceededEventDetails=details)
    return output
