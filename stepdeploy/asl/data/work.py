"""The inner machines of Parallel and Map states: what goes in, and what comes out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from stepdeploy.asl.data import functions
from stepdeploy.asl.data.results import context
from stepdeploy.asl.data.values import ANY, LIST, NOTHING, OPEN, STRING, YES, Arr, Obj, Union, Value, union
from stepdeploy.asl.data.visits import Visit
from stepdeploy.asl.data.worlds import World
from stepdeploy.asl.shapes import JSONPATH

if TYPE_CHECKING:
    from stepdeploy.asl.data.fieldreads import FieldReads


class Output(NamedTuple):
    """What comes out of an inner machine on some way through it. way: spelled out; "" where there is but one."""

    value: Value
    way: str = ""


class Machines(Protocol):
    """What runs inner machines."""

    schemas: Mapping[str, Any]

    def outputs(self, owner: Visit, field: str, index: int | None, world: World, context: Value) -> tuple[Output, ...]:
        """What comes out of a branch or item processor; none when no way through it comes to its end."""


def parallel(visit: Visit, given: Value, machines: Machines) -> Iterator[Output]:
    """The arrays of what the branches put out: for each output of each branch, with whatever the others put out."""
    branches = visit.state.value.get("Branches")
    if not isinstance(branches, list):
        yield Output(LIST)
        return
    facts = visit.world.facts if given is visit.world.input else frozenset()
    world = World(given, visit.world.variables, visit.way, facts)
    found = [
        machines.outputs(visit, "Branches", index, world, visit.context) for index in range(min(len(branches), 200))
    ]
    if not all(found):
        return
    together = [union(output.value for output in outputs) for outputs in found]
    varied = [index for index, outputs in enumerate(found) if len(outputs) > 1 and together[index] is not ANY]
    for index in varied:
        for output in found[index]:
            items = (*together[:index], output.value, *together[index + 1 :])
            yield Output(Arr(items), output.way)
    if not varied:
        yield Output(Arr(tuple(together)))


def iterated(visit: Visit, reads: FieldReads, data: Value, machines: Machines) -> Value:
    """The array of what the iterations of a Map put out."""
    state = visit.state.value
    field = "ItemProcessor" if "ItemProcessor" in state else "Iterator"
    distributed = _mode(state.get(field)) == "DISTRIBUTED"
    items = ANY if "ItemReader" in state else _items(visit, reads, data, distributed)
    if items == Arr(()) or (isinstance(items, Arr) and items.rest == NOTHING):
        return Arr(())
    each = items.each() if isinstance(items, Arr) else ANY
    given = _selected(visit, reads, data, each)
    inner = _inner_context(visit, each, distributed, given)
    if "ItemBatcher" in state:
        given = Obj({"Items": (Arr((), given, 1), YES), "BatchInput": (ANY, OPEN)})
    variables = {} if distributed else visit.world.variables
    found = machines.outputs(visit, field, None, World(given, variables, visit.way), inner)
    output = union(one.value for one in found) if found else NOTHING
    return _result(state, items, output, distributed)


def _inner_context(visit: Visit, each: Value, distributed: bool, given: Value) -> Value:
    if distributed:  # a child execution: its input is what it is given
        return context(
            given if not {"ItemReader", "ItemBatcher"} & visit.state.value.keys() else ANY, in_map=True, item=each
        )
    held = visit.context
    assert isinstance(held, Obj)
    item = Obj({"Index": (ANY, YES), "Value": (each, YES)}, OPEN)
    return Obj({**held.members, "Map": (Obj({"Item": (item, YES)}, OPEN), YES)}, held.rest)


def _mode(processor: Any) -> Any:
    config = processor.get("ProcessorConfig") if isinstance(processor, dict) else None
    return config.get("Mode") if isinstance(config, dict) else None


def _items(visit: Visit, reads: FieldReads, data: Value, distributed: bool) -> Value:
    """The items. Reports what cannot be an array."""
    state, pointer = visit.state, visit.state.pointer
    if state.language == JSONPATH:
        text = state.value.get("ItemsPath", "$")
        pointer = (*pointer, "ItemsPath") if "ItemsPath" in state.value else pointer
        found = visit.path(text, data, pointer, raw=data is visit.world.input)
    elif "Items" in state.value:
        text, pointer = state.value["Items"], (*pointer, "Items")
        found = reads.filled(text, pointer, reads.names())
    else:
        text, found = "$states.input", data
    kinds = found.kinds
    fits = {"array", "object"} if distributed and state.language != JSONPATH else {"array"}
    if kinds and not kinds & fits:
        visit.miss("items", pointer, str(text), functions.shown(kinds))
    if isinstance(found, Obj) and not found.loose:
        return Arr((), Obj({"Key": (STRING, YES), "Value": (ANY, YES)}), 0)
    if isinstance(found, Union):
        arrays = [one for one in found.alternatives if isinstance(one, Arr)]
        if len(arrays) == len(found.alternatives):
            return Arr((), union(one.each() for one in arrays), min(one.least for one in arrays))
    return found if isinstance(found, Arr) else LIST


def _selected(visit: Visit, reads: FieldReads, data: Value, each: Value) -> Value:
    """The input of an iteration: the item, or what ItemSelector (formerly Parameters) makes of it."""
    state = visit.state
    name = "ItemSelector" if "ItemSelector" in state.value else "Parameters"
    if name not in state.value:
        return each
    outer = visit.context
    item = Obj({"Index": (ANY, YES), "Value": (each, YES)}, OPEN)
    assert isinstance(outer, Obj)
    visit.context = Obj({**outer.members, "Map": (Obj({"Item": (item, YES)}, OPEN), YES)}, outer.rest)
    try:
        if state.language == JSONPATH:
            return visit.template(state.value[name], data, (*state.pointer, name))
        return reads.filled(state.value[name], (*state.pointer, name), reads.names())
    finally:
        visit.context = outer


def _result(state: dict[str, Any], items: Value, output: Value, distributed: bool) -> Value:
    if distributed and "ResultWriter" in state:
        return ANY
    tolerant = any(name.startswith("ToleratedFailure") for name in state)
    exact = isinstance(items, Arr) and items.rest is None and not distributed
    if output == NOTHING:
        sure = exact and isinstance(items, Arr) and items.least > 0 and not tolerant
        return NOTHING if sure else Arr(())
    if exact and isinstance(items, Arr) and not tolerant and "ItemBatcher" not in state:
        return Arr((output,) * len(items.items), None, items.least)
    return Arr((), output, items.least if isinstance(items, Arr) and not distributed and not tolerant else 0)
