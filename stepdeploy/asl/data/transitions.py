"""One state in one world: in which worlds it is left, and where to. The order of fields is AWS's, as recorded.

JSONPath: InputPath, Parameters, the work, ResultSelector, ResultPath (into the raw input), OutputPath; Assign reads the
result as it came back. JSONata: Arguments, the work, Output and Assign.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from stepdeploy.asl import syntax
from stepdeploy.asl.data import choices, conditions, lookup
from stepdeploy.asl.data.fieldreads import FieldReads
from stepdeploy.asl.data.results import ERROR_OUTPUT, result
from stepdeploy.asl.data.values import ANY, MAYBE, NO, NOTHING, Value, known
from stepdeploy.asl.data.visits import Fails, Visit
from stepdeploy.asl.data.work import Machines, Output, iterated, parallel
from stepdeploy.asl.data.worlds import Way, World
from stepdeploy.asl.findings import Pointer
from stepdeploy.asl.jsonpath import Child, Path
from stepdeploy.asl.shapes import JSONPATH


class Exit(NamedTuple):
    """How a state is left: to a state (None: the end of its machine), with what, and how that edge is called."""

    target: Any
    world: World
    edge: str = ""


def exits(visit: Visit, machines: Machines) -> Iterator[Exit]:
    """All ways out of a state in the visit's world."""
    state, start = visit.state, visit.world
    if state.type == "Choice":
        yield from _choice(visit)
        return
    if state.type not in ("Fail", ""):
        yield from _done(visit, machines)
    elif state.type == "Fail":
        try:
            reads = FieldReads(visit)
            reads.field("Error"), reads.field("Cause")
        except Fails:
            pass
    visit.world = start
    yield from _caught(visit)


def _done(visit: Visit, machines: Machines) -> Iterator[Exit]:
    """The ways out of a state that did its work."""
    try:
        outputs = list(_worked(visit, machines))
    except Fails:
        return
    value, world = visit.state.value, visit.world
    target = None if visit.state.type == "Succeed" or value.get("End") is True else value.get("Next")
    for output in outputs:
        visit.world = world
        visit.way = Way(visit.state.name, output.way, world.way)
        try:
            yield Exit(target, finish(visit, FieldReads(visit), output.value), output.way)
        except Fails:
            continue


def _worked(visit: Visit, machines: Machines) -> Iterator[Output]:
    """What comes of a state's work. Raises Fails."""
    state = visit.state
    reads = FieldReads(visit)
    data = reads.input()
    passed = data is visit.world.input
    for name in ("Seconds", "Timestamp", "TimeoutSeconds", "HeartbeatSeconds", "MaxConcurrency"):
        reads.field(name, data)
    for name in ("ToleratedFailureCount", "ToleratedFailurePercentage"):
        reads.field(name, data)
    data = visit.world.input if passed else data  # which reads may have made more exact
    if state.type == "Map":
        came = iterated(visit, reads, data, machines)
        if came != NOTHING:
            yield Output(came)
    else:
        given = reads.arguments(data)
        given = visit.world.input if given is data and passed else given
        if state.type == "Parallel":
            yield from parallel(visit, given, machines)
        elif state.type == "Task":
            yield Output(result(state, machines.schemas))
        else:
            fixed = "Result" in state.value and state.language == JSONPATH
            yield Output(known(state.value["Result"]) if fixed else given)


def finish(visit: Visit, reads: FieldReads, came: Value) -> World:
    """The world after a state whose work came to `came`."""
    state = visit.state
    if state.language != JSONPATH:
        with_result = came if state.type in ("Task", "Parallel", "Map") else None
        assigned = reads.assigned(state.value, state.pointer, came, with_result)
        output = reads.output(state.value, state.pointer, came, with_result)
        written: tuple[str, ...] | None = () if output is visit.world.input else None
        return _after(visit.world, output, assigned, written)
    assigned = reads.assigned(state.value, state.pointer, came)
    selected = reads.selected(came)
    output = placed(visit, state.value.get("ResultPath", "$"), (*state.pointer, "ResultPath"), selected)
    written = _written(state.value.get("ResultPath", "$"), came is visit.world.input)
    if state.value.get("OutputPath", "$") != "$":
        output, written = reads.path_or_empty("OutputPath", output), None
    return _after(visit.world, output, assigned, written)


def _written(text: Any, passed: bool) -> tuple[str, ...] | None:
    """Where ResultPath changes the input: names, () for nowhere, None for everywhere."""
    if text is None or (text == "$" and passed):
        return ()
    path = syntax.path(text)
    if isinstance(path, Path) and path.steps:
        names = [step.names[0] for step in path.steps if isinstance(step, Child)]
        return tuple(names) if len(names) == len(path.steps) else None
    return None


