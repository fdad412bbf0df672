"""What AWS operations take and give: the table that scripts/service_table.py writes from botocore's models.

It is opened when a definition first names a service, and of it only that service is read.
"""

from __future__ import annotations

import difflib
import io
import json
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("services.zip")
OPTIMIZED_NAMES = {
    "elasticmapreduce": "emr",
    "emr-containers": "emrcontainers",
    "emr-serverless": "emrserverless",
    "events": "eventbridge",
    "states": "sfn",
}
"""Names of optimised integrations whose service is called otherwise in `aws-sdk:`."""
_ACTIONS = {"bedrock": {"invokemodel": "bedrockruntime"}}


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a structure. type: as scripts/service_table.py writes it."""

    name: str
    type: str
    required: bool


@dataclass(frozen=True, slots=True)
class Structure:
    """A structure that an operation takes. members: by name in lower case. union: it takes just one member."""

    members: dict[str, Member]
    union: bool


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation. name: as in botocore. input: its structure, None for none. output: member -> kind of value."""

    name: str
    input: Structure | None
    output: dict[str, str]


class Service:
    """A service. iam: the prefix of its actions in policies, as far as botocore tells it."""

    def __init__(self, name: str, entry: dict[str, Any]) -> None:
        self.name = name
        self.iam: str = entry["iam"]
        self._operations = {key.lower(): (key, value) for key, value in entry["operations"].items()}
        self._shapes: list[list[str]] = entry["shapes"]
        self._structures: dict[str, Structure] = {}

    @property
    def actions(self) -> list[str]:
        """The names of all operations, as after `aws-sdk:service:`."""
        return [name[0].lower() + name[1:] for name, _ in self._operations.values()]

    def operation(self, action: str) -> Operation | None:
        """The operation that an action (`getItem`) calls. Letters' case is not looked at: SDKs write DB and Db."""
        found = self._operations.get(action.lower())
        if found is None:
            return None
        name, (taken, given) = found
        output = dict(member.split(":", 1) for member in given)
        return Operation(name, self.structure(taken) if taken else None, output)

    def structure(self, type: str) -> Structure | None:
        """The structure that a type names; None when it names none."""
        if not type.isdigit():
            return None
        if type not in self._structures:
            members = list(self._members(self._shapes[int(type)]))
            union = "|" in self._shapes[int(type)]
            self._structures[type] = Structure({member.name.lower(): member for member in members}, union)
        return self._structures[type]

    def _members(self, texts: list[str]) -> Iterator[Member]:
        for text in texts:
            if text != "|":
                name, _, kind = text.partition(":")
                yield Member(name.removeprefix("!"), kind, name.startswith("!"))


@cache
def _archive() -> tuple[zipfile.ZipFile, frozenset[str]]:
    archive = zipfile.ZipFile(io.BytesIO(TABLE.read_bytes()))
    return archive, frozenset(archive.namelist())


def names() -> frozenset[str]:
    """All services, as after `aws-sdk:`."""
    return _archive()[1]


@cache
def service(name: str) -> Service | None:
    """A service by its name after `aws-sdk:`; None when the table does not have it."""
    archive, known = _archive()
    found = name if name in known else name.removesuffix("service")
    return Service(found, json.loads(archive.read(found))) if found in known else None


def near(name: str, known: Collection[str]) -> str | None:
    """The known name that is meant, as far as a slip of the pen goes."""
    found = difflib.get_close_matches(name[:80], known, 1, 0.85)
    return found[0] if found else None


def called(kind: str, action: str) -> tuple[Service, Operation] | None:
    """What an optimised integration (`dynamodb`, `getItem`) or SDK integration calls; None when it is not known."""
    name = _ACTIONS.get(kind, {}).get(action.lower(), OPTIMIZED_NAMES.get(kind, kind))
    found = service(name)
    operation = found.operation(action) if found else None
    return (found, operation) if found and operation else None
