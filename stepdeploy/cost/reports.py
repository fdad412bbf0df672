"""Lambda's REPORT lines: how long each invocation is billed. They are the only place where AWS tells it by invocation."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html; JSON where the function logs in JSON.
_LINE = re.compile(
    r"^REPORT RequestId: (?P<id>[0-9a-f-]{36})\s+Duration: [\d.]+ ms\s+Billed Duration: (?P<billed>\d+) ms\s+"
    r"Memory Size: (?P<memory>\d+) MB"
)
# What follows where X-Ray traces the function; "Sampled: true" where this request was recorded.
_TRACE = re.compile(r"\bXRAY TraceId: (?P<id>\S+)\s+SegmentId: \S+\s+Sampled: true\b")
_TRACE_HEADER = re.compile(r"(?:^|;)\s*Root=(?P<id>[^;]+)(?=.*;\s*Sampled=1)")
PATTERNS = ('"REPORT RequestId"', '"platform.report"')
"""Filters of CloudWatch Logs for them; a function logs in one of the two formats."""


@dataclass(frozen=True)
class Report:
    """What one invocation is billed for. billed_ms: start-up included, as AWS bills it since August 2025. trace: the id of
    the X-Ray trace that recorded it, "" where none did."""

    request_id: str
    billed_ms: int
    memory_mb: int
    trace: str = ""

    @property
    def gb_seconds(self) -> float:
        """Memory (1 GB = 1,024 MB) times billed time (https://aws.amazon.com/lambda/pricing/)."""
        return self.memory_mb / 1024 * self.billed_ms / 1000


def parse(message: str) -> Report | None:
    """The report in a log line; None where it is another line."""
    found = _LINE.match(message)
    if found:
        trace = _TRACE.search(message)
        return Report(found["id"], int(found["billed"]), int(found["memory"]), trace["id"] if trace else "")
    if '"platform.report"' not in message:
        return None
    try:
        data = json.loads(message)
        record, metrics = data["record"], data["record"]["metrics"]
        trace = _TRACE_HEADER.search(str((record.get("tracing") or {}).get("value", "")))
        sizes = int(metrics["billedDurationMs"]), int(metrics["memorySizeMB"])
        return Report(str(record["requestId"]), *sizes, trace["id"] if trace else "")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
