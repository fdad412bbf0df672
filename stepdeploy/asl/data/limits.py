"""Values of fields that are given as a path or expression: what AWS refuses when the state runs (recorded)."""

from __future__ import annotations

import re
from typing import Any

from stepdeploy.asl.fields import MOST_SECONDS
from stepdeploy.asl.timestamps import is_timestamp

_WHOLE = re.compile(r"-?\d+")
_DECIMAL = re.compile(r"-?\d+(\.\d+)?")
_NUMBERS: dict[str, tuple[re.Pattern[str], float]] = {
    "Seconds": (_WHOLE, MOST_SECONDS),
    "MaxConcurrency": (_WHOLE, float("inf")),
    "ToleratedFailureCount": (_WHOLE, float("inf")),
    "ToleratedFailurePercentage": (_DECIMAL, 100),
}
"""Field -> how its number is written, and the largest. None may be negative."""


def problem(field: str, value: Any) -> str | None:
    """Why AWS refuses a value that is of the right type."""
    if field == "Timestamp":
        fine = not isinstance(value, str) or is_timestamp(value)
        return None if fine else f"must be a timestamp of RFC 3339, and is {value[:60]!r}"
    if field not in _NUMBERS or isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    written, most = _NUMBERS[field]
    if isinstance(value, str) and not written.fullmatch(value[:40]):
        return f"must be a number, and is {value[:60]!r}"
    number = float(value) if isinstance(value, float) or len(str(value)) < 40 else float("inf")
    if number < 0:
        return "must not be negative"
    return f"must be at most {most:g}, and is {number:g}" if number > most else None
