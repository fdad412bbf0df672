"""The cost command: bills from the record or made anew, put on record, summed and grouped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from stepdeploy import executions, logs
from stepdeploy.cost import record
from stepdeploy.cost.bill import BY, Bill, grouped, summed
from stepdeploy.cost.prices import Prices
from stepdeploy.cost.reading import bills_of, since
from stepdeploy.engine.model import Aws
from stepdeploy.errors import UsageError
from stepdeploy.settings import Machine, Settings

ENDED = frozenset({"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"})


@dataclass(frozen=True)
class Where:
    """A machine and the table that bills are recorded in. machine: its name. architecture: of its functions."""

    machine: str
    machine_arn: str
    table: str
    region: str
    architecture: str


@dataclass(frozen=True)
class Wanted:
    """What to show: one execution (name or ARN), or all that began within a span ("7d").

    by: None or a key of BY. store: put the bills on record. fresh: do not take them from there.
    """

    execution: str | None = None
    since: str | None = None
    by: str | None = None
    limit: int = 1000
    store: bool = False
    fresh: bool = False


def where(settings: Settings, machine: Machine, machine_arn: str) -> Where:
    """Where a machine of a project is. Raises UsageError for an express one, which has no history to count."""
    if machine.type != "STANDARD":
        raise UsageError(f"{machine.key} is an express workflow: AWS keeps no history of its executions")
    return Where(
        machine=settings.physical_name("state_machine", machine.key),
        machine_arn=machine_arn,
        table=f"stepdeploy-{settings.project}-{settings.env}",
        region=settings.region,
        architecture=settings.architecture,
    )


def costs(aws: Aws, place: Where, prices: Prices, wanted: Wanted, now: datetime) -> dict[str, Any]:
    """{"executions": [bill], "groups", "total", "reference", "prices", "notes"}; `groups` is None without `by`.

    Raises UsageError, NotFound where the execution or the machine does not exist.
    """
    if (wanted.execution is None) == (wanted.since is None):
        raise UsageError("name either an execution or a span", hint="For example: cost EXECUTION, or cost --since 7d.")
    if wanted.by is not None and (wanted.since is None or wanted.by not in BY):
        raise UsageError("--by groups the executions of --since", hint=f"By {', '.join(BY)}.")
    notes = prices.warnings(place.region, now.date())
    if wanted.execution is not None:
        arn = executions.to_arn(place.machine_arn, wanted.execution)
        found: Sequence[Mapping[str, Any]] = [aws.call("stepfunctions", "describe_execution", executionArn=arn)]
    else:
        start = now - timedelta(seconds=logs.seconds_of(wanted.since or ""))
        found, more = since(aws, place.machine_arn, start, wanted.limit)
        if more:
            notes.append(f"there are more than {wanted.limit}; only the newest are counted (--limit)")
    bills = _bills(aws, place, prices, wanted, found, now)
    return {
        "executions": [bill.to_json() for bill in bills],
        "groups": grouped(bills, wanted.by) if wanted.by else None,
        "total": summed(bills),
        "reference": prices.reference,
        "prices": {"as_of": prices.as_of.isoformat(), "region": prices.region, "sources": list(prices.sources)},
        "notes": notes,
    }


def _bills(
    aws: Aws, place: Where, prices: Prices, wanted: Wanted, found: Sequence[Mapping[str, Any]], now: datetime
) -> list[Bill]:
    """In the order of `found`. A bill on record serves unless it is to be made, or put on record, anew."""
    known: dict[str, Bill] = {}
    for item in found if not (wanted.fresh or wanted.store) else ():
        bill = record.read(aws, place.table, place.machine, item["name"])
        # A name may be used again when 90 days have passed: the time tells whose bill it is.
        if bill is not None and bill.started == _started(item):
            known[item["executionArn"]] = bill
    anew = [item for item in found if item["executionArn"] not in known]
    for bill in bills_of(aws, anew, prices, place.architecture):
        keep = wanted.store and bill.status in ENDED
        known[bill.arn] = record.write(aws, place.table, place.machine, bill, now) if keep else bill
    return [known[item["executionArn"]] for item in found]


def _started(item: Mapping[str, Any]) -> str:
    started: datetime = item["startDate"]
    return started.astimezone(UTC).isoformat(timespec="seconds")
