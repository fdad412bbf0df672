"""Where bills are on record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from stepdeploy.cost.record import key_of, months, started_of


def test_a_key_is_of_the_month_in_utc() -> None:
    started = started_of(datetime(2026, 11, 30, 23, 30, 0, 999_999, tzinfo=timezone(timedelta(hours=-1))))
    assert started == "2026-12-01T00:30:00+00:00"
    assert key_of("P-dev", started, "tesla") == {"pk": {"S": "costs#P-dev#2026-12"}, "sk": {"S": f"{started}#tesla"}}


def test_every_month_of_a_span() -> None:
    start = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)
    assert list(months(start, datetime(2027, 2, 1, tzinfo=UTC))) == ["2026-11", "2026-12", "2027-01", "2027-02"]
    assert list(months(start, start)) == ["2026-11"]
