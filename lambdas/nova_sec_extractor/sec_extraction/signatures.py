"""Who signed an annual report, and as what: its signature page (Form 10-K, general instruction D(2)).

Pages differ: names over, under or beside titles; "/s/", an asterisk for a power of attorney, or a bare line; one person a
row or several side by side. Where it cannot be told whose title a title is, it is nobody's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from common.quality_names import same_person

from sec_extraction.lines import Line
from sec_extraction.person_words import is_title, joined_title, name_and_title, person_name
from sec_extraction.values import parse_date

# "... the registrant has duly caused this report to be signed on its behalf"; of a 20-F "... has duly caused and
# authorized the undersigned to sign this annual report on its behalf".
_DULY = re.compile(
    r"caused\s+this\s+(?:[\w/.,-]+\s+){0,7}to\s+be\s+(?:duly\s+)?signed|authorized\s+the\s+undersigned\s+to\s+sign\s+this",
    re.I,
)
_SIGNED = re.compile(
    r"^(?:\*?\s*by\W*)?(?:/\s*s\s*/|\\s\\|/\s*s\b|s\s*/(?=\s)|\(signed\))[\s:]*(?P<name>.*)$", re.I | re.S
)
_UNSIGNED = re.compile(r"^(?:by\W*)?(?:\*+|_{4,}[\s_]*|-{6,})(?:by\W*)?$", re.I)
_LABEL = re.compile(r"^(?:by|name|title|its|signature|print(?:ed)? name|position)\s*[:.]\s*", re.I)
_DATED = re.compile(r"^(?:dated?|date signed)\b\W*", re.I)
_STOP = re.compile(
    r"^\W*(?:exhibit\s*(?:index|no|number)|index\s+(?:to|of)\b|exhibits\b|ex-\d|report of independent|independent auditor"
    r"|certifications?\W*$|annex\b|appendix\b|consolidated (?:balance|statement|financial)|schedule\s+[ivx]+\b"
    r"|supplemental information to be furnished|item\s+\d|notes to |financial statements\b|description of exhibit"
    r"|table of contents of)",
    re.I,
)
_REACH = 400


class Signer(NamedTuple):
    """One who signed. line: number of the line that the signature stands in. quote: as printed."""

    name: str
    title: str
    line: int
    quote: str


@dataclass
class _Block:
    """A signature on the way: the name may come after the title."""

    line: int
    name: str = ""
    titles: list[str] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)

    def meet(self, name: str) -> bool:
        """Take a name if it can be this signer's; of two spellings the one with small letters stays."""
        if not self.name:
            self.name = name
        elif not same_person(self.name, name):
            return False
        elif sum(map(str.islower, name)) > sum(map(str.islower, self.name)):
            self.name = name
        return True


def read_signatures(lines: Sequence[Line]) -> list[Signer]:
    """Who signed, in order, each with a title; of several registrants' pages the first."""
    start = next((index for index, line in enumerate(lines) if _DULY.search(line.text)), None)
    if start is None:
        return []
    page = list(_page(lines, start))
    reader = _Reader(any(_SIGNED.match(part) for _, line in page for part in _parts(line)))
    for index, line in page:
        reader.read(index, line)
    return reader.signers()


def _page(lines: Sequence[Line], start: int) -> Iterator[tuple[int, Line]]:
    """The lines of the signature page: up to exhibits, statements or the next registrant's page."""
    for index in range(start + 1, min(start + _REACH, len(lines))):
        text = lines[index].text
        if (_STOP.match(text) and not _SIGNED.match(text)) or _DULY.search(text):
            return
        yield index, lines[index]


def _parts(line: Line) -> list[str]:
    return [part for cell in line.cells for part in cell.split("\n")]


