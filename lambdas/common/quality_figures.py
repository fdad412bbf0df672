"""Cross-checks of figures: what two values of the annual report say of each other."""

from __future__ import annotations

from datetime import datetime

from common.quality_findings import Found, Skipped, doubt, lacking
from common.quality_reading import Cxo, Sec
from common.quality_weights import (
    BALANCE,
    EQUITY_OVER_ASSETS,
    HIGHEST_PRICE,
    INCOME_OVER_REVENUE,
    INCOME_SCALE,
    LOWEST_PRICE,
    NEGATIVE_ASSETS,
    NEGATIVE_COUNT,
    ROUNDING,
    SCALE,
    SHARE_PRICE,
)


def sizes(sec: Sec, _: Cxo, __: datetime) -> Found:
    """Total assets are not negative, and equity is at most as much."""
    assets, equity = sec.figure("total_assets"), _equity_of(sec)
    if assets is None:
        yield lacking(sec, "total_assets")
        return
    if assets < 0:
        yield doubt("sec.total_assets", f"total assets are negative: {assets:,.0f}", NEGATIVE_ASSETS)
    if equity is not None and equity > assets * (1 + ROUNDING) and assets >= 0:
        text = f"equity of {equity:,.0f} is more than total assets of {assets:,.0f}"
        yield doubt("sec.total_equity", text, EQUITY_OVER_ASSETS)


def balance(sec: Sec, _: Cxo, __: datetime) -> Found:
    """Assets = liabilities + equity (FASB Concepts Statement 8, chapter 4), non-controlling interests included, and what
    stands between the two (temporary equity, ASC 480-10-S99-3A)."""
    assets, liabilities, equity = sec.figure("total_assets"), sec.figure("total_liabilities"), _equity_of(sec)
    if assets is None or liabilities is None or equity is None:
        names = ("total_assets", "total_liabilities", "total_equity")
        yield from (
            lacking(sec, name)
            for name, value in zip(names, (assets, liabilities, equity), strict=True)
            if value is None
        )
        return
    yield from _owners(sec, assets)
    between = sec.figure("temporary_equity") or 0.0
    rest = assets - liabilities - between - equity
    room = ROUNDING * max(abs(assets), 1.0)
    if abs(rest) <= room or abs(rest + _others(sec)) <= room:
        return
    if rest > 0 and (why := _unknown_between(sec)):
        yield Skipped(f"{rest:,.0f} may stand between liabilities and equity: {why}")
        return
    also = f", {between:,.0f} between them" if between else ""
    text = f"liabilities {liabilities:,.0f} and equity {equity:,.0f}{also} do not make total assets {assets:,.0f}"
    yield doubt("sec.total_assets", text, BALANCE)


def _owners(sec: Sec, assets: float) -> Found:
    """Equity of the parent's owners and of the others make the whole, where all three are stated."""
    names = ("total_equity", "noncontrolling_interests", "total_equity_incl_nci")
    parent, others, whole = (sec.figure(name) for name in names)
    if parent is None or others is None or whole is None:
        return
    if abs(parent + others - whole) > ROUNDING * max(abs(assets), 1.0):
        text = f"equity of {parent:,.0f} and other owners' {others:,.0f} do not make the whole of {whole:,.0f}"
        yield doubt("sec.total_equity", text, BALANCE)


def _equity_of(sec: Sec) -> float | None:
    """Equity of all owners: as it is totalled, else the parent's with the others' added."""
    whole, parent = sec.figure("total_equity_incl_nci"), sec.figure("total_equity")
    if whole is not None or parent is None:
        return whole
    return parent + _others(sec)


def _others(sec: Sec) -> float:
    """What `_equity_of` adds for the other owners; reports before 2009 may count them among the liabilities."""
    if sec.figure("total_equity_incl_nci") is not None:
        return 0.0
    return sec.figure("noncontrolling_interests") or 0.0


def _unknown_between(sec: Sec) -> str:
    """Why it is not known what else stands between liabilities and equity; "" when it is."""
    names = ["temporary_equity"]
    if sec.figure("total_equity_incl_nci") is None:
        names.append("noncontrolling_interests")
    for name in names:
        field = sec.field(name)
        if field.value is None and field.applicable:
            return f"{name}: {field.reason or 'not read'}"
    return ""


def income(sec: Sec, _: Cxo, __: datetime) -> Found:
    """Net income against revenue: a profit above all revenue is rare, and thousands of times it a misread scale."""
    revenue, income = sec.figure("revenue"), sec.figure("net_income")
    if revenue is None or income is None:
        yield lacking(sec, "revenue" if revenue is None else "net_income")
        return
    if revenue and abs(income) > SCALE * abs(revenue):
        text = f"net income of {income:,.0f} is over {SCALE:,.0f} times the revenue of {revenue:,.0f}"
        yield doubt("sec.net_income", text, INCOME_SCALE)
    elif revenue > 0 and income > revenue:
        text = f"net income of {income:,.0f} is more than the revenue of {revenue:,.0f}"
        yield doubt("sec.net_income", text, INCOME_OVER_REVENUE)


def counts(sec: Sec, _: Cxo, __: datetime) -> Found:
    """Counts and market values are never below zero."""
    for name in ("shares_outstanding", "public_float", "employees"):
        value = sec.figure(name)
        if value is not None and value < 0:
            yield doubt(f"sec.{name}", f"the value is negative: {value:,.0f}", NEGATIVE_COUNT)


def share_price(sec: Sec, _: Cxo, __: datetime) -> Found:
    """Float over shares outstanding is a price per share, a low one at least."""
    shares, value = sec.figure("shares_outstanding"), sec.figure("public_float")
    if not shares or not value or shares < 0 or value < 0:
        yield lacking(sec, "public_float" if shares else "shares_outstanding")
        return
    price = value / shares
    if not LOWEST_PRICE <= price <= HIGHEST_PRICE:
        text = f"a public float of {value:,.0f} for {shares:,.0f} shares makes {price:,.6g} a share"
        yield doubt("sec.public_float", text, SHARE_PRICE)
