"""Whole submissions (.txt): the SGML header, and the main document inside.

Format: EDGAR "PDS Dissemination Technical Specification", header tags as text lines "NAME:<tabs>value".
"""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from sec_extraction.values import iso_day

_LINE = re.compile(r"^[ \t]*([A-Z][A-Z /-]+):[ \t]*(\S.*?)[ \t]*$", re.M)
_DOCUMENT = re.compile(r"<DOCUMENT>(.*?)(?:</DOCUMENT>|\Z)", re.S | re.I)
_TYPE = re.compile(r"<TYPE>\s*([^\s<]+)", re.I)
_ASSET_BACKED_CODE = "6189"


class Header(NamedTuple):
    """What the header says; "" or None for what it does not. filed: ISO 8601."""

    name: str
    cik: str
    form: str
    accession: str
    period_end: date | None
    sic: str
    filed: str


def split_submission(text: str) -> tuple[Header | None, str]:
    """(header, main document). A text that is no whole submission comes back as it is, without a header."""
    head = text[:20_000]
    if "<SEC-HEADER>" not in head and "<IMS-HEADER>" not in head and "ACCESSION NUMBER:" not in head:
        return None, text
    end = re.search(r"</(?:SEC|IMS)-HEADER>", text, re.I)
    header = _header(text[: end.start() if end else 20_000])
    for found in _DOCUMENT.finditer(text):
        kind = _TYPE.search(found.group(1)[:500])
        if kind and kind.group(1).upper().startswith("10-K"):
            return header, found.group(1)
    return header, text[end.end() :] if end else text


def _header(text: str) -> Header:
    values: dict[str, str] = {}
    for found in _LINE.finditer(text):
        values.setdefault(found.group(1).strip(), found.group(2))
    code = re.search(r"\[(\d{4})\]", values.get("STANDARD INDUSTRIAL CLASSIFICATION", ""))
    cik = values.get("CENTRAL INDEX KEY", "")
    return Header(
        name=values.get("COMPANY CONFORMED NAME", ""),
        cik=cik.zfill(10) if cik.isdigit() else "",
        form=values.get("CONFORMED SUBMISSION TYPE", "") or values.get("FORM TYPE", ""),
        accession=values.get("ACCESSION NUMBER", ""),
        period_end=_day(values.get("CONFORMED PERIOD OF REPORT", "")),
        sic=code.group(1) if code else "",
        filed=iso_day(values.get("FILED AS OF DATE")) or "",
    )


def _day(text: str) -> date | None:
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return None