class _Reader:
    """Goes down the page. has_marks: some signatures are marked by "/s/"; a bare name then begins none."""

    def __init__(self, has_marks: bool) -> None:
        self._has_marks = has_marks
        self._blocks: list[_Block] = []
        self._current: _Block | None = None
        self._beside: list[_Block] = []
        self._heading = ""

    def signers(self) -> list[Signer]:
        found = []
        for block in self._blocks:
            title = joined_title(block.titles)
            if block.name and title:
                found.append(Signer(block.name, title, block.line, " | ".join(block.printed)[:200]))
        return found

    def read(self, index: int, line: Line) -> None:
        marked = [cell for cell in line.cells if _begins(cell) and not self._underlines(index, cell)]
        if len(marked) > 1 and all("\n" not in cell for cell in line.cells):
            self._begin_beside(index, line, marked)
        elif self._beside and not marked and len(line.cells) == len(self._beside):
            for block, cell in zip(self._beside, line.cells, strict=True):
                for part in cell.split("\n"):
                    self._give(block, part)
        elif self._beside and not marked and len(line.cells) > 1:
            self._drop_beside()
        else:
            self._read_down(index, line, bool(marked))

    def _read_down(self, index: int, line: Line, marked: bool) -> None:
        if self._beside and (marked or self._says_something(line)):
            self._drop_unfinished()
        titled_before = ""
        for part in _parts(line):
            if self._underlines(index, part):
                continue
            if _begins(part):
                block = self._begin(index, part)
                if titled_before:
                    block.titles.append(titled_before)
            elif marked and not titled_before and not self._has_begun(index) and is_title(part):
                titled_before = part  # a row with the title first
            else:
                self._take(index, part)
        if titled_before and self._current and self._current.titles[1:]:
            self._current.titles.remove(titled_before)

    def _underlines(self, index: int, part: str) -> bool:
        """Whether a line of dashes is only drawn under the signature above it."""
        drawn = _UNSIGNED.fullmatch(part.strip()) is not None and "*" not in part
        return drawn and self._current is not None and bool(self._current.name) and index - self._current.line <= 1

    def _says_something(self, line: Line) -> bool:
        return any(is_title(part) or person_name(part) for part in _parts(line))

    def _has_begun(self, index: int) -> bool:
        return self._current is not None and self._current.line == index

    def _begin(self, index: int, part: str) -> _Block:
        block = _Block(index, printed=[part.strip()])
        self._blocks.append(block)
        if self._heading:
            block.titles.append(f"({self._heading})")
            self._heading = ""
        signed = _SIGNED.match(part)
        if signed:
            self._give(block, signed["name"])
        self._current = block
        return block

    def _begin_beside(self, index: int, line: Line, marked: list[str]) -> None:
        """Several signatures in one row; what follows goes by column as long as there are as many."""
        self._beside = [self._begin(index, cell) for cell in marked]
        self._current = None
        if len(marked) != len(line.cells):
            self._drop_beside()

    def _drop_beside(self) -> None:
        """It cannot be told any more what belongs to whom."""
        for block in self._beside:
            block.titles.clear()
        self._beside = []

    def _drop_unfinished(self) -> None:
        if not all(block.titles for block in self._beside):
            self._drop_beside()
        self._beside = []

    def _take(self, index: int, part: str) -> None:
        """A part of a line under a signature: its name, its title, a date, or the end of it."""
        plain = _LABEL.sub("", part.strip())
        name = person_name(plain)
        if name and not (self._current and self._current.meet(name)):
            if self._has_marks:
                return
            self._begin(index, part).name = name
        elif name and self._current:
            self._note(self._current, part)
        elif plain.endswith(":") and is_title(plain):
            self._heading, self._current = plain.rstrip(": "), None
        elif self._current:
            self._give(self._current, part)

    def _give(self, block: _Block, part: str) -> None:
        """A name, a title, or both, of one signer; anything else ends the signature."""
        plain = _without_date(_LABEL.sub("", part.strip()))
        name, title = name_and_title(plain)
        if name and block.meet(name):
            self._note(block, part)
        elif name:
            title = ""
        if title and title not in block.titles:
            block.titles.append(title)
            self._note(block, part)
        elif plain and not name and not title and block is self._current:
            self._current = None

    @staticmethod
    def _note(block: _Block, part: str) -> None:
        if not any(part.strip() in printed for printed in block.printed):
            block.printed.append(part.strip())


def _begins(text: str) -> bool:
    """Whether a signature begins: "/s/ ...", or an asterisk or a line in its place."""
    plain = text.split("\n")[0].strip()
    return _SIGNED.match(plain) is not None or _UNSIGNED.fullmatch(plain) is not None


def _without_date(text: str) -> str:
    """The text, or nothing when it is only the date of the signature."""
    plain = _DATED.sub("", text)
    return "" if not plain or (len(plain) < 40 and parse_date(plain) and not is_title(plain)) else text
