"""Bills on record: in the table of releases, so that a later look needs neither histories nor logs, which expire.

Step Functions keeps a history for 90 days (https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html).
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from stepdeploy.cost.bill import Bill
from stepdeploy.engine.model import Aws
from stepdeploy.errors import NotFound


def read(aws: Aws, table: str, machine: str, execution: str) -> Bill | None:
    """The bill of an execution; None where there is none, or one that this version of the tool cannot read.

    machine, execution: names.
    """
    try:
        item = aws.call("dynamodb", "get_item", TableName=table, Key=_key(machine, execution)).get("Item")
    except NotFound:
        return None
    try:
        return Bill.from_json(json.loads(item["bill"]["S"])) if item else None
    except (ValueError, TypeError, KeyError):
        return None


def write(aws: Aws, table: str, machine: str, bill: Bill, now: datetime) -> Bill:
    """Put a bill on record, in place of an earlier one, and give it as it is stored."""
    kept = replace(bill, stored=now.isoformat(timespec="seconds"))
    item = {**_key(machine, bill.name), "bill": {"S": json.dumps(kept.to_json(), sort_keys=True)}}
    aws.call("dynamodb", "put_item", TableName=table, Item=item)
    return kept


def _key(machine: str, execution: str) -> dict[str, Any]:
    return {"pk": {"S": f"cost#{execution}"}, "sk": {"S": machine}}
