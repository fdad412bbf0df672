"""The headings of the risk factors (Item 1A): what is printed bold, in italics or underlined, by itself or ahead of a text.

A heading with nothing under it but the next heading names a group of risks.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from sec_extraction.emphasis import BOLD, ITALIC
from sec_extraction.lines import Line
from sec_extraction.model import Field, missing
from sec_extraction.sections import find_item, is_page_furniture

MOST_HEADINGS = 150
LONGEST = 500
# Since reports filed after 1 December 2005 (SEC release 33-8591).
_FIRST_PERIOD = date(2005, 8, 1)
_NOT_REQUIRED = re.compile(r"not (?:applicable|required)|smaller reporting compan|n/a\b|omitted|none\b", re.I)
_REFERENCE = re.compile(
    r"incorporated (?:herein |in this \w+ )?by reference|can be found in|annual report to (?:share|stock)holders"
    r"|is (?:set forth|included|contained|presented) (?:in|under)",
    re.I,
)
_GROUP = re.compile(
    r"(?:(?:\w+[ ,]+){0,4})?risks?(?: factors?)?(?: that| which)?(?: are| is)? (?:relat|associat|concern|regard|pertain|specific"
    r"|inherent|arising|affecting|involv|of )|.{0,60}\brisks$",
    re.I,
)
_INTRODUCTION = re.compile(r"risk factors|risks? (?:described|discussed|set forth|listed) (?:below|above|in)", re.I)
_SUMMARY = re.compile(r"(?:risk factors?|summary)\W+(?:summary|of .{0,20}risk)", re.I)
_NAMES_ITEM = re.compile(r"\W*(?:item\s+1a\W*)?(?:risk factors)?\W*(?:\(?cont(?:inued|'d|\.)?\)?)?\W*", re.I)
_BULLET = re.compile(r"^[\u2022\u00b7\u25aa\u25cf\u25e6\u2023*\-\u2013\u2014\s]+")


class _Heading(NamedTuple):
    text: str
    line: int
    style: int
    whole: bool


def read_risks(lines: Sequence[Line], url: str, period_end: date | None) -> Field:
    """[{"heading", "group", "line"}]: in order, with the group that each stands in ("" for none), lines from 1."""
    section = find_item(lines, "1A")
    if section is None:
        if period_end is not None and period_end < _FIRST_PERIOD:
            return missing("reports before December 2005 have no item on risk factors", applicable=False)
        return missing("the document has no item on risk factors that can be told")
    inside = lines[section.start : section.end]
    found = list(_grouped(_headings(inside, section.start), lines))
    if not found:
        return _none(inside)
    place = f"{section.heading[:100]}, lines {found[0]['line']} to {found[-1]['line']}"
    source = {"url": url, "method": "text", "place": place, "quote": str(found[0]["heading"])[:200]}
    return Field(found[:MOST_HEADINGS], source, 0.88)


def _none(inside: Sequence[Line]) -> Field:
    """Why there are no headings."""
    text = " ".join(line.text for line in inside)
    if len(text) < 600 and _REFERENCE.search(text):
        return missing("the item refers to another document", applicable=False)
    if len(text) < 600 and _NOT_REQUIRED.search(text):
        return missing("the item says that it does not apply to the company", applicable=False)
    return missing("the item marks no headings")


def _headings(inside: Sequence[Line], offset: int) -> list[_Heading]:
    """The emphasised lines and leads of the item, less what each page repeats and what introduces."""
    repeated = Counter(_plain(line.text) for line in inside)
    found = []
    for index, line in enumerate(inside):
        text = _BULLET.sub("", line.lead)
        if len(text) < 5 or is_page_furniture(text) or repeated[_plain(line.text)] > 2 or _NAMES_ITEM.fullmatch(text):
            continue
        whole = len(_plain(line.lead)) >= 0.97 * len(_plain(line.text))
        if not whole and (len(text) < 20 or not text.rstrip().endswith((".", "!", "?"))):
            continue
        if len(text) > LONGEST or (_INTRODUCTION.search(text) and len(text) > 120):
            continue
        found.append(_Heading(text, offset + index, line.style & (BOLD | ITALIC), whole))
    return _of_one_kind(_joined(found))


def _joined(headings: Sequence[_Heading]) -> list[_Heading]:
    """Headings that two lines share, as one."""
    found: list[_Heading] = []
    for heading in headings:
        last = found[-1] if found else None
        if last and heading.line == last.line + 1 and heading.text[0].islower() and not last.text.endswith("."):
            found[-1] = last._replace(text=f"{last.text} {heading.text}")
        else:
            found.append(heading)
    return found


def _of_one_kind(headings: list[_Heading]) -> list[_Heading]:
    """Without stray emphasis: a style that hardly any sentence has is no heading's; leads count only without lines."""
    whole = [heading for heading in headings if heading.whole]
    headings = whole if sum(map(_is_sentence, whole)) >= 3 else headings
    sentences = Counter(heading.style for heading in headings if _is_sentence(heading))
    most = max(sentences.values(), default=0)
    return [
        heading
        for heading in headings
        if not _is_sentence(heading) or 4 * sentences[heading.style] >= most or _GROUP.match(heading.text)
    ]


def _is_sentence(heading: _Heading) -> bool:
    """Whether it says what may happen, rather than naming a group."""
    return heading.text.rstrip('\u201d")').endswith((".", "!", "?")) or len(heading.text.split()) > 9


def _grouped(headings: Sequence[_Heading], lines: Sequence[Line]) -> Iterator[dict[str, object]]:
    """The risks with their groups. A group that a summary names before is taken where it stands last."""
    group, last_of = "", {_plain(heading.text): index for index, heading in enumerate(headings)}
    for index, heading in enumerate(headings):
        if last_of[_plain(heading.text)] != index or _SUMMARY.match(heading.text):
            continue
        following = headings[index + 1] if index + 1 < len(headings) else None
        bare = following is not None and not _prose_between(lines, heading, following)
        named = _GROUP.match(heading.text) is not None and not heading.text.endswith(".")
        if heading.whole and (named or (bare and not _is_risk(heading))):
            group = heading.text
            continue
        yield {"heading": heading.text, "group": group, "line": heading.line + 1}


def _is_risk(heading: _Heading) -> bool:
    return heading.text.endswith((".", "!", "?"))


def _prose_between(lines: Sequence[Line], one: _Heading, other: _Heading) -> bool:
    """Whether there is any text between two headings."""
    between = lines[one.line + 1 : other.line]
    return not one.whole or any(len(line.text) > 60 and not is_page_furniture(line.text) for line in between)


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", text.lower()).strip()
