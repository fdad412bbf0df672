"""The cost command: bills from the record or made anew, put on record, summed and grouped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, takewhile
from typing import Any

from stepdeploy import executions, logs
from stepdeploy.cost import stored
from stepdeploy.cost.bill import BY, Bill, grouped, summed
from stepdeploy.cost.prices import Prices
from stepdeploy.cost.reading import Terms, bills_of
from stepdeploy.cost.record import started_of
from stepdeploy.engine.model import Aws
from stepdeploy.errors import NotFound, UsageError
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
        bills = [_one(aws, place, prices, wanted, now)]
    else:
        bills, more = _span(aws, place, prices, wanted, now)
        if more:
            notes.append(f"there are more than {wanted.limit}; only the newest are counted (--limit)")
    return {
        "executions": [bill.to_json() for bill in bills],
        "groups": grouped(bills, wanted.by) if wanted.by else None,
        "total": summed(bills),
        "reference": prices.reference,
        "prices": {"as_of": prices.as_of.isoformat(), "region": prices.region, "sources": list(prices.sources)},
        "notes": [*notes, *_other_prices(bills, prices)],
    }


def _other_prices(bills: Sequence[Bill], prices: Prices) -> list[str]:
    """Bills on record are at the prices of then."""
    days = sorted({bill.prices_of for bill in bills} - {prices.as_of.isoformat()})
    return [f"some bills are at prices of {', '.join(days)}; --fresh counts anew"] if days else []


def _one(aws: Aws, place: Where, prices: Prices, wanted: Wanted, now: datetime) -> Bill:
    arn = executions.to_arn(place.machine_arn, wanted.execution or "")
    item = aws.call("stepfunctions", "describe_execution", executionArn=arn)
    known = None if wanted.fresh or wanted.store else stored.read(aws, place.table, place.machine, item)
    return known or _anew(aws, place, prices, wanted, [item], now)[0]


def _span(aws: Aws, place: Where, prices: Prices, wanted: Wanted, now: datetime) -> tuple[list[Bill], bool]:
    """Newest first, and whether there are more. What is on record is not counted again, and is also there when Step
    Functions has forgotten the execution."""
    start = now - timedelta(seconds=logs.seconds_of(wanted.since or ""))
    found, more = _listed(aws, place.machine_arn, start, wanted.limit)
    known: dict[tuple[str, str], Bill] = {}
    if not (wanted.fresh or wanted.store):
        on_record = islice(stored.since(aws, place.table, place.machine, start, now), wanted.limit + 1)
        known = {(bill.started, bill.name): bill for bill in on_record}
    for bill in _anew(aws, place, prices, wanted, [item for item in found if _key(item) not in known], now):
        known[(bill.started, bill.name)] = bill
    bills = [known[key] for key in sorted(known, reverse=True)]
    return bills[: wanted.limit], more or len(bills) > wanted.limit


def _listed(aws: Aws, machine_arn: str, start: datetime, limit: int) -> tuple[list[dict[str, Any]], bool]:
    """The executions that began at `start` or later, newest first, at most `limit`; and whether there are more."""
    newest = aws.pages("stepfunctions", "list_executions", "executions", stateMachineArn=machine_arn, maxResults=1000)
    found = list(islice(takewhile(lambda item: item["startDate"] >= start, newest), limit + 1))
    return found[:limit], len(found) > limit


def _key(item: Mapping[str, Any]) -> tuple[str, str]:
    return started_of(item["startDate"]), item["name"]


def _anew(
    aws: Aws, place: Where, prices: Prices, wanted: Wanted, found: Sequence[Mapping[str, Any]], now: datetime
) -> list[Bill]:
    """Counted now, and put on record if that is wanted and the execution has ended."""
    made = bills_of(aws, found, Terms(prices, place.architecture, NotFound))
    if not wanted.store:
        return made
    return [stored.write(aws, place.table, place.machine, bill, now) if bill.status in ENDED else bill for bill in made]
