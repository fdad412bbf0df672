"""The delays of Retry: IntervalSeconds, BackoffRate, MaxDelaySeconds, MaxAttempts, JitterStrategy.

Source: AWS "Handling errors in Step Functions workflows" (concepts-error-handling.html#error-handling-retrying).
"""

from __future__ import annotations

import random
from typing import Any

from stepdeploy.interpreter.failures import Failure, first_match

MAX_DELAY_SECONDS = 31_622_400
"""The largest MaxDelaySeconds: 366 days."""


class Retries:
    """Counts the attempts of one visit; each retrier has its own counter."""

    def __init__(self, retriers: list[dict[str, Any]] | None) -> None:
        self._retriers = retriers
        self._used: dict[int, int] = {}

    def delay(self, failure: Failure) -> float | None:
        """Seconds to wait before the next attempt; None when there is none."""
        retrier = first_match(failure, self._retriers)
        if retrier is None:
            return None
        used = self._used.get(id(retrier), 0)
        if used >= retrier.get("MaxAttempts", 3):
            return None
        self._used[id(retrier)] = used + 1
        try:
            seconds = retrier.get("IntervalSeconds", 1) * float(retrier.get("BackoffRate", 2.0)) ** used
        except OverflowError:
            seconds = MAX_DELAY_SECONDS
        seconds = min(seconds, retrier.get("MaxDelaySeconds", MAX_DELAY_SECONDS))
        if retrier.get("JitterStrategy") == "FULL":
            return random.uniform(0.0, seconds)
        return float(seconds)
