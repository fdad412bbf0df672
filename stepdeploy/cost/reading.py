"""From executions to bills: reads histories, logs and subscriptions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from stepdeploy.cost import bill as bills
from stepdeploy.cost import history, lines, reports
from stepdeploy.cost.history import Counts
from stepdeploy.cost.lines import Told
from stepdeploy.cost.record import started_of
from stepdeploy.cost.reports import Report

# A function whose task has timed out runs on to its own limit, 15 minutes at most.
AFTER = timedelta(minutes=15)
BEFORE = timedelta(minutes=1)
# FilterLogEvents is allowed 5 to 10 times a second in an account and region (CloudWatch Logs quotas), for all callers.
LOG_READERS = 3

Found = Mapping[str, Any]
"""An execution as ListExecutions, DescribeExecution or an event of EventBridge tells of it, with their names."""


class Reader(Protocol):
    """What is needed of AWS. Both raise the `Missing` that `bills_of` was given for what does not exist."""

    def call(self, service: str, operation: str, **params: Any) -> dict[str, Any]: ...

    def pages(self, service: str, operation: str, key: str, **params: Any) -> Iterator[Any]: ...


@dataclass(frozen=True)
class Terms:
    """How bills are made. architecture: of the functions. missing: what a Reader raises for what does not exist."""

    rates: bills.Rates
    architecture: str
    missing: type[Exception]


@dataclass
class Known:
    """What AWS tells of some executions. reports: by request id. told: execution ARN -> its log lines. machine_log:
    execution ARN -> bytes, None where it is not known. emails: topic ARN -> confirmed addresses."""

    reports: dict[str, Report] = field(default_factory=dict)
    told: dict[str, Told] = field(default_factory=dict)
    machine_log: dict[str, int | None] = field(default_factory=dict)
    emails: dict[str, int] = field(default_factory=dict)


def bills_of(aws: Reader, found: Sequence[Found], terms: Terms) -> list[bills.Bill]:
    """The bills of executions, in their order."""
    if not found:
        return []
    with ThreadPoolExecutor(max_workers=8) as pool:
        histories = list(pool.map(lambda item: _history(aws, item), found))
    counted = [history.count(events) for events in histories]
    known = _logs(aws, found, counted, terms.missing)
    known.machine_log = _machine_logs(aws, found, histories, terms.missing)
    topics = {name for counts in counted for name in counts.publishes}
    known.emails = {topic: _emails(aws, topic) for topic in topics}
    return [_bill(item, counts, known, terms) for item, counts in zip(found, counted, strict=True)]


def _history(aws: Reader, item: Found) -> list[history.Event]:
    params = {"executionArn": item["executionArn"], "includeExecutionData": True, "maxResults": 1000}
    return list(aws.pages("stepfunctions", "get_execution_history", "events", **params))


def _logs(aws: Reader, found: Sequence[Found], counted: Sequence[Counts], missing: type[Exception]) -> Known:
    """Each function's log is read once, for all executions together."""
    start = min(item["startDate"] for item in found) - BEFORE
    end = max(item.get("stopDate") or datetime.now(UTC) for item in found) + AFTER
    functions = sorted({name for counts in counted for name in counts.functions})
    arns = [item["executionArn"] for item in found]
    known = Known()

    def read(function: str) -> tuple[dict[str, Report], dict[str, Told]]:
        log = _Log(aws, function, start, end, missing)
        return log.reports(), lines.tell(log.messages(lines.pattern(arns)), arns)

    with ThreadPoolExecutor(max_workers=LOG_READERS) as pool:
        for found_reports, told in pool.map(read, functions):
            known.reports |= found_reports
            for arn, more in told.items():
                known.told.setdefault(arn, Told()).add(more)
    return known


@dataclass(frozen=True)
class _Log:
    """A function's log between two times."""

    aws: Reader
    function: str
    start: datetime
    end: datetime
    missing: type[Exception]

    def messages(self, pattern: str) -> Iterator[str]:
        """The lines that a filter lets pass; none where there is no such log."""
        times = {"startTime": int(self.start.timestamp() * 1000), "endTime": int(self.end.timestamp() * 1000)}
        params = {"logGroupName": f"/aws/lambda/{self.function}", "filterPattern": pattern, **times}
        try:
            for event in self.aws.pages("logs", "filter_log_events", "events", **params):
                yield event["message"]
        except self.missing:
            return

    def reports(self) -> dict[str, Report]:
        """Request id -> report, of all invocations."""
        found: dict[str, Report] = {}
        for pattern in reports.PATTERNS:
            read = (reports.parse(message) for message in self.messages(pattern))
            found |= {report.request_id: report for report in read if report}
            if found:
                break  # a function logs in one format
        return found


