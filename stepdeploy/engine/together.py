"""Reads that do not need one another, in one round trip."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def together(jobs: Iterable[Callable[[], T]], most: int = 16) -> list[T]:
    """What the jobs return, in their order. Where some raise, the first of those in order is raised, after all ended."""
    jobs = list(jobs)
    if len(jobs) < 2:
        return [job() for job in jobs]
    with ThreadPoolExecutor(max_workers=min(most, len(jobs)), thread_name_prefix="together") as pool:
        futures = [pool.submit(job) for job in jobs]
    return [future.result() for future in futures]
