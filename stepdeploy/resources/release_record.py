"""The history of what a machine's alias served: one item a change, in the tool's own table, readable from any machine.

A record is written in one transaction with a copy under the inventory's key, so that one Query reads the inventory, the
lock and the newest record of each machine. A deploy that died between moving the alias and recording it is noticed by
the next one: the newest record does not say what the alias serves.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from stepdeploy.engine.model import Actual, Aws, Call, Change, Decision, Stamped
from stepdeploy.errors import NotFound
from stepdeploy.references import Ref
from stepdeploy.resources.base import Base

SERVED = "served:"


class ReleaseRecord(Base):
    """desired: table, machine (its key), alias (name), newest (the newest record, or None), facts (a record without its
    time; `version_arn` may be a Ref). `needs` names the alias: what is recorded has happened."""

    kind = "release"
    compared = False

    def read(self, aws: Aws) -> Actual | None:
        """What the ledger said, which is read once for all machines."""
        newest = self.desired["newest"]
        return None if newest is None else Actual(None, newest)

    def diff(self, actual: Actual | None, desired: Mapping[str, Any]) -> Decision:
        version = desired["facts"]["version_arn"]
        if actual is not None and not isinstance(version, Ref) and actual.view.get("routes") == {version: 100}:
            return Decision(quiet=True)
        call = put_record(desired["table"], desired["machine"], desired["facts"])
        return Decision((call,), (Change("served", None, desired["alias"]),), quiet=True)


def put_record(table: str, machine: str, facts: Mapping[str, Any]) -> Call:
    """The call that records `facts`: version_arn or routes (version ARN -> weight; {} = nothing any more), history (the
    alias's description from then on), by, commit, content_hash, functions ("NovaSECExtractor:3 Merger:1"), how ("deploy",
    "rollback", "canary", "linear", "split", "abort", "destroy"), outcome ("served", or why it went back). The time is
    set when the call is made."""
    routes = facts["routes"] if "routes" in facts else {facts["version_arn"]: 100}
    record = {key: value for key, value in facts.items() if key not in ("version_arn", "routes")}
    routed = [[arn, weight] for arn, weight in routes.items()]
    body = {"record": {"S": Stamped({**record, "routes": routed})}}
    entry = {"pk": {"S": f"machine:{machine}"}, "sk": {"S": Stamped(None)}, **body}
    newest = {"pk": {"S": "inventory"}, "sk": {"S": f"{SERVED}{machine}"}, **body}
    puts = [{"Put": {"TableName": table, "Item": item}} for item in (entry, newest)]
    return Call("dynamodb", "transact_write_items", {"TransactItems": puts})


def read_records(aws: Aws, table: str, machine: str, limit: int = 50) -> list[dict[str, Any]]:
    """The newest records of a machine, newest first, each with "time" (ISO 8601, UTC) and routes (version ARN ->
    weight). [] where there is no table. One that was edited by hand and cannot be read is {"time", "damaged": why}."""
    try:
        found = aws.call(
            "dynamodb", "query", TableName=table, KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"machine:{machine}"}}, ScanIndexForward=False, Limit=limit,
            ConsistentRead=True,
        )  # fmt: skip
    except NotFound:
        return []
    return [read_record(item) for item in found["Items"]]


def read_record(item: Mapping[str, Any]) -> dict[str, Any]:
    """A record from its item."""
    time = item["sk"].get("S", "").partition("#")[0]
    try:
        record = json.loads(item["record"]["S"])
        routes = {str(arn): int(weight) for arn, weight in record["routes"]}
        return {**record, "routes": routes, "time": str(record.get("time", time))}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return {"time": time, "damaged": f"{type(error).__name__}: {error}"}
