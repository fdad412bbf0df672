"""One JSON object a log line, so that CloudWatch Logs Insights can filter by field.

A line may also carry metrics in the embedded metric format: CloudWatch makes metrics of them, with no call and no
permission. Source: CloudWatch user guide, "Embedded metric format specification".
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping

NAMESPACE = "CompanyDataExtraction"

_context: dict[str, object] = {}


def bind(**fields: object) -> None:
    """Set the fields that every line of this invocation bears. Replaces those of the one before."""
    _context.clear()
    _context.update(fields)


def info(message: str, **fields: object) -> None:
    """Write an INFO line."""
    _write("INFO", message, fields)


def warning(message: str, **fields: object) -> None:
    """Write a WARNING line."""
    _write("WARNING", message, fields)


def error(message: str, **fields: object) -> None:
    """Write an ERROR line."""
    _write("ERROR", message, fields)


def metrics(
    message: str,
    values: Mapping[str, tuple[float, str]],
    *,
    dimensions: Mapping[str, str] | None = None,
    **fields: object,
) -> None:
    """Write an INFO line whose `values` (name -> value, CloudWatch unit) also become metrics.

    The function is always a dimension, `dimensions` are further ones. Each distinct combination is a metric that is
    paid for: they must have few values, so the company stays a plain field.
    """
    further = dict(dimensions or {})
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [["Function", *further]],
        "Metrics": [{"Name": name, "Unit": unit} for name, (_, unit) in values.items()],
    }
    embedded = {"_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}}
    measured = {name: value for name, (value, _) in values.items()}
    _write("INFO", message, {**fields, "Function": _context.get("function", ""), **further, **measured, **embedded})


def _write(level: str, message: str, fields: Mapping[str, object]) -> None:
    line = {"level": level, "message": message, **_context, **fields}
    print(json.dumps(line, default=str, ensure_ascii=False), flush=True)
