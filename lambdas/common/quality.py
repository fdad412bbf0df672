"""How far the two extractions of a company can be trusted: one score, and the doubts that it is made of.

::

    found = score(sec_document, cxo_document, now=datetime.now(UTC))
    found.score          # 0 to 100: what is left of 100 when the weight of each doubt is taken away
    found.doubts         # [{"field": "sec.total_equity", "doubt": "...", "weight": 15.0}], heaviest first
    found.checks         # [{"check": "balance", "outcome": "passed", "why": ""}], of each cross-check
    found.confidence     # {"sec.revenue": {"confidence": 0.97, "source": "https://...", "method": "ixbrl"}, ...}

The documents are those that the extractors store (SecDocument.to_dict, CxoDocument.to_dict). Nothing is read but them
and the given time, so the same documents always have the same quality; a document of any shape gets a score, a broken one
a low one. The weights are published in docs/quality.md, which a test holds against this module.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from common import quality_checks
from common.quality_findings import Outcome
from common.quality_reading import Cxo, Doubt, Reading, Sec

__all__ = ["FIELD_WEIGHTS", "Doubt", "Outcome", "Quality", "score"]

# Points that a field costs when the filing should have it and it was not read. Figures weigh most: they are what the
# document is for. What is not listed costs nothing.
FIELD_WEIGHTS: Mapping[str, float] = {
    "registrant_name": 6,
    "cik": 6,
    "period_end": 6,
    "revenue": 8,
    "net_income": 8,
    "total_assets": 8,
    "total_equity": 8,
    "operating_income": 3,
    "shares_outstanding": 3,
    "public_float": 3,
    "employees": 3,
    "auditor": 3,
    "fiscal_year": 2,
    "form": 2,
    "accession": 2,
    "ticker": 2,
    "exchange": 2,
    "state_of_incorporation": 1,
    "ein": 1,
    "hq_address": 1,
    "phone": 1,
    "auditor_location": 1,
    "pcaob_id": 1,
}
# Points that a whole document costs when it is not there.
NO_SEC, NO_CXO = 70.0, 30.0
NO_PAGE, NO_EXECUTIVES, NO_HEAD = 10.0, 15.0, 8.0
# What a website's page lacks of its people: the share of executives that lack it times this.
NO_TITLE, NO_ORIGIN = 4.0, 3.0
# A field read with less than this confidence costs its weight times what is lacking to full confidence.
SURE = 0.8
UNSURE_PEOPLE = 5.0
# A value that names neither an address nor the passage it was read from.
NO_SOURCE = 1.0
# What the SEC extractor itself notes: two places that disagree, a company found by a name that is not quite the same.
NOTE, MAX_NOTES = 2.0, 3


@dataclass(frozen=True)
class Quality:
    """score: 0 (worthless) to 100 (no doubt), one decimal. doubts: heaviest first. checks: what became of each
    cross-check. confidence: by field, for those that have a value; people as `cxo.<name>`."""

    score: float
    doubts: list[Doubt]
    checks: list[Outcome]
    confidence: dict[str, dict[str, Any]]


def score(sec_document: Any, cxo_document: Any, *, now: datetime) -> Quality:
    """Judge both documents; None for one that there is not. now: when they were read, aware. Raises nothing."""
    sec, cxo = Sec(sec_document), Cxo(cxo_document)
    unfitting, checks = quality_checks.run(sec, cxo, now)
    doubts = [*_sec_doubts(sec), *_cxo_doubts(cxo), *unfitting]
    doubts = [doubt for doubt in doubts if doubt["weight"] > 0]
    doubts.sort(key=lambda doubt: (-doubt["weight"], doubt["field"], doubt["doubt"]))
    lost = sum(doubt["weight"] for doubt in doubts)
    return Quality(round(max(0.0, 100.0 - lost), 1), doubts, checks, _confidence(sec, cxo))


def _sec_doubts(sec: Sec) -> list[Doubt]:
    """What the annual report should have given and did not, or not for sure."""
    if not sec.fields:
        return [Doubt(field="sec", doubt="there is no data of an annual report", weight=NO_SEC)]
    found = []
    for name, weight in FIELD_WEIGHTS.items():
        reading = sec.field(name)
        if reading.value is None:
            if reading.applicable:
                reason = f"missing: {reading.reason}" if reading.reason else "missing"
                found.append(Doubt(field=f"sec.{name}", doubt=reason, weight=weight))
            continue
        found += _doubts_of(f"sec.{name}", reading, weight)
    found += [Doubt(field="sec", doubt=note, weight=NOTE) for note in sec.notes[:MAX_NOTES]]
    return found


def _doubts_of(name: str, reading: Reading, weight: float) -> list[Doubt]:
    """Low confidence and a missing source of a field that has a value."""
    found = []
    if reading.confidence < SURE:
        how = f" by method {reading.method}" if reading.method else ""
        lost = round(weight * (1 - reading.confidence), 1)
        found.append(Doubt(field=name, doubt=f"read with confidence {reading.confidence:g}{how}", weight=lost))
    if not reading.source:
        found.append(Doubt(field=name, doubt="the value names no source", weight=NO_SOURCE))
    return found


def _cxo_doubts(cxo: Cxo) -> list[Doubt]:
    """What the website should have told and did not."""
    if not cxo.is_there:
        return [Doubt(field="cxo", doubt="there is no data of a website", weight=NO_CXO)]
    found = []
    if not cxo.pages:
        found.append(Doubt(field="cxo.pages", doubt="no leadership page was read", weight=NO_PAGE))
    if not cxo.executives:
        found.append(Doubt(field="cxo.executives", doubt="no executive was found", weight=NO_EXECUTIVES))
    if "head_of_company" in cxo.missing or not (cxo.missing or cxo.roles.get("CEO") or cxo.executives):
        found.append(Doubt(field="cxo.head_of_company", doubt="nobody is named who leads the company", weight=NO_HEAD))
    if cxo.executives:
        found += _people_doubts(cxo)
    return found


def _people_doubts(cxo: Cxo) -> list[Doubt]:
    people = cxo.executives
    lacking = (
        ("have no title", [person.name for person in people if not person.title], NO_TITLE),
        ("name no page and passage", [person.name for person in people if not person.has_origin], NO_ORIGIN),
    )
    found = [
        Doubt(
            field="cxo.executives",
            doubt=f"{len(names)} of {len(people)} executives {what}",
            weight=round(points * len(names) / len(people), 1),
        )
        for what, names, points in lacking
        if names
    ]
    mean = sum(person.confidence for person in people) / len(people)
    if mean < SURE:
        text = f"the executives were read with a mean confidence of {mean:.2f}"
        found.append(Doubt(field="cxo.executives", doubt=text, weight=round(UNSURE_PEOPLE * (1 - mean), 1)))
    return found


def _confidence(sec: Sec, cxo: Cxo) -> dict[str, dict[str, Any]]:
    found = {
        f"sec.{name}": {"confidence": reading.confidence, "source": reading.source, "method": reading.method}
        for name in sec.fields
        if (reading := sec.field(name)).value is not None
    }
    for person in cxo.executives:
        place = {"confidence": person.confidence, "source": person.source, "method": person.method}
        found.setdefault(f"cxo.{person.name}", place)
    return found
