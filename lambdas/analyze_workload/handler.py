"""AnalyzeWorkload: how long a company's extraction may take, how many pages it may read, how many workers it gets.

Event: {"request": {"company_name", "cik"?, ...}, "execution_id"}.
Result body: {"company_id", "workload_type", "sec": {"timeout_seconds", "deadline_seconds", "api_calls"},
"cxo": {"timeout_seconds", "deadline_seconds", "page_budget", "bio_workers"}, "basis", "reason"}.

From past runs where there are any: no request then. Else from the size of EDGAR's index of filings, one small request,
if the company's CIK is known and EDGAR's budget has a call to spare now. Else defaults, with the reason. It never fails.
"""

from __future__ import annotations

import os
import re
from typing import Any

from common import aws, breaker, budget, logging, state
from common.durations import past
from common.errors import DocumentTooLarge, UpstreamThrottled, UpstreamUnavailable
from common.handler import Event, lambda_entry, success
from common.ids import company_id
from estimate import LARGE_INDEX, Known, plan

_DATA_URL = "https://data.sec.gov"
_CIK = re.compile(r"0*\d{1,10}")
# An analysis that waits gains nothing: a call of EDGAR that is further away than this is not made.
_PATIENCE_SECONDS = 0.5
_TIMEOUT_SECONDS = 5.0

aws.prepare("dynamodb")


@lambda_entry
def lambda_handler(event: Event, context: Any) -> dict[str, Any]:
    """Plan the run. Raises nothing: whatever goes wrong ends in the defaults, with the reason."""
    company = None
    try:
        request = event["request"]
        company = company_id(request["company_name"])
        known = _known(company, request, str(event.get("execution_id") or ""))
    except Exception as error:  # a plan is a convenience; the run goes on without
        logging.warning("analysis failed", error=type(error).__name__, cause=str(error)[:500])
        known = Known([], [], reason=f"{type(error).__name__}: {error}"[:300])
    return success(company_id=company, **plan(known))


def _known(company: str, request: dict[str, Any], execution: str) -> Known:
    """Past runs, else the size of the index, else the reason why there is neither."""
    sec, cxo = past(company, "sec"), past(company, "cxo")
    if sec or cxo:
        return Known(sec, cxo)
    cik = str(request.get("cik") or "")
    if not _CIK.fullmatch(cik):
        return Known([], [], reason="no past run, and the request names no CIK")
    refusal = _refusal(execution)
    if refusal:
        return Known([], [], reason=f"no past run, and {refusal}")
    return Known([], [], index_bytes=_index_bytes(request, int(cik)))


def _refusal(execution: str) -> str | None:
    """Why EDGAR must not be asked now; None: one call of the shared budget is ours."""
    verdict = breaker.check("edgar", execution)
    if verdict != breaker.CLOSED:
        return f"the circuit breaker of edgar is {verdict}"
    wait = budget.reserve("edgar", 1, budget.rates()["edgar"]).not_before.timestamp() - state.now()
    return f"the next free call of edgar is {wait:.1f} s away" if wait > _PATIENCE_SECONDS else None


def _index_bytes(request: dict[str, Any], cik: int) -> int:
    """The size of EDGAR's index of a company's filings. No more of it is read than tells a large one."""
    from common.fetch import Fetcher  # most companies have past runs, and need no HTTP client

    base = (os.environ.get("EDGAR_DATA_URL") or _DATA_URL).rstrip("/")
    fetcher = Fetcher.from_environment(request, timeout=_TIMEOUT_SECONDS, deadline=_TIMEOUT_SECONDS)
    try:
        url = f"{base}/submissions/CIK{cik:010d}.json"
        size = len(fetcher.get(url, accept=("application/json",), max_bytes=LARGE_INDEX).body)
    except DocumentTooLarge:
        size = LARGE_INDEX
    except UpstreamThrottled as error:
        breaker.throttled("edgar", error.retry_after)
        raise
    except UpstreamUnavailable:
        breaker.failed("edgar")
        raise
    finally:
        fetcher.close()
    breaker.succeeded("edgar")
    return size
