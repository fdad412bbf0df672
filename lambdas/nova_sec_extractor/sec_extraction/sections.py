"""The items of an annual report (Form 10-K, "Item 1. Business" and so on) by their headings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from sec_extraction.lines import Line

_HEADING = re.compile(
    r"^\W*(?:part\s+[iv]+\W+)?items?\s*(?P<number>1[0-6]|[1-9])\s*\(?(?P<letter>[abc])?\)?(?![\w%])"
    r"(?P<also>[\s.]*(?:and|&|,)\s*(?:item\s*)?\d+[a-c]?)?[\s.:\u2013\u2014\-]*(?P<title>.*)$",
    re.I | re.S,
)
# What the items are called (Form 10-K). An item's number alone also heads a cross-reference.
_TITLES = {
    "1": re.compile(r"(?:(?:description of|our|the|general|company'?s?)\s+)*business\b", re.I),
    "1A": re.compile(r"(?:certain\s+|summary of\s+)?risk\s+factors|factors that may affect", re.I),
}
_LONGEST_HEADING = 200
_PAGE_NUMBER = re.compile(r"(?:page\s*)?[\divxF-]{1,5}", re.I)


class Section(NamedTuple):
    """An item: its heading as printed, and the lines from `start` to before `end`, the heading left out."""

    heading: str
    start: int
    end: int


class _Mark(NamedTuple):
    number: str
    heading: str
    line: int
    below: int


def find_item(lines: Sequence[Line], number: str) -> Section | None:
    """An item of the report by its number ("1", "1A"): of several places under such a heading, the longest.

    The others are tables of contents, cross-references and headings that each page repeats.
    """
    marks = _marks(lines)
    best: tuple[int, Section] | None = None
    end, following = len(lines), ""
    for index in range(len(marks) - 1, -1, -1):
        mark = marks[index]
        if mark.number != following:
            end = marks[index + 1].line if following else len(lines)
            following = mark.number
        if mark.number != number or (index and marks[index - 1].number == number):
            continue
        size = sum(len(line.text) for line in lines[mark.below : end])
        if best is None or size >= best[0]:
            best = size, Section(mark.heading, mark.below, end)
    return best[1] if best else None


def _marks(lines: Sequence[Line]) -> list[_Mark]:
    """The headings of items, in order. A row of a table of contents is one too: what is under it is short."""
    found = []
    for index, line in enumerate(lines):
        first = line.cells[0]
        if first[:12].lstrip("\u2022 *\n").lower().startswith(("item", "part")):
            mark = _mark(lines, index)
            if mark:
                found.append(mark)
    return found


def _mark(lines: Sequence[Line], index: int) -> _Mark | None:
    text = lines[index].text
    match = _HEADING.match(text) if len(text) <= _LONGEST_HEADING else None
    if match is None:
        return None
    number = match["number"] + (match["letter"] or "").upper()
    title, below = match["title"].strip(), index + 1
    if not re.search(r"[A-Za-z]", title) and below < len(lines) and len(lines[below].text) < 120:
        title, below = lines[below].text, below + 1
    wanted = _TITLES.get(number)
    if wanted is not None and not wanted.match(title.replace("\u2019", "'")):
        return None
    return _Mark(number, " ".join(f"{text if title in text else f'{text} {title}'}".split()), index, below)


def is_page_furniture(text: str) -> bool:
    """Whether a line is only a page number or a link back to the contents."""
    plain = text.strip(" \u2022-\u2013\u2014|.")
    return _PAGE_NUMBER.fullmatch(plain) is not None or plain.lower() in (
        "table of contents",
        "index",
        "back to contents",
    )
