"""From what a user types to a CIK, by EDGAR's company_tickers.json."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from common.errors import AmbiguousCompany, CompanyNotFound, UnexpectedContent

from sec_extraction.names import core, normalised

_SHOWN = 5


class Company(NamedTuple):
    """A row of the list. cik: ten digits. title: EDGAR's conformed name."""

    cik: str
    ticker: str
    title: str


class Match(NamedTuple):
    """The company that was found. doubts: what does not quite fit, in words."""

    company: Company
    doubts: tuple[str, ...] = ()


def read_tickers(data: Any) -> list[Company]:
    """The rows of company_tickers.json: {"0": {"cik_str": 320193, "ticker": "AAPL", "title": "Apple Inc."}, …}.

    Raises UnexpectedContent.
    """
    rows = data.values() if isinstance(data, Mapping) else data
    try:
        return [Company(cik_of(row["cik_str"]), str(row["ticker"]).upper(), str(row["title"])) for row in rows]
    except (TypeError, KeyError, ValueError) as error:
        raise UnexpectedContent(f"company_tickers.json is not as expected: {error!r}") from error


def cik_of(value: object) -> str:
    """A CIK as ten digits, from an int or a string with or without zeros. Raises ValueError."""
    digits = str(value).strip().upper().removeprefix("CIK")
    if not digits.isdigit() or len(digits) > 10:
        raise ValueError(f"not a CIK: {value!r}")
    return digits.zfill(10)


def find_company(companies: Iterable[Company], name: str, symbol: str = "") -> Match:
    """The company of a name and, when given, a ticker symbol.

    The symbol decides unless the name plainly means another company. Raises CompanyNotFound, AmbiguousCompany.
    """
    rows = list(companies)
    if not symbol:
        return _by_name(rows, name)
    by_symbol = [row for row in rows if _symbol_key(row.ticker) == _symbol_key(symbol)]
    if not by_symbol:
        match = _by_name(rows, name)
        return match._replace(doubts=(*match.doubts, f"EDGAR's list has no symbol {symbol}; found by name"))
    company = by_symbol[0]
    if _resemble(name, company.title):
        return Match(company)
    others = _tier(rows, name, normalised) or _tier(rows, name, core)
    if others and company.cik not in {other.cik for other in others}:
        raise AmbiguousCompany(
            f"the symbol {symbol} is {company.title}'s, but the name {name!r} is that of {_listed(others)}"
        )
    return Match(company, (f"the symbol {symbol} is {company.title}'s, which does not resemble the name {name!r}",))


def _by_name(rows: list[Company], name: str) -> Match:
    for key in (normalised, core, _joined):
        found = _tier(rows, name, key)
        if found:
            return Match(_only(found, name))
    wanted = core(name)
    found = [row for row in rows if f"{core(row.title)} ".startswith(f"{wanted} ")] if len(wanted) > 2 else []
    if not found:
        raise CompanyNotFound(f"EDGAR lists no company named {name!r}; its list holds only companies with a ticker")
    company = _only(found, name)
    return Match(company, (f"the name {name!r} is only the beginning of {company.title!r}",))


def _tier(rows: list[Company], name: str, key: Callable[[str], str]) -> list[Company]:
    """The rows whose title equals the name under a key; one a CIK."""
    wanted = key(name)
    if not wanted:
        return []
    return list({row.cik: row for row in reversed(rows) if key(row.title) == wanted}.values())[::-1]


def _only(found: list[Company], name: str) -> Company:
    unique = list({row.cik: row for row in reversed(found)}.values())[::-1]
    if len(unique) > 1:
        raise AmbiguousCompany(f"{name!r} may be {_listed(unique)}; give the ticker symbol")
    return unique[0]


def _listed(companies: list[Company]) -> str:
    shown = ", ".join(f"{row.title} ({row.ticker})" for row in companies[:_SHOWN])
    return f"{shown} or {len(companies) - _SHOWN} more" if len(companies) > _SHOWN else shown


def _resemble(name: str, title: str) -> bool:
    """Whether two names share their first word, or most of their words, or are one without blanks."""
    one, other = core(name).split(), core(title).split()
    if not one or not other:
        return False
    if one[0] == other[0] or _joined(name) == _joined(title):
        return True
    initials = "".join(word[0] for word in other)
    return 2 * len(set(one) & set(other)) >= min(len(one), len(other)) or "".join(one) == initials


def _joined(name: str) -> str:
    return core(name).replace(" ", "")


def _symbol_key(symbol: str) -> str:
    """Class shares are written BRK-B, BRK.B, BRK/B and "BRK B"."""
    return re.sub(r"[.\-/ ]", "-", symbol.strip().upper())
