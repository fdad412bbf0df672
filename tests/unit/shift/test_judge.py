"""What is a breach, what is too little to tell, and what is enough."""

from __future__ import annotations

from typing import Any

import pytest

from stepdeploy.shift.judge import Alarm, Counts, Evidence, judge, unfit
from stepdeploy.shift.policy import Policy

FINE = Counts(10, 10, 0)
OK = Alarm("a", "OK")


@pytest.mark.parametrize(
    ("least", "percent", "counts", "what"),
    [
        (5, 20, Counts(0, 0, 0), "wait"),
        (5, 20, Counts(9, 4, 0), "wait"),
        (5, 20, Counts(9, 5, 0), "go"),
        (5, 20, Counts(9, 5, 1), "go"),
        (5, 20, Counts(9, 5, 2), "back"),
        # One failure of the first execution may still be one in five; a second one can not.
        (5, 20, Counts(2, 1, 1), "wait"),
        (5, 20, Counts(2, 2, 2), "back"),
        (5, 0, Counts(1, 1, 1), "back"),
        (5, 0, Counts(5, 5, 0), "go"),
        (5, 100, Counts(5, 5, 5), "go"),
        (0, 20, Counts(0, 0, 0), "go"),
        (0, 20, Counts(1, 1, 1), "back"),
        (100, 1, Counts(90, 90, 1), "wait"),
        (100, 1, Counts(100, 100, 1), "go"),
        (100, 1, Counts(100, 100, 2), "back"),
    ],
)
def test_by_executions(least: int, percent: float, counts: Counts, what: str) -> None:
    policy = Policy(min_executions=least, max_failure_percent=percent)
    assert judge(policy, Evidence(counts)).what == what
    assert judge(policy, Evidence(None, counts)).what == what


def test_each_source_is_judged_for_itself() -> None:
    policy = Policy(min_executions=5, max_failure_percent=20)
    late = Counts(2, 2, 0)
    assert judge(policy, Evidence(FINE, late)).what == "go"
    assert judge(policy, Evidence(late, FINE)).what == "go"
    assert judge(policy, Evidence(late, late)).what == "wait"
    verdict = judge(policy, Evidence(FINE, Counts(8, 8, 4)))
    assert verdict.what == "back" and "4 of 8 executions that ended failed by its metrics" in verdict.reasons[0]


@pytest.mark.parametrize(
    ("state", "what"),
    [("OK", "go"), ("ALARM", "back"), ("MISSING", "back"), ("INSUFFICIENT_DATA", "wait")],
)
@pytest.mark.parametrize("treats", ["missing", "ignore", "breaching", "notBreaching"])
def test_by_alarms_unknown_is_not_health(state: str, what: str, treats: str) -> None:
    """Whatever an alarm makes of missing data: until it has a state of its own, nothing is known."""
    found = judge(Policy(alarms=("a",)), Evidence(FINE, None, (OK, Alarm("b", state, "too high", treats))))
    assert found.what == what
    assert bool(found.reasons) == (what != "go")


def test_reasons_name_what_is_wrong() -> None:
    evidence = Evidence(Counts(9, 4, 3), None, (Alarm("Slow", "ALARM", "1 of 1 datapoints"),))
    assert judge(Policy(), evidence).reasons == (
        "3 of 4 executions that ended failed (more than 20 % may not, counted as at least 5)",
        "the alarm Slow is in ALARM: 1 of 1 datapoints",
    )
    waiting = judge(Policy(), Evidence(Counts(1, 1, 0), None, (Alarm("Slow", "INSUFFICIENT_DATA"),)))
    assert waiting.reasons == (
        "1 of 5 executions have ended in this step",
        "the alarm Slow has no data yet (INSUFFICIENT_DATA; it treats missing data as missing)",
    )


@pytest.mark.parametrize(
    ("state", "why"),
    [("MISSING", "there is no alarm x"), ("ALARM", "the alarm x is in ALARM already"), ("OK", None),
     ("INSUFFICIENT_DATA", None)],
)  # fmt: skip
def test_alarms_that_cannot_guard_a_release(state: str, why: Any) -> None:
    assert unfit((OK, Alarm("x", state))) == ((why,) if why else ())
