"""What the rows of a statement are called. Used to check a tagged row, and to find rows where nothing is tagged."""

from __future__ import annotations

import re

_NOTE = re.compile(
    r"\s*\((?:notes?|see note|restated|as restated|including|includes|net of|related)\b[^)]*\)|\s*\[[^\]]*\]|\s*\*+$",
    re.I,
)
_REVENUE = re.compile(
    r"(?:total )?(?:consolidated )?(?:net )?(?:operating )?"
    r"(?:revenues?|sales|sales and revenues|revenues? and other(?: income)?|sales and other (?:operating )?revenues?"
    r"|sales to customers|revenues?,? net)(?:,? net)?(?: of interest expense)?",
    re.I,
)

_EQUITY_HEADER = re.compile(r"\b(?:equity|deficit|deficiency|capital|net assets)\b", re.I)
_BETWEEN = re.compile(
    r"redeemable|subject to (?:possible |mandatory )?(?:redemption|repurchase)|mezzanine|temporary equity|\bredemption\b",
    re.I,
)


def plain_label(text: str) -> str:
    """A row's label without notes, colons and dotted leaders."""
    text = _NOTE.sub("", text.replace("\n", " "))
    text = re.sub(r"[.…\s]{3,}$", "", text)
    return text.strip(" :.,\u2013\u2014-$").replace("\u2019", "'")


def is_revenue(label: str) -> bool:
    """Whether a row is the company's revenue by its name: "Net sales", "Total revenues"; not "Product revenue"."""
    return _REVENUE.fullmatch(plain_label(label)) is not None


def is_total(label: str) -> bool:
    """Whether a row calls itself a total."""
    return plain_label(label).lower().startswith("total ")


def is_equity_header(label: str) -> bool:
    """Whether a row heads the section of equity: "Stockholders' equity:", "Partners' capital"; not "Mezzanine equity"."""
    plain = plain_label(label)
    return len(plain) < 60 and _EQUITY_HEADER.search(plain) is not None and not is_between_label(plain)


def is_between_label(label: str) -> bool:
    """Whether a row stands between liabilities and equity by its name: "Redeemable noncontrolling interests"."""
    return _BETWEEN.search(plain_label(label)) is not None
