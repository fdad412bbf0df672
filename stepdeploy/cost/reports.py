"""Lambda's REPORT lines: how long each invocation is billed. They are the only place where AWS tells it by invocation."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stepdeploy.engine.model import Aws
from stepdeploy.errors import NotFound

# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html; JSON where the function logs in JSON.
_LINE = re.compile(
    r"^REPORT RequestId: (?P<id>[0-9a-f-]{36})\s+Duration: [\d.]+ ms\s+Billed Duration: (?P<billed>\d+) ms\s+"
    r"Memory Size: (?P<memory>\d+) MB"
)
_PATTERNS = ('"REPORT RequestId"', '"platform.report"')


@dataclass(frozen=True)
class Report:
    """What one invocation is billed for. billed_ms: start-up included, as AWS bills it since August 2025."""

    request_id: str
    billed_ms: int
    memory_mb: int

    @property
    def gb_seconds(self) -> float:
        """Memory (1 GB = 1,024 MB) times billed time (https://aws.amazon.com/lambda/pricing/)."""
        return self.memory_mb / 1024 * self.billed_ms / 1000


def parse(message: str) -> Report | None:
    """The report in a log line; None where it is another line."""
    found = _LINE.match(message)
    if found:
        return Report(found["id"], int(found["billed"]), int(found["memory"]))
    if '"platform.report"' not in message:
        return None
    try:
        data = json.loads(message)
        record, metrics = data["record"], data["record"]["metrics"]
        return Report(str(record["requestId"]), int(metrics["billedDurationMs"]), int(metrics["memorySizeMB"]))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def read_reports(aws: Aws, function: str, start: datetime, end: datetime) -> dict[str, Report]:
    """Request id -> report, of all invocations of a function between two times."""
    reports: dict[str, Report] = {}
    for pattern in _PATTERNS:
        for message in _messages(aws, function, start, end, pattern):
            report = parse(message)
            if report:
                reports[report.request_id] = report
        if reports:
            break  # a function logs in one format
    return reports


def read_request_ids(
    aws: Aws, function: str, start: datetime, end: datetime, wanted: Iterable[str]
) -> Mapping[str, set[str]]:
    """Execution ARN -> request ids, from structured log lines that hold `execution_id` and `request_id`."""
    arns = set(wanted)
    found: defaultdict[str, set[str]] = defaultdict(set)
    pattern = json.dumps(next(iter(arns))) if len(arns) == 1 else '"execution_id"'
    for message in _messages(aws, function, start, end, pattern):
        line = _line(message)
        if line.get("execution_id") in arns and line.get("request_id"):
            found[str(line["execution_id"])].add(str(line["request_id"]))
    return found


def _line(message: str) -> Mapping[str, Any]:
    try:
        data = json.loads(message)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _messages(aws: Aws, function: str, start: datetime, end: datetime, pattern: str) -> Iterator[str]:
    times = {"startTime": int(start.timestamp() * 1000), "endTime": int(end.timestamp() * 1000)}
    group = f"/aws/lambda/{function}"
    try:
        for event in aws.pages(
            "logs", "filter_log_events", "events", logGroupName=group, filterPattern=pattern, **times
        ):
            yield event["message"]
    except NotFound:
        return
