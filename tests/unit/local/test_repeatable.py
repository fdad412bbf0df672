"""The same seed and instant give the same ids and dates."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from stepdeploy.local import repeatable

AT = datetime(2026, 5, 4, 3, 2, 1, 123457, UTC)


def draw() -> tuple[str, str, datetime]:
    return repeatable.new_id(), repeatable.new_id(), repeatable.now()


def test_same_seed_same_ids() -> None:
    with repeatable.repeating("seed", AT):
        first = draw()
    with repeatable.repeating("seed", AT):
        second = draw()
    with repeatable.repeating("other", AT):
        third = draw()
    assert first == second
    assert first[2] == AT
    assert set(first[:2]).isdisjoint(third[:2])
    assert len({*first[:2], *third[:2]}) == 4


def test_outside_ids_differ_and_time_goes_on() -> None:
    assert draw() != draw()
    assert abs((repeatable.now() - datetime.now(UTC)).total_seconds()) < 5
    assert not repeatable.is_repeating()


def test_suspended_work_takes_nothing_from_the_supply() -> None:
    with repeatable.repeating("seed", AT):
        expected = draw()
    with repeatable.repeating("seed", AT):
        with repeatable.suspended():
            assert not repeatable.is_repeating()
            assert repeatable.now() != AT
            repeatable.new_id()
        assert draw() == expected


def test_other_threads_are_free() -> None:
    seen: list[bool] = []
    with repeatable.repeating("seed", AT):
        thread = threading.Thread(target=lambda: seen.append(repeatable.is_repeating()))
        thread.start()
        thread.join()
        assert repeatable.is_repeating()
    assert seen == [False]
