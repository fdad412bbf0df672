"""The shared budget: no window sees more than its calls, nearly all of the limit is used, no two get one slot."""

from __future__ import annotations

import itertools
import random
import threading
import time
from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from common import aws, budget, state
from common.budget import Rate, Reservation
from common.errors import ApiBudgetExhausted, ConfigurationError, DatabaseError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import API_RATES, put

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SERPER = Rate(60, 60, 5)
NOVA = Rate(100, 60, 10)
EDGAR = Rate(10, 1, 5)
# A window is half-open; what floats lose at its edge is less than this.
EDGE = 1e-5
NUMBERS = itertools.count()


def call_times(reservation: Reservation) -> list[float]:
    first = reservation.not_before.timestamp()
    return [first + index * reservation.interval_seconds for index in range(reservation.calls)]


def fullest_window(times: list[float], seconds: float) -> int:
    """The most calls that any window of so many seconds holds; the fullest begins with a call."""
    ordered = sorted(times)
    return max(bisect_left(ordered, begin + seconds - EDGE) - index for index, begin in enumerate(ordered))


@pytest.mark.parametrize("rate", [SERPER, NOVA, EDGAR], ids=["serper", "nova", "edgar"])
def test_300_callers_at_once_use_the_limit_and_keep_it(table: Any, rate: Rate) -> None:
    times = [budget.reserve("api", 1, rate, START).not_before.timestamp() for _ in range(300)]
    assert fullest_window(times, rate.per_seconds) <= rate.calls
    ideal = 300 / rate.calls * rate.per_seconds
    assert ideal / (max(times) - START.timestamp()) >= 0.95
    assert times == sorted(times)
    assert sum(moment == START.timestamp() for moment in times) == rate.burst


