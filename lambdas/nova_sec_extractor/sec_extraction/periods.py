"""Which period a filing reports on. Facts are chosen by it before any tag is looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from sec_extraction.model import Context, Fact
from sec_extraction.values import parse_date, parse_month_day

# A fiscal year of 52 or 53 weeks, or a calendar year, with some room: 364 to 371 days in practice.
YEAR_DAYS = range(340, 381)
# The cover's date and the statements' can differ in 52/53-week years ("December 31" for the Saturday nearest to it).
_SLACK = timedelta(days=10)


class Period(NamedTuple):
    """The reporting period. start is None when the filing does not tell (then any year-long period ending then fits).

    end: last day of the statements. reported_end: last day as the cover states it.
    """

    start: date | None
    end: date
    reported_end: date

    def fits(self, context: Context) -> bool:
        """Whether a context is this period, or the instant at its end."""
        if context.end != self.end:
            return False
        return context.start is None or context.start == self.start or context.days in YEAR_DAYS


def fiscal_period(facts: list[Fact], known_end: date | None = None) -> Period | None:
    """The period of an inline document: from the cover's tags, refined by the periods that the statements use.

    known_end: the report date that EDGAR gives, used when the cover has no tag.
    """
    cover = next((fact for fact in facts if fact.tag == "dei:DocumentPeriodEndDate"), None)
    start = cover.context.start if cover else None
    reported = _cover_date(cover) or known_end
    if reported is None:
        return None
    candidates = Counter(
        fact.context
        for fact in facts
        if fact.number is not None
        and not fact.context.dimensions
        and fact.context.start is not None
        and abs(fact.context.end - reported) <= _SLACK
        and (fact.context.days in YEAR_DAYS or fact.context.start == start)
    )
    if not candidates:
        return Period(start, reported, reported)
    exact = [context for context in candidates if context.end == reported]
    best = max(exact or candidates, key=lambda context: (context.start == start, candidates[context]))
    return Period(best.start, best.end, reported)


def _cover_date(cover: Fact | None) -> date | None:
    """The date that the cover's tag shows; a year that the text leaves out comes from its context."""
    if cover is None:
        return None
    whole = parse_date(cover.text)
    if whole:
        return whole
    parts = parse_month_day(cover.text)
    if parts:
        try:
            return date(cover.context.end.year, *parts)
        except ValueError:
            pass
    return cover.context.end


def is_year_long(context: Context) -> bool:
    """Whether a context is a period of about a year."""
    return context.days in YEAR_DAYS


def instants_at(facts: Iterable[Fact], end: date) -> list[Fact]:
    """Facts of the instant `end` without dimensions."""
    return [
        fact for fact in facts if fact.context.start is None and fact.context.end == end and not fact.context.dimensions
    ]
