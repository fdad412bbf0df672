"""Cross-checks: what two values, or both documents, say of each other. Each has a published weight (docs/quality.md)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime

from common.quality_reading import Cxo, Doubt, Sec, plain_words

BALANCE, EQUITY_OVER_ASSETS, NEGATIVE_ASSETS = 20.0, 15.0, 15.0
INCOME_SCALE, INCOME_OVER_REVENUE, NEGATIVE_COUNT = 10.0, 4.0, 8.0
FUTURE_PERIOD, LATE_FILING, STALE_PERIOD, FISCAL_YEAR = 15.0, 5.0, 5.0, 5.0
SHARE_PRICE = 4.0
OTHER_NAME, OTHER_CEO = 8.0, 10.0
TWO_HEADS, MANY_ROLES, NAMED_TWICE = 3.0, 2.0, 2.0

# A balance sheet is rounded line by line.
ROUNDING = 0.005
# A loss or gain of this many times the revenue happens (young drug makers), but thousands is also what a figure "in
# thousands" read as it stands looks like.
SCALE = 1000.0
# Form 10-K, general instruction A(2): 60, 75 or 90 days after the year's end; rule 12b-25 gives 15 more. A few days are
# added for ends on holidays: about four months in all.
DAYS_TO_FILE = 120
# With a year between two reports and four months to file, the newest period is at most this old.
DAYS_TO_NEXT = 366 + DAYS_TO_FILE
# The price of a share that float and share count imply, in USD. The dearest ever, Berkshire Hathaway's class A, is
# below the upper bound; the float leaves out what insiders hold, so a low price proves little.
LOWEST_PRICE, HIGHEST_PRICE = 0.00001, 1_500_000.0
# Words that tell a company's legal form and not its name.
_FORM_WORDS = frozenset(
    [
        "inc",
        "incorporated",
        "corp",
        "corporation",
        "co",
        "company",
        "companies",
        "ltd",
        "limited",
        "llc",
        "lp",
        "llp",
        "plc",
        "sa",
        "ag",
        "nv",
        "se",
        "the",
        "and",
        "of",
        "group",
        "holding",
        "holdings",
        "trust",
        "de",
        "del",
    ]
)
_CHIEF = "chief executive"

Check = Callable[[Sec, Cxo, datetime], Iterator[Doubt]]


def doubts(sec: Sec, cxo: Cxo, now: datetime) -> list[Doubt]:
    """All that does not fit together. A check whose values are not all there says nothing."""
    checks: tuple[Check, ...] = (
        _balance,
        _income,
        _counts,
        _period,
        _fiscal_year,
        _share_price,
        _names,
        _chief,
        _roles,
    )
    return [doubt for check in checks for doubt in check(sec, cxo, now)]


def _balance(sec: Sec, _: Cxo, __: datetime) -> Iterator[Doubt]:
    """Assets = liabilities + equity (FASB Concepts Statement 8, chapter 4), non-controlling interests included."""
    assets = sec.figure("total_assets")
    if assets is None:
        return
    if assets < 0:
        yield _doubt("sec.total_assets", f"total assets are negative: {assets:,.0f}", NEGATIVE_ASSETS)
    equities = [sec.figure("total_equity_incl_nci"), sec.figure("total_equity")]
    equity = next((value for value in equities if value is not None), None)
    if equity is None:
        return
    if equity > assets * (1 + ROUNDING) and assets >= 0:
        text = f"equity of {equity:,.0f} is more than total assets of {assets:,.0f}"
        yield _doubt("sec.total_equity", text, EQUITY_OVER_ASSETS)
    liabilities = sec.figure("total_liabilities")
    if liabilities is not None and abs(liabilities + equity - assets) > ROUNDING * max(abs(assets), 1.0):
        text = f"liabilities {liabilities:,.0f} and equity {equity:,.0f} do not make total assets {assets:,.0f}"
        yield _doubt("sec.total_assets", text, BALANCE)


def _income(sec: Sec, _: Cxo, __: datetime) -> Iterator[Doubt]:
    """Net income against revenue: a profit above all revenue is rare, and thousands of times it a misread scale."""
    revenue, income = sec.figure("revenue"), sec.figure("net_income")
    if revenue is None or income is None:
        return
    if revenue and abs(income) > SCALE * abs(revenue):
        text = f"net income of {income:,.0f} is over {SCALE:,.0f} times the revenue of {revenue:,.0f}"
        yield _doubt("sec.net_income", text, INCOME_SCALE)
    elif revenue > 0 and income > revenue:
        text = f"net income of {income:,.0f} is more than the revenue of {revenue:,.0f}"
        yield _doubt("sec.net_income", text, INCOME_OVER_REVENUE)


def _counts(sec: Sec, _: Cxo, __: datetime) -> Iterator[Doubt]:
    """Counts and market values are never below zero."""
    for name in ("shares_outstanding", "public_float", "employees"):
        value = sec.figure(name)
        if value is not None and value < 0:
            yield _doubt(f"sec.{name}", f"the value is negative: {value:,.0f}", NEGATIVE_COUNT)


def _period(sec: Sec, _: Cxo, now: datetime) -> Iterator[Doubt]:
    """The period's end against the filing and against today."""
    end = sec.day("period_end")
    if end is None:
        return
    today = now.date()
    if end > today:
        yield _doubt("sec.period_end", f"the period ends on {end}, after the extraction on {today}", FUTURE_PERIOD)
        return
    if (today - end).days > DAYS_TO_NEXT:
        text = f"the period ended on {end}, {(today - end).days} days before the extraction: a newer report is due"
        yield _doubt("sec.period_end", text, STALE_PERIOD)
    text = f"the period ended on {end} and the report was filed {{}}; reports are due within four months"
    day, year = sec.day("filing_date"), _filing_year(sec.words("accession"))
    if day is not None:
        if not 0 <= (day - end).days <= DAYS_TO_FILE:
            yield _doubt("sec.period_end", text.format(f"on {day}"), LATE_FILING)
    elif year is not None:
        may_be_next_year = (date(end.year, 12, 31) - end).days < DAYS_TO_FILE
        if not end.year <= year <= end.year + may_be_next_year:
            yield _doubt("sec.period_end", text.format(f"in {year}"), LATE_FILING)


