"""CreateStateMachine, Describe, Update, Delete, List, and what an execution ran (DescribeStateMachineForExecution).

https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html and its sisters.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stepdeploy.arns import Place, partition_of
from stepdeploy.local.states import definitions, faults, logconfig, pages
from stepdeploy.local.states.machines import Machine, Machines, Revision
from stepdeploy.local.states.names import check_name
from stepdeploy.local.states.roles import Roles
from stepdeploy.local.states.versions import publish
from stepdeploy.local.wire import ApiCall, ApiError
from stepdeploy.local.world import World

CHANGEABLE = ("definition", "roleArn", "loggingConfiguration", "tracingConfiguration", "encryptionConfiguration")
MISSING_PARAMETER = (
    "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified"
)


class ControlPlane:
    """The operations on machines. on_delete is called with the ARN of a machine that was deleted."""

    def __init__(self, world: World, machines: Machines, roles: Roles, on_delete: Callable[[str], None]) -> None:
        self._world = world
        self._machines = machines
        self._roles = roles
        self._on_delete = on_delete

    def create(self, call: ApiCall) -> dict[str, Any]:
        params = call.params
        name, kind = params["name"], params.get("type", "STANDARD")
        check_name(name)
        _check_description(params)
        definitions.check(params["definition"], kind)
        arn = Place(partition_of(call.region), call.region, call.account).state_machine(name)
        revision = self._revision(params, None)
        with self._machines.lock:
            known = self._machines.get(arn)
            if known is not None:
                return self._created_before(known, kind, params, revision)
        self._check_access(revision, call.region)
        with self._machines.lock:
            if self._machines.get(arn) is not None:
                raise faults.machine_exists(arn)
            published = (params.get("publish", False), params.get("versionDescription"))
            machine = Machine(arn, name, kind, revision.updated, revision, published)
            machine.tags = {tag["key"]: tag["value"] for tag in params.get("tags", [])}
            self._machines.put(machine)
            return {"stateMachineArn": arn, "creationDate": machine.created, **self._published(machine, params)}

    def describe(self, call: ApiCall) -> dict[str, Any]:
        arn = call.params["stateMachineArn"]
        with self._machines.lock:
            machine, parsed = self._machines.qualified(arn)
            version = machine.versions.get(parsed.version) if parsed.version is not None else None
            if parsed.qualifier is not None and version is None:
                raise faults.no_machine(arn)
            revision = version.revision if version is not None else machine.revision
            return {
                "stateMachineArn": arn,
                "name": machine.name,
                "status": "ACTIVE",
                "type": machine.type,
                "creationDate": version.created if version is not None else machine.created,
                "description": version.description if version is not None else None,
                **revision_members(revision),
            }

    def update(self, call: ApiCall) -> dict[str, Any]:
        params = call.params
        with self._machines.lock:
            machine = self._machines.unqualified(params["stateMachineArn"])
            wanted = self._revision(params, machine.revision)
        if not params.get("publish") and not any(name in params for name in CHANGEABLE):
            raise ApiError("MissingRequiredParameter", MISSING_PARAMETER)
        _check_description(params)
        if "definition" in params:
            definitions.check(params["definition"], machine.type)
        self._check_access(wanted, call.region)
        with self._machines.lock:
            if not wanted.same_content(machine.revision):
                machine.revision = wanted
            output: dict[str, Any] = {"updateDate": wanted.updated, "revisionId": machine.revision.id}
            return {**output, **self._published(machine, params)}

    def delete(self, call: ApiCall) -> dict[str, Any]:
        """Answers 200 also for a machine that does not exist. Versions and aliases go with the machine."""
        arn = call.params["stateMachineArn"]
        with self._machines.lock:
            try:
                machine = self._machines.unqualified(arn)
            except ApiError as error:
                if error.code == "StateMachineDoesNotExist":
                    return {}
                raise
            self._machines.remove(machine.arn)
        self._on_delete(machine.arn)
        return {}

    def listing(self, call: ApiCall) -> dict[str, Any]:
        prefix = Place(partition_of(call.region), call.region, call.account).state_machine("")
        with self._machines.lock:
            items = [
                {"stateMachineArn": m.arn, "name": m.name, "type": m.type, "creationDate": m.created}
                for m in sorted(self._machines, key=lambda machine: machine.created)
                if m.arn.startswith(prefix)
            ]
        return pages.page(items, call.params, "stateMachines")

    def _created_before(self, known: Machine, kind: str, params: dict[str, Any], wanted: Revision) -> dict[str, Any]:
        """The answer to a repeated create: 200 where all that counts is the same, though role and tags may differ."""
        now = known.revision
        mine = (known.type, now.definition, now.logging, now.tracing, now.encryption, known.published)
        published = (params.get("publish", False), params.get("versionDescription"))
        if mine != (kind, wanted.definition, wanted.logging, wanted.tracing, wanted.encryption, published):
            raise faults.machine_exists(known.arn)
        output: dict[str, Any] = {"stateMachineArn": known.arn, "creationDate": known.created}
        version = known.version_of(now) if published[0] else None
        if version is not None:
            output["stateMachineVersionArn"] = known.version_arn(version.number)
        return output

    def _revision(self, params: dict[str, Any], before: Revision | None) -> Revision:
        """The revision that the parameters ask for, on top of the one before."""
        given_logging = params.get("loggingConfiguration")
        if before is None:
            tracing, encryption = {"enabled": False}, None
            logging = logconfig.complete(given_logging)
        else:
            tracing, encryption = before.tracing, before.encryption
            logging = before.logging if given_logging is None else logconfig.complete(given_logging)
        return Revision(
            id=None if before is None else self._world.new_id(),
            definition=params.get("definition") or (before.definition if before else ""),
            role=params.get("roleArn") or (before.role if before else ""),
            logging=logging,
            tracing=params.get("tracingConfiguration") or tracing,
            encryption=params.get("encryptionConfiguration") or encryption,
            updated=self._world.now(),
        )

    def _check_access(self, revision: Revision, region: str) -> None:
        self._roles.check_assumable(revision.role, region)
        logconfig.check(revision.logging, revision.role, region, self._world, self._roles)

    def _published(self, machine: Machine, params: dict[str, Any]) -> dict[str, Any]:
        if not params.get("publish"):
            return {}
        version = publish(machine, params.get("versionDescription"), self._world.now())
        return {"stateMachineVersionArn": machine.version_arn(version.number)}


def revision_members(revision: Revision) -> dict[str, Any]:
    """The members that DescribeStateMachine and DescribeStateMachineForExecution have in common."""
    return {
        "definition": revision.definition,
        "roleArn": revision.role,
        "loggingConfiguration": revision.logging,
        "tracingConfiguration": revision.tracing,
        "encryptionConfiguration": revision.encryption,
        "revisionId": revision.id,
    }


def _check_description(params: dict[str, Any]) -> None:
    if params.get("versionDescription") is not None and not params.get("publish"):
        raise faults.validation("Version description can only be set when publish is true")
