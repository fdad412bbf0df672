"""Cells: lines with their readings (name, title, prose), split where one line holds both a name and a title."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from cxo_extraction.lines import Line, PageLines, Run, join_runs
from cxo_extraction.names import NameReading, read_name
from cxo_extraction.sections import bare_section, classify
from cxo_extraction.titles import is_noise, is_prose, title_score
from cxo_extraction.zones import Zone

_SEPARATOR = re.compile(r"\s*,\s*|\s+[-–—|/•·]\s+|\s*[:|–—]\s+|\s+\(")
# How sure a name after a title must be, by what stands between: 'Treasurer: A Name' is plainer than 'Head - A Name'.
_AFTER = {":": 0.6, ",": 1.1}
_CONTACT_TAIL = re.compile(
    r"[\s|,;·•–—-]*(?:\b(?:e-?mail|tel|phone|mobile|[tpme])\b[.:]*)?\s*"
    r"(?:[\w.+-]{1,60}@[\w-]+(?:\.[\w-]+)+|\+\d[\d\s().-]{7,20}\d|\(?\d{3}\)?[\s.-]\d{3}[\s.-]\d{4})\s*$",
    re.IGNORECASE,
)
_LEADING = " \t,;:|–—-·•/"


@dataclass(slots=True)
class Cell:
    """A line, or the part of one, as the pairing sees it. line: index of its line in the page."""

    text: str
    line: int
    element: int
    block: int
    signature: str
    heading: int
    zone: Zone
    hint: str
    href: str
    name: NameReading
    title: float
    prose: bool


def make_cells(page: PageLines, excluded: Zone) -> list[Cell]:
    """The cells of a page in reading order, without noise and without what stands in an excluded zone."""
    cells: list[Cell] = []
    lines = [(i, _without_contact(line)) for i, line in enumerate(page.lines) if not line.zone & excluded]
    kept = [(i, line) for i, line in lines if not is_noise(line.text)]
    position = 0
    while position < len(kept):
        index, line = kept[position]
        joined = _joined_name(page, [line for _, line in kept[position : position + 3]])
        cells.extend([_cell(line, index, joined)] if joined else _split(page, index, line))
        position += 2 if joined else 1
    return cells


def _without_contact(line: Line) -> Line:
    """'Jane Doe | Chief Executive Officer | jane@acme.com' without its last part; other lines as they are."""
    text = line.text
    while len(text) < 200 and (match := _CONTACT_TAIL.search(text)) and len(text[: match.start()].split()) > 2:
        text = text[: match.start()].rstrip(_LEADING)
    if text == line.text:
        return line
    runs = [run for run in line.runs if not is_noise(run.text.strip(_LEADING))]
    return replace(line, text=text, runs=runs if len(runs) > 1 else [Run(text, line.element)])


def _joined_name(page: PageLines, lines: list[Line]) -> str:
    """'Jane' over 'Doe' over a title: a name in two lines of one block, or of two blocks alike; else ''."""
    if len(lines) < 3 or title_score(lines[2].text) < 0.5:
        return ""
    first, last = lines[0], lines[1]
    if len(first.text.split()) > 2 or len(last.text.split()) > 1 or first.signature != last.signature:
        return ""
    elements = page.elements
    together = first.block == last.block or elements[first.block].parent == elements[last.block].parent
    text = f"{first.text} {last.text}"
    whole = read_name(text).score >= 0.75 and read_name(first.text).score < 0.75
    return text if together and whole and title_score(last.text) < 0.5 else ""


def _cell(line: Line, index: int, text: str, *, element: int | None = None, signature: str | None = None) -> Cell:
    label = line.zone & Zone.PERSON
    reading = read_name(text)
    title = title_score(text)
    section = bare_section(text) or (line.heading and classify(text) not in {"", "foreign"} and title < 0.9)
    if section:
        title, reading = 0.0, read_name("")
    if line.hint == "name" and reading.score:
        reading = replace(reading, score=min(1.0, reading.score + 0.15))
    elif label and reading.score >= 0.5:
        reading = replace(reading, score=min(1.0, reading.score + 0.1))
    if reading.score >= 0.5:
        title = min(title, 0.05)  # 'Jane Doe, MD' is a name with a degree, not a managing director
    prose = is_prose(text)
    if line.hint == "title" and title < 0.5 and not prose and not section and len(text.split()) <= 14:
        title = 0.55 if reading.score < 0.5 else title
    return Cell(
        text, index, line.element if element is None else element, line.block,
        line.signature if signature is None else signature, line.heading, line.zone, line.hint, line.href,
        reading, title, prose,
    )  # fmt: skip


def _split(page: PageLines, index: int, line: Line) -> list[Cell]:
    whole = _cell(line, index, line.text)
    if whole.name.score >= 0.5 or (whole.title >= 0.5 and len(line.runs) == 1 and not _SEPARATOR.search(line.text)):
        return [whole]
    if len(line.runs) > 1:
        found = _split_runs(page, index, line)
        if found:
            return found
    if len(line.text) > 220:
        return [whole]
    return _split_text(index, line, line.text) or [whole]


def _pair(index: int, line: Line, left: str, right: str, elements: tuple[int, int], kind: str) -> list[Cell]:
    """Two cells of one line; the signatures say that, and how, the line was split."""
    return [
        _cell(line, index, left, element=elements[0], signature=f"{line.signature}|{kind}1"),
        _cell(line, index, right, element=elements[1], signature=f"{line.signature}|{kind}2"),
    ]


def _split_runs(page: PageLines, index: int, line: Line) -> list[Cell]:
    """<a><span>Name</span><span>Title</span></a>, <b>Name</b> Title, and the same the other way round."""
    for cut in range(1, min(len(line.runs), 8)):
        left = join_runs(page, line.runs[:cut]).strip(_LEADING)
        right = join_runs(page, line.runs[cut:]).strip(_LEADING)
        if not left or not right:
            continue
        where = (line.runs[cut - 1].element, line.runs[cut].element)
        name_first = read_name(left).score >= 0.15 and title_score(right) >= 0.5
        title_first = title_score(left) >= 0.5 and read_name(right).score >= 0.3
        if name_first or title_first:
            return _pair(index, line, left, right, where, "r")
        if is_prose(right):
            found = _split_opening(index, line, left, right, where)
            if found:
                return found
    return []


def _split_opening(index: int, line: Line, left: str, right: str, where: tuple[int, int]) -> list[Cell]:
    """<b>Name</b> prose, <b>Name</b>, Title. Prose, and <b>Name, Title</b> Prose: three cells where a title is found."""
    if read_name(left).score >= 0.6:
        title, dot, rest = right.partition(". ")
        if dot and title_score(title) >= 0.85:
            prose = _cell(line, index, rest, element=where[1], signature=f"{line.signature}|p3")
            return [*_pair(index, line, left, title, where, "p"), prose]
        return _pair(index, line, left, right, where, "p")
    opening = _split_text(index, line, left)
    return [*opening, _cell(line, index, right, element=where[1], signature=f"{line.signature}|p3")] if opening else []


def _split_text(index: int, line: Line, text: str) -> list[Cell]:
    """'Name, Title', 'Name – Title', 'Title: Name', 'Name (Title)'; the longest left side that is a name wins."""
    best: tuple[float, str, str] | None = None
    for match in _SEPARATOR.finditer(text):
        left, right = text[: match.start()].strip(_LEADING), text[match.end() :].strip(_LEADING)
        if match[0].strip() == "(":
            right = right.removesuffix(")")
        name, title = read_name(left).score, title_score(right)
        if name >= 0.55 and title >= 0.6:
            best = (name * title, left, right)
        elif (
            best is None and title_score(left) >= 0.85 and read_name(right).score >= _AFTER.get(match[0].strip(), 0.85)
        ):
            best = (0.7, left, right)
    if best is None:
        return []
    return _pair(index, line, best[1], best[2], (line.element, line.element), "t")
