"""One extraction of a company at a time."""

from __future__ import annotations

import random
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from common import claims, state
from common.claims import Busy, Claimed
from common.errors import ConfigurationError

from .conftest import MACHINE, put

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ONE, TWO = f"{MACHINE}:one", f"{MACHINE}:two"


def test_the_first_has_it_and_the_second_learns_who(table: Any) -> None:
    assert claims.claim("apple-inc", ONE, 600, NOW) == Claimed(NOW + timedelta(minutes=10), False)
    answer = claims.claim("apple-inc", TWO, 600, NOW + timedelta(seconds=30))
    assert answer == Busy(NOW + timedelta(minutes=10), ONE, NOW)
    assert isinstance(claims.claim("tesla-inc", TWO, 600, NOW), Claimed)


def test_the_same_execution_keeps_its_claim(table: Any) -> None:
    claims.claim("apple-inc", ONE, 600, NOW)
    later = NOW + timedelta(minutes=9)
    assert claims.claim("apple-inc", ONE, 600, later) == Claimed(later + timedelta(minutes=10), False)
    assert isinstance(claims.claim("apple-inc", TWO, 600, later), Busy)


def test_a_release_frees_it_and_is_told(table: Any) -> None:
    claims.claim("apple-inc", ONE, 600, NOW)
    assert claims.release("apple-inc", TWO) is False
    assert claims.release("apple-inc", ONE, "s3://bucket/key") is True
    assert claims.release("apple-inc", ONE) is False
    item = state.read("claim#apple-inc", "claim")
    assert item is not None and (item["result"], item["released_by"]) == ("s3://bucket/key", ONE)
    assert claims.claim("apple-inc", TWO, 600, NOW) == Claimed(NOW + timedelta(minutes=10), True)


def test_releasing_what_was_never_claimed_is_harmless(table: Any) -> None:
    assert claims.release("apple-inc", ONE) is False
    assert state.read("claim#apple-inc", "claim") is None


def test_a_claim_expires(table: Any) -> None:
    claims.claim("apple-inc", ONE, 600, NOW)
    assert isinstance(claims.claim("apple-inc", TWO, 600, NOW + timedelta(seconds=599)), Busy)
    assert isinstance(claims.claim("apple-inc", TWO, 600, NOW + timedelta(seconds=601)), Claimed)
    assert claims.release("apple-inc", ONE) is False, "it is the second's now"
    assert isinstance(claims.claim("apple-inc", ONE, 600, NOW + timedelta(seconds=602)), Busy)


def test_the_claim_of_an_execution_that_has_ended_counts_for_nothing(table: Any) -> None:
    claims.claim("apple-inc", ONE, 600, NOW)
    assert isinstance(claims.claim("apple-inc", TWO, 600, NOW, dead="another"), Busy)
    assert isinstance(claims.claim("apple-inc", TWO, 600, NOW, dead=ONE), Claimed)
    assert isinstance(claims.claim("apple-inc", f"{MACHINE}:three", 600, NOW, dead=ONE), Busy)


def test_of_many_at_once_one_gets_it(one_at_a_time: None) -> None:
    answers: list[Any] = []
    barrier = threading.Barrier(24)

    def ask(number: int) -> None:
        barrier.wait()
        answers.append(claims.claim("apple-inc", f"{MACHINE}:{number}", 600))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    holders = {answer.execution_id for answer in answers if isinstance(answer, Busy)}
    assert sum(isinstance(answer, Claimed) for answer in answers) == 1
    assert len(holders) == 1


@pytest.mark.parametrize("jump", [-86_000, -3600, 3600, 80_000])
def test_a_clock_that_jumps_takes_no_running_claim_and_leaves_none_for_ever(table: Any, jump: int) -> None:
    claims.claim("apple-inc", ONE, 600, NOW + timedelta(seconds=jump))
    if jump > 0:
        assert isinstance(claims.claim("apple-inc", TWO, 600, NOW), Busy)
    assert isinstance(claims.claim("apple-inc", TWO, 600, NOW + timedelta(seconds=max(jump, 0) + 601)), Claimed)


@pytest.mark.parametrize("until", ["9999-01-01T00:00:00.000Z", "soon", "", "0"])
def test_an_impossible_end_holds_nobody_off(table: Any, until: str) -> None:
    put(table, "claim#apple-inc", "claim", execution_id={"S": ONE}, until={"S": until})
    assert isinstance(claims.claim("apple-inc", TWO, 600, NOW), Claimed)


def test_poisoned_items_are_claimed_or_reported_as_busy(table: Any) -> None:
    chance = random.Random(5)
    values = [{"S": ""}, {"S": "é" * 40}, {"N": "-1"}, {"N": "7.5"}, {"BOOL": True}, {"NULL": True}, {"L": []},
              {"M": {}}, {"SS": ["a"]}, {"B": b"x"}, {"S": "2026-11-23T12:05:00.000Z"}]  # fmt: skip
    for number in range(300):
        names = ("until", "execution_id", "claimed_at", "expires_at", "released_by")
        put(
            table,
            f"claim#c-{number}",
            "claim",
            **{name: chance.choice(values) for name in names if chance.random() < 0.8},
        )
        answer = claims.claim(f"c-{number}", ONE, 600, NOW)
        assert isinstance(answer, (Claimed, Busy))
        if isinstance(answer, Busy):
            assert NOW < answer.until < NOW + timedelta(days=1)
            assert isinstance(claims.claim(f"c-{number}", ONE, 600, answer.until + timedelta(seconds=1)), Claimed)


def test_no_table_is_a_configuration_error(table: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_TABLE", "")
    with pytest.raises(ConfigurationError, match="STATE_TABLE"):
        claims.claim("apple-inc", ONE, 600)
