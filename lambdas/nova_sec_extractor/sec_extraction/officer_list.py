"""The executive officers that a report lists (Regulation S-K, item 401): name, age and office.

Three forms are read: a table with a column each; a line with name and age over a line with the office; a paragraph that
begins with name and age and goes on "has been ... since". What a person was before is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sec_extraction.lines import Line
from sec_extraction.person_words import is_title, joined_title, name_and_title, person_name, readable
from sec_extraction.values import parse_date

_HEADING = re.compile(
    r"\bexecutive\s+officers?\b(?!\s+(?:compensation|and\s+director\s+compensation))|^\W*(?:our\s+)?management\W*$"
    r"|\bofficers\s+of\s+the\s+(?:registrant|company|corporation)\b",
    re.I,
)
_END = re.compile(r"^\W*(?:part\s+i|item\s+\d|executive compensation|signatures?\W*$)", re.I)
# A table with such a column tells of work elsewhere.
_OCCUPATION = re.compile(r"principal\s+occupation|business\s+experience|other\s+directorships", re.I)
_AGE = re.compile(r"[2-9]\d")
_AGED = re.compile(
    r"^(?P<name>[^\d(]{4,60}?)\s*(?:,\s*|\()\s*(?:age[d:]?\s*)?(?P<age>[2-9]\d)\)?(?P<rest>(?:[\s,.:;\u2013\u2014\n-].*)?)$",
    re.I | re.S,
)
# "has served as our Chair since", "was appointed" is no present office by itself.
_PRESENT = re.compile(
    r"^\W*(?:(?:currently|presently)\s+)?(?:has been|has (?:also )?served as|serves as|is|has been serving as)\s+"
    r"(?:currently\s+)?(?:our\s+|the\s+Company['\u2019]s\s+|the\s+|an?\s+)?(?P<title>[A-Z](?:[^.;]|(?<=\b[A-Z])\.)*?)"
    r"(?=,?\s+(?:since|effective|beginning|from|and\s+has|a position|of the Company since)\b|(?<!\b[A-Z])\s*[.;]|$)",
    re.S,
)
_SINCE = re.compile(r",?\s*(?:\(?since\b|effective\b|from\b|beginning\b|\(\d{4}).*$|[;.]\s*$", re.S)
# "President of Contoso Corp." is an office elsewhere; "of Operations" is one here.
_ELSEWHERE = re.compile(
    r"\b(?:of|at|for|with)\s+(?:the\s+|our\s+)?(?!Company|Board|Registrant|Corporation|Operations|Sales|Marketing|Finance"
    r"|Human|Engineering|Research|Product|Supply|Business|Corporate|Strategy|Legal|Technology|Global|International"
    r"|Manufacturing|Worldwide|Information|Investor|Tax|Internal|Quality|Development|Regulatory|Clinical)[A-Z]"
)
_NUMBERED = re.compile(r"\d\s*$")  # a row of a table of contents
_REACH = 60
_MOST_HEADINGS = 60
_HEADING_LENGTH = 160


class Listed(NamedTuple):
    """An executive officer of the list. line: number of the line. quote: as printed."""

    name: str
    title: str
    line: int
    quote: str


def read_officer_list(lines: Sequence[Line]) -> list[Listed]:
    """The report's own list of executive officers; of several places under such a heading, that with the most."""
    best: list[Listed] = []
    tried = 0
    for index, line in enumerate(lines):
        text = line.text
        if (
            tried < _MOST_HEADINGS
            and len(text) <= _HEADING_LENGTH
            and _HEADING.search(text)
            and not _NUMBERED.search(text)
        ):
            tried += 1
            found = list(_below(lines, index + 1, with_directors=re.search(r"\bdirectors?\b", text, re.I) is not None))
            if len(found) > len(best):
                best = found
    return best


def _below(lines: Sequence[Line], start: int, *, with_directors: bool) -> Iterator[Listed]:
    """The officers listed under a heading. Where directors are listed too, what a paragraph tells may be of elsewhere."""
    seen: set[str] = set()
    for index in range(start, min(start + _REACH, len(lines))):
        line = lines[index]
        if len(line.text) < _HEADING_LENGTH and (_END.match(line.text) or _OCCUPATION.search(line.text)):
            return
        following = lines[index + 1] if index + 1 < len(lines) else None
        found = _of_row(line, index, following) or (None if with_directors else _of_line(line, index, following))
        if found and found.name not in seen:
            seen.add(found.name)
            yield found


def _of_row(line: Line, index: int, following: Line | None) -> Listed | None:
    """A table row: name, age and office, the last two in any order; or name and office in one cell, and the age."""
    cells = [" ".join(cell.split()) for cell in line.cells]
    ages = [cell for cell in cells[1:] if _AGE.fullmatch(cell)]
    if not line.table or not 2 <= len(cells) <= 5 or len(ages) != 1:
        return None
    titles = [cell for cell in cells[1:] if is_title(cell)]
    name, own = name_and_title(cells[0])
    if own and not titles:
        return Listed(name, joined_title([own]), index, " | ".join(cells)[:200])
    if not name or own or len(titles) != 1 or not all(_is_beside(cell) for cell in cells[1:] if cell not in titles):
        return None
    goes_on = following is not None and following.table == line.table and len(following.cells) == 1
    more = following.cells[0] if goes_on and following and re.search(r"(?:[,&]|\band|\bof)$", titles[0]) else ""
    return Listed(name, joined_title([titles[0], more]), index, " | ".join(cells)[:200])


def _is_beside(cell: str) -> bool:
    """Whether a cell holds an age, a year, a date or a mark, and no words that would qualify the office."""
    return (
        len(cell) <= 4
        or parse_date(cell) is not None
        or re.fullmatch(r"\W*(?:[A-Z][a-z]+\.?\s+)?\d{4}\W*", cell) is not None
    )


def _of_line(line: Line, index: int, following: Line | None) -> Listed | None:
    """A line or paragraph that begins with name and age."""
    text = line.text if len(line.cells) > 1 else line.cells[0]
    found = _AGED.match(text)
    name = person_name(found["name"]) if found else ""
    if found is None or not name:
        return None
    rest = found["rest"].strip(" \n,.:;\u2013\u2014-")
    if not rest and following is not None:
        rest = following.cells[0].split("\n")[0]
    elif "\n" in found["rest"]:
        rest = rest.split("\n")[0]
    title = _office(rest)
    return Listed(readable(name), title, index, " ".join(text.split())[:200]) if title else None


def _office(text: str) -> str:
    """The present office that a text begins with; "" when it tells none."""
    present = _PRESENT.match(text)
    if present and _ELSEWHERE.search(present["title"]):
        return ""
    title = joined_title([_SINCE.sub("", present["title"] if present else text)])
    return title if is_title(title) and len(title) < 160 and title[0].isupper() else ""
