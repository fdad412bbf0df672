"""Build a plan: read everything side by side, then let each resource compare itself, in dependency order."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from graphlib import CycleError, TopologicalSorter
from typing import Any

from stepdeploy.engine.drift import Facts, drift
from stepdeploy.engine.model import Action, Actual, Aws, Decision, Drift, Plan, Readable, Resource, Verb, plain, settle
from stepdeploy.errors import InvalidProject, NotOurs
from stepdeploy.references import Ref, refs_in

READERS = 16
"""Reads that run at once: enough for one round trip or two, whatever the distance to AWS."""


def build(
    resources: Sequence[Resource],
    aws: Aws,
    *,
    project: str,
    env: str,
    account: str,
    region: str,
    owner_tags: Mapping[str, str],
    applied: Facts | None = None,
    intended: Facts | None = None,
    adopt: bool = False,
) -> Plan:
    """The plan that brings AWS to `resources`. Makes no mutating call.

    owner_tags: tags that a resource of ours bears; one of the same name without them raises NotOurs, or is taken over
    with adopt. applied: what the last deploy applied; intended: what an interrupted one meant to. Both tell drift.
    Raises NotOurs, AwsError, InvalidProject (a cycle).
    """
    ordered = in_order(resources)
    actuals = read_all(ordered, aws)
    notes: list[str] = _foreign(ordered, actuals, owner_tags, adopt)
    known: dict[str, Mapping[str, Any]] = {}
    wanted: dict[str, Mapping[str, Any]] = {}
    unfinished: set[str] = set()
    drifted: list[Drift] = []
    actions: list[Action] = []
    unchanged: list[str] = []
    for resource in ordered:
        actual = actuals[resource.address]
        desired = settle(resource.desired, known)
        decision = resource.diff(actual, desired)
        if resource.compared:
            wanted[resource.address] = {**desired, **_outputs(resource, decision)}
        known[resource.address] = decision.outputs
        notes += decision.notes
        if decision.unfinished:
            unfinished.add(resource.address)
        drifted += _drift(resource, actual, applied or {}, intended or {}, decision)
        if decision.calls:
            verb: Verb = "delete" if decision.removes else "update" if actual is not None else "create"
            needs = dependencies(resource)
            actions.append(
                Action(resource.address, resource.name, verb, decision.calls, decision.changes, needs, decision.quiet)
            )
        elif not decision.quiet:
            unchanged.append(resource.address)
    observed = {address: digest(actual) for address, actual in actuals.items()}
    return Plan(
        project, env, account, region, tuple(actions), tuple(unchanged), tuple(notes), known,
        wanted, observed, frozenset(unfinished), tuple(drifted),
    )  # fmt: skip


def _outputs(resource: Resource, decision: Decision) -> dict[str, Any]:
    """Those to remember: as they are, or as they will be."""
    if not resource.remembered:
        return {}
    address = resource.address
    return {"outputs": {name: decision.outputs.get(name, Ref(address, name)) for name in resource.remembered}}


def _drift(
    resource: Resource, actual: Actual | None, applied: Facts, intended: Facts, decision: Decision
) -> list[Drift]:
    if decision.foreign:
        paths = tuple(change.path for change in decision.foreign) if decision.calls else ()
        return [Drift(resource.address, decision.foreign, paths)]
    if not resource.compared:
        return []
    found = drift(resource, actual, applied, intended, decision.changes)
    return [found] if found else []


def digest(actual: Actual | None) -> str:
    """A digest of all that was read of a resource; "" where it does not exist."""
    if actual is None:
        return ""
    text = json.dumps([actual.tags, plain(actual.view)], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def dependencies(resource: Resource) -> frozenset[str]:
    """Addresses that must be as desired before `resource` is touched."""
    return resource.needs | {ref.address for ref in refs_in(resource.desired)}


def in_order(resources: Sequence[Resource]) -> list[Resource]:
    """Dependencies first; otherwise in the order given. Raises InvalidProject on a cycle or an unknown address."""
    by_address = {resource.address: resource for resource in resources}
    graph = {resource.address: dependencies(resource) for resource in resources}
    for address, needs in graph.items():
        for missing in sorted(needs - set(by_address)):
            raise InvalidProject(f"{address} needs {missing}, which the project does not have", where=address)
    try:
        return [by_address[address] for address in TopologicalSorter(graph).static_order()]
    except CycleError as error:
        raise InvalidProject("resources need each other in a circle: " + " -> ".join(error.args[1])) from error


def read_all(resources: Sequence[Readable], aws: Aws) -> dict[str, Actual | None]:
    """Address -> what AWS has. The first error is raised after all reads have ended."""
    with ThreadPoolExecutor(max_workers=READERS, thread_name_prefix="read") as pool:
        futures = [pool.submit(job) for job in _jobs(resources, aws)]
    found = {address: actual for future in futures for address, actual in future.result().items()}
    return {resource.address: found[resource.address] for resource in resources}


def _jobs(resources: Sequence[Readable], aws: Aws) -> Iterator[Callable[[], dict[str, Actual | None]]]:
    """One job a resource; a kind that can be read by many at once (`read_many`, `MANY`) gets one for so many."""
    together: dict[type, list[Readable]] = {}
    for resource in resources:
        if hasattr(type(resource), "read_many"):
            together.setdefault(type(resource), []).append(resource)
        else:
            yield partial(_read_one, resource, aws)
    for kind, members in together.items():
        if len(members) == 1:
            yield partial(_read_one, members[0], aws)
            continue
        many: int = kind.MANY  # type: ignore[attr-defined]
        for start in range(0, len(members), many):
            yield partial(kind.read_many, members[start : start + many], aws)  # type: ignore[attr-defined]


def _read_one(resource: Readable, aws: Aws) -> dict[str, Actual | None]:
    return {resource.address: resource.read(aws)}


def _foreign(
    resources: Sequence[Resource], actuals: Mapping[str, Actual | None], owner_tags: Mapping[str, str], adopt: bool
) -> list[str]:
    """A note for each resource that is taken over. Raises NotOurs for the first one where none may be."""
    notes = []
    for resource in resources:
        actual = actuals[resource.address]
        if actual is None or actual.tags is None:
            continue
        if all(actual.tags.get(key) == value for key, value in owner_tags.items()):
            continue
        if not adopt:
            wanted = ", ".join(f"{key}={value}" for key, value in owner_tags.items())
            raise NotOurs(
                f"{resource.name} exists and does not bear our tags ({wanted}); it is left alone",
                where=resource.address,
                hint="Take it over with --adopt (the plan shows what would change), rename it in the settings, change "
                "name_suffix of the environment, or remove it by hand.",
            )
        owner = ", ".join(f"{key}={value}" for key, value in actual.tags.items()) or "no tags"
        notes.append(f"{resource.address} ({resource.name}) exists and is taken over; it bears {owner}")
    return notes
