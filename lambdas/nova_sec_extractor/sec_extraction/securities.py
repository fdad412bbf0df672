"""Ticker and exchange from the cover's table of securities: the row of the common stock."""

from __future__ import annotations

import re
from collections.abc import Callable

from sec_extraction.model import Context, Fact, Field, missing
from sec_extraction.places import exchange_name

Sourced = Callable[[Fact], dict[str, object]]

_SYMBOL = re.compile(r"[A-Z][A-Z0-9]{0,5}(?:[.\-/ ][A-Z0-9]{1,4})?")
# The first of these words decides: "Warrants, each for one share of common stock" is not common stock.
_KINDS = re.compile(
    r"(?P<common>\bcommon\b|\bordinary shares?|\bcapital stock|\bclass [a-c]\b(?! preferred)"
    r"|\bshares? of beneficial interest|\bamerican depositary|\blimited partner|\bsubordinate voting)"
    r"|(?P<other>\bpreferred|\bpreference|\bwarrants?\b|\brights?\b|\bunits?\b|\bnotes?\b|\bdebentures?|\bbonds?\b"
    r"|\bdepositary shares|\bguarantee|\bsecurities due|\bsenior\b|\bsubordinated\b)",
    re.I,
)
_COMMON_MEMBERS = ("us-gaap:CommonStockMember", "us-gaap:CommonClassAMember")


def choose_security(facts: list[Fact], source: Sourced, symbol: str = "") -> dict[str, Field]:
    """{"ticker", "exchange"} from dei facts; empty when the cover tags no security.

    symbol: the one that was asked for; it decides between several classes of common stock.
    """
    rows: dict[Context, dict[str, Fact]] = {}
    for fact in facts:
        name = fact.tag.removeprefix("dei:")
        if name in ("TradingSymbol", "SecurityExchangeName", "Security12bTitle", "NoTradingSymbolFlag"):
            rows.setdefault(fact.context, {}).setdefault(name, fact)
    if not rows:
        return {}
    listed = {context: row for context, row in rows.items() if _symbol_of(row)}
    if not listed:
        reason = "no security of the company has a trading symbol"
        return {"ticker": missing(reason, applicable=False), "exchange": missing(reason, applicable=False)}
    row = _common_row(listed, symbol)
    if row is None:
        reason = "the cover lists no common stock, only other securities"
        return {"ticker": missing(reason, applicable=False), "exchange": missing(reason, applicable=False)}
    return {"ticker": _ticker_field(row, source), "exchange": _exchange_field(row, source)}


def is_common(title: str) -> bool:
    """Whether a security's title is one of common stock (or its like: ordinary shares, partnership units)."""
    title = re.sub(r"\bcommon units?\b", "common", title, flags=re.I)
    found = _KINDS.search(title)
    return found is not None and found.lastgroup == "common"


def clean_symbol(text: str) -> str:
    """A trading symbol in capitals, or "" for a dash, "N/A" and the like."""
    symbol = text.strip().strip("\u201c\u201d\"'()").upper()
    return symbol if _SYMBOL.fullmatch(symbol) and symbol not in ("NONE", "N/A", "NA") else ""


def _symbol_of(row: dict[str, Fact]) -> str:
    return clean_symbol(row["TradingSymbol"].text) if "TradingSymbol" in row else ""


def _common_row(rows: dict[Context, dict[str, Fact]], symbol: str) -> dict[str, Fact] | None:
    """The row of the common stock: titled so, or by its member, or the only row there is."""
    common = [
        (context, row)
        for context, row in rows.items()
        if ("Security12bTitle" in row and is_common(row["Security12bTitle"].text))
        or _member(context) in _COMMON_MEMBERS
    ]
    for _, row in common:
        if symbol and _symbol_of(row).replace(".", "-") == symbol.upper().replace(".", "-"):
            return row
    for wanted in _COMMON_MEMBERS:
        for context, row in common:
            if _member(context) == wanted:
                return row
    if common:
        return common[0][1]
    untitled = [row for row in rows.values() if "Security12bTitle" not in row]
    return untitled[0] if len(rows) == 1 and untitled else None


def _member(context: Context) -> str:
    return context.dimensions[0][1] if len(context.dimensions) == 1 else ""


def _ticker_field(row: dict[str, Fact], source: Sourced) -> Field:
    fact = row["TradingSymbol"]
    return Field(_symbol_of(row), source(fact), 0.98)


def _exchange_field(row: dict[str, Fact], source: Sourced) -> Field:
    fact = row.get("SecurityExchangeName")
    if fact is None:
        return missing("the cover names no exchange for the common stock")
    name = exchange_name(fact.text)
    if name is None:
        return missing(f"the cover's exchange is not one we know: {fact.text[:60]!r}")
    return Field(name, source(fact), 0.98)
