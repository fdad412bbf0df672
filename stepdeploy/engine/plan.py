"""Build a plan: read everything side by side, then let each resource compare itself, in dependency order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from graphlib import CycleError, TopologicalSorter
from typing import Any

from stepdeploy.engine.model import Action, Actual, Aws, Plan, Readable, Resource, Verb, settle
from stepdeploy.errors import InvalidProject, NotOurs
from stepdeploy.references import refs_in

READERS = 8
"""Reads that run at once. More gains nothing: botocore is bound by the processor, not by waiting."""


def build(
    resources: Sequence[Resource],
    aws: Aws,
    *,
    project: str,
    env: str,
    account: str,
    region: str,
    owner_tags: Mapping[str, str],
) -> Plan:
    """The plan that brings AWS to `resources`. Makes no mutating call.

    owner_tags: tags that a resource of ours bears; one of the same name without them raises NotOurs.
    Raises NotOurs, AwsError, InvalidProject (a cycle).
    """
    ordered = in_order(resources)
    actuals = read_all(ordered, aws)
    _check_ownership(ordered, actuals, owner_tags)
    known: dict[str, Mapping[str, Any]] = {}
    actions: list[Action] = []
    unchanged: list[str] = []
    notes: list[str] = []
    for resource in ordered:
        actual = actuals[resource.address]
        decision = resource.diff(actual, settle(resource.desired, known))
        known[resource.address] = decision.outputs
        notes += decision.notes
        if decision.calls:
            verb: Verb = "delete" if decision.removes else "update" if actual is not None else "create"
            needs = dependencies(resource)
            actions.append(Action(resource.address, resource.name, verb, decision.calls, decision.changes, needs))
        else:
            unchanged.append(resource.address)
    return Plan(project, env, account, region, tuple(actions), tuple(unchanged), tuple(notes), known)


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
        futures = {resource.address: pool.submit(resource.read, aws) for resource in resources}
    return {address: future.result() for address, future in futures.items()}


def _check_ownership(
    resources: Sequence[Resource], actuals: Mapping[str, Actual | None], owner_tags: Mapping[str, str]
) -> None:
    for resource in resources:
        actual = actuals[resource.address]
        if actual is None or actual.tags is None:
            continue
        if any(actual.tags.get(key) != value for key, value in owner_tags.items()):
            wanted = ", ".join(f"{key}={value}" for key, value in owner_tags.items())
            raise NotOurs(
                f"{resource.name} exists and does not bear our tags ({wanted}); it is left alone",
                where=resource.address,
                hint="Rename it in the settings, change name_suffix of the environment, or remove it by hand.",
            )
