"""CXOWebsiteExtractor: reads a company's executives and board from its website and saves them in DynamoDB and S3.

Event: {"request": {"company_name", "website_url", "stock_symbol"?, "live"?}, "execution_id", "mode"?,
"workload"?: {"timeout_seconds"?, "deadline_seconds"?, "page_budget"?, "bio_workers"?}}; event.schema.json, result.schema.json.

mode `extract` (default): reads the site and nothing else; `gap_calls` says how many calls of Nova Pro the gaps take,
`bio_batches` which biographies are left to workers.
mode `search`: one search of Serper for the leadership page, then as `extract`.
mode `fill_gaps`, with {"company_id", "extraction_timestamp"}: asks Nova Pro about a stored extraction; a new item.
mode `bios`, with {"company_id", "urls", "index"}: reads a batch of biographies (cxo_bios.py).
"""

from __future__ import annotations

import time
from typing import Any

from common import api_use, aws, durations, progress, secrets
from common.api_use import Usage
from common.errors import LeadershipPageNotFound, SearchNeeded
from common.fetch import Fetcher
from common.handler import Event, lambda_entry
from common.jobs import EXTRACT, Job, job_of, seconds_left, text_of, watched
from cxo_answer import answered, calls_for_gaps
from cxo_extraction import CxoDocument, extract
from cxo_extraction.extract import PAGE_BUDGET

MODES = (EXTRACT, "search", "fill_gaps", "bios")
# Lambda's own limit is longer; saving and an answer must still fit in.
RESERVE_SECONDS = 20.0
# For PAGE_BUDGET pages; a larger budget gets as much more.
DEADLINE_SECONDS = 90.0
PAGE_SECONDS = 30.0

aws.prepare("dynamodb", "s3")


@lambda_entry
def lambda_handler(event: Event, context: Any) -> dict[str, Any]:
    """Extract, search, fill gaps or read biographies, and save.

    Raises InvalidInput, UnsafeUrl, LeadershipPageNotFound, SearchNeeded (a search may find the page), the Upstream
    errors, ServiceUnavailable (a breaker is open), ProgressStalled, DatabaseError, StorageError, ConfigurationError.
    """
    job = job_of(event, MODES)
    seconds = _seconds(job, context)
    if job.mode in (EXTRACT, "search"):
        return _extract(job, seconds)
    with watched():
        if job.mode == "fill_gaps":
            from cxo_gaps import fill

            return fill(job, text_of(event, "extraction_timestamp"))
        from cxo_bios import batch_of, read_batch

        return read_batch(job, batch_of(event), _fetcher(job, seconds), seconds)


def _extract(job: Job, seconds: float) -> dict[str, Any]:
    """Find the page by links or by search, read it, save."""
    started, usage = time.monotonic(), Usage()
    try:
        with watched():
            document = _read(job, seconds, usage)
    finally:
        api_use.log(usage)
    milliseconds = round((time.monotonic() - started) * 1000)
    gap_calls, skipped = calls_for_gaps(document)
    document.skipped += skipped
    result = answered(
        job,
        document,
        usage=usage.to_dict(),
        calls={"website": document.api_calls, **usage.calls},
        durations={"extract": milliseconds},
        gap_calls=gap_calls,
    )
    durations.record(job.company_id, "cxo", milliseconds, pages=document.api_calls, bios=document.bio_pages)
    return result


def _read(job: Job, seconds: float, usage: Usage) -> CxoDocument:
    fetcher = _fetcher(job, seconds)
    budget = job.workload.page_budget or PAGE_BUDGET
    starts: list[str] = []
    if job.mode == "search":
        from cxo_search import leadership_pages

        starts = leadership_pages(job, usage)
        progress.tick()
    try:
        return extract(
            job.request,
            fetcher,
            deadline=seconds,
            page_budget=budget,
            bio_workers=job.workload.bio_workers,
            starts=starts,
        )
    except LeadershipPageNotFound as error:
        if job.mode == "search" or not secrets.configured("SERPER_SECRET_ID"):
            raise
        raise SearchNeeded(f"{error}; a search may find one") from error
    finally:
        fetcher.close()


def _fetcher(job: Job, seconds: float) -> Fetcher:
    return Fetcher.from_environment(job.request, deadline=min(PAGE_SECONDS, seconds), total=seconds, tick=progress.tick)


def _seconds(job: Job, context: Any) -> float:
    """For all reading: what the page budget is worth, within the workload's limit and what Lambda leaves."""
    wanted = DEADLINE_SECONDS * max(1.0, (job.workload.page_budget or 0) / PAGE_BUDGET)
    return min(wanted, job.workload.seconds(RESERVE_SECONDS), seconds_left(context, RESERVE_SECONDS))
