"""NovaSECExtractor: reads a company's annual report from SEC EDGAR and saves its fields in DynamoDB.

Event: {"request": {"company_name", "website_url", "stock_symbol"?, "accession"?, "cik"?, "live"?}, "execution_id"}.
Result body: {"company_id", "extraction_timestamp", "completeness", "missing", "sources", "skipped", "api_calls"}.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from common.errors import InvalidInput
from common.fetch import Fetcher
from common.handler import Event, lambda_entry, success
from common.ids import company_id
from common.store import save_extraction
from sec_extraction.edgar import MIN_INTERVAL, checked_accession
from sec_extraction.extract import extract_with_passages
from sec_extraction.model import Field, SecDocument

MAX_NAME = 200
# A banks' 10-K is 20 MB; on a slow day EDGAR takes half a minute for it.
TIMEOUT_SECONDS = 15.0
DEADLINE_SECONDS = 60.0
_SYMBOL = re.compile(r"[A-Za-z0-9]{1,6}(?:[.\-/ ][A-Za-z0-9]{1,4})?")
# What a language model may be asked for: words and counts of the prose, never figures of the statements.
_ASKABLE = {"employees": (int, float), "auditor": str, "auditor_location": str, "hq_address": str, "phone": str}


@lambda_entry
def lambda_handler(event: Event, context: Any) -> dict[str, Any]:
    """Extract and save.

    Raises InvalidInput, CompanyNotFound, AmbiguousCompany, NoAnnualReport, DocumentTooLarge, UnexpectedContent, the
    Upstream errors, DatabaseError, ConfigurationError.
    """
    request = checked_request(event)
    company = company_id(request["company_name"])
    fetcher = Fetcher.from_environment(
        request, timeout=TIMEOUT_SECONDS, deadline=DEADLINE_SECONDS, min_interval=MIN_INTERVAL
    )
    try:
        document, passages = extract_with_passages(request, fetcher, _base_urls())
    finally:
        fetcher.close()
    calls = {"edgar": sum(fetcher.calls.values())}
    skipped = _fill_gaps(document, passages, request["company_name"], calls)
    timestamp = save_extraction("SEC_TABLE", company, document.to_dict(), str(event.get("execution_id") or ""))
    return success(
        company_id=company,
        extraction_timestamp=timestamp,
        completeness=document.completeness,
        missing=document.missing,
        sources=document.sources,
        skipped=skipped,
        api_calls=calls,
    )


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


def _fill_gaps(document: SecDocument, passages: tuple[str, ...], company: str, calls: dict[str, int]) -> list[str]:
    """Ask the optional services for what is missing in the prose; returns why they were not, or found nothing."""
    gaps = {name: None for name in document.missing if name in _ASKABLE}
    if not gaps:
        return []
    from common.gaps import Passage, fill_gaps

    source = str(next((field.source["url"] for field in document.fields.values() if field.source), ""))
    found = fill_gaps(gaps, [Passage(text, source) for text in passages], "sec", company=company)
    for name, answer in found["filled"].items():
        field = _borne_out(name, answer)
        if field is not None:
            document.fields[name] = field
    calls |= found["api_calls"]
    return found["skipped"]


def _borne_out(name: str, answer: Mapping[str, Any]) -> Field | None:
    """A field out of an answer of the right type; it is never surer than what was read by rule."""
    value = answer["value"]
    if not isinstance(value, _ASKABLE[name]) or isinstance(value, bool):
        return None
    return Field(value, {"url": answer["source"], "method": "model", "quote": answer["quote"]}, 0.5)