@pytest.mark.parametrize("rate", [SERPER, NOVA, EDGAR], ids=["serper", "nova", "edgar"])
def test_calls_that_are_late_keep_the_limit_too(table: Any, rate: Rate) -> None:
    chance = random.Random(7)
    late = rate.window / 1e6 - rate.per_seconds
    assert late > 0
    times = [budget.reserve("api", 1, rate, START).not_before.timestamp() for _ in range(300)]
    for _ in range(50):
        made = [moment + chance.uniform(0, late) for moment in times]
        assert fullest_window(made, rate.per_seconds) <= rate.calls


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rate=st.builds(
        lambda calls, share, seconds: Rate(calls, seconds, max(1, calls * share // 100)),
        st.integers(1, 12),
        st.integers(1, 100),
        st.sampled_from([0.5, 1.0, 60.0]),
    ),
    asked=st.lists(st.tuples(st.floats(0, 1.5), st.integers(1, 4)), min_size=1, max_size=60),
)
def test_no_pattern_of_demand_breaks_the_limit(table: Any, rate: Rate, asked: list[tuple[float, int]]) -> None:
    """Pauses (in windows) and sizes as hypothesis likes them: lulls, bursts, full load, one after the other."""
    api = f"api-{next(NUMBERS)}"
    now, times = START, []
    for pause, calls in asked:
        now += timedelta(seconds=pause**4 * rate.per_seconds)
        reservation = budget.reserve(api, calls, rate, now)
        assert reservation.not_before >= now - timedelta(milliseconds=1)
        times += call_times(reservation)
    assert fullest_window(times, rate.per_seconds) <= rate.calls


def test_an_idle_api_lets_a_burst_go_again(table: Any) -> None:
    for _ in range(20):
        budget.reserve("api", 1, SERPER, START)
    later = START + timedelta(minutes=5)
    answers = [budget.reserve("api", 1, SERPER, later).not_before for _ in range(7)]
    assert [answer == later for answer in answers] == [True] * 5 + [False] * 2


def test_threads_get_slots_of_their_own(one_at_a_time: None) -> None:
    """300 callers in 30 threads at one moment: as many different slots as callers, and few calls to DynamoDB."""
    calls: list[str] = []
    aws.client("dynamodb").meta.events.register(
        "before-call.dynamodb", lambda model, **_: calls.append(model.name), unique_id="count"
    )
    times: list[float] = []
    barrier = threading.Barrier(30)

    def caller() -> None:
        barrier.wait()
        for _ in range(10):
            times.append(budget.reserve("api", 1, Rate(60, 60, 1), START).not_before.timestamp())

    threads = [threading.Thread(target=caller) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(times) == len(set(times)) == 300
    assert fullest_window(times, 60) <= 60
    assert len(calls) <= 300 + 3 * 30


def test_too_far_away_is_an_error_that_takes_nothing(table: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_BUDGET_WAIT_SECONDS", "10")
    last = [budget.reserve("api", 1, SERPER, START) for _ in range(10)][-1]
    assert last.not_before < START + timedelta(seconds=10)
    before = state.read("budget#api", "budget")
    for _ in range(3):
        with pytest.raises(ApiBudgetExhausted, match="is 10 s away"):
            budget.reserve("api", 1, SERPER, START)
    assert state.read("budget#api", "budget") == before
    assert budget.reserve("api", 1, SERPER, START + timedelta(seconds=5)).not_before > last.not_before


@pytest.mark.parametrize("jump", [-86_000, -3600, -1, 1, 600, 3600])
def test_a_clock_that_jumps_does_not_break_the_limit(table: Any, jump: int) -> None:
    """Each second caller's clock is off; the times that both are given keep the limit all the same."""
    times = []
    for number in range(80):
        now = START + timedelta(seconds=number * 0.2)
        if number % 2:
            now += timedelta(seconds=jump)
        try:
            reservation = budget.reserve("api", 1, SERPER, now)
        except ApiBudgetExhausted:
            continue
        times.append(reservation.not_before.timestamp())
    assert len(times) >= 40
    assert fullest_window(times, 60) <= 60


@pytest.mark.parametrize(
    "tat",
    [{"S": "soon"}, {"BOOL": True}, {"L": []}, {"NULL": True}, {"M": {}}, {"N": "1e30"}, {"N": "99999999999999999"}],
)
def test_a_poisoned_schedule_is_replaced_one_window_from_now(table: Any, tat: dict[str, Any]) -> None:
    put(table, "budget#api", "budget", tat=tat, burst_from={"S": "?"})
    first = budget.reserve("api", 1, SERPER, START).not_before
    assert timedelta(seconds=60) <= first - START < timedelta(seconds=64)
    assert budget.reserve("api", 1, SERPER, START).not_before > first


@pytest.mark.parametrize("tat", [{"N": "-5"}, {"N": "0.25"}, {"N": "17"}])
def test_an_old_schedule_is_an_idle_one(table: Any, tat: dict[str, Any]) -> None:
    put(table, "budget#api", "budget", tat=tat, burst_from={"L": []})
    assert budget.reserve("api", 1, SERPER, START).not_before == START


def test_our_clock_follows_dynamodbs_when_it_is_far_off(table: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    right = time.time()
    monkeypatch.setattr(state.time, "time", lambda: right + 7200)
    state.read("any", "item")
    assert abs(state.now() - right) < 3
    not_before = budget.reserve("api", 1, SERPER).not_before.timestamp()
    assert abs(not_before - right) < 5


def test_throttling_is_a_database_error(table: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_TABLE", "NoSuchTable")
    with pytest.raises(ConfigurationError, match="ResourceNotFoundException"):
        budget.reserve("api", 1, SERPER, START)
    monkeypatch.delenv("STATE_TABLE")
    with pytest.raises(ConfigurationError, match="STATE_TABLE"):
        budget.reserve("api", 1, SERPER, START)


def test_endless_interference_ends_in_an_error(table: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget.state, "update", lambda *_, **__: state.Updated(False, None))
    with pytest.raises(DatabaseError, match="by others"):
        budget.reserve("api", 1, SERPER, START)


def test_rates_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_RATES", API_RATES)
    assert budget.rates() == {"serper": SERPER, "nova": NOVA, "edgar": EDGAR._replace(late_seconds=0.25)}


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", "7", '{"a": 1}', '{"a": {}}', '{"a": {"calls": 0, "per_seconds": 1}}',
     '{"a": {"calls": 5, "per_seconds": 1, "burst": 6}}', '{"a": {"calls": 5, "per_seconds": NaN}}',
     '{"a": {"calls": true, "per_seconds": 1}}', '{"a": {"calls": "5", "per_seconds": 1}}',
     '{"a": {"calls": 5, "per_seconds": 1, "late_seconds": -1}}', '{"a": {"calls": 5, "per_second": 1}}'],
)  # fmt: skip
def test_bad_rates_are_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("API_RATES", text)
    with pytest.raises(ConfigurationError, match="API_RATES"):
        budget.rates()


@pytest.mark.parametrize("text", ["-1", "soon", "nan", "inf"])
def test_a_bad_longest_wait_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("MAX_BUDGET_WAIT_SECONDS", text)
    with pytest.raises(ConfigurationError, match="MAX_BUDGET_WAIT_SECONDS"):
        budget.max_wait_seconds()
