"""The progress deadline."""

from __future__ import annotations

import signal
import socket
import threading
import time

import pytest
from common import progress
from common.errors import PipelineError, ProgressStalled


def test_standing_still_is_ended_from_inside() -> None:
    """A read that would wait for ever is interrupted."""
    ours, theirs = socket.socketpair()
    started = time.monotonic()
    with ours, theirs, pytest.raises(ProgressStalled, match=r"no progress for 0\.\d s"), progress.deadline(0.2):
        ours.recv(1)
    assert 0.15 < time.monotonic() - started < 2


def test_progress_keeps_it_alive() -> None:
    with progress.deadline(0.2):
        for _ in range(10):
            time.sleep(0.06)
            progress.tick()


def test_it_ends_when_progress_ends() -> None:
    started = time.monotonic()
    with pytest.raises(ProgressStalled), progress.deadline(0.2):
        for _ in range(4):
            time.sleep(0.05)
            progress.tick()
        time.sleep(5)
    assert 0.3 < time.monotonic() - started < 2


def test_swallowed_it_is_raised_again_by_the_next_tick() -> None:
    with pytest.raises(ProgressStalled), progress.deadline(0.1):
        try:
            time.sleep(5)
        except PipelineError:
            pass
        progress.tick()


def test_swallowed_it_is_raised_again_at_the_end() -> None:
    with pytest.raises(ProgressStalled), progress.deadline(0.1):
        try:
            time.sleep(5)
        except PipelineError:
            pass


def test_nothing_is_left_behind() -> None:
    def mine(*_: object) -> None:
        raise AssertionError

    before = signal.signal(signal.SIGALRM, mine)
    try:
        with progress.deadline(5):
            assert signal.getitimer(signal.ITIMER_REAL)[0] > 4
        assert signal.getsignal(signal.SIGALRM) is mine
        assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
        with pytest.raises(ProgressStalled), progress.deadline(0.05):
            time.sleep(5)
        assert signal.getsignal(signal.SIGALRM) is mine
        progress.tick()
    finally:
        signal.signal(signal.SIGALRM, before)


def test_other_errors_pass_through() -> None:
    with pytest.raises(ZeroDivisionError), progress.deadline(5):
        raise ZeroDivisionError
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_an_inner_deadline_is_left_to_the_outer() -> None:
    with progress.deadline(0.1):
        with pytest.raises(ProgressStalled), progress.deadline(60):
            time.sleep(5)
        progress._stalled = ""


def test_another_thread_can_tick() -> None:
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.05):
            progress.tick()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        with progress.deadline(0.2):
            time.sleep(0.6)
    finally:
        stop.set()
        thread.join()


def test_outside_the_main_thread_it_says_so_and_does_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    done: list[bool] = []

    def work() -> None:
        with progress.deadline(0.05):
            time.sleep(0.2)
            progress.tick()
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]
    assert "no progress deadline outside the main thread" in capsys.readouterr().out


def test_a_tick_costs_next_to_nothing() -> None:
    started = time.perf_counter()
    for _ in range(20_000):
        progress.tick()
    assert (time.perf_counter() - started) / 20_000 < 50e-6
