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
