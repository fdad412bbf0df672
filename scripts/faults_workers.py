"""Runs jobs side by side, each in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from faults_runs import in_child

JOB_SECONDS = 420.0
"""After so long a job is ended and counts as hung: two runs of the tool with their limits, and something for the server."""


@dataclass
class _Running:
    key: str
    pid: int
    deadline: float
    data: list[bytes] = field(default_factory=list)


def side_by_side(jobs: Iterable[tuple[str, Callable[[], Any]]], at_once: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """(key, what the job gave) as they end; {"crash": why} where it gave nothing. Ends all where the caller stops."""
    waiting = iter(jobs)
    running: dict[int, _Running] = {}
    try:
        while True:
            while len(running) < at_once and (job := next(waiting, None)):
                pid, descriptor = in_child(job[1])
                running[descriptor] = _Running(job[0], pid, time.monotonic() + JOB_SECONDS)
            if not running:
                return
            yield from _ended(running)
    finally:
        for one in running.values():
            _end(one.pid)


def one(work: Callable[[], Any]) -> Any:
    """A single job. Raises SystemExit with its traceback."""
    ((_, answer),) = side_by_side([("", work)], 1)
    if isinstance(answer, dict) and "crash" in answer:
        raise SystemExit(answer["crash"])
    return answer


def _ended(running: dict[int, _Running]) -> Iterator[tuple[str, Any]]:
    ready, _, _ = select.select(list(running), [], [], 1.0)
    for descriptor in ready:
        if data := os.read(descriptor, 1 << 20):
            running[descriptor].data.append(data)
            continue
        done = running.pop(descriptor)
        os.close(descriptor)
        os.waitpid(done.pid, 0)
        yield done.key, _answer(done)
    for descriptor, late in list(running.items()):
        if time.monotonic() > late.deadline:
            _end(late.pid)
            os.close(descriptor)
            del running[descriptor]
            yield late.key, {"crash": f"it had not ended after {JOB_SECONDS:.0f} s"}


def _answer(done: _Running) -> Any:
    try:
        return json.loads(b"".join(done.data))
    except ValueError:
        return {"crash": "its process died"}


def _end(pid: int) -> None:
    """End a job with the runs of the tool that it started: they are of its process group."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)
