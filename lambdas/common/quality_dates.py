"""Cross-checks of dates: the period against the day of filing, the fiscal year's name and the time of extraction."""

from __future__ import annotations

import re
from datetime import date, datetime

from common.quality_findings import Found, Skipped, doubt, lacking
from common.quality_reading import Cxo, Sec
from common.quality_weights import (
    DAYS_A_YEAR,
    DAYS_TO_FILE,
    DAYS_TO_FILE_20F,
    DAYS_TO_FILE_20F_BEFORE,
    FISCAL_YEAR,
    FUTURE_PERIOD,
    LATE_FILING,
    NEW_20F_LIMIT,
    RELIEF,
    RELIEF_DAYS,
    STALE_PERIOD,
)


def period(sec: Sec, _: Cxo, now: datetime) -> Found:
    """The period's end against the filing and against today."""
    end = sec.day("period_end")
    if end is None:
        yield lacking(sec, "period_end")
        return
    today = now.date()
    if end > today:
        yield doubt("sec.period_end", f"the period ends on {end}, after the extraction on {today}", FUTURE_PERIOD)
        return
    if (today - end).days > DAYS_A_YEAR + _days_to_file(sec.words("form").upper(), end):
        text = f"the period ended on {end}, {(today - end).days} days before the extraction: a newer report is due"
        yield doubt("sec.period_end", text, STALE_PERIOD)
    yield from _filing(sec, end)


def _filing(sec: Sec, end: date) -> Found:
    """The day of filing against the period's end; without the day, the year in the accession number."""
    form = sec.words("form").upper()
    if form.endswith("/A") or form.startswith("10-KT"):
        return  # an amendment may come at any time, and a transition period may end before anyone knew that it would
    limit = _days_to_file(form, end)
    text = f"the period ended on {end} and the report was filed {{}}; reports are due within {limit} days"
    day, year = sec.day("filing_date"), _filing_year(sec.words("accession"))
    if day is not None:
        if not 0 <= (day - end).days <= limit + _relief(day):
            yield doubt("sec.period_end", text.format(f"on {day}"), LATE_FILING)
    elif year is not None:
        may_be_next_year = (date(end.year, 12, 31) - end).days < limit
        if not end.year <= year <= end.year + may_be_next_year:
            yield doubt("sec.period_end", text.format(f"in {year}"), LATE_FILING)
    else:
        yield Skipped(f"{lacking(sec, 'filing_date').why}, and no accession number tells its year")


def _days_to_file(form: str, end: date) -> int:
    """How long after the period's end a report may be filed, a notice of lateness and holidays included."""
    if not form.startswith("20-F"):
        return DAYS_TO_FILE
    return DAYS_TO_FILE_20F if end >= NEW_20F_LIMIT else DAYS_TO_FILE_20F_BEFORE


def _relief(filed: date) -> int:
    """Days more in the spring and summer of 2020."""
    return RELIEF_DAYS if RELIEF[0] <= filed <= RELIEF[1] else 0


def _filing_year(accession: str) -> int | None:
    """The middle part of an accession number is the year in which it was given (SEC, "Accessing EDGAR Data")."""
    match = re.fullmatch(r"[0-9]{10}-([0-9]{2})-[0-9]{6}", accession)
    if match is None:
        return None
    return (1900 if int(match[1]) > 90 else 2000) + int(match[1])  # EDGAR began in 1993


def fiscal_year(sec: Sec, _: Cxo, __: datetime) -> Found:
    """A fiscal year has the name of the year it ends in, or of the year most of it lies in (52/53-week years)."""
    end, year = sec.day("period_end"), sec.figure("fiscal_year")
    if year is None and sec.words("fiscal_year").isdecimal():
        year = float(sec.words("fiscal_year")[:6])
    if end is None or year is None:
        yield lacking(sec, "period_end" if end is None else "fiscal_year")
    elif year not in (end.year, end.year - 1):
        yield doubt("sec.fiscal_year", f"fiscal year {year:g} does not fit a period that ends on {end}", FISCAL_YEAR)
