"""Metrics in log lines: the embedded metric format.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html.
What does not follow the specification makes no metric, as on AWS; the line stays in the log.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

MOST_DIMENSIONS = 30
MOST_METRICS = 100
MOST_VALUES = 100

#: (namespace, MetricDatum as PutMetricData takes it)
Datum = tuple[str, dict[str, Any]]


def metrics_of(text: str) -> list[Datum]:
    """The metrics that a log line declares; none for most lines."""
    if '"_aws"' not in text or '"CloudWatchMetrics"' not in text:
        return []
    try:
        root = json.loads(text)
        about = root["_aws"]
        at = datetime.fromtimestamp(about["Timestamp"] / 1000, UTC)
        return [datum for directive in about["CloudWatchMetrics"] for datum in _directive(root, directive, at)]
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, OSError):
        return []


def _directive(root: dict[str, Any], directive: dict[str, Any], at: datetime) -> Iterator[Datum]:
    """One set of metrics, each once for every set of dimensions."""
    sets = [_dimensions(root, names) for names in directive["Dimensions"]] or [[]]
    for metric in directive["Metrics"][:MOST_METRICS]:
        values = _values(root.get(metric["Name"]))
        if not values:
            continue
        for dimensions in sets:
            if dimensions is not None:
                made = {"MetricName": metric["Name"], "Timestamp": at, "Values": values, "Dimensions": dimensions}
                made["Unit"] = metric.get("Unit", "None")
                yield directive["Namespace"], made


def _dimensions(root: dict[str, Any], names: list[str]) -> list[dict[str, str]] | None:
    """None where a value is missing or is no text."""
    values = [root.get(name) for name in names]
    if len(names) > MOST_DIMENSIONS or not all(isinstance(value, str) and value for value in values):
        return None
    return [{"Name": name, "Value": str(value)} for name, value in zip(names, values, strict=True)]


def _values(value: Any) -> list[float]:
    """The numbers of a target: one, or a list of them."""
    found = value if isinstance(value, list) else [value]
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) and math.isfinite(one) for one in found)
    return [float(one) for one in found] if numbers and len(found) <= MOST_VALUES else []
