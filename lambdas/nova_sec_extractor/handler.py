"""NovaSECExtractor: reads a company's annual report from SEC EDGAR and saves its fields in DynamoDB and S3.

Event: {"request": {"company_name", "website_url", "stock_symbol"?, "accession"?, "cik"?, "live"?}, "execution_id",
"mode"?, "workload"?: {"timeout_seconds"?, "deadline_seconds"?}}; event.schema.json, result.schema.json.

mode `extract` (default): reads EDGAR and nothing else; `gap_calls` says how many calls of Nova Pro the gaps take.
mode `fill_gaps`, with {"company_id", "extraction_timestamp"}: asks Nova Pro about a stored extraction; a new item.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from common import api_use, aws, durations, progress
from common.api_use import Usage
from common.errors import InvalidInput
from common.fetch import Fetcher
from common.handler import Event, lambda_entry
from common.jobs import EXTRACT, Job, job_of, seconds_left, text_of, watched
from sec_extraction.edgar import MIN_INTERVAL, checked_accession
from sec_extraction.extract import extract_with_passages
from sec_extraction.model import SecDocument
from sec_modes import answered, calls_for_gaps, fill, passages_of

MODES = (EXTRACT, "fill_gaps")
MAX_NAME = 200
# A banks' 10-K is 20 MB; on a slow day EDGAR takes half a minute for it.
TIMEOUT_SECONDS = 15.0
DEADLINE_SECONDS = 60.0
# Of the task's and of Lambda's own limit: reading on what has arrived, saving and answering must still fit in.
RESERVE_SECONDS = 30.0
_SYMBOL = re.compile(r"[A-Za-z0-9]{1,6}(?:[.\-/ ][A-Za-z0-9]{1,4})?")

aws.prepare("dynamodb", "s3")


@lambda_entry
def lambda_handler(event: Event, context: Any) -> dict[str, Any]:
    """Extract or fill, and save.

    Raises InvalidInput, CompanyNotFound, AmbiguousCompany, NoAnnualReport, DocumentTooLarge, UnexpectedContent, the
    Upstream errors, ServiceUnavailable (a breaker is open), ProgressStalled, DatabaseError, StorageError,
    ConfigurationError.
    """
    job = job_of(event, MODES)
    if job.mode == "fill_gaps":
        with watched():
            return fill(job, text_of(event, "extraction_timestamp"))
    seconds = min(job.workload.seconds(RESERVE_SECONDS), seconds_left(context, RESERVE_SECONDS))
    return _extract(job, checked_request(event), seconds)


def _extract(job: Job, request: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """Read EDGAR for `seconds` at most, save, answer."""
    started = time.monotonic()
    fetcher = _fetcher(request, seconds)
    try:
        with watched():
            document, texts = _read(job, request, fetcher)
    finally:
        fetcher.close()
        calls = sum(fetcher.calls.values())
        api_use.log(Usage(), edgar=calls)
    milliseconds = round((time.monotonic() - started) * 1000)
    gap_calls, skipped = calls_for_gaps(document, texts)
    result = answered(
        job,
        document,
        usage=Usage().to_dict(),
        calls={"edgar": calls},
        skipped=skipped,
        durations={"extract": milliseconds},
        gap_calls=gap_calls,
        passages=passages_of(document, texts) if gap_calls else (),
    )
    durations.record(job.company_id, "sec", milliseconds, pages=calls)
    return result


def _read(job: Job, request: Mapping[str, Any], fetcher: Fetcher) -> tuple[SecDocument, tuple[str, ...]]:
    """Read EDGAR, if its breaker lets us, and tell the breaker how it went."""
    with api_use.guarded("edgar", job.execution_id):
        progress.tick()
        found = extract_with_passages(request, fetcher, _base_urls())
        progress.tick()
        return found


def _fetcher(request: Mapping[str, Any], seconds: float) -> Fetcher:
    return Fetcher.from_environment(
        request,
        timeout=TIMEOUT_SECONDS,
        deadline=DEADLINE_SECONDS,
        total=seconds,
        min_interval=_intervals(),
        tick=progress.tick,
    )


def _intervals() -> dict[str, float]:
    """EDGAR's distance between two requests, for whatever stands in for EDGAR too."""
    hosts = (urlsplit(url).hostname for url in _base_urls().values() if url)
    ours = {host: max(MIN_INTERVAL.values()) for host in hosts if host and not host.endswith(".sec.gov")}
    return {**MIN_INTERVAL, **ours}


def checked_request(event: object) -> dict[str, Any]:
    """The request of an event, its values checked. Raises InvalidInput."""
    request = event.get("request") if isinstance(event, dict) else None
    if not isinstance(request, dict):
        raise InvalidInput("the event must hold a request")
    name = request.get("company_name")
    if not isinstance(name, str) or not name.strip() or len(name) > MAX_NAME:
        raise InvalidInput(f"company_name must be text of 1 to {MAX_NAME} characters")
    symbol = request.get("stock_symbol")
    if symbol not in (None, "") and not (isinstance(symbol, str) and _SYMBOL.fullmatch(symbol.strip())):
        raise InvalidInput(f"stock_symbol is not a ticker symbol: {str(symbol)[:40]!r}")
    cik = request.get("cik")
    if cik not in (None, "") and not re.fullmatch(r"\d{1,10}", str(cik)):
        raise InvalidInput(f"cik must be a number of at most ten digits, not {str(cik)[:40]!r}")
    checked = {**request, "company_name": name.strip(), "accession": checked_accession(request.get("accession"))}
    return checked | {"stock_symbol": symbol.strip() if isinstance(symbol, str) else ""}


def _base_urls() -> dict[str, str]:
    return {"data": os.environ.get("EDGAR_DATA_URL", ""), "www": os.environ.get("EDGAR_WWW_URL", "")}
