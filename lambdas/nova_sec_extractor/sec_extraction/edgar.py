"""EDGAR's addresses, and what may come back from them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from common.errors import CompanyNotFound, InvalidInput, NoAnnualReport, PageNotFound, UnexpectedContent
from common.fetch import Fetcher, Page

DATA_URL = "https://data.sec.gov"
WWW_URL = "https://www.sec.gov"
# EDGAR allows ten requests a second from one client over all its hosts; several executions share that client's address.
MIN_INTERVAL = {"sec.gov": 0.15}

_MEGABYTE = 1_000_000
_JSON = ("application/json",)
_DOCUMENT = ("text/html", "application/xhtml+xml", "text/plain", "text/xml", "application/xml")
_ACCESSION = re.compile(r"\d{10}-\d{2}-\d{6}")
_DOCUMENT_NAME = re.compile(r"[A-Za-z0-9][\w.\-]{0,150}")


class Edgar:
    """Reads EDGAR through a Fetcher. base_urls: {"data": …, "www": …}; missing ones are EDGAR's own.

    urls: every address that was read, in order.
    """

    def __init__(self, fetcher: Fetcher, base_urls: Mapping[str, str]) -> None:
        self._fetcher = fetcher
        self._data = (base_urls.get("data") or DATA_URL).rstrip("/")
        self._www = (base_urls.get("www") or WWW_URL).rstrip("/")
        self.urls: list[str] = []

    def tickers(self) -> Any:
        """company_tickers.json."""
        return self._json(f"{self._www}/files/company_tickers.json", 10 * _MEGABYTE)

    def submissions_url(self, cik: str) -> str:
        """The address of a company's list of filings."""
        return f"{self._data}/submissions/CIK{cik}.json"

    def submissions(self, cik: str) -> Any:
        """A company's list of filings. Raises CompanyNotFound."""
        try:
            return self._json(self.submissions_url(cik), 20 * _MEGABYTE)
        except PageNotFound as error:
            raise CompanyNotFound(f"EDGAR knows no company with the CIK {cik}") from error

    def older_submissions(self, name: str) -> Any:
        """A file of older rows of that list."""
        return self._json(f"{self._data}/submissions/{name}", 20 * _MEGABYTE)

    def companyfacts_url(self, cik: str) -> str:
        """The address of a company's facts."""
        return f"{self._data}/api/xbrl/companyfacts/CIK{cik}.json"

    def companyfacts(self, cik: str) -> Any | None:
        """A company's facts, or None when EDGAR has none (no XBRL was ever filed)."""
        try:
            return self._json(self.companyfacts_url(cik), 40 * _MEGABYTE)
        except PageNotFound:
            return None

    def document_url(self, cik: str, accession: str, name: str) -> str:
        """The address of a filing's document; of the whole submission when it has no name (filings before 2001).

        Raises NoAnnualReport when EDGAR's own list holds an unusable name.
        """
        name = name or f"{accession}.txt"
        if not _DOCUMENT_NAME.fullmatch(name) or not _ACCESSION.fullmatch(accession):
            raise NoAnnualReport(f"the filing {accession} has no usable document: {name[:80]!r}")
        return f"{self._www}/Archives/edgar/data/{int(cik)}/{accession.replace('-', '')}/{name}"

    def document(self, url: str) -> Page:
        """A filing's document. Raises PageNotFound."""
        return self._read(url, _DOCUMENT, 40 * _MEGABYTE)

    def _json(self, url: str, max_bytes: int) -> Any:
        page = self._read(url, _JSON, max_bytes)
        try:
            return json.loads(page.body)
        except ValueError as error:
            raise UnexpectedContent(f"{page.url} is not JSON: {error}") from error

    def _read(self, url: str, accept: tuple[str, ...], max_bytes: int) -> Page:
        page = self._fetcher.get(url, accept=accept, max_bytes=max_bytes)
        self.urls.append(page.url)
        return page


def checked_accession(value: object) -> str:
    """An accession number as EDGAR prints it ("0000320193-24-000123"), or "" for none. Raises InvalidInput."""
    if value in (None, ""):
        return ""
    digits = re.sub(r"\D", "", value) if isinstance(value, str) else ""
    if len(digits) != 18 or not re.fullmatch(r"[\d-]+", str(value)):
        raise InvalidInput(f"accession must look like 0000320193-24-000123, not {str(value)[:40]!r}")
    return f"{digits[:10]}-{digits[10:12]}-{digits[12:]}"
