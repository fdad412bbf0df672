"""An API that answers 429 is not down: it does not open its breaker, but all executions pause and take later places."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from common import answers, breaker, budget, retry_after, state
from common.api_use import guarded
from common.breaker import CLOSED, HALF_OPEN, OPEN, PAUSED, Settings, Verdict
from common.errors import ServiceUnavailable, UpstreamThrottled, UpstreamUnavailable

from .conftest import API_RATES, put

NOW = 1_795_435_200.0
RULES = Settings()
RATE = budget.Rate(60, 60, burst=5)


def call(error: Exception | None = None, api: str = "serper") -> None:
    """A guarded call that ends so."""
    with guarded(api, "e"):
        if error is not None:
            raise error


def opened(api: str, now: float) -> None:
    for _ in range(RULES.failures):
        breaker.failed(api, now)


def test_refusals_of_our_own_making_never_open_the_breaker(table: Any) -> None:
    for number in range(5 * RULES.failures):
        breaker.throttled("edgar", 1, NOW + number)
    assert breaker.check("edgar", now=NOW + 5 * RULES.failures + 1) == CLOSED


def test_failures_still_open_it_between_refusals(table: Any) -> None:
    for number in range(RULES.failures):
        breaker.throttled("api", 1, NOW + number)
        breaker.failed("api", NOW + number)
    assert breaker.check("api", now=NOW + RULES.failures) == OPEN


@pytest.mark.parametrize(
    ("api", "asked", "pause"),
    [
        ("serper", 20, 20),
        ("serper", None, 60),
        ("nova", None, 60),
        ("edgar", None, 600),
        ("edgar", 0, 1),
        ("x", 9e9, 3600),
    ],
)
def test_the_pause_is_what_the_api_asked_for(table: Any, api: str, asked: float | None, pause: float) -> None:
    breaker.throttled(api, asked, NOW)
    assert breaker.ask(api, now=NOW + pause - 0.5) == Verdict(PAUSED, NOW + pause)
    assert breaker.check(api, now=NOW + pause) == CLOSED


def test_a_pause_is_never_cut_short(table: Any) -> None:
    breaker.throttled("api", 300, NOW)
    breaker.throttled("api", 5, NOW + 1)
    breaker.succeeded("api", NOW + 2)
    breaker.failed("api", NOW + 3)
    assert breaker.ask("api", now=NOW + 4) == Verdict(PAUSED, NOW + 300)


def test_a_probe_that_is_told_to_slow_down_closes_the_breaker_and_pauses(table: Any) -> None:
    opened("api", NOW)
    later = NOW + RULES.open
    assert breaker.check("api", "probe", later) == HALF_OPEN
    breaker.throttled("api", 30, later + 1)
    assert breaker.check("api", "next", later + 2) == PAUSED
    assert breaker.check("api", "next", later + 31) == CLOSED


def test_a_latecomers_refusal_changes_nothing_while_open(table: Any) -> None:
    opened("api", NOW)
    before = state.read("breaker#api", "breaker")
    breaker.throttled("api", 30, NOW + 5)
    assert state.read("breaker#api", "breaker") == before


def test_a_pause_by_a_clock_that_was_wrong_does_not_last(table: Any) -> None:
    breaker.throttled("api", 60, NOW + 10 * breaker.MAX_PAUSE)
    assert breaker.check("api", now=NOW) == CLOSED
    breaker.throttled("api", 60, NOW)
    assert breaker.ask("api", now=NOW) == Verdict(PAUSED, NOW + 60)


def test_a_record_of_before_there_were_pauses_is_read(table: Any) -> None:
    old = {"state": {"S": "closed"}, "failures": {"L": [{"N": str(NOW)}] * 9}, "probe_by": {"S": ""}}
    put(table, "breaker#api", "breaker", **old, opened_at={"N": "0"}, probe_until={"N": "0"}, version={"N": "1"})
    assert breaker.check("api", now=NOW) == CLOSED
    breaker.failed("api", NOW)
    assert breaker.check("api", now=NOW) == OPEN


def test_a_guarded_call_that_is_refused_pauses_the_api_for_all(table: Any) -> None:
    with pytest.raises(UpstreamThrottled):
        call(UpstreamThrottled("429", retry_after=30))
    with pytest.raises(UpstreamThrottled, match="not called yet"):
        call()
    assert breaker.check("serper") == PAUSED
    call(api="nova")


def test_a_guarded_call_that_is_not_answered_counts(table: Any) -> None:
    for _ in range(RULES.failures):
        with pytest.raises(UpstreamUnavailable):
            call(UpstreamUnavailable("503"))
    with pytest.raises(ServiceUnavailable):
        call()


def test_places_begin_after_the_pause_one_after_the_other(table: Any) -> None:
    first = budget.reserve("serper", 1, RATE, datetime.fromtimestamp(NOW, UTC))
    assert first.not_before.timestamp() == NOW
    budget.hold("serper", NOW + 90)
    budget.hold("serper", NOW + 60)  # another one, who was told earlier
    found = [budget.reserve("serper", 1, RATE, datetime.fromtimestamp(NOW + 1, UTC)) for _ in range(3)]
    places = [place.not_before.timestamp() - NOW for place in found]
    assert places == pytest.approx([90 + number * RATE.interval / 1e6 for number in range(3)])


def test_the_reservation_of_a_paused_api_waits_for_it(
    table: Any, function: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_RATES", API_RATES)
    reserve = function("reserve_api_budget").lambda_handler
    before = state.now()
    breaker.throttled("serper", 120)
    bodies = [reserve({"api": "serper", "calls": 1, "execution_id": "e"}, None)["body"] for _ in range(2)]
    assert [(body["allowed"], body["state"]) for body in bodies] == [(True, PAUSED)] * 2
    waits = [body["wait_seconds"] + state.now() - before for body in bodies]
    assert waits[0] == pytest.approx(120, abs=2) and waits[1] == pytest.approx(waits[0] + RATE.interval / 1e6, abs=2)


def test_edgars_page_about_the_rate_pauses_it_for_ten_minutes(table: Any) -> None:
    """It says nothing of seconds."""
    error = answers.unexpected_type(
        "https://www.sec.gov/x", "text/html", ("application/json",), b"Request Rate Threshold Exceeded"
    )
    assert isinstance(error, UpstreamThrottled) and error.retry_after is None
    with pytest.raises(UpstreamThrottled):
        call(error, "edgar")
    assert breaker.ask("edgar").retry_at == pytest.approx(state.now() + 600, abs=3)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("600", 600.0), (" 5 ", 5.0), ("", None), ("soon", None), ("-1", None), ("Mon, 01 Jan 2024 00:00:00 GMT", 0.0)],
)
def test_retry_after_is_seconds_or_a_date(text: str, seconds: float | None) -> None:
    assert retry_after.seconds(text) == seconds


def test_throttling_is_a_metric_of_the_api(table: Any, capsys: pytest.CaptureFixture[str]) -> None:
    breaker.throttled("edgar", 30)
    breaker.throttled("edgar", 1)  # changes nothing
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["ApiThrottled"], line["Api"]) for line in lines if "ApiThrottled" in line] == [(1, "edgar")]
