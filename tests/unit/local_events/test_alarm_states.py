"""Alarm states: the tables of AWS's page on missing data, and the reasons."""

from __future__ import annotations

import pytest

from stepdeploy.local.events.alarm_states import EXTRA_PERIODS, Datapoint, Rule, judge

KEEP = "INSUFFICIENT_DATA"
ABOVE_ONE = "GreaterThanThreshold"


def judged(points: str, wanted: int, missing: str, current: str = KEEP) -> str:
    """points: oldest first; 0 does not breach, X does, - is missing. Three evaluation periods."""
    values = {"0": 0.0, "X": 2.0}
    window = [Datapoint(60.0 * at, values[one]) if one in values else None for at, one in enumerate(points.split())]
    assert len(window) == 3 + EXTRA_PERIODS
    return judge(Rule(ABOVE_ONE, 1, 3, wanted, missing), window, current).state


# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html, in the order of its
# columns: missing, ignore, breaching, notBreaching.
THREE_OF_THREE = [
    ("0 - X - X", "OK", "OK", "OK", "OK"),
    ("0 - - - -", "OK", "OK", "OK", "OK"),
    ("- - - - -", "INSUFFICIENT_DATA", KEEP, "ALARM", "OK"),
    ("0 X X - X", "ALARM", "ALARM", "ALARM", "ALARM"),
    ("- - X - -", "ALARM", KEEP, "ALARM", "OK"),
]
TWO_OF_THREE = [
    ("0 - X - X", "ALARM", "ALARM", "ALARM", "ALARM"),
    ("0 0 X 0 X", "ALARM", "ALARM", "ALARM", "ALARM"),
    ("0 - X - -", "OK", "OK", "ALARM", "OK"),
    ("- - - - 0", "OK", "OK", "ALARM", "OK"),
    ("- - - X -", "ALARM", KEEP, "ALARM", "OK"),
]


@pytest.mark.parametrize(
    ("wanted", "row"), [*((3, row) for row in THREE_OF_THREE), *((2, row) for row in TWO_OF_THREE)]
)
def test_missing_data_as_in_the_tables_of_aws(wanted: int, row: tuple[str, ...]) -> None:
    points, *expected = row
    found = [judged(points, wanted, missing) for missing in ("missing", "ignore", "breaching", "notBreaching")]
    assert found == expected


@pytest.mark.parametrize("points", ["- - - - X", "- - - X -"])
@pytest.mark.parametrize("current", ["OK", "INSUFFICIENT_DATA"])
def test_one_young_breaching_point_is_not_yet_an_alarm_for_three(points: str, current: str) -> None:
    assert judged(points, 3, "missing", current) == current


@pytest.mark.parametrize(
    ("comparison", "breaching"),
    [
        ("GreaterThanThreshold", [False, False, True]),
        ("GreaterThanOrEqualToThreshold", [False, True, True]),
        ("LessThanThreshold", [True, False, False]),
        ("LessThanOrEqualToThreshold", [True, True, False]),
    ],
)
def test_comparisons(comparison: str, breaching: list[bool]) -> None:
    rule = Rule(comparison, 5, 1, 1)
    assert [rule.breaches(value) for value in (4, 5, 6)] == breaching


def test_a_band_is_not_known() -> None:
    assert not Rule("GreaterThanUpperThreshold", 0, 1, 1).known


def test_reasons() -> None:
    rule = Rule("GreaterThanOrEqualToThreshold", 1, 1, 1, "notBreaching")
    at = 1_700_000_000.0
    window = [None, None, Datapoint(at, 2.0)]
    assert judge(rule, window, "OK").reason == (
        "Threshold Crossed: 1 out of the last 1 datapoints [2.0 (14/11/23 22:13:20)] was greater than or equal to "
        "the threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition)."
    )
    calm = judge(rule, [None, None, Datapoint(at, 0.0)], "ALARM")
    assert "[0.0 (14/11/23 22:13:20)] was not greater than or equal to the threshold (1.0)" in calm.reason
    assert judge(rule, [None] * 3, "ALARM").reason == (
        "Threshold Crossed: no datapoints were received for 1 period "
        "and 1 missing datapoint was treated as [NonBreaching]."
    )
    unknown = judge(Rule("LessThanThreshold", 1, 2, 2), [None] * 4, "OK")
    assert unknown.reason == "Insufficient Data: 2 datapoints were unknown."
