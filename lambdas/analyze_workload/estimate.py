"""From what is known of a company to limits for its run. Pure: no network, no clock."""

from __future__ import annotations

from typing import Any, NamedTuple

from common.durations import Run

# What a company of which nothing is known gets; also what no limit may fall short of or exceed.
# Seconds. The most is the task's limit in the definition, above the function's own 300.
LEAST_TIMEOUT, MOST_TIMEOUT = 120, 360
# A function ends itself this long before its task is given up, so that it can still save and answer.
GRACE_SECONDS = 60
# The slowest of the last runs took so long; a bad day takes three times that.
SLOWER_THAN_EVER = 3
# Pages of a website. EDGAR answers with an index, its facts and one to three documents.
LEAST_PAGES, DEFAULT_PAGES, MOST_PAGES = 8, 14, 40
DEFAULT_EDGAR_CALLS, MOST_EDGAR_CALLS = 6, 20
# A biography page takes about a second; eight are worth a worker, whose start takes as long.
BIOS_A_WORKER, DEFAULT_WORKERS, MOST_WORKERS = 8, 3, 5
# One side is called heavy when it takes so many times as long as the other.
HEAVY = 2.0
# An index of filings with less than this many bytes is a young or small company's; one above is a bank's or a fund's.
SMALL_INDEX, LARGE_INDEX = 40_000, 200_000
_SECONDS_BY_SIZE = {"small": 180, "medium": 240, "large": MOST_TIMEOUT}


class Known(NamedTuple):
    """What is known: past runs of both sides, the size of EDGAR's index of filings (bytes), and why if nothing is."""

    sec: list[Run]
    cxo: list[Run]
    index_bytes: int | None = None
    reason: str | None = None


def plan(known: Known) -> dict[str, Any]:
    """The result's body: `workload_type`, `sec`, `cxo`, `basis`, `reason`."""
    sec_timeout = _timeout(known.sec) or _timeout_by_size(known.index_bytes) or MOST_TIMEOUT
    cxo_timeout = _timeout(known.cxo) or MOST_TIMEOUT
    basis = "past_runs" if known.sec or known.cxo else "index_size" if known.index_bytes is not None else "defaults"
    return {
        "workload_type": _kind(known),
        "sec": {**_limits(sec_timeout), "api_calls": _edgar_calls(known.sec)},
        "cxo": {**_limits(cxo_timeout), "page_budget": _pages(known.cxo), "bio_workers": _workers(known.cxo)},
        "basis": basis,
        "reason": known.reason,
    }


def _limits(timeout: int) -> dict[str, int]:
    return {"timeout_seconds": timeout, "deadline_seconds": timeout - GRACE_SECONDS}


def _timeout(runs: list[Run]) -> int | None:
    if not runs:
        return None
    slowest = max(run.duration_ms for run in runs) / 1000
    return _between(LEAST_TIMEOUT, round(slowest * SLOWER_THAN_EVER) + GRACE_SECONDS, MOST_TIMEOUT)


def _timeout_by_size(size: int | None) -> int | None:
    if size is None:
        return None
    return _SECONDS_BY_SIZE["small" if size < SMALL_INDEX else "medium" if size < LARGE_INDEX else "large"]


def _kind(known: Known) -> str:
    """`heavy_sec`, `heavy_cxo`, `balanced`, or `unknown`."""
    if known.sec and known.cxo:
        sec, cxo = (max(run.duration_ms for run in runs) for runs in (known.sec, known.cxo))
        return "heavy_sec" if sec >= HEAVY * cxo else "heavy_cxo" if cxo >= HEAVY * sec else "balanced"
    if known.index_bytes is not None and known.index_bytes >= LARGE_INDEX:
        return "heavy_sec"
    return "unknown"


def _edgar_calls(runs: list[Run]) -> int:
    if not any(run.pages for run in runs):
        return DEFAULT_EDGAR_CALLS
    return _between(1, max(run.pages for run in runs), MOST_EDGAR_CALLS)


def _pages(runs: list[Run]) -> int:
    """Half as many again as were ever read: sites grow."""
    if not any(run.pages for run in runs):
        return DEFAULT_PAGES
    return _between(LEAST_PAGES, round(max(run.pages for run in runs) * 1.5), MOST_PAGES)


def _workers(runs: list[Run]) -> int:
    """At most so many workers for the biography pages; the extractor makes no more batches than there are pages."""
    if not runs:
        return DEFAULT_WORKERS
    return _between(1, -(-max(run.bios for run in runs) // BIOS_A_WORKER), MOST_WORKERS)


def _between(least: int, value: int, most: int) -> int:
    return min(max(value, least), most)