def _filing_year(accession: str) -> int | None:
    """The middle part of an accession number is the year in which it was given (SEC, "Accessing EDGAR Data")."""
    match = re.fullmatch(r"[0-9]{10}-([0-9]{2})-[0-9]{6}", accession)
    if match is None:
        return None
    return (1900 if int(match[1]) > 90 else 2000) + int(match[1])  # EDGAR began in 1993


def _fiscal_year(sec: Sec, _: Cxo, __: datetime) -> Iterator[Doubt]:
    """A fiscal year has the name of the year it ends in, or of the year most of it lies in (52/53-week years)."""
    end, year = sec.day("period_end"), sec.figure("fiscal_year")
    if year is None and sec.words("fiscal_year").isdecimal():
        year = float(sec.words("fiscal_year")[:6])
    if end is not None and year is not None and year not in (end.year, end.year - 1):
        yield _doubt("sec.fiscal_year", f"fiscal year {year:g} does not fit a period that ends on {end}", FISCAL_YEAR)


def _share_price(sec: Sec, _: Cxo, __: datetime) -> Iterator[Doubt]:
    """Float over shares outstanding is a price per share, a low one at least."""
    shares, value = sec.figure("shares_outstanding"), sec.figure("public_float")
    if not shares or not value or shares < 0 or value < 0:
        return
    price = value / shares
    if not LOWEST_PRICE <= price <= HIGHEST_PRICE:
        text = f"a public float of {value:,.0f} for {shares:,.0f} shares makes {price:,.6g} a share"
        yield _doubt("sec.public_float", text, SHARE_PRICE)


def _names(sec: Sec, cxo: Cxo, _: datetime) -> Iterator[Doubt]:
    """The registrant against the company that the website was read for."""
    registrant, asked = sec.words("registrant_name"), cxo.company_name
    symbol = plain_words(sec.words("ticker"))
    if registrant and asked and plain_words(asked) != symbol and not same_company(registrant, asked):
        text = f"the report is of {registrant}, the website was read for {asked}"
        yield _doubt("sec.registrant_name", text, OTHER_NAME)


def same_company(one: str, other: str) -> bool:
    """Whether two names may be one company's: the words of one stand in the other, or are its initials."""
    words, others = _name_words(one), _name_words(other)
    if not words or not others:
        return plain_words(one) == plain_words(other)
    if set(words) <= set(others) or set(others) <= set(words) or "".join(words) == "".join(others):
        return True
    short, long = sorted((plain_words(one), plain_words(other)), key=lambda parts: (len(parts), parts))
    initials = {"".join(word[0] for word in parts) for parts in (long, _without_forms(long))}
    return bool(_without_forms(short)) and "".join(_without_forms(short)) in initials


def _name_words(name: str) -> list[str]:
    return _without_forms(plain_words(name)) or plain_words(name)


def _without_forms(words: list[str]) -> list[str]:
    return [word for word in words if word not in _FORM_WORDS]


def _chief(sec: Sec, cxo: Cxo, _: datetime) -> Iterator[Doubt]:
    """Who the website names as CEO against who signed the report as such, where the report's officers were read."""
    signed = [name for name, title in sec.officers if _CHIEF in title.casefold() or "ceo" in plain_words(title)]
    named = cxo.roles.get("CEO", [])
    if signed and named and not any(same_person(one, other) for one in signed for other in named):
        text = f"the website names {', '.join(named[:3])} as CEO, the report {', '.join(signed[:3])}"
        yield _doubt("cxo.roles.CEO", text, OTHER_CEO)


def same_person(one: str, other: str) -> bool:
    """Whether two names may be one person's: a long word in common, and first letters that agree (`Timothy D. Cook` and
    `Tim Cook`)."""
    words, others = plain_words(one), plain_words(other)
    if not words or not others:
        return False
    common = {word for word in words if len(word) > 2} & set(others)
    return bool(common) and (words[0][0] == others[0][0] or len(common) > 1)


def _roles(_: Sec, cxo: Cxo, __: datetime) -> Iterator[Doubt]:
    """A role with two holders, a person with two of the four roles, a person who stands twice on the page."""
    for role, names in sorted(cxo.roles.items()):
        titles = " ".join(person.title for person in cxo.executives if person.name in names).casefold()
        if len(set(names)) > 1 and "co-" not in titles:
            text = f"{len(set(names))} people hold the role: {', '.join(sorted(set(names))[:3])}"
            yield _doubt(f"cxo.roles.{role}", text, TWO_HEADS)
    holders = Counter(name for names in cxo.roles.values() for name in set(names))
    for name, count in sorted(holders.items()):
        if count > 1:
            yield _doubt("cxo.roles", f"{name} holds {count} of the roles", MANY_ROLES)
    twice = [name for name, count in Counter(person.name for person in cxo.executives).items() if count > 1]
    if twice:
        yield _doubt("cxo.executives", f"named more than once: {', '.join(sorted(twice)[:3])}", NAMED_TWICE)


def _doubt(field: str, text: str, weight: float) -> Doubt:
    return Doubt(field=field, doubt=text, weight=weight)
