"""Plan the removal of versions that nothing needs any more: of machines, then of functions, then of layers.

The order is what makes it safe. A function version goes only when all machine versions that are to go are gone, and AWS
refuses to remove a machine version that an alias names: should somebody roll back to one of them meanwhile, that refusal
ends the removal before any of its functions is touched. What was removed shows as gone in the next plan, so a prune that
stopped half-way is run again. docs/releases.md, Prune.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from stepdeploy.arns import Place
from stepdeploy.engine.model import Action, Aws, Call, Change, Plan
from stepdeploy.errors import NotFound
from stepdeploy.prune import decide, reading
from stepdeploy.prune.definitions import Calls
from stepdeploy.prune.executions import uses
from stepdeploy.prune.facts import Function, Layer, Machine, ranges

One = TypeVar("One")
Other = TypeVar("Other")

READERS = 8


@dataclass(frozen=True)
class Scope:
    """What a prune is about. on_record: the inventory (address -> name on AWS). machines: keys of those to prune; all on
    record count for what is needed. keep: newest versions of each machine, and entries of its history, that stay.
    redrive: whether executions that may still be redriven count. served: machine key -> versions that the history of
    releases names, the last served first."""

    place: Place
    project: str
    env: str
    owner_tags: Mapping[str, str]
    on_record: Mapping[str, str]
    machines: Collection[str]
    keep: int
    now: datetime
    redrive: bool = True
    served: Mapping[str, Sequence[int]] | None = None

    def named(self, kind: str) -> dict[str, str]:
        """Key -> name on AWS of what is on record of a kind."""
        found = {address.partition(":"): name for address, name in self.on_record.items()}
        return {key: name for (its, _, key), name in found.items() if its == kind}


def plan(aws: Aws, scope: Scope) -> Plan:
    """The plan that removes what nothing needs. Makes no mutating call. Raises AwsError."""
    names = scope.named("function")
    machines = _present(_side_by_side(lambda item: _machine(aws, scope, *item), scope.named("state_machine").items()))
    mapped = reading.mapped_functions(aws) if names else []
    functions = _present(
        _side_by_side(lambda item: reading.function(aws, *item, scope.owner_tags, mapped), names.items())
    )
    layers = _side_by_side(
        lambda item: reading.layer(aws, *item, scope.place.layer(item[1])), scope.named("layer").items()
    )
    calling = _callers(aws, machines, list(names.values()), scope.keep)
    notes = [*_machine_notes(machines, scope.keep)]
    doomed: dict[str, list[int]] = {}
    if unclear := sorted({who for who, calls in calling if calls.at_run_time}):
        notes.append(f"no function version goes: {unclear[0]} takes the name or version of a function from its input")
    else:
        needed = decide.needed_functions(calling)
        for function in functions:
            candidates = decide.function_candidates(function, needed)
            doomed[function.name], more = _uncalled(aws, scope.place, function, candidates)
            notes += more
    return _assembled(scope, machines, functions, layers, doomed, notes)


def _machine(aws: Aws, scope: Scope, key: str, name: str) -> Machine | None:
    arn = scope.place.state_machine(name)
    try:
        found = aws.call("stepfunctions", "describe_state_machine", stateMachineArn=arn)
        versions, aliases = reading.machine_versions(aws, arn), reading.machine_aliases(aws, arn)
        tags = reading.machine_tags(aws, arn)
    except NotFound:
        return None
    used = (
        uses(aws, arn, versions, scope.named("function").values(), scope.now, redrive=scope.redrive)
        if found["type"] == "STANDARD"
        else ()
    )
    ours = all(tags.get(tag) == value for tag, value in scope.owner_tags.items())
    served = tuple((scope.served or {}).get(key, ()))
    return Machine(key, name, arn, ours and key in scope.machines, tuple(versions), tuple(aliases), served, used)


def _callers(aws: Aws, machines: Sequence[Machine], functions: Collection[str], keep: int) -> list[tuple[str, Calls]]:
    """Who calls what: the kept versions of each machine, its latest revision, and its executions."""
    kept = [
        (f"{machine.name}:{version}", f"{machine.arn}:{version}")
        for machine in machines
        for version in decide.machine_reasons(machine, keep)
    ]
    latest = [(f"{machine.name}, as it is now,", machine.arn) for machine in machines]
    found = _side_by_side(lambda item: (item[0], reading.definition_calls(aws, item[1], functions)), [*kept, *latest])
    return [*found, *((use.why, use.calls) for machine in machines for use in machine.uses)]


def _uncalled(aws: Aws, place: Place, function: Function, candidates: Sequence[int]) -> tuple[list[int], list[str]]:
    """Of the candidates those that go, and notes on what is kept although no machine calls it."""
    arn = place.function(function.name)
    found = _side_by_side(lambda version: (version, reading.callers(aws, function.name, arn, version)), candidates)
    kept = {**function.held, **{version: why for version, why in found if why}}
    # The newest stays anyway.
    notes = [
        f"{function.name}:{version} is kept: {why}"
        for version, why in sorted(kept.items())
        if version in function.versions[:-1]
    ]
    return [version for version, why in found if not why], notes


def _machine_notes(machines: Iterable[Machine], keep: int) -> Iterable[str]:
    for machine in machines:
        if machine.prunable:
            for version, why in sorted(decide.machine_reasons(machine, keep).items()):
                if why != decide.NEWEST:
                    yield f"{machine.name}:{version} is kept: {why}"


def _assembled(
    scope: Scope,
    machines: Sequence[Machine],
    functions: Sequence[Function],
    layers: Sequence[Layer],
    doomed: Mapping[str, Sequence[int]],
    notes: Sequence[str],
) -> Plan:
    found = [_machine_action(machine, decide.doomed_versions(machine, scope.keep)) for machine in machines]
    first = frozenset(action.address for action in found if action.calls)
    found += [_function_action(function, doomed.get(function.name, ()), first) for function in functions]
    then = first | {action.address for action in found if action.calls}
    found += [_layer_action(layer, decide.layer_candidates(layer, functions, doomed), then) for layer in layers]
    return Plan(
        scope.project,
        scope.env,
        scope.place.account,
        scope.place.region,
        tuple(action for action in found if action.calls),
        tuple(action.address for action in found if not action.calls),
        tuple(notes),
    )


def _machine_action(machine: Machine, versions: Sequence[int]) -> Action:
    params = [{"stateMachineVersionArn": f"{machine.arn}:{version}"} for version in versions]
    calls = [Call("stepfunctions", "delete_state_machine_version", item) for item in params]
    return _removal(f"machine_versions:{machine.key}", machine.name, calls, versions, frozenset())


def _function_action(function: Function, versions: Sequence[int], needs: frozenset[str]) -> Action:
    params = [{"FunctionName": function.name, "Qualifier": str(version)} for version in versions]
    calls = [Call("lambda", "delete_function", item) for item in params]
    return _removal(f"function_versions:{function.key}", function.name, calls, versions, needs)


def _layer_action(layer: Layer, versions: Sequence[int], needs: frozenset[str]) -> Action:
    params = [{"LayerName": layer.name, "VersionNumber": version} for version in versions]
    calls = [Call("lambda", "delete_layer_version", item) for item in params]
    return _removal(f"layer_versions:{layer.key}", layer.name, calls, versions, needs)


def _removal(address: str, name: str, calls: Sequence[Call], versions: Sequence[int], needs: frozenset[str]) -> Action:
    """One action for all versions of one thing, oldest first: AWS takes about one such call a second of a machine anyway
    (https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html)."""
    change = Change("versions", ranges(versions), None)
    return Action(address, name, "delete", tuple(calls), (change,), needs)


def _side_by_side(function: Callable[[One], Other], items: Iterable[One]) -> list[Other]:
    """The function of each, several at once; the first error is raised."""
    with ThreadPoolExecutor(max_workers=READERS, thread_name_prefix="prune") as pool:
        return list(pool.map(function, items))


def _present(items: Iterable[One | None]) -> list[One]:
    return [item for item in items if item is not None]
