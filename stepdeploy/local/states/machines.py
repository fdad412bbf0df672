"""State machines in memory: revisions, versions, aliases, tags. No rules of the API are in here.

A revision is what an execution runs: definition, role, logging, tracing. A version is a numbered, frozen revision; an
alias routes to one or two versions (https://docs.aws.amazon.com/step-functions/latest/dg/concepts-state-machine-version.html).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from stepdeploy.local.states import faults
from stepdeploy.local.states.names import MachineArn, machine_arn


@dataclass(frozen=True)
class Revision:
    """What runs. id: None for the first revision of a machine, a uuid afterwards. updated: when it was made."""

    id: str | None
    definition: str
    role: str
    logging: dict[str, Any]
    tracing: dict[str, Any]
    encryption: dict[str, Any] | None
    updated: datetime

    def same_content(self, other: Revision) -> bool:
        """True where an update from one to the other would change nothing."""
        mine = (self.definition, self.role, self.logging, self.tracing, self.encryption)
        return mine == (other.definition, other.role, other.logging, other.tracing, other.encryption)


@dataclass(frozen=True)
class Version:
    number: int
    revision: Revision
    description: str | None
    created: datetime


@dataclass(frozen=True)
class Route:
    """A part of an alias: weight out of 100 goes to that version."""

    version: int
    weight: int


@dataclass
class Alias:
    name: str
    description: str | None
    routes: list[Route]
    created: datetime
    updated: datetime


@dataclass
class Machine:
    """A state machine. published: the (publish, versionDescription) that it was created with."""

    arn: str
    name: str
    type: str
    created: datetime
    revision: Revision
    published: tuple[bool, str | None]
    tags: dict[str, str] = field(default_factory=dict)
    versions: dict[int, Version] = field(default_factory=dict)
    aliases: dict[str, Alias] = field(default_factory=dict)
    last_version: int = 0

    def version_arn(self, number: int) -> str:
        return f"{self.arn}:{number}"

    def alias_arn(self, name: str) -> str:
        return f"{self.arn}:{name}"

    def version_of(self, revision: Revision) -> Version | None:
        """The newest version made of that revision, None where there is none (any more)."""
        made = (version for version in self.versions.values() if version.revision.id == revision.id)
        return max(made, key=lambda version: version.number, default=None)

    def aliases_of(self, number: int) -> list[str]:
        """Names of the aliases that route to a version."""
        return [name for name, alias in self.aliases.items() if any(route.version == number for route in alias.routes)]


class Machines:
    """All state machines by ARN. Callers hold `lock` while they look and change."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._by_arn: dict[str, Machine] = {}

    def __iter__(self) -> Iterator[Machine]:
        return iter(self._by_arn.values())

    def get(self, arn: str) -> Machine | None:
        return self._by_arn.get(arn)

    def put(self, machine: Machine) -> None:
        self._by_arn[machine.arn] = machine

    def remove(self, arn: str) -> None:
        self._by_arn.pop(arn, None)

    def unqualified(self, arn: str) -> Machine:
        """The machine of an ARN without qualifier. Raises InvalidArn, StateMachineDoesNotExist (also for a version)."""
        parsed = machine_arn(arn)
        machine = self._by_arn.get(parsed.machine)
        if machine is None or parsed.qualifier is not None:
            raise faults.no_machine(arn)
        return machine

    def qualified(self, arn: str) -> tuple[Machine, MachineArn]:
        """The machine of any ARN of it, and the ARN taken apart. Raises InvalidArn, StateMachineDoesNotExist."""
        parsed = machine_arn(arn)
        machine = self._by_arn.get(parsed.machine)
        if machine is None:
            raise faults.no_machine(arn)
        known = (
            parsed.version in machine.versions if parsed.version is not None else parsed.qualifier in machine.aliases
        )
        if parsed.qualifier is not None and not known:
            raise faults.no_machine(arn)
        return machine, parsed
