"""The limit on processes, and when idle ones end."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from lambda_fakes import ROLE, FakeWorld, api_call, code

from stepdeploy.local.functions.runner import pool as pool_module
from stepdeploy.local.functions.service import FunctionsService

SOURCE = "import os, time\ndef handler(seconds, c):\n    time.sleep(seconds)\n    return os.getpid()\n"


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FunctionsService]:
    """A service with two places, and the functions a, b and c."""
    monkeypatch.setenv("STEPDEPLOY_LOCAL_CONCURRENCY", "2")
    monkeypatch.setattr(pool_module, "WAIT_SECONDS", 10.0)
    service = FunctionsService(FakeWorld(tmp_path))  # type: ignore[arg-type]
    for name in "abc":
        params = {"FunctionName": name, "Runtime": "python3.11", "Handler": "handler.handler", "Role": ROLE}
        service.handle(api_call("CreateFunction", {**params, "Code": code(SOURCE), "Timeout": 20}))
    yield service
    service.close()


def invoke(service: FunctionsService, name: str, seconds: float) -> int:
    return int(json.loads(service.invoke(name, None, str(seconds).encode()).payload))


def together(service: FunctionsService, names: str, seconds: float) -> list[int]:
    pids: list[int] = []
    threads = [threading.Thread(target=lambda name=name: pids.append(invoke(service, name, seconds))) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return pids


def test_calls_beyond_the_limit_wait(small: FunctionsService) -> None:
    pids = together(small, "aaaaaa", 0.1)
    assert len(pids) == 6
    assert len(set(pids)) == 2


def test_an_idle_process_makes_room_for_another_function(small: FunctionsService) -> None:
    together(small, "ab", 0.3)
    assert small._pool.counts() == (0, 2)
    invoke(small, "c", 0)
    assert small._pool.counts() == (0, 2)


def test_many_calls_of_several_functions(small: FunctionsService) -> None:
    assert len(together(small, "abc" * 8, 0.01)) == 24
    busy, idle = small._pool.counts()
    assert busy == 0
    assert idle <= 2


def test_a_call_that_waits_too_long_is_throttled(small: FunctionsService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "WAIT_SECONDS", 0.2)
    threads = [threading.Thread(target=invoke, args=(small, "a", 1.5)) for _ in range(2)]
    for thread in threads:
        thread.start()
    while small._pool.counts()[0] < 2:
        time.sleep(0.01)
    with pytest.raises(Exception, match="Rate Exceeded"):
        invoke(small, "b", 0)
    for thread in threads:
        thread.join()


def test_a_process_that_died_while_idle_is_not_used(small: FunctionsService) -> None:
    import os
    import signal

    pid = invoke(small, "a", 0)
    os.kill(pid, signal.SIGKILL)
    time.sleep(0.1)
    assert invoke(small, "a", 0) != pid


def test_idle_processes_end(small: FunctionsService) -> None:
    small._pool._idle_seconds = 0.2
    invoke(small, "a", 0)
    deadline = time.monotonic() + 5
    while small._pool.counts() != (0, 0):
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize(("cores", "expected"), [(2, 16), (16, 48)])
def test_the_limit_follows_the_machine(cores: int, expected: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STEPDEPLOY_LOCAL_CONCURRENCY", raising=False)
    monkeypatch.setattr(pool_module.os, "cpu_count", lambda: cores)
    assert pool_module.cap() == expected