def _after(world: World, output: Value, assigned: dict[str, tuple[Value, int]], written: Any) -> World:
    facts = choices.kept(world.facts, written, frozenset(assigned))
    variables = {**world.variables, **assigned} if assigned else world.variables
    return World(output, variables, world.way, facts)


def placed(visit: Visit, text: Any, pointer: Pointer, value: Value) -> Value:
    """The raw input with a value at a ResultPath."""
    if text is None:
        return visit.world.input
    path = syntax.path(text)
    if isinstance(path, str) or syntax.is_reference(text) or not path.is_reference:
        return ANY
    output, able = lookup.put(path.steps, visit.world.input, value)
    if able in (NO, MAYBE):
        verb = "is" if able == NO else "may be"
        visit.miss("place", pointer, text, f"cannot be written: something other {verb} in its way", certain=able == NO)
    return output


def _caught(visit: Visit) -> Iterator[Exit]:
    state = visit.state
    entries = state.value.get("Catch")
    if state.type not in ("Task", "Parallel", "Map") or not isinstance(entries, list):
        return
    start = visit.world
    for index, entry in enumerate(entries):
        if not isinstance(entry, dict):
            continue
        pointer = (*state.pointer, "Catch", index)
        names = entry.get("ErrorEquals")
        shown = ", ".join(str(name) for name in names[:3]) if isinstance(names, list) else ""
        visit.world = start
        reads = FieldReads(visit)
        try:
            if state.language == JSONPATH:
                assigned = reads.assigned(entry, pointer, ERROR_OUTPUT)
                output = placed(visit, entry.get("ResultPath", "$"), (*pointer, "ResultPath"), ERROR_OUTPUT)
                written = _written(entry.get("ResultPath", "$"), False)
            else:
                assigned = reads.assigned(entry, pointer, ERROR_OUTPUT, None, ERROR_OUTPUT)
                output = reads.output(entry, pointer, ERROR_OUTPUT, None, ERROR_OUTPUT)
                written = None
        except Fails:
            continue
        yield Exit(entry.get("Next"), _after(visit.world, output, assigned, written), f"Catch {shown}")


def _choice(visit: Visit) -> Iterator[Exit]:
    state = visit.state
    reads = FieldReads(visit)
    try:
        data = reads.input()
    except Fails:
        return
    rules = state.value.get("Choices")
    narrowed = None if data is visit.world.input else data
    waiting = [visit.world]
    for index, rule in enumerate(rules if isinstance(rules, list) else ()):
        pointer = (*state.pointer, "Choices", index)
        following: list[World] = []
        for world in waiting:
            visit.world = world
            holds, fails = _decided(visit, rule, pointer, narrowed)
            following += fails
            for one in holds:
                yield from _chosen(visit, one, rule, pointer, narrowed, f"Choices[{index}]", rule.get("Next"))
        waiting = choices.few(following, visit.world) if following else []
    for world in waiting:
        if isinstance(state.value.get("Default"), str):
            default = state.value["Default"]
            yield from _chosen(visit, world, state.value, state.pointer, narrowed, "Default", default)


def _decided(visit: Visit, rule: Any, pointer: Pointer, data: Value | None) -> choices.Split:
    if not isinstance(rule, dict):
        return [], [visit.world]
    if visit.state.language == JSONPATH:
        return choices.split(visit, rule, pointer, data)
    text = rule.get("Condition")
    if not isinstance(text, str):
        return ([visit.world], []) if text is True else ([], [visit.world])
    try:
        FieldReads(visit).expression(text, (*pointer, "Condition"), "condition")
    except Fails:
        return [], []
    return conditions.split(visit.world, text, lambda world: FieldReads(visit, world).names())


def _chosen(
    visit: Visit, world: World, fields: dict[str, Any], pointer: Pointer, data: Value | None, edge: str, target: Any
) -> Iterator[Exit]:
    """A rule's way out; its Output and Assign are its own, those beside Choices count for Default."""
    visit.world = world
    reads = FieldReads(visit)
    came = world.input if data is None else data
    try:
        if visit.state.language == JSONPATH:
            assigned = reads.assigned(fields, pointer, came)
            output = reads.path_or_empty("OutputPath", came) if "OutputPath" in visit.state.value else came
        else:
            assigned = reads.assigned(fields, pointer, came)
            output = reads.output(fields, pointer, came)
    except Fails:
        return
    written: tuple[str, ...] | None = () if output is visit.world.input else None
    yield Exit(target, _after(visit.world, output, assigned, written), edge)
