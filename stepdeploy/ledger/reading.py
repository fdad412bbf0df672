"""Everything that a plan needs of the ledger, in one Query."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stepdeploy.engine.drift import Facts
from stepdeploy.engine.model import Aws
from stepdeploy.engine.packed import unpack
from stepdeploy.errors import NotFound
from stepdeploy.resources.release_record import SERVED, read_record

PARTITION = "inventory"
FORMAT = "1"
"""Of the facts under `applied` and `intended`: those of a tool that wrote them otherwise are not compared."""


@dataclass(frozen=True)
class Lock:
    """The deploy lock as it stands. holder: "" where it is free. since, expires: seconds since 1970. serial: how many
    deploys have taken it."""

    holder: str = ""
    host: str = ""
    pid: int = 0
    since: float = 0.0
    expires: float = 0.0
    serial: int = 0
    token: str = ""
    purpose: str = ""


@dataclass(frozen=True)
class Ledger:
    """resources: address -> name on AWS of all that deploys have made. applied: address -> facts as last applied;
    intended: the same of a deploy that was interrupted, None where none was. served: machine key -> its newest release
    record. notes: what could not be read."""

    resources: Mapping[str, str] = field(default_factory=dict)
    applied: Facts = field(default_factory=dict)
    intended: Facts | None = None
    lock: Lock = field(default_factory=Lock)
    served: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read(aws: Aws, table: str) -> Ledger:
    """The ledger; an empty one where there is no table yet."""
    condition = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": PARTITION}}}
    try:
        found = list(aws.pages("dynamodb", "query", "Items", TableName=table, ConsistentRead=True, **condition))
    except NotFound:
        return Ledger()
    items = {item["sk"]["S"]: item for item in found}
    notes: list[str] = []
    intended = _facts(items.get("intended"), notes)
    return Ledger(
        json.loads(items["current"]["resources"]["S"]) if "current" in items else {},
        _facts(items.get("applied"), notes) or {},
        intended,
        read_lock(items.get("lock")),
        {key.removeprefix(SERVED): read_record(item) for key, item in items.items() if key.startswith(SERVED)},
        tuple(notes),
    )


def read_lock(item: Mapping[str, Any] | None) -> Lock:
    """The lock from its item."""
    if item is None:
        return Lock()
    text = {key: str(next(iter(value.values()))) for key, value in item.items()}
    return Lock(
        text.get("holder", ""), text.get("host", ""), int(text.get("pid", 0)), float(text.get("since", 0)),
        float(text.get("expires", 0)), int(text.get("serial", 0)), text.get("token", ""),
        text.get("purpose", ""),
    )  # fmt: skip


def _facts(item: Mapping[str, Any] | None, notes: list[str]) -> dict[str, Any] | None:
    if item is None:
        return None
    if item.get("format", {}).get("S") != FORMAT:
        notes.append(f"what was {item['sk']['S']} is written in another version's form: drift cannot be told")
        return {}
    try:
        return dict(unpack(item["facts"]["B"]))
    except (KeyError, TypeError, ValueError) as error:
        notes.append(f"what was {item['sk']['S']} cannot be read ({error}): drift cannot be told until the next deploy")
        return {}
