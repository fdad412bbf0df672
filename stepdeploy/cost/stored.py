"""Bills in the table of releases: read one, read a span, write one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from stepdeploy.cost import record
from stepdeploy.cost.bill import Bill
from stepdeploy.engine.model import Aws
from stepdeploy.errors import NotFound


def read(aws: Aws, table: str, machine: str, item: Mapping[str, Any]) -> Bill | None:
    """The bill of an execution; None where none is on record, or one that this version of the tool cannot read.

    machine: its name. item: the execution as DescribeExecution gives it.
    """
    key = record.key_of(machine, record.started_of(item["startDate"]), item["name"])
    try:
        found = aws.call("dynamodb", "get_item", TableName=table, Key=key).get("Item")
    except NotFound:
        return None
    return record.bill_in(found) if found else None


def since(aws: Aws, table: str, machine: str, start: datetime, now: datetime) -> Iterator[Bill]:
    """The bills on record of executions that began at `start` or later, newest first. A page of a query holds some 500."""
    first = record.started_of(start)
    for month in reversed(list(record.months(start, now))):
        values = {":month": {"S": record.partition(machine, month)}, ":first": {"S": first}}
        params = {"KeyConditionExpression": "pk = :month AND sk >= :first", "ExpressionAttributeValues": values}
        try:
            items = aws.pages("dynamodb", "query", "Items", TableName=table, ScanIndexForward=False, **params)
            yield from (bill for item in items if (bill := record.bill_in(item)))
        except NotFound:
            return


def write(aws: Aws, table: str, machine: str, bill: Bill, now: datetime) -> Bill:
    """Put a bill on record, in place of an earlier one, and give it as it is stored."""
    kept = replace(bill, stored=now.isoformat(timespec="seconds"))
    aws.call("dynamodb", "put_item", TableName=table, Item=record.item_of(machine, kept))
    return kept
