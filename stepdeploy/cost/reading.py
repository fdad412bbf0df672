"""From executions to bills: reads histories, logs and subscriptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from typing import Any

from stepdeploy import executions
from stepdeploy.cost import bill as bills
from stepdeploy.cost import history, reports
from stepdeploy.cost.history import Counts
from stepdeploy.cost.prices import Prices
from stepdeploy.cost.reports import Report
from stepdeploy.engine.model import Aws

# A function whose task has timed out runs on to its own limit, 15 minutes at most.
AFTER = timedelta(minutes=15)
BEFORE = timedelta(minutes=1)


@dataclass
class Logs:
    """What the logs tell of some executions. reports: by request id. requests: execution ARN -> request ids."""

    reports: dict[str, Report] = field(default_factory=dict)
    requests: dict[str, set[str]] = field(default_factory=dict)


def since(aws: Aws, machine_arn: str, start: datetime, limit: int) -> tuple[list[dict[str, Any]], bool]:
    """The executions that began at `start` or later, newest first, at most `limit`; and whether there are more."""
    newest = aws.pages("stepfunctions", "list_executions", "executions", stateMachineArn=machine_arn, maxResults=1000)
    found = list(islice(takewhile(lambda item: item["startDate"] >= start, newest), limit + 1))
    return found[:limit], len(found) > limit


def bills_of(aws: Aws, found: Sequence[Mapping[str, Any]], prices: Prices, architecture: str) -> list[bills.Bill]:
    """The bills of executions, given as ListExecutions or DescribeExecution gives them. architecture: of the functions."""
    if not found:
        return []
    with ThreadPoolExecutor(max_workers=8) as pool:
        counted = list(pool.map(lambda item: history.count(executions.history(aws, item["executionArn"])), found))
    logs = _logs(aws, found, counted)
    emails = {topic: _emails(aws, topic) for topic in {name for counts in counted for name in counts.publishes}}
    return [
        _bill(item, counts, logs, emails, prices, architecture) for item, counts in zip(found, counted, strict=True)
    ]


def _logs(aws: Aws, found: Sequence[Mapping[str, Any]], counted: Sequence[Counts]) -> Logs:
    """Each function's log is read once, for all executions together."""
    start = min(item["startDate"] for item in found) - BEFORE
    end = max(item.get("stopDate") or datetime.now(UTC) for item in found) + AFTER
    functions = sorted({name for counts in counted for name in counts.functions})
    arns = [item["executionArn"] for item in found]
    logs = Logs()

    def read(function: str) -> tuple[dict[str, Report], Mapping[str, set[str]]]:
        found_reports = reports.read_reports(aws, function, start, end)
        return found_reports, reports.read_request_ids(aws, function, start, end, arns)

    with ThreadPoolExecutor(max_workers=8) as pool:
        for found_reports, requests in pool.map(read, functions):
            logs.reports |= found_reports
            for arn, ids in requests.items():
                logs.requests.setdefault(arn, set()).update(ids)
    return logs


def _emails(aws: Aws, topic: str) -> int:
    """How many e-mail addresses get a topic's messages, as things are now; those not confirmed get none."""
    if not topic:
        return 0
    subscribed = aws.pages("sns", "list_subscriptions_by_topic", "Subscriptions", TopicArn=topic)
    return sum(
        item["Protocol"] in ("email", "email-json") and item["SubscriptionArn"].startswith("arn:")
        for item in subscribed
    )


def _bill(
    item: Mapping[str, Any],
    counts: Counts,
    logs: Logs,
    emails: Mapping[str, int],
    prices: Prices,
    architecture: str,
) -> bills.Bill:
    row = executions.row(item)
    ids = counts.request_ids | logs.requests.get(row["arn"], set())
    billed = [logs.reports[request_id] for request_id in sorted(ids) if request_id in logs.reports]
    usage = bills.Usage(
        transitions=counts.transitions,
        lambda_requests=len(ids),
        gb_seconds=round(sum(report.gb_seconds for report in billed), 9),
        publishes=counts.publishes.total(),
        emails=sum(number * emails[topic] for topic, number in counts.publishes.items()),
        input_tokens=counts.input_tokens,
        output_tokens=counts.output_tokens,
        searches=counts.api_calls["serper"],
    )
    items = bills.items_of(usage, prices, architecture)
    return bills.Bill(
        name=row["name"],
        arn=row["arn"],
        status=row["status"],
        version=row["version"],
        started=row["started"].astimezone(UTC).isoformat(timespec="seconds"),
        seconds=row["seconds"],
        usage=usage,
        items=items,
        usd=bills.total(items),
        prices_of=prices.as_of.isoformat(),
        notes=tuple(_notes(item, counts, len(ids), len(billed))),
    )


def _notes(item: Mapping[str, Any], counts: Counts, known: int, billed: int) -> list[str]:
    """What the bill does not know: a figure that is too low must say so."""
    found = []
    if item.get("status") == "RUNNING":
        found.append("it is still running")
    if counts.invocations > known:
        found.append(f"{counts.invocations - known} of {counts.invocations} invocations are not found in the logs")
    if known > billed:
        found.append(f"{known - billed} of {known} invocations have no REPORT line (yet)")
    if counts.failed:
        found.append(f"what {counts.failed} failed invocations called outside is not known")
    if counts.api_calls["nova"] and not counts.input_tokens:
        found.append(f"the tokens of {counts.api_calls['nova']} calls of Nova are not known")
    if counts.children:
        found.append(f"{counts.children} executions or Map Runs that it started have bills of their own")
    return found
