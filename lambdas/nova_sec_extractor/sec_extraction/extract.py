"""From a request to a SecDocument: company, filing, document, facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from common.errors import CompanyNotFound, NoAnnualReport, PageNotFound, UnexpectedContent
from common.fetch import Fetcher

from sec_extraction.companies import Company, Match, cik_of, find_company, read_tickers
from sec_extraction.companyfacts import read_companyfacts
from sec_extraction.edgar import Edgar, checked_accession
from sec_extraction.model import FIELDS, Field, SecDocument, missing
from sec_extraction.names import without_state_tail
from sec_extraction.places import exchange_name, state_code
from sec_extraction.reading import ASSET_BACKED, Known, Reading, read_document
from sec_extraction.statement_fields import FIGURES, WITNESSES
from sec_extraction.submissions import Filing, find_annual_report
from sec_extraction.values import iso_day

Request = Mapping[str, Any]


def extract(request: Request, fetcher: Fetcher, base_urls: Mapping[str, str] | None = None) -> SecDocument:
    """Read a company's annual report.

    request: {"company_name", "stock_symbol"?, "accession"?, "cik"?}; without an accession number the newest 10-K is
    read. base_urls: {"data", "www"}, EDGAR's hosts by default.
    Raises CompanyNotFound, AmbiguousCompany, NoAnnualReport, InvalidInput and the errors of `common.fetch`.
    """
    document, _ = extract_with_passages(request, fetcher, base_urls)
    return document


def extract_with_passages(
    request: Request, fetcher: Fetcher, base_urls: Mapping[str, str] | None = None
) -> tuple[SecDocument, tuple[str, ...]]:
    """As `extract`, with the paragraphs in which a missing field may be found."""
    accession = checked_accession(request.get("accession"))
    edgar = Edgar(fetcher, base_urls or {})
    match = _company(request, edgar)
    data = edgar.submissions(match.company.cik)
    if not isinstance(data, Mapping):
        raise UnexpectedContent("the submissions are not an object")
    filing = find_annual_report(data, edgar.older_submissions, accession)
    notes = list(match.doubts)
    reading = _read_primary(edgar, match.company, filing, data, str(request.get("stock_symbol") or ""), notes)
    fields = dict(reading.fields) if reading else {name: missing("the document is not there") for name in FIELDS}
    if _needs_companyfacts(fields, data):
        _fill_from_companyfacts(edgar, match.company.cik, filing, fields, notes)
    _fill_from_submissions(edgar, data, filing, match.company, fields, is_newest=not accession)
    if reading:
        notes += reading.notes
    return SecDocument(fields, notes, list(edgar.urls)), reading.passages if reading else ()


def _company(request: Request, edgar: Edgar) -> Match:
    """The company by CIK, else by symbol and name."""
    name = str(request.get("company_name") or "")
    if request.get("cik"):
        try:
            return Match(Company(cik_of(request["cik"]), "", name))
        except ValueError as error:
            raise CompanyNotFound(str(error)) from error
    return find_company(read_tickers(edgar.tickers()), name, str(request.get("stock_symbol") or ""))


def _read_primary(
    edgar: Edgar, company: Company, filing: Filing, data: Mapping[str, Any], symbol: str, notes: list[str]
) -> Reading | None:
    """Read the filing's main document; None when EDGAR does not have it (companyfacts may still help)."""
    former = [entry.get("name", "") for entry in data.get("formerNames") or () if isinstance(entry, Mapping)]
    names = tuple(name for name in (str(data.get("name") or company.title), *former) if name)
    known = Known(
        cik=company.cik,
        accession=filing.accession,
        form=filing.form,
        period_end=filing.report_date,
        names=names,
        symbol=symbol or company.ticker,
        sic=str(data.get("sic") or ""),
        listed_at=edgar.submissions_url(company.cik),
    )
    url = edgar.document_url(company.cik, filing.accession, filing.document)
    try:
        page = edgar.document(url)
    except PageNotFound:
        notes.append(f"the document {url} is not there; read from companyfacts")
        return None
    return read_document(page.text, page.url, known)


def _needs_companyfacts(fields: Mapping[str, Field], data: Mapping[str, Any]) -> bool:
    """Whether a figure that the filing may well have is still missing, or was read from print alone."""
    if str(data.get("sic") or "") == ASSET_BACKED:
        return False
    wanted = [fields[name] for name in (*FIGURES, "shares_outstanding", "public_float", "fiscal_year")]
    return any(field.value is None and field.applicable for field in wanted) or any(
        fields[name].source.get("method") == "html" for name in FIGURES
    )


def _fill_from_companyfacts(edgar: Edgar, cik: str, filing: Filing, fields: dict[str, Field], notes: list[str]) -> None:
    """Fill open fields with the filing's facts; tagged figures replace those read from print."""
    data = edgar.companyfacts(cik)
    if data is None:
        return
    found = read_companyfacts(data, edgar.companyfacts_url(cik), filing.accession)
    for name, field in found.items():
        current = fields[name]
        if field.value is None or (name in WITNESSES and not current.applicable):
            continue  # what a balance sheet that was read does not show, another place cannot add
        if current.value is None:
            fields[name] = field
        elif name in (*FIGURES, *WITNESSES) and current.source.get("method") == "html":
            if current.value != field.value:
                notes.append(f"{name}: print says {current.value:,}, companyfacts says {field.value:,}")
            fields[name] = field


def _fill_from_submissions(
    edgar: Edgar,
    data: Mapping[str, Any],
    filing: Filing,
    company: Company,
    fields: dict[str, Field],
    *,
    is_newest: bool,
) -> None:
    """Fill what is left from EDGAR's list of filings, which describes the company as it is now.

    Its address and telephone number are not taken: they can differ from the cover's.
    """
    origin = {"url": edgar.submissions_url(company.cik), "method": "submissions"}
    reported = filing.report_date.isoformat() if filing.report_date else None
    values: dict[str, tuple[object, float]] = {
        "registrant_name": (without_state_tail(str(data.get("name") or company.title)), 0.8),
        "cik": (company.cik, 0.98),
        "form": (filing.form, 0.99),
        "accession": (filing.accession, 0.99),
        "filing_date": (iso_day(filing.filed), 0.99),
        "period_end": (reported, 0.95),
        "state_of_incorporation": (state_code(str(data.get("stateOfIncorporation") or "")), 0.85),
        "ein": (_ein(data.get("ein")), 0.85),
    }
    if is_newest:
        values |= _current_listing(data)
    for name, (value, confidence) in values.items():
        if value and fields[name].value is None and fields[name].applicable:
            fields[name] = Field(value, origin, confidence)


def _current_listing(data: Mapping[str, Any]) -> dict[str, tuple[object, float]]:
    """Ticker and exchange of today, when the company has only one."""
    tickers, exchanges = data.get("tickers") or [], data.get("exchanges") or []
    if len(tickers) != 1:
        return {}
    exchange = exchange_name(str(exchanges[0])) if len(exchanges) == 1 and exchanges[0] else None
    return {"ticker": (str(tickers[0]).upper(), 0.85), "exchange": (exchange, 0.85)}


def _ein(value: object) -> str | None:
    digits = str(value or "")
    usable = len(digits) == 9 and digits.isdigit() and bool(digits.strip("0"))
    return f"{digits[:2]}-{digits[2:]}" if usable else None


__all__ = ["NoAnnualReport", "extract", "extract_with_passages"]
