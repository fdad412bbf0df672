"""Rules with a rate: fired by wall clock. Cron expressions are refused when the rule is put.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from stepdeploy.local.events.eventbridge import Buses, event_of

_RATE = re.compile(r"rate\((\d+) (minute|minutes|hour|hours|day|days)\)")
_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}


def rate_seconds(expression: str | None) -> int | None:
    """Seconds between two firings; None for what is no rate."""
    found = _RATE.fullmatch((expression or "").strip())
    if found is None or int(found[1]) == 0:
        return None
    return int(found[1]) * _SECONDS[found[2].removesuffix("s")]


class Schedules:
    """Counts from when a rule is first seen enabled: since it was put, or since the server started."""

    def __init__(self, buses: Buses, account: str) -> None:
        self._buses = buses
        self._account = account
        self._due: dict[tuple[str, str], float] = {}

    def tick(self, rules: Iterable[Any], now: float) -> None:
        """Fire what is due. rules: all rules that have a schedule, moto's. now: seconds of any clock that runs on."""
        seen = set()
        for rule in rules:
            seconds = rate_seconds(rule.scheduled_expression)
            if seconds is None or rule.state != "ENABLED":
                continue
            key = (rule.arn, rule.scheduled_expression)
            seen.add(key)
            if now >= self._due.setdefault(key, now + seconds):
                self._due[key] = now + seconds
                self._fire(rule)
        self._due = {key: due for key, due in self._due.items() if key in seen}

    def _fire(self, rule: Any) -> None:
        event = event_of(
            "aws.events",
            "Scheduled Event",
            {},
            account=self._account,
            region=rule.region_name,
            resources=[rule.arn],
        )
        self._buses.fire(rule, event)
