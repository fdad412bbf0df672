"""Which state an alarm is in, from its points.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html and, for what is missing,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html. The window slides: the
newest period ends now. AWS looks at more periods than are asked for and does not say at how many; its examples look at
two more, and so do we.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

EXTRA_PERIODS = 2
OK, ALARM, INSUFFICIENT = "OK", "ALARM", "INSUFFICIENT_DATA"
_COMPARISONS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}


@dataclass(frozen=True)
class Rule:
    """What an alarm asks for. wanted: datapoints to alarm. missing: missing, ignore, breaching or notBreaching."""

    comparison: str
    threshold: float
    periods: int
    wanted: int
    missing: str = "missing"

    @property
    def known(self) -> bool:
        """False for anomaly detection bands."""
        return self.comparison in _COMPARISONS

    def breaches(self, value: float) -> bool:
        return _COMPARISONS[self.comparison][0](value, self.threshold)


@dataclass(frozen=True)
class Datapoint:
    """A period that has a value. start: seconds since 1970."""

    start: float
    value: float


@dataclass(frozen=True)
class Verdict:
    """The state, with the reason as AWS words it. points: those it was judged by, newest first."""

    state: str
    reason: str
    points: tuple[Datapoint, ...] = ()


def judge(rule: Rule, window: Sequence[Datapoint | None], current: str) -> Verdict:
    """window: one entry a period, oldest first, `rule.periods + EXTRA_PERIODS` of them; None for a missing one."""
    found = [point for point in window if point is not None]
    judged = tuple(reversed(found[-rule.periods :]))
    breaching = sum(rule.breaches(point.value) for point in judged)
    lacking = rule.periods - len(judged)
    if lacking <= 0:
        state = ALARM if breaching >= rule.wanted else OK
    elif rule.missing in ("breaching", "notBreaching"):
        state = ALARM if breaching + lacking * (rule.missing == "breaching") >= rule.wanted else OK
    elif not found:
        state = INSUFFICIENT if rule.missing == "missing" else current
    elif breaching >= rule.wanted:
        state = ALARM
    elif breaching < len(judged):
        state = OK
    else:
        state = _premature(rule, window, current)
    return Verdict(state, _reason(rule, judged, state, max(lacking, 0)), judged)


def _premature(rule: Rule, window: Sequence[Datapoint | None], current: str) -> str:
    """Too few points, all of them breaching: an alarm only where the oldest is old enough for better ones to have come."""
    if rule.missing == "ignore":
        return current
    first = next(index for index, point in enumerate(window) if point is not None)
    return ALARM if len(window) - first >= rule.wanted else current


def _reason(rule: Rule, judged: tuple[Datapoint, ...], state: str, lacking: int) -> str:
    filled = {"breaching": "Breaching", "notBreaching": "NonBreaching"}.get(rule.missing)
    if not judged:
        if state == INSUFFICIENT or filled is None:
            return f"Insufficient Data: {_datapoints(rule.periods)} {_were(rule.periods)} unknown."
        return (
            f"Threshold Crossed: no datapoints were received for {rule.periods} {_plural('period', rule.periods)} "
            f"and {lacking} missing {_plural('datapoint', lacking)} {_were(lacking)} treated as [{filled}]."
        )
    breaching = [point for point in judged if rule.breaches(point.value)]
    shown = breaching if state == ALARM and breaching else list(judged)
    values = ", ".join(f"{point.value} ({_short_time(point.start)})" for point in shown)
    words = _COMPARISONS[rule.comparison][1]
    negation = "" if state == ALARM or len(breaching) == len(judged) else "not "
    text = (
        f"Threshold Crossed: {len(shown)} out of the last {rule.periods} datapoints "
        f"[{values}] {_were(len(shown))} {negation}{words} the threshold ({float(rule.threshold)})"
    )
    return f"{text} (minimum {_datapoints(rule.wanted)} for {_transition(state)} transition)."


def _transition(state: str) -> str:
    return "OK -> ALARM" if state == ALARM else "ALARM -> OK"


def _short_time(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%d/%m/%y %H:%M:%S}"


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"


def _datapoints(count: int) -> str:
    return f"{count} {_plural('datapoint', count)}"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"
