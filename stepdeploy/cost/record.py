"""The form in which bills are on record in DynamoDB: a partition a machine and month, so that a span is read in one go.

Step Functions keeps a history for 90 days (https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html), and
log groups keep their lines for as long as they are told; a record needs neither.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from stepdeploy.cost.bill import Bill

PREFIX = "costs#"


def started_of(moment: datetime) -> str:
    """When an execution began, as bills have it: UTC, whole seconds."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def partition(machine: str, started: str) -> str:
    """The hash key of a machine's bills of one month. machine: its name. started: yyyy-mm..., UTC, when executions
    began."""
    return f"{PREFIX}{machine}#{started[:7]}"


def key_of(machine: str, started: str, execution: str) -> dict[str, Any]:
    """A bill's key. A name may be used again after 90 days, so the time is part of it."""
    return {"pk": {"S": partition(machine, started)}, "sk": {"S": f"{started}#{execution}"}}


def item_of(machine: str, bill: Bill) -> dict[str, Any]:
    """A bill as an item."""
    text = json.dumps(bill.to_json(), sort_keys=True)
    return {**key_of(machine, bill.started, bill.name), "bill": {"S": text}}


def bill_in(item: Mapping[str, Any]) -> Bill | None:
    """The bill in an item; None where it is one that this version cannot read."""
    try:
        return Bill.from_json(json.loads(item["bill"]["S"]))
    except (ValueError, TypeError, KeyError):
        return None


def months(start: datetime, end: datetime) -> Iterator[str]:
    """Each month, UTC, from one time to another: yyyy-mm."""
    month, last = start.astimezone(UTC).date().replace(day=1), end.astimezone(UTC).date()
    while month <= last:
        yield f"{month:%Y-%m}"
        month = (month + timedelta(days=31)).replace(day=1)
