"""Versions: PublishStateMachineVersion, ListStateMachineVersions, DeleteStateMachineVersion.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-state-machine-version.html
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from stepdeploy.local.states import faults, pages
from stepdeploy.local.states.machines import Machine, Machines, Version
from stepdeploy.local.states.names import machine_arn
from stepdeploy.local.wire import ApiCall, ApiError
from stepdeploy.local.world import World

MOST_VERSIONS = 1000
#: What a caller names the revision of a machine that was never updated; it has no id.
INITIAL = "INITIAL"


def publish(machine: Machine, description: str | None, now: datetime) -> Version:
    """The version of the machine's revision; makes one where there is none. Numbers are never used twice."""
    known = machine.version_of(machine.revision)
    if known is not None:
        return known
    if len(machine.versions) >= MOST_VERSIONS:
        raise ApiError(
            "ServiceQuotaExceededException", f"The state machine has reached the limit of {MOST_VERSIONS} versions."
        )
    machine.last_version += 1
    version = Version(machine.last_version, machine.revision, description, now)
    machine.versions[version.number] = version
    return version


class Versions:
    """The operations on versions."""

    def __init__(self, world: World, machines: Machines) -> None:
        self._world = world
        self._machines = machines

    def publish(self, call: ApiCall) -> dict[str, Any]:
        wanted = call.params.get("revisionId")
        with self._machines.lock:
            machine = self._machines.unqualified(call.params["stateMachineArn"])
            current = machine.revision.id or INITIAL
            if wanted is not None and wanted != current:
                raise faults.conflict(
                    f"Failed to publish the State Machine version for revision {wanted}. "
                    f"The current State Machine revision is {current}."
                )
            version = publish(machine, call.params.get("description"), self._world.now())
            return {
                "stateMachineVersionArn": machine.version_arn(version.number),
                "creationDate": version.created,
            }

    def listing(self, call: ApiCall) -> dict[str, Any]:
        """Newest first."""
        with self._machines.lock:
            machine = self._machines.unqualified(call.params["stateMachineArn"])
            items = [
                {
                    "stateMachineVersionArn": machine.version_arn(number),
                    "creationDate": machine.versions[number].created,
                }
                for number in sorted(machine.versions, reverse=True)
            ]
        return pages.page(items, call.params, "stateMachineVersions")

    def delete(self, call: ApiCall) -> dict[str, Any]:
        """Answers 200 also for a version that does not exist. Raises ConflictException where an alias routes to it."""
        arn = call.params["stateMachineVersionArn"]
        parsed = machine_arn(arn)
        if parsed.version is None:
            raise faults.validation(f"Not a state machine version ARN: {arn}")
        with self._machines.lock:
            machine = self._machines.get(parsed.machine)
            if machine is None:
                return {}
            names = machine.aliases_of(parsed.version)
            if names:
                raise faults.conflict(
                    "Version to be deleted must not be referenced by an alias. "
                    f"Current list of aliases referencing this version: [{', '.join(names)}]"
                )
            machine.versions.pop(parsed.version, None)
        return {}
