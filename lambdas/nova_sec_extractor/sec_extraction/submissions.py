"""A company's list of filings: the newest annual report, or the one that was asked for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from common.errors import NoAnnualReport, UnexpectedContent

# 10-K405 (until 2003) is a 10-K; 10-KT covers a transition period. A 10-K/A only amends and is never taken for one.
_OTHER_ANNUAL = ("10-K405", "10-KT")
_INSTEAD = ("20-F", "40-F", "10-K/A", "N-CSR", "11-K", "F-6EF", "424B3", "13F-HR", "SC 13G", "4")
_ANNUAL = re.compile(r"(?:10-K(?:405|SB|SB40|T|T405)?|20-F|40-F)(?:/A)?")
_OLDER_FILE = re.compile(r"CIK\d{10}-submissions-\d{3}\.json")
_MAX_OLDER_FILES = 30

Older = Callable[[str], Any]


class Filing(NamedTuple):
    """A row of the list. report_date: end of the period, or None. document: name of the primary document, or ""."""

    accession: str
    form: str
    filed: str
    report_date: date | None
    document: str


def filings_of(table: Any) -> list[Filing]:
    """The rows of a columnar table ({"accessionNumber": […], "form": […], …}). Raises UnexpectedContent."""
    try:
        columns = [table[name] for name in ("accessionNumber", "form", "filingDate", "reportDate", "primaryDocument")]
        return [
            Filing(accession, form, filed, _day(reported), document or "")
            for accession, form, filed, reported, document in zip(*columns, strict=True)
        ]
    except (TypeError, KeyError, ValueError) as error:
        raise UnexpectedContent(f"the list of filings is not as expected: {error!r}") from error


def find_annual_report(data: Mapping[str, Any], older: Older, accession: str = "") -> Filing:
    """The newest 10-K, or the filing of an accession number.

    data: the submissions JSON. older: reads one of the files that hold older rows.
    Raises NoAnnualReport, UnexpectedContent.
    """
    tables = _tables(data, older)
    if accession:
        return _by_accession(tables, accession, data)
    seen: list[Filing] = []
    for filings in tables:
        newest = _newest(filings, ("10-K",))
        if newest:
            return newest
        seen += filings
    newest = _newest(seen, _OTHER_ANNUAL)
    if newest:
        return newest
    raise NoAnnualReport(f"{data.get('name') or 'the company'} files no 10-K; {_instead(seen)}")


def _tables(data: Mapping[str, Any], older: Older) -> Iterable[list[Filing]]:
    """The recent rows, then those of the older files, newest first; a file is only read when it is asked for."""
    filings = data.get("filings")
    if not isinstance(filings, Mapping):
        raise UnexpectedContent("the submissions have no list of filings")
    yield filings_of(filings.get("recent"))
    files = [entry.get("name", "") for entry in filings.get("files") or () if isinstance(entry, Mapping)]
    for name in files[:_MAX_OLDER_FILES]:
        if _OLDER_FILE.fullmatch(name):
            yield filings_of(older(name))


def _by_accession(tables: Iterable[list[Filing]], accession: str, data: Mapping[str, Any]) -> Filing:
    for filings in tables:
        for filing in filings:
            if filing.accession == accession:
                return _checked(filing)
    raise NoAnnualReport(f"{data.get('name') or 'the company'} has no filing {accession}")


def _checked(filing: Filing) -> Filing:
    """A filing that was asked for by its number may also be an amendment or a foreign issuer's report, under its own form."""
    if not _ANNUAL.fullmatch(filing.form):
        raise NoAnnualReport(f"the filing {filing.accession} is a {filing.form}, not an annual report")
    return filing


def _newest(filings: list[Filing], forms: tuple[str, ...]) -> Filing | None:
    return max((filing for filing in filings if filing.form in forms), key=lambda filing: filing.filed, default=None)


def _instead(filings: list[Filing]) -> str:
    """What the company files instead, in words."""
    if not filings:
        return "it has no filings"
    counted = Counter(filing.form for filing in filings)
    annual = [form for form in _INSTEAD if form in counted] or [form for form, _ in counted.most_common(3)]
    return "it files " + ", ".join(f"{form} ({counted[form]})" for form in annual[:4])


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(str(text)[:10])
    except ValueError:
        return None
