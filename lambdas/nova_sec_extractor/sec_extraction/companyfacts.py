"""Facts of one filing out of companyfacts JSON, which holds those of all filings of a company.

`fy` and `fp` there are the filing's and stand on every comparative column too: a fact is chosen by accession number,
end of period and duration (https://www.sec.gov/search-filings/edgar-application-programming-interfaces).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from common import progress
from common.errors import UnexpectedContent

from sec_extraction.companies import cik_of
from sec_extraction.figures import Figures
from sec_extraction.model import Context, Fact, Field, missing
from sec_extraction.periods import YEAR_DAYS, Period
from sec_extraction.values import iso_day

# In this order: a company that files a 10-K is read by it, a foreign one by its own form.
_ANNUAL_FORMS = (("10-K", "10-K405", "10-KT"), ("20-F", "40-F"))


class Filed(NamedTuple):
    """A filing as companyfacts knows it. filed: ISO 8601."""

    accession: str
    form: str
    fiscal_year: int | None
    period_end: date
    filed: str | None


def read_companyfacts(data: Any, url: str, accession: str = "") -> dict[str, Field]:
    """Fields of an annual report: of `accession`, or of the newest one in the data.

    Empty when the data holds no such report. Raises UnexpectedContent.
    """
    if not isinstance(data, Mapping) or not isinstance(data.get("facts"), Mapping):
        raise UnexpectedContent("companyfacts is not as expected: no facts")
    filed = _find_filing(data["facts"], accession)
    if filed is None:
        return {}
    facts = list(_facts(data["facts"], filed.accession))

    def source(fact: Fact) -> dict[str, object]:
        context = f"{fact.context.start}/{fact.context.end}" if fact.context.start else str(fact.context.end)
        return {"url": url, "method": "companyfacts", "tag": fact.tag, "context": context, "unit": fact.unit}

    period = Period(None, filed.period_end, filed.period_end)
    fields = Figures(facts, period, lambda fact: "", source).fields()
    fields |= _identity(data, filed, url)
    fields |= _cover_numbers(facts, source)
    return fields


def _identity(data: Mapping[str, Any], filed: Filed, url: str) -> dict[str, Field]:
    origin = {"url": url, "method": "companyfacts"}
    fields = {
        "form": Field(filed.form, origin, 0.95),
        "accession": Field(filed.accession, origin, 0.97),
        "period_end": Field(filed.period_end.isoformat(), origin, 0.9),
    }
    if filed.filed:
        fields["filing_date"] = Field(filed.filed, origin, 0.97)
    if data.get("entityName"):
        fields["registrant_name"] = Field(str(data["entityName"]), origin, 0.85)
    if data.get("cik") is not None:
        fields["cik"] = Field(cik_of(data["cik"]), origin, 0.99)
    if filed.fiscal_year:
        fields["fiscal_year"] = Field(filed.fiscal_year, origin, 0.85)
    return fields


def _cover_numbers(facts: list[Fact], source: Any) -> dict[str, Field]:
    """Shares and public float. Classes of shares carry dimensions and are therefore absent from companyfacts."""
    fields = {}
    for name, tag in (
        ("shares_outstanding", "dei:EntityCommonStockSharesOutstanding"),
        ("public_float", "dei:EntityPublicFloat"),
    ):
        found = [fact for fact in facts if fact.tag == tag]
        if len({fact.number for fact in found}) == 1:
            fields[name] = Field(found[0].number, source(found[0]), 0.93)
        elif found:
            fields[name] = missing(f"companyfacts gives several values of {tag} for the filing")
    return fields


def _find_filing(facts: Mapping[str, Any], accession: str) -> Filed | None:
    """The filing asked for, or the newest annual report; its period is the newest year-long one it reports."""
    rows: dict[str, list[tuple[Mapping[str, Any], date, date]]] = {}
    for _, _, row in _rows(facts):
        if accession and row.get("accn") != accession:
            continue
        start, end = _day(row.get("start")), _day(row.get("end"))
        if start and end and (end - start).days + 1 in YEAR_DAYS:
            rows.setdefault(str(row.get("accn")), []).append((row, start, end))
    for forms in _ANNUAL_FORMS:
        candidates = {
            key: max(end for _, _, end in found) for key, found in rows.items() if found[0][0].get("form") in forms
        }
        if candidates:
            newest = max(candidates, key=lambda key: (candidates[key], str(rows[key][0][0].get("filed", ""))))
            return _filed(newest, [row for row, _, end in rows[newest]], candidates[newest])
    return None


def _filed(accession: str, rows: list[Mapping[str, Any]], end: date) -> Filed:
    years = Counter(row["fy"] for row in rows if isinstance(row.get("fy"), int) and row.get("fp") in ("FY", None))
    year = years.most_common(1)[0][0] if years else None
    days = {iso_day(row.get("filed")) for row in rows}
    filed = days.pop() if len(days) == 1 else None
    return Filed(accession, str(rows[0].get("form", "")), year, end, filed)


def _facts(facts: Mapping[str, Any], accession: str) -> Iterator[Fact]:
    for tag, unit, row in _rows(facts):
        start, end, value = _day(row.get("start")), _day(row.get("end")), row.get("val")
        if row.get("accn") != accession or end is None or (row.get("start") and start is None):
            continue
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield Fact(tag, Context(start, end), str(value), value, unit, accession=accession)


def _rows(facts: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """(tag, unit, row) of everything. Raises UnexpectedContent."""
    try:
        for taxonomy, tags in facts.items():
            for name, entry in tags.items():
                progress.tick()
                for unit, rows in entry["units"].items():
                    for row in rows:
                        yield f"{taxonomy}:{name}", unit, row
    except (AttributeError, KeyError, TypeError) as error:
        raise UnexpectedContent(f"companyfacts is not as expected: {error!r}") from error


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