def _machine_logs(
    aws: Reader, found: Sequence[Found], histories: Sequence[list[history.Event]], missing: type[Exception]
) -> dict[str, int | None]:
    """Execution ARN -> bytes in the machine's log. A version is asked for its settings once."""
    settings: dict[str, Mapping[str, Any] | None] = {}
    sizes: dict[str, int | None] = {}
    for item, events in zip(found, histories, strict=True):
        arn = item["executionArn"]
        version = item.get("stateMachineVersionArn") or arn.rpartition(":")[0]
        if version not in settings:
            try:
                described = aws.call("stepfunctions", "describe_state_machine_for_execution", executionArn=arn)
                settings[version] = described.get("loggingConfiguration") or {}
            except missing:
                settings[version] = None
        logging = settings[version]
        sizes[arn] = None if logging is None else lines.machine_bytes(events, logging, arn)
    return sizes


def _emails(aws: Reader, topic: str) -> int:
    """How many e-mail addresses get a topic's messages, as things are now; those not confirmed get none."""
    if not topic:
        return 0
    subscribed = aws.pages("sns", "list_subscriptions_by_topic", "Subscriptions", TopicArn=topic)
    return sum(
        item["Protocol"] in ("email", "email-json") and item["SubscriptionArn"].startswith("arn:")
        for item in subscribed
    )


def _bill(item: Found, counts: Counts, known: Known, terms: Terms) -> bills.Bill:
    arn, stop = item["executionArn"], item.get("stopDate")
    told = known.told.get(arn, Told())
    ids = counts.request_ids | told.requests
    billed = [known.reports[request_id] for request_id in sorted(ids) if request_id in known.reports]
    usage = _usage(counts, told, billed, len(ids), known, arn)
    items = bills.items_of(usage, terms.rates, terms.architecture)
    version = (item.get("stateMachineVersionArn") or "").rsplit(":", 1)[-1]
    notes = [*_notes(item, counts, len(ids), len(billed)), *_more_notes(ids, told, known.machine_log[arn])]
    return bills.Bill(
        name=item["name"],
        arn=arn,
        status=item["status"],
        version=version or None,
        started=started_of(item["startDate"]),
        seconds=round((stop - item["startDate"]).total_seconds(), 2) if stop else None,
        usage=usage,
        items=items,
        usd=bills.total(items),
        prices_of=terms.rates.as_of.isoformat(),
        notes=tuple(notes),
        pending=max(0, counts.invocations - len(ids)) + len(ids) - len(billed),
    )


def _usage(counts: Counts, told: Told, billed: Sequence[Report], known_ids: int, known: Known, arn: str) -> bills.Usage:
    used = told.used
    return bills.Usage(
        transitions=counts.transitions,
        lambda_requests=known_ids,
        gb_seconds=round(sum(report.gb_seconds for report in billed), 9),
        publishes=counts.publishes.total(),
        emails=sum(number * known.emails[topic] for topic, number in counts.publishes.items()),
        input_tokens=counts.input_tokens,
        output_tokens=counts.output_tokens,
        searches=counts.api_calls["serper"],
        dynamodb_write_units=float(used["dynamodb_write_units"]),
        dynamodb_read_units=float(used["dynamodb_read_units"]),
        s3_writes=int(used["s3_writes"]),
        s3_reads=int(used["s3_reads"]),
        secret_reads=int(used["secret_reads"]),
        log_bytes=told.bytes + known_ids * lines.PLATFORM + (known.machine_log[arn] or 0),
        traces=len({report.trace for report in billed if report.trace}),
    )


def _notes(item: Found, counts: Counts, known: int, billed: int) -> list[str]:
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


def _more_notes(ids: set[str], told: Told, machine_log: int | None) -> list[str]:
    found = []
    silent = len(ids - told.counted)
    if silent:
        found.append(f"what {silent} of {len(ids)} invocations asked of DynamoDB, S3 and Secrets Manager is not known")
    if machine_log is None:
        found.append("how much the machine logged is not known")
    return found
