"""Aliases: create, describe, update, list, delete.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-state-machine-alias.html
"""

from __future__ import annotations

import random
from typing import Any

from stepdeploy.local.states import faults, pages
from stepdeploy.local.states.machines import Alias, Machine, Machines, Route
from stepdeploy.local.states.names import check_alias_name, machine_arn
from stepdeploy.local.wire import ApiCall, ApiError
from stepdeploy.local.world import World

MOST_ALIASES = 100
EXISTS = (
    "Failed to create alias because an alias with the same name and a different routing configuration already exists."
)


def choose(alias: Alias) -> int:
    """The version that one execution through the alias goes to, drawn by weight."""
    versions = [route.version for route in alias.routes]
    return random.choices(versions, [route.weight for route in alias.routes])[0]


class Aliases:
    """The operations on aliases."""

    def __init__(self, world: World, machines: Machines) -> None:
        self._world = world
        self._machines = machines

    def create(self, call: ApiCall) -> dict[str, Any]:
        name, description = call.params["name"], call.params.get("description")
        check_alias_name(name)
        with self._machines.lock:
            machine, routes = self._routes(call.params["routingConfiguration"])
            known = machine.aliases.get(name)
            if known is None:
                if len(machine.aliases) >= MOST_ALIASES:
                    raise ApiError(
                        "ServiceQuotaExceededException",
                        f"The state machine has reached the limit of {MOST_ALIASES} aliases.",
                    )
                now = self._world.now()
                known = machine.aliases[name] = Alias(name, description, routes, now, now)
            elif (known.routes, known.description) != (routes, description):
                raise faults.conflict(EXISTS)
            return {"stateMachineAliasArn": machine.alias_arn(name), "creationDate": known.created}

    def describe(self, call: ApiCall) -> dict[str, Any]:
        with self._machines.lock:
            machine, alias = self._find(call.params["stateMachineAliasArn"])
            return {
                "stateMachineAliasArn": machine.alias_arn(alias.name),
                "name": alias.name,
                "description": alias.description,
                "routingConfiguration": [
                    {"stateMachineVersionArn": machine.version_arn(route.version), "weight": route.weight}
                    for route in alias.routes
                ],
                "creationDate": alias.created,
                "updateDate": alias.updated,
            }

    def update(self, call: ApiCall) -> dict[str, Any]:
        params = call.params
        if "description" not in params and "routingConfiguration" not in params:
            raise faults.validation("Either the description or the routing configuration must be specified")
        with self._machines.lock:
            machine, alias = self._find(params["stateMachineAliasArn"])
            if "routingConfiguration" in params:
                target, routes = self._routes(params["routingConfiguration"])
                if target is not machine:
                    raise faults.validation("Routing configuration must contain versions of the alias's state machine.")
                alias.routes = routes
            alias.description = params.get("description", alias.description)
            alias.updated = self._world.now()
            return {"updateDate": alias.updated}

    def listing(self, call: ApiCall) -> dict[str, Any]:
        """In the order in which they were made, as AWS was recorded to do (its page says newest first)."""
        with self._machines.lock:
            machine, parsed = self._machines.qualified(call.params["stateMachineArn"])
            if parsed.qualifier is not None and parsed.version is None:
                raise faults.no_machine(call.params["stateMachineArn"])
            names = machine.aliases if parsed.version is None else machine.aliases_of(parsed.version)
            items = [
                {"stateMachineAliasArn": machine.alias_arn(name), "creationDate": machine.aliases[name].created}
                for name in names
            ]
        return pages.page(items, call.params, "stateMachineAliases")

    def delete(self, call: ApiCall) -> dict[str, Any]:
        """Answers 200 also for an alias that does not exist."""
        parsed = machine_arn(call.params["stateMachineAliasArn"])
        with self._machines.lock:
            machine = self._machines.get(parsed.machine)
            if machine is not None and parsed.qualifier is not None:
                machine.aliases.pop(parsed.qualifier, None)
        return {}

    def _find(self, arn: str) -> tuple[Machine, Alias]:
        parsed = machine_arn(arn)
        machine = self._machines.get(parsed.machine)
        alias = machine.aliases.get(parsed.qualifier or "") if machine is not None else None
        if machine is None or alias is None:
            raise faults.no_resource()
        return machine, alias

    def _routes(self, items: list[dict[str, Any]]) -> tuple[Machine, list[Route]]:
        """Check a routing configuration. Raises ValidationException, InvalidArn."""
        arns = [item["stateMachineVersionArn"] for item in items]
        weights = [item["weight"] for item in items]
        shown = f"Received: [{', '.join(arns)}]"
        parsed = [machine_arn(arn) for arn in arns]
        versions = [arn.version for arn in parsed if arn.version is not None]
        if len(versions) != len(parsed):
            raise faults.validation(f"Routing configuration must contain state machine version ARNs. {shown}")
        if len(set(arns)) != len(arns):
            raise faults.validation(f"Routing configuration must contain distinct state machine version ARNs. {shown}")
        if len({arn.machine for arn in parsed}) != 1:
            raise faults.validation(f"Routing configuration must contain versions of one state machine. {shown}")
        if sum(weights) != 100:
            raise faults.validation(
                f"Sum of routing configuration weights must equal 100. Received: [{', '.join(map(str, weights))}]"
            )
        machine = self._machines.get(parsed[0].machine)
        if machine is None or any(version not in machine.versions for version in versions):
            raise faults.validation(f"Routing configuration must contain existing state machine versions. {shown}")
        return machine, [Route(version, weight) for version, weight in zip(versions, weights, strict=True)]
