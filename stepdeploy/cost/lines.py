"""What CloudWatch Logs tells of executions, and how much of it there is.

A function's structured lines hold `execution_id` and `request_id`; one an invocation may hold `aws_use`, what it asked of
AWS (lambdas/common/aws_use.py).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

OVERHEAD = 26
"""Bytes that CloudWatch Logs adds to each event (API_PutLogEvents.html: the size of a batch)."""
PLATFORM = 480
"""Bytes that Lambda itself writes of an invocation: START, END, REPORT, each with its overhead. 455 measured, and what tracing adds."""
_EVENT = 167
"""Bytes of a machine's log line besides the event's own details and the execution's ARN: names, numbers, time, overhead."""
_ERROR_ENDINGS = ("Failed", "TimedOut", "Aborted")
_FATAL = ("ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted")
_DATA = {"input", "output", "parameters", "cause", "inputDetails", "outputDetails"}


@dataclass
class Told:
    """What the lines of one function tell of one execution. requests: ids of the invocations. counted: those that said
    what they asked of AWS. used: that, summed: names of fields of bill.Usage. bytes: of the lines."""

    requests: set[str] = field(default_factory=set)
    counted: set[str] = field(default_factory=set)
    used: Counter[str] = field(default_factory=Counter)
    bytes: int = 0

    def add(self, other: Told) -> None:
        """Take in what another function tells."""
        self.requests |= other.requests
        self.counted |= other.counted
        self.used.update(other.used)
        self.bytes += other.bytes


def pattern(arns: Iterable[str]) -> str:
    """A filter of CloudWatch Logs that lets the lines of these executions pass, and maybe more."""
    wanted = list(arns)
    return json.dumps(wanted[0]) if len(wanted) == 1 else '"execution_id"'


def tell(messages: Iterable[str], arns: Iterable[str]) -> dict[str, Told]:
    """Execution ARN -> what the structured lines among `messages` tell of it."""
    wanted, found = set(arns), dict[str, Told]()
    for message in messages:
        line = _parsed(message)
        arn, request = line.get("execution_id"), line.get("request_id")
        if arn not in wanted or not request:
            continue
        told = found.setdefault(str(arn), Told())
        told.requests.add(str(request))
        told.bytes += len(message.encode("utf-8", "surrogatepass")) + OVERHEAD
        used = line.get("aws_use")
        if isinstance(used, Mapping):
            told.counted.add(str(request))
            told.used.update(dict(_numbers(used)))
    return found


def _numbers(used: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for name, number in used.items():
        if isinstance(number, int | float) and not isinstance(number, bool) and number > 0:
            yield str(name), number


def _parsed(message: str) -> Mapping[str, Any]:
    try:
        data = json.loads(message)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def machine_bytes(events: Iterable[Mapping[str, Any]], logging: Mapping[str, Any], arn: str) -> int:
    """An estimate of what the machine's own log takes in of an execution's history.

    logging: its loggingConfiguration (https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html).
    """
    level, data = logging.get("level", "OFF"), logging.get("includeExecutionData", False)
    return sum(_EVENT + len(arn) + _details(event, data) for event in events if _logged(level, event["type"]))


def _logged(level: str, kind: str) -> bool:
    """ERROR takes failures of tasks and states, FATAL only the end's."""
    if level == "ERROR":
        return kind.endswith(_ERROR_ENDINGS)
    return level == "ALL" or (level == "FATAL" and kind in _FATAL)


def _details(event: Mapping[str, Any], data: bool) -> int:
    details: Mapping[str, Any] = next((value for name, value in event.items() if name.endswith("EventDetails")), {})
    shown = {name: value for name, value in details.items() if data or name not in _DATA}
    return len(json.dumps(shown, default=str, ensure_ascii=False).encode("utf-8", "surrogatepass"))
