"""Chooses among a filing's facts: by period, unit and dimensions first, then by tag; clashing ones are not chosen.

Works on facts of an inline document and on facts of companyfacts alike.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

from sec_extraction.model import Fact, Field
from sec_extraction.periods import Period

Label = Callable[[Fact], str]
Sourced = Callable[[Fact], dict[str, object]]


class Choice(NamedTuple):
    """A chosen fact, or None with the reason."""

    fact: Fact | None
    reason: str = ""


class Selection:
    """The facts of one period.

    facts: numbers of us-gaap, ifrs-full and the filer's own tags. label: the printed row of a fact ("" when unknown).
    source: builds the source entry of a field. by_tag: local tag to the facts without dimensions, in the main currency.
    """

    def __init__(self, facts: Iterable[Fact], period: Period, label: Label, source: Sourced) -> None:
        self.all = [fact for fact in facts if fact.number is not None and not fact.tag.startswith("dei:")]
        self.period = period
        self.label = label
        self._source = source
        self.currency = _main_currency(self.all)
        self.by_tag: dict[str, list[Fact]] = defaultdict(list)
        for fact in self.all:
            if not fact.context.dimensions and fact.unit == self.currency and period.fits(fact.context):
                self.by_tag[local(fact.tag)].append(fact)

    def field(self, fact: Fact, confidence: float) -> Field:
        """The fact as a field of the result."""
        return Field(fact.number, self._source(fact), confidence)

    def source(self, fact: Fact) -> dict[str, object]:
        """The source entry of a fact."""
        return dict(self._source(fact))

    def within(self, tables: Collection[int], tag: str) -> list[Fact]:
        """The facts of a tag that stand in one of the tables."""
        return [fact for fact in self.by_tag.get(tag, ()) if fact.table in tables]

    def nonzero(self, tags: Iterable[str]) -> bool:
        """Whether any of the tags has a value other than zero."""
        return any(fact.number for tag in tags for fact in self.by_tag.get(tag, ()))

    def choose(self, tags: Iterable[str], tables: Collection[int] = ()) -> Choice:
        """The first of the tags that the period has, in the tables where it stands there."""
        for tag in tags:
            facts = self.within(tables, tag) or self.by_tag.get(tag)
            if facts:
                return settle(facts)
        return Choice(None)


def settle(facts: list[Fact]) -> Choice:
    """One fact of several with the same tag and period: they must agree; the most precise is taken."""
    best = max(facts, key=_precision)
    clashing = [fact for fact in facts if not _agree(best, fact)]
    if not clashing:
        return Choice(best)
    counted = Counter(fact.number for fact in facts).most_common(2)
    if counted[0][1] < 2 * counted[1][1]:
        return Choice(None, f"{best.tag} is stated with different values: {counted[0][0]} and {counted[1][0]}")
    return Choice(next(fact for fact in facts if fact.number == counted[0][0]))


def local(tag: str) -> str:
    """A tag without its prefix."""
    return tag.rpartition(":")[2]


def _main_currency(facts: list[Fact]) -> str:
    """The unit of most figures that are neither shares nor ratios."""
    units = Counter(fact.unit for fact in facts if len(fact.unit) == 3 and fact.unit.isupper())
    return units.most_common(1)[0][0] if units else "USD"


def _precision(fact: Fact) -> tuple[int, int]:
    """Sort key: stated decimals first, then the number of significant digits."""
    return _decimals(fact), len(str(fact.number).rstrip("0"))


def _decimals(fact: Fact) -> int:
    """The stated precision: -6 for millions, 99 for an exact value, -99 for an unknown one."""
    if fact.decimals == "INF":
        return 99
    return int(fact.decimals) if re.fullmatch(r"-?[0-9]{1,2}", fact.decimals) else -99


def _agree(precise: Fact, other: Fact) -> bool:
    """Whether two statements of one figure differ by no more than the coarser one's rounding."""
    if precise.number is None or other.number is None:
        return False
    decimals = _decimals(other)
    room = 0.5 * 10.0**-decimals if abs(decimals) < 99 else 0.0
    return abs(precise.number - other.number) <= room
