"""Log lines of a log group, newest last."""

from __future__ import annotations

import json
import re
import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from stepdeploy.engine.model import Aws
from stepdeploy.errors import NotFound, UsageError
from stepdeploy.executions import readable_cause

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def seconds_of(text: str) -> int:
    """`90s`, `10m`, `2h`, `1d` as seconds. Raises UsageError."""
    match = re.fullmatch(r"(\d+)([smhd])", text)
    if not match:
        raise UsageError(f"{text!r} is no time span", hint="Write 30s, 10m, 2h or 1d.")
    return int(match[1]) * UNITS[match[2]]


def read(
    aws: Aws,
    group: str,
    *,
    since: int,
    limit: int,
    follow: bool,
    contains: str | None = None,
    now: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[dict[str, Any]]:
    """Events {"time", "stream", "message"} of the last `since` seconds, at most `limit`; with follow for ever.

    contains: only lines that hold this text. Raises NotFound where the group does not exist.
    """
    start = max(0, int((now() - since) * 1000))
    seen: set[str] = set()
    newest: deque[dict[str, Any]] = deque(maxlen=limit)
    newest.extend(_events(aws, group, start, contains, seen))
    yield from newest
    while follow:
        sleep(1.0)
        # CloudWatch may show an event late: look back a little, and show none twice.
        start = max(start, int((now() - 30) * 1000))
        yield from _events(aws, group, start, contains, seen)


def _events(aws: Aws, group: str, start: int, contains: str | None, seen: set[str]) -> Iterator[dict[str, Any]]:
    # A filter pattern in quotes is a literal (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/
    # FilterAndPatternSyntax.html).
    pattern = {"filterPattern": '"' + contains.replace("\\", "\\\\").replace('"', '\\"') + '"'} if contains else {}
    try:
        found = list(aws.pages("logs", "filter_log_events", "events", logGroupName=group, startTime=start, **pattern))
    except NotFound as error:
        raise NotFound(f"there is no log group {group}", where=group, hint="Run deploy first.") from error
    for event in sorted(found, key=lambda item: item["timestamp"]):
        if event["eventId"] in seen:
            continue
        seen.add(event["eventId"])
        moment = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
        yield {"time": moment, "stream": event["logStreamName"], "message": event["message"].rstrip("\n")}


def readable(message: str) -> str:
    """A line as a person reads it: events of Step Functions and structured lines of Lambdas in a few words."""
    try:
        data = json.loads(message)
    except (ValueError, RecursionError):
        return message
    if not isinstance(data, dict):
        return message
    if all(isinstance(data.get(key), str) for key in ("execution_arn", "type")):
        return _event(data)
    if "level" in data and "message" in data:
        rest = [f"{key}={value}" for key, value in data.items() if key not in ("level", "message", "function")]
        return f"[{data['level']}] {data['message']}  {' '.join(rest)}".rstrip()
    return message


def _event(data: dict[str, Any]) -> str:
    """https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html"""
    details = data.get("details")
    details = details if isinstance(details, dict) else {}
    words = [data["execution_arn"].rsplit(":", 1)[-1], data["type"]]
    words += [str(details[key]) for key in ("name", "resource", "error") if details.get(key)]
    if details.get("cause"):
        words.append(readable_cause(str(details["cause"])))
    return "  ".join(words)
