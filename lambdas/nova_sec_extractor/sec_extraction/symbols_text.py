"""The ticker symbol and the exchange by prose (Item 5), for filings whose cover has no column for them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from sec_extraction.places import exchange_name
from sec_extraction.securities import clean_symbol

_MARKET_ITEM = re.compile(r"market\s+for\s+(?:the\s+)?(?:registrant|company|our|common|its)", re.I)
_SYMBOL = re.compile(
    r"symbols?\)?(?:\s+(?:is|of|was))?\s*[:,]?\s*[(\"'\u201c\u2018]*\s*(?:(?:NYSE|NASDAQ|OTC\w*|AMEX):\s*)?"
    r"([A-Z]{1,5}(?:[.\-][A-Z])?)(?![A-Za-z])"
)
_COLON = re.compile(r"\b(?:NYSE|NASDAQ|Nasdaq|AMEX|OTCQB|OTCQX)(?: American| Global| Capital)?:\s*([A-Z]{1,5})\b")
_NOT_SYMBOLS = frozenset({"NYSE", "OTC", "OTCBB", "OTCQB", "AMEX", "A", "I", "THE", "ON", "AND"})
_REACH = 30


def find_symbol(segments: Sequence[str]) -> tuple[str, str] | None:
    """(symbol, quote): from the item on the market for the stock, else the only one named anywhere."""
    in_item = _symbols(_market_item(segments))
    if in_item:
        return in_item[0]
    everywhere = _symbols(segments)
    counted = Counter(symbol for symbol, _ in everywhere)
    return everywhere[0] if len(counted) == 1 else None


def find_exchange(segments: Sequence[str]) -> tuple[str, str] | None:
    """(exchange, quote) of the sentence that says where the stock is traded."""
    for segment in _market_item(segments):
        for sentence in re.split(r"(?<=[a-z0-9)\"\u201d]\.)\s+", segment):
            if re.search(r"\b(?:traded|listed|quoted|trades|trading|principal market)\b", sentence, re.I):
                name = exchange_name(sentence)
                if name:
                    return name, sentence[:160]
    return None


def _market_item(segments: Sequence[str]) -> list[str]:
    """The segments after each heading of the item (the first is in the table of contents)."""
    found: list[str] = []
    for index, segment in enumerate(segments):
        if len(segment) < 250 and _MARKET_ITEM.search(segment):
            found += segments[index : index + _REACH]
    return found


def _symbols(segments: Sequence[str]) -> list[tuple[str, str]]:
    found = []
    for segment in segments:
        for match in (*_SYMBOL.finditer(segment), *_COLON.finditer(segment)):
            symbol = clean_symbol(match.group(1))
            if symbol and symbol not in _NOT_SYMBOLS:
                found.append((symbol, segment[max(0, match.start() - 60) : match.end() + 20].strip()))
    return found
