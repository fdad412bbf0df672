"""Reads one annual report: every field by the best means that the document allows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from functools import cached_property

from common import progress
from common.page import decode

from sec_extraction.auditor_text import find_auditor, find_pcaob_id
from sec_extraction.business_text import read_business
from sec_extraction.cover_tags import Cover
from sec_extraction.cover_text import CoverText
from sec_extraction.employees import find_employees
from sec_extraction.inline import read_facts
from sec_extraction.known import Known, Reading, accession_in, cik_in
from sec_extraction.lines import Line, read_lines, segments
from sec_extraction.model import FIELDS, Fact, Field, missing
from sec_extraction.names import normalised, without_state_tail
from sec_extraction.officers import read_officers
from sec_extraction.periods import Period, fiscal_period
from sec_extraction.risk_text import read_risks
from sec_extraction.sgml import split_submission
from sec_extraction.statement_fields import FIGURES, WITNESSES, Statements
from sec_extraction.symbols_text import find_exchange, find_symbol

ASSET_BACKED = "6189"
_NOT_OF_TRUSTS = (
    *FIGURES,
    *WITNESSES,
    "ticker",
    "exchange",
    "shares_outstanding",
    "public_float",
    "employees",
    "auditor",
    "auditor_location",
    "pcaob_id",
    "officers",
    "business_summary",
    "risk_factors",
)


def read_document(content: str | bytes, url: str, known: Known | None = None) -> Reading:
    """Read an annual report: inline XBRL, plain HTML, plain text, or a whole submission with its SGML header.

    url: where it is in the world; it goes into the sources. Raises UnexpectedContent.
    """
    text = decode(content) if isinstance(content, bytes) else content
    header, main = split_submission(text.replace("\x00", ""))
    known = known or Known()
    if header is not None:
        known = replace(
            known,
            cik=known.cik or header.cik,
            accession=known.accession or header.accession,
            form=known.form or header.form,
            period_end=known.period_end or header.period_end,
            names=known.names or ((header.name,) if header.name else ()),
            sic=known.sic or header.sic,
            filed=known.filed or header.filed,
        )
    return _Reader(main, url, known).read()


class _Reader:
    """One document on its way to fields. Later means only fill what earlier ones left open."""

    def __init__(self, text: str, url: str, known: Known) -> None:
        self._text = text
        self._url = url
        self._known = known
        self._notes: list[str] = []
        self._facts: list[Fact] = []
        self._period: Period | None = None
        self._fields: dict[str, Field] = {}

    def read(self) -> Reading:
        self._read_tags()
        steps = [self._fill_cover, self._fill_identity, self._name]
        if self._known.sic == ASSET_BACKED:
            steps.append(self._as_trust)
        else:
            steps += [self._counts, self._market, self._auditor, self._employees, self._figures, self._narrative]
        for step in steps:
            progress.tick()
            step()
        fields = {name: self._fields.get(name) or missing("the document does not state it") for name in FIELDS}
        return Reading(fields, tuple(self._notes), self._passages(), self._known)

    def _read_tags(self) -> None:
        if "contextRef" in self._text or "contextref" in self._text:
            self._facts = read_facts(self._text)
        if self._facts:
            self._period = fiscal_period(self._facts, self._known.period_end)
            self._fields |= Cover(self._facts, self._tagged, self._known.symbol).fields(self._period)

    @cached_property
    def _lines(self) -> list[Line]:
        return read_lines(self._text)

    @cached_property
    def _segments(self) -> list[str]:
        return segments(self._lines)

    @cached_property
    def _cover(self) -> CoverText:
        return CoverText(self._segments)

    @cached_property
    def _labels(self) -> dict[int, str]:
        """Row number to the row's first cell."""
        return {line.row: line.cells[0].replace("\n", " ") for line in self._lines if line.row}

    def _label(self, fact: Fact) -> str:
        return self._labels.get(fact.row, "") if fact.row else ""

    def _tagged(self, fact: Fact) -> dict[str, object]:
        """The source entry of a tagged fact."""
        period = f"{fact.context.start}/{fact.context.end}" if fact.context.start else str(fact.context.end)
        source: dict[str, object] = {
            "url": self._url,
            "method": "inline-xbrl",
            "tag": fact.tag,
            "context": f"{fact.context_id} ({period})",
        }
        quote = f"{self._label(fact)} {fact.text}".strip() if fact.number is not None else fact.text
        if fact.unit and fact.unit not in ("USD", "shares"):
            source["unit"] = fact.unit
        return source | {"quote": quote[:200]}

    def _set(self, name: str, found: tuple[object, str] | None, confidence: float, method: str = "html") -> None:
        """Set a field that is still open from (value, quote)."""
        if found is not None and self._open(name):
            source = {"url": self._url, "method": method, "quote": found[1]}
            self._fields[name] = Field(found[0], source, confidence)

    def _open(self, name: str) -> bool:
        field = self._fields.get(name)
        return field is None or (field.value is None and field.applicable)

    def _fill_cover(self) -> None:
        """What the tags do not say, by the cover's printed words."""
        readers: Mapping[str, Callable[[], tuple[object, str] | None]] = {
            "form": self._cover.form,
            "period_end": self._cover.period_end,
            "state_of_incorporation": self._cover.state,
            "ein": self._cover.ein,
            "hq_address": self._cover.address,
            "phone": self._cover.phone,
        }
        for name, reader in readers.items():
            if self._open(name):
                self._set(name, reader(), 0.88)

    def _fill_identity(self) -> None:
        """CIK, accession number and form by EDGAR's list; the period, when the document was silent."""
        known, origin = self._known, self._origin()
        accession = known.accession or accession_in(self._url)
        cik = known.cik or cik_in(self._url)
        if self._open("cik") and cik:
            self._fields["cik"] = Field(cik, origin, 0.98)
        if accession:
            self._fields["accession"] = Field(accession, origin, 0.99)
        if known.filed:
            self._fields["filing_date"] = Field(known.filed, origin, 0.99)
        else:
            self._fields["filing_date"] = missing("a document does not tell when it was filed; EDGAR's list does")
        if known.form:
            self._fields["form"] = Field(known.form, origin, 0.99)
        if known.period_end and self._open("period_end"):
            self._fields["period_end"] = Field(known.period_end.isoformat(), origin, 0.95)
        printed = self._fields.get("period_end")
        if printed and printed.value and self._period is None:
            end = date.fromisoformat(printed.value)
            self._period = Period(None, end, end)
        self._fiscal_year()

    def _origin(self) -> dict[str, object]:
        """The source entry of what was known beforehand."""
        if self._known.listed_at:
            return {"url": self._known.listed_at, "method": "submissions"}
        return {"url": self._url, "method": "text"}

    def _fiscal_year(self) -> None:
        """Without a tag, only a year that ends between June and December names itself beyond doubt."""
        if not self._open("fiscal_year") or self._period is None:
            return
        end = self._period.reported_end
        if end.month >= 6:
            source = {"url": self._url, "method": "text", "quote": f"fiscal year ended {end.isoformat()}"}
            self._fields["fiscal_year"] = Field(end.year, source, 0.85)
        else:
            self._fields["fiscal_year"] = missing("the filing does not tell by which year it names this fiscal year")

    def _name(self) -> None:
        """The name as printed, when it is the tagged or known one in another spelling."""
        tagged = self._fields.get("registrant_name")
        known = [tagged.value] if tagged else list(self._known.names)
        printed = self._cover.printed_name(known)
        if printed and printed[1]:
            source = dict(tagged.source) if tagged else {"url": self._url, "method": "html"}
            self._fields["registrant_name"] = Field(printed[0], source | {"quote": printed[0]}, 0.98)
        elif known:
            source = dict(tagged.source) if tagged else self._origin()
            self._fields["registrant_name"] = Field(without_state_tail(known[0]), source, 0.85)
            if printed and not normalised(printed[0]).startswith(normalised(known[0])[:5]):
                self._notes.append(f"the cover's line of the name reads {printed[0][:80]!r}")
        elif printed and len(printed[0]) <= 100:
            self._fields["registrant_name"] = Field(
                printed[0], {"url": self._url, "method": "html", "quote": printed[0]}, 0.75
            )

    def _as_trust(self) -> None:
        """An asset-backed issuer's report holds no financial statements (Regulation AB, General Instruction J)."""
        for name in _NOT_OF_TRUSTS:
            self._fields[name] = missing(
                "an asset-backed issuer has none; its 10-K holds no statements", applicable=False
            )

    def _counts(self) -> None:
        self._set("shares_outstanding", self._cover.shares() if self._open("shares_outstanding") else None, 0.88)
        self._set("public_float", self._cover.public_float() if self._open("public_float") else None, 0.88)

    def _market(self) -> None:
        if self._open("ticker"):
            self._set("ticker", find_symbol(self._segments), 0.85, "text")
        if self._open("exchange"):
            self._set("exchange", self._cover.exchange() or find_exchange(self._segments), 0.85)

    def _auditor(self) -> None:
        if self._open("auditor"):
            signature = find_auditor(self._segments)
            if signature:
                self._set("auditor", (signature.firm, f"/s/ {signature.firm}"), 0.9, "text")
                place = (signature.location, signature.location) if signature.location else None
                self._set("auditor_location", place, 0.88, "text")
            else:
                self._fields["auditor"] = missing("the document holds no signed report of an auditor")
                self._fields["auditor_location"] = self._fields["auditor"]
        if self._open("pcaob_id"):
            number = find_pcaob_id(self._segments)
            self._set("pcaob_id", (number, f"PCAOB ID: {number}") if number else None, 0.9, "text")
        if self._open("pcaob_id"):
            # Rule of 2021 (Holding Foreign Companies Accountable Act): reports filed from 2022 on name the number.
            early = self._period is not None and self._period.end < date(2021, 12, 1)
            reason = "not stated; filings before 2022 need not name it" if early else "the document does not state it"
            self._fields["pcaob_id"] = missing(reason, applicable=not early)

    def _employees(self) -> None:
        found = find_employees(self._segments, _current_years(self._period))
        if found:
            source = {"url": self._url, "method": "text", "quote": found.quote}
            self._fields["employees"] = Field(found.number, source, found.certainty)
        else:
            self._fields["employees"] = missing("no sentence states the size of the whole workforce beyond doubt")

    def _figures(self) -> None:
        if self._period is None:
            return
        statements = Statements(self._text, self._url, self._lines, self._labels, self._tagged)
        self._fields |= statements.fields(self._facts, self._period)
        self._notes += statements.notes
        if statements.elsewhere:
            self._auditor_elsewhere()

    def _auditor_elsewhere(self) -> None:
        """The auditor's report stands beside the statements: where they are not, no passage can name who signed it."""
        for name in ("auditor", "auditor_location", "pcaob_id"):
            if self._fields.get(name) is None or self._fields[name].value is None:
                reason = "the auditor's report is in another document, with the statements"
                self._fields[name] = missing(reason, applicable=False)

    def _narrative(self) -> None:
        """Officers, business, risks: pieces of the text with their places."""
        end = self._period.end if self._period else None
        self._fields["officers"] = read_officers(self._lines, self._url)
        self._fields["business_summary"] = read_business(self._lines, self._url)
        self._fields["risk_factors"] = read_risks(self._lines, self._url, end)

    def _passages(self) -> tuple[str, ...]:
        """Paragraphs about what is often missing: people employed, the auditor."""
        wanted = re.compile(r"\bemployees\b|\bassociates\b|headcount|workforce|/s/ .*LLP|PCAOB", re.I)
        return tuple(text[:1000] for text in self._segments if wanted.search(text) and len(text) > 30)[:20]


def _current_years(period: Period | None) -> list[int]:
    """The years by which the filing may date something current; "fiscal 2024" may end in February 2025."""
    if period is None:
        return list(range(1990, 2100))
    end = period.reported_end
    return [end.year, end.year + 1, *([end.year - 1] if end.month <= 2 else [])]


__all__ = ["ASSET_BACKED", "Known", "Reading", "read_document"]
