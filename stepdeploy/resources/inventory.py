"""What this project and environment has made, kept in its own DynamoDB table.

It tells `destroy`, and a plan, of resources that the project does not name any more. IAM roles do not show in the tagging
API, so tags alone would lose them (https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/supported-services.html).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from stepdeploy.engine.model import Actual, Aws, Call, Decision
from stepdeploy.errors import NotFound
from stepdeploy.resources.base import Base

ITEM = {"pk": {"S": "inventory"}, "sk": {"S": "current"}}


class Inventory(Base):
    """desired: resources (address -> name on AWS), recorded (what was on record when that was last read, None where that
    is not known), leaving (addresses that this deploy removes), forget (whether they are
    removed by now). `name` is the table's name. Other resources that are on record and not desired stay on record: they
    are kept, since older versions may call them."""

    kind = "inventory"
    compared = False

    def read(self, aws: Aws) -> Actual | None:
        recorded = self.desired.get("recorded") or read_inventory(aws, self.name)
        return None if recorded is None else Actual(None, {"resources": recorded})

    def diff(self, actual: Actual | None, desired: Mapping[str, Any]) -> Decision:
        recorded = actual.view["resources"] if actual else {}
        resources = merged(recorded, desired["resources"])
        leaving = desired.get("leaving", ())
        if desired.get("forget"):
            resources = {address: name for address, name in resources.items() if address not in leaving}
        notes = tuple(
            f"{address} ({name}) is not in the project any more; kept, older versions may use it"
            for address, name in sorted(resources.items())
            if address not in desired["resources"] and address not in leaving
        )
        if resources == recorded:
            return Decision(notes=notes)
        return Decision((put_inventory(self.name, resources),), notes=notes)

    def removal(self, aws: Aws) -> tuple[Call, ...]:
        return (Call("dynamodb", "delete_item", {"TableName": self.name, "Key": ITEM}),)


def merged(recorded: Mapping[str, str], desired: Mapping[str, str]) -> dict[str, str]:
    """All that there is once `desired` is made. What has another name now stays on record as `kind:key@old-name`, so
    that `destroy` finds it."""
    kept: dict[str, str] = {}
    for address, name in recorded.items():
        now = address.partition("@")[0]
        if desired.get(now) != name:
            kept[f"{now}@{name}" if now in desired else address] = name
    return {**kept, **desired}


def read_inventory(aws: Aws, table: str) -> dict[str, str] | None:
    """Address -> name on AWS; None where nothing is on record."""
    try:
        item = aws.call("dynamodb", "get_item", TableName=table, Key=ITEM, ConsistentRead=True).get("Item")
    except NotFound:
        return None
    return dict(json.loads(item["resources"]["S"])) if item else None


def put_inventory(table: str, resources: Mapping[str, str]) -> Call:
    """The call that records `resources`."""
    item = {**ITEM, "resources": {"S": json.dumps(resources, sort_keys=True)}}
    return Call("dynamodb", "put_item", {"TableName": table, "Item": item})
