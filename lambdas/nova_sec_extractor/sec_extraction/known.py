"""What is known of a filing before it is read, and what there is after."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from sec_extraction.model import Field


@dataclass(frozen=True)
class Known:
    """What is known about a filing before it is read. names: the company's name and former names.

    symbol: the ticker that was asked for. sic: EDGAR's industry code. filed: day of filing, ISO 8601. listed_at: where
    EDGAR's list of filings says so; "" when it is the header of the submission itself.
    """

    cik: str = ""
    accession: str = ""
    form: str = ""
    period_end: date | None = None
    names: tuple[str, ...] = ()
    symbol: str = ""
    sic: str = ""
    filed: str = ""
    listed_at: str = ""


@dataclass(frozen=True)
class Reading:
    """fields: name to Field for every name of FIELDS. passages: text worth a second look for what is missing."""

    fields: dict[str, Field]
    notes: tuple[str, ...]
    passages: tuple[str, ...]
    known: Known


def accession_in(url: str) -> str:
    """The accession number that an address of EDGAR's archives names, or ""."""
    found = re.search(r"/(\d{10})(\d{2})(\d{6})/", url)
    return "-".join(found.groups()) if found else ""


def cik_in(url: str) -> str:
    """The CIK that an address of EDGAR's archives names, or ""."""
    found = re.search(r"/edgar/data/(\d{1,10})/", url)
    return found.group(1).zfill(10) if found else ""
