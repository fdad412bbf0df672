"""The auditor by its signature under the report, for filings that do not tag it (before fiscal year 2021)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sec_extraction.places import state_code
from sec_extraction.values import parse_date

_REPORT = re.compile(
    r"report of (?:the )?independent (?:registered )?(?:certified )?(?:public )?"
    r"(?:accounting firm|accountants|auditors)"
    r"|independent auditors?['\u2019]?s?['\u2019]? report",
    re.I,
)
_FIRM = re.compile(
    r"\b(?:(?i:L\.?L\.?P\.?)|L\.?L\.?C\.?|P\.?L\.?L\.?C\.?|P\.\s?C\.|PC|P\.\s?A\.|PA|C\.?P\.?A\.?['\u2019]?s?|S\.C\."
    r"|Ltd\.?|Limited|PLC|Chartered|& Co(?:mpany|\.)?|& Associates|Certified Public Accountants)(?:[,.]|\b|$)"
)
_SIGNED = re.compile(r"^\s*/s/\s*(.*)$", re.I)
_PLACE = re.compile(r"^([A-Z][A-Za-z.'\u2019 -]{1,40}),\s*([A-Z][A-Za-z. ]{1,30})\b")
_PCAOB = re.compile(r"PCAOB\s+(?:firm\s+)?(?:ID|identification)(?:\s+(?:no|number))?\.?\s*[:#(]*\s*(\d{1,5})\b", re.I)
_REACH = 90
_BELOW = 8


class Signature(NamedTuple):
    """A signed report. location: "City, State" or "". day: the report's date, when it was found."""

    firm: str
    location: str
    day: date | None


def find_auditor(segments: Sequence[str]) -> Signature | None:
    """The firm that signed the newest report of an independent accountant, or None."""
    signatures: list[Signature] = []
    since_report = _REACH
    for index, segment in enumerate(segments):
        since_report = 0 if _REPORT.search(segment) and len(segment) < 200 else since_report + 1
        if since_report < _REACH:
            firm = _signed_firm(segments, index)
            if firm:
                signatures.append(_signature(firm, segments[index + 1 : index + 1 + _BELOW]))
    if not signatures:
        return None
    newest = max((signature.day for signature in signatures if signature.day), default=None)
    latest = [signature for signature in signatures if signature.day == newest] or signatures
    firm = latest[0].firm
    if len({signature.firm.lower() for signature in latest}) > 1:
        return None  # two firms signed on one day: nothing tells which is the registrant's auditor
    return next((s for s in latest if s.location), Signature(firm, "", newest))


def find_pcaob_id(segments: Sequence[str]) -> str | None:
    """The auditor's PCAOB number where it is printed, or None; None too when several are."""
    numbers = {found.group(1).lstrip("0") for segment in segments for found in _PCAOB.finditer(segment)}
    return numbers.pop() if len(numbers) == 1 else None


def _signed_firm(segments: Sequence[str], index: int) -> str | None:
    """The firm of a "/s/" line, whose name may stand on the next line."""
    found = _SIGNED.match(segments[index])
    if found is None:
        return _unsigned_firm(segments, index)
    following = segments[index + 1] if index + 1 < len(segments) else ""
    for name in (found.group(1), following):
        name = re.sub(r"\s+", " ", name).strip(" _")
        if name and _FIRM.search(name) and len(name) < 80:
            return name
    return None


def _unsigned_firm(segments: Sequence[str], index: int) -> str | None:
    """A firm's name on a line of its own, with a place or a date under it (how filings before 2001 show signatures)."""
    name = segments[index].strip()
    firm = _FIRM.search(name)
    if firm is None or len(name) > 60 or firm.end() < len(name) or not name[0].isupper():
        return None
    below = [text for text in segments[index + 1 : index + 3] if len(text) < 60]
    return name if any(_place_in(text) or parse_date(text) for text in below) else None


def _place_in(segment: str) -> str:
    """ "City, State" at the start of a short line, or ""."""
    place = _PLACE.match(segment) if len(segment) < 70 else None
    state = _state_of(place.group(2)) if place else ""
    return f"{place.group(1)}, {state}" if place and state_code(state) else ""


def _signature(firm: str, below: Sequence[str]) -> Signature:
    location, day = "", None
    for segment in below:
        if _SIGNED.match(segment) or _REPORT.search(segment):
            break
        day = day or (parse_date(segment) if len(segment) < 60 else None)
        location = location or _place_in(segment)
    return Signature(firm, location, day)


def _state_of(text: str) -> str:
    """The state without a month that follows it on the same line."""
    words = text.strip().split()
    while words and not state_code(" ".join(words)):
        words.pop()
    return " ".join(words)
