"""The metrics that AWS services put by themselves: AWS/Lambda and AWS/SQS.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html,
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from stepdeploy.local.events.emf import Datum
from stepdeploy.local.events.series import Metric, MetricStore, Point
from stepdeploy.local.functions.invoker import Invoked
from stepdeploy.local.functions.names import LATEST

#: Values that wait to be put; the oldest go when there are more.
MOST_WAITING = 50_000
#: Data in one PutMetricData request.
_PER_REQUEST = 1000


def invocation_metrics(invoked: Invoked) -> list[Datum]:
    """The metrics of an invocation, with the time at which it began."""
    if invoked.milliseconds is None:
        return _for_all(invoked, {"Throttles": (1.0, "Count")}, datetime.now(UTC))
    values = {
        "Invocations": (1.0, "Count"),
        "Errors": (float(invoked.failed), "Count"),
        "Throttles": (0.0, "Count"),
        "Duration": (invoked.milliseconds, "Milliseconds"),
    }
    return _for_all(invoked, values, datetime.now(UTC) - timedelta(milliseconds=invoked.milliseconds))


def _for_all(invoked: Invoked, values: dict[str, tuple[float, str]], at: datetime) -> list[Datum]:
    return [
        ("AWS/Lambda", {"MetricName": name, "Timestamp": at, "Value": value, "Unit": unit, "Dimensions": dimensions})
        for name, (value, unit) in values.items()
        for dimensions in dimension_sets(invoked)
    ]


def dimension_sets(invoked: Invoked) -> list[list[dict[str, str]]]:
    """All functions; the function; the version or alias that was called; and for an alias the version that it ran."""
    name, qualifier = invoked.target.name, invoked.target.qualifier
    function = {"Name": "FunctionName", "Value": name}
    resource = {"Name": "Resource", "Value": f"{name}:{qualifier}" if qualifier else name}
    sets: list[list[dict[str, str]]] = [[], [function], [function, resource]]
    if invoked.version and qualifier not in (None, LATEST, invoked.version):
        sets.append([function, resource, {"Name": "ExecutedVersion", "Value": invoked.version}])
    return sets


class MetricQueue:
    """Values that wait for the next PutMetricData. Thread-safe and bounded."""

    def __init__(self, put: Callable[[str, str, list[dict[str, Any]]], None]) -> None:
        self._put = put  # (region, namespace, data)
        self._lock = threading.Lock()
        self._waiting: deque[tuple[str, Datum]] = deque(maxlen=MOST_WAITING)

    def add(self, region: str, data: Iterable[Datum]) -> None:
        found = [(region, datum) for datum in data]
        if found:
            with self._lock:
                self._waiting.extend(found)

    def flush(self) -> None:
        """Put all that waits."""
        with self._lock:
            found = list(self._waiting)
            self._waiting.clear()
        groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for region, (namespace, datum) in found:
            groups.setdefault((region, namespace), []).append(datum)
        for (region, namespace), data in groups.items():
            for first in range(0, len(data), _PER_REQUEST):
                self._put(region, namespace, data[first : first + _PER_REQUEST])


def sample_queues(store: MetricStore, queues: Iterable[Any], now: float) -> None:
    """Put how full and how old moto's queues are at this moment. now: seconds since 1970."""
    for queue in queues:
        waiting = list(queue._messages)
        visible = [message for message in waiting if message.visible and not message.delayed]
        oldest = min((message.sent_timestamp for message in waiting), default=None)
        age = 0.0 if oldest is None else max(now - oldest / 1000, 0.0)
        values = {
            "ApproximateNumberOfMessagesVisible": (float(len(visible)), "Count"),
            "ApproximateNumberOfMessagesNotVisible": (
                float(sum(not message.visible for message in waiting)),
                "Count",
            ),
            "ApproximateAgeOfOldestMessage": (float(int(age)), "Seconds"),
        }
        for name, (value, unit) in values.items():
            store.add(Metric("AWS/SQS", name, (("QueueName", queue.name),)), Point.single(now, value, unit))
