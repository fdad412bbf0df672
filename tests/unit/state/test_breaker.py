"""The circuit breaker: what an outage costs, one probe at a time, and clocks and items that are wrong."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from common import breaker, state
from common.breaker import CLOSED, HALF_OPEN, OPEN, Record, Settings, Verdict
from common.errors import ConfigurationError, DatabaseError
from hypothesis import given, settings
from hypothesis import strategies as st

from .conftest import put

NOW = 1_795_435_200.0
RULES = Settings()
HOUR = 3600


def opened(api: str = "api", now: float = NOW) -> None:
    for _ in range(RULES.failures):
        breaker.failed(api, now)
    assert breaker.check(api, now=now) == OPEN


def test_enough_failures_in_the_window_open_it(table: Any) -> None:
    for second in range(RULES.failures - 1):
        breaker.failed("api", NOW + second)
        assert breaker.check("api", now=NOW + second) == CLOSED
    breaker.failed("api", NOW + 20)
    assert breaker.ask("api", now=NOW + 21) == Verdict(OPEN, NOW + 20 + RULES.open)
    assert breaker.check("other", now=NOW + 21) == CLOSED


def test_failures_of_long_ago_do_not_count(table: Any) -> None:
    for number in range(40):
        breaker.failed("api", NOW + number * 40)
        assert breaker.check("api", now=NOW + number * 40) == CLOSED


def test_one_probe_decides(table: Any) -> None:
    opened()
    later = NOW + RULES.open + 1
    assert breaker.check("api", "first", later) == HALF_OPEN
    assert breaker.ask("api", "second", later) == Verdict(OPEN, later + RULES.probe)
    assert breaker.check("api", "first", later + 5) == HALF_OPEN, "the probe stays the probe"
    breaker.failed("api", later + 6)
    assert breaker.check("api", "second", later + 7) == OPEN
    again = later + 6 + RULES.open
    assert breaker.check("api", "second", again) == HALF_OPEN
    breaker.succeeded("api", again + 1)
    assert breaker.check("api", "third", again + 1) == CLOSED


def test_nameless_callers_are_never_the_probe_twice(table: Any) -> None:
    opened()
    later = NOW + RULES.open
    assert [breaker.check("api", now=later) for _ in range(3)] == [HALF_OPEN, OPEN, OPEN]


def test_a_probe_that_dies_is_given_up(table: Any) -> None:
    opened()
    later = NOW + RULES.open
    assert breaker.check("api", "dies", later) == HALF_OPEN
    assert breaker.check("api", "next", later + RULES.probe - 1) == OPEN
    assert breaker.check("api", "next", later + RULES.probe) == HALF_OPEN
    assert breaker.check("api", "dies", later + RULES.probe + 1) == OPEN


def test_reports_of_latecomers_change_nothing_while_open(table: Any) -> None:
    opened()
    before = state.read("breaker#api", "breaker")
    breaker.failed("api", NOW + 100)
    breaker.succeeded("api", NOW + 100)
    assert state.read("breaker#api", "breaker") == before


def outage(api: str, callers: int, seconds: int, *, up: Any) -> tuple[int, int]:
    """So many callers a second ask and call; gives the calls that failed and those that were answered."""
    failed = answered = 0
    for second in range(seconds):
        now = NOW + second
        allowed = [breaker.check(api, f"{second}-{caller}", now) != OPEN for caller in range(callers)]
        for _ in range(sum(allowed)):
            if up(second):
                answered += 1
                breaker.succeeded(api, now)
            else:
                failed += 1
                breaker.failed(api, now)
    return failed, answered


def test_an_hour_of_outage_costs_the_threshold_and_the_probes(table: Any) -> None:
    """Two callers a second. All failures are: the ten that open it, those under way beside them, a probe in 5 min."""
    failed, answered = outage("api", 2, HOUR + 600, up=lambda second: second >= HOUR)
    probes = HOUR // RULES.open
    assert failed <= RULES.failures + 1 + probes
    assert failed >= RULES.failures + probes - 1, "it would prove nothing if the probes were not sent"
    assert answered >= 2 * (600 - RULES.open), "it recovers within one opening of the outage's end"


def test_an_api_that_comes_and_goes_costs_half(table: Any) -> None:
    """Up for a minute, down for a minute, for half an hour: every way through costs at most half the threshold."""
    failed, _ = outage("api", 1, HOUR // 2, up=lambda second: second // 60 % 2 == 0)
    assert failed <= RULES.failures + (HOUR // 2 / RULES.open) * (RULES.failures / 2 + 1)


def test_many_callers_at_once_one_probe(one_at_a_time: None) -> None:
    opened()
    verdicts: list[str] = []
    barrier = threading.Barrier(24)

    def caller(number: int) -> None:
        barrier.wait()
        verdicts.append(breaker.check("api", f"execution-{number}", NOW + RULES.open))

    run_threads([threading.Thread(target=caller, args=(number,)) for number in range(24)])
    assert sorted(verdicts) == [HALF_OPEN] + [OPEN] * 23


def test_many_failures_at_once_open_it(one_at_a_time: None) -> None:
    run_threads([threading.Thread(target=breaker.failed, args=("api", NOW)) for _ in range(30)])
    assert breaker.check("api", now=NOW) == OPEN


def run_threads(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("jump", [-7200, 7200])
def test_a_clock_that_jumps_does_not_lock_it(table: Any, jump: int) -> None:
    """It was opened by a clock that is off. By the right clock it is open no longer than it should be, then probed."""
    opened(now=NOW + jump)
    assert breaker.check("api", "one", NOW + RULES.open + 1) == HALF_OPEN
    assert breaker.check("api", "two", NOW + RULES.open + 2) == OPEN
    breaker.succeeded("api", NOW + RULES.open + 3)
    assert breaker.check("api", "two", NOW + RULES.open + 4) == CLOSED


def test_a_probe_of_the_future_holds_nobody_off(table: Any) -> None:
    opened()
    assert breaker.check("api", "ahead", NOW + 50_000) == HALF_OPEN
    assert breaker.check("api", "right", NOW + RULES.open) == HALF_OPEN


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["ask", "succeeded", "failed"]), st.integers(-4000, 4000), st.integers(0, 3)),
        max_size=80,
    )
)
def test_whatever_happens_it_can_be_used_again(events: list[tuple[str, int, int]]) -> None:
    """Any reports at any times, clocks that run back and forth: a probe is due within one opening and one probe."""
    record, now = Record(), NOW
    for event, jump, caller in events:
        now += jump
        if event == "ask":
            _, record = breaker.on_ask(record, now, RULES, str(caller))
        else:
            record = {"succeeded": breaker.on_success, "failed": breaker.on_failure}[event](record, now, RULES)
        assert len(record.failures) < RULES.failures
    later = now + RULES.open + RULES.probe
    assert breaker.on_ask(record, later, RULES, "new")[0].state in (CLOSED, HALF_OPEN)
    assert breaker.on_ask(record, now, RULES, "new")[0].retry_at <= later + 5


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"state": {"S": "ajar"}},
        {"state": {"N": "1"}, "failures": {"S": "many"}},
        {"state": {"S": "open"}, "failures": {"L": [{"S": "x"}]}, "opened_at": {"N": "1"}, "probe_until": {"N": "0"}},
        {"state": {"S": "open"}, "failures": {"NULL": True}, "version": {"S": "one"}},
        {"state": {"S": "open"}, "failures": {"L": []}, "opened_at": {"M": {}}, "version": {"N": "3.5"}},
    ],
)
def test_an_unreadable_breaker_is_closed_and_repaired(
    table: Any, attributes: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    put(table, "breaker#api", "breaker", **attributes)
    assert breaker.check("api", now=NOW) == CLOSED
    assert "breaker unreadable" in capsys.readouterr().out
    opened()


def test_a_report_never_fails_and_a_question_does(table: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_TABLE", "NoSuchTable")
    breaker.failed("api")
    breaker.succeeded("api")
    with pytest.raises(ConfigurationError):
        breaker.check("api")


def test_endless_interference(table: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    opened()
    monkeypatch.setattr(breaker.state, "swap", lambda *_: False)
    monkeypatch.setattr(breaker.time, "sleep", lambda _: None)
    breaker.failed("api", NOW + RULES.open)
    assert "breaker not told" in capsys.readouterr().out
    with pytest.raises(DatabaseError, match="by others"):
        breaker.check("api", now=NOW + RULES.open)


def test_opening_is_a_metric(table: Any, capsys: pytest.CaptureFixture[str]) -> None:
    opened()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["BreakerOpened"] for line in lines if line["message"] == "breaker"] == [1]


def test_settings_come_from_the_environment(table: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BREAKER_FAILURES", "2")
    monkeypatch.setenv("BREAKER_OPEN_SECONDS", "7.5")
    for _ in range(2):
        breaker.failed("api", NOW)
    assert breaker.ask("api", now=NOW) == Verdict(OPEN, NOW + 7.5)


@pytest.mark.parametrize("text", ["0", "many", "-1", "nan", "1e9"])
def test_bad_settings_are_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("BREAKER_FAILURES", text)
    with pytest.raises(ConfigurationError, match="BREAKER_FAILURES"):
        breaker.settings_from_environment()
