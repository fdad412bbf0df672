"""The visible text of a filing as lines: one a block or a table row, rows split into cells."""

from __future__ import annotations

import re
from typing import NamedTuple

from common import progress

from sec_extraction import markup
from sec_extraction.emphasis import Emphasis, is_hidden

_BLOCKS = frozenset(
    [
        "address",
        "article",
        "blockquote",
        "body",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "footer",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "ul",
        "page",
    ]
)
_CELLS = frozenset({"td", "th"})
_ROW_LEVEL = frozenset({"tr", "table"})
_BREAK = "\x1e"
_UNSEEN = frozenset({"script", "style", "title", "ix:header", "ix:hidden", "head"})
_VOID = frozenset({"br", "hr", "img", "input", "meta", "link", "col"})
_ANY_MARKUP = re.compile(r"<(?:div|p|td|tr|font|span|br)\b", re.I)
_COLUMN_GAP = re.compile(r"\s{2,}|\t")
_LETTER = re.compile(r"[^\W_]")
# Lines of plain text between two ticks of progress.
_TICK = 4096
# A sum of emphases that no text has: nothing was seen yet.
_ALL = 255
_INVISIBLE = str.maketrans("", "", "\u200b\u200c\u200d\ufeff\xad")


class Line(NamedTuple):
    """A block of text or a table row. cells: the row's non-empty cells, or the one text of a block.

    A cell keeps a newline between its own blocks. table, row: running numbers, the same as in `inline` (0: in none).
    lead: how much of it, from its start on, is printed bold, in italics or underlined; style: in which of these
    (`emphasis`: BOLD | ITALIC | UNDERLINE), all of the lead.
    """

    cells: tuple[str, ...]
    table: int = 0
    row: int = 0
    lead: str = ""
    style: int = 0

    @property
    def text(self) -> str:
        """The line as one text."""
        return " ".join(self.cells).replace("\n", " ")


def read_lines(text: str) -> list[Line]:
    """The visible lines of an HTML document, or of a plain text one (filings before 2001)."""
    if not _ANY_MARKUP.search(text):
        return _plain_lines(text)
    builder = _Builder()
    markup.scan(text, builder.start, builder.end, builder.data)
    return builder.finish()


def segments(lines: list[Line]) -> list[str]:
    """Every piece of text that stands by itself: blocks, cells and the blocks inside cells, in order."""
    return [part for line in lines for cell in line.cells for part in cell.split("\n")]


class _Builder:
    """Handlers for `markup.scan`; text is gathered in `_parts` until a tag ends the line or the cell."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._parts: list[str] = []
        self._cells: list[str] = []
        self._in_cell = False
        self._depth = self._table = self._tables = self._row = 0
        self._unseen = ""
        self._unseen_depth = 0
        self._emphasis = Emphasis()
        self._lead: list[str] = []
        self._lead_open = True
        self._lead_style = _ALL

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count(name)
        style = (attributes.get("style") or attributes.get("STYLE")) if attributes else None
        if not self._unseen:
            self._emphasis.start(name, style)
        if self._unseen:
            self._unseen_depth += name == self._unseen
        elif name in _UNSEEN or (style and name not in _VOID and is_hidden(style)):
            self._unseen, self._unseen_depth = name, 1
        elif name in _CELLS:
            self._end_cell()
            self._in_cell = True
        elif name in _ROW_LEVEL:
            self._end_line()
        elif name == "br" or name in _BLOCKS:
            self._break()
        if name == "table" and self._depth == 1:
            self._table = self._tables
        if name == "tr":
            self._row += 1

    def end(self, name: str) -> None:
        if self._unseen:
            self._unseen_depth -= name == self._unseen
            if not self._unseen_depth:
                self._unseen = ""
                self._emphasis.end(name)
        else:
            self._end_seen(name)
        if name == "table":
            self._depth = max(self._depth - 1, 0)
            if not self._depth:
                self._table = 0

    def _end_seen(self, name: str) -> None:
        if name in _CELLS:
            self._end_cell()
        elif name in _ROW_LEVEL:
            self._end_line()
        elif name in _BLOCKS:
            self._break()
        self._emphasis.end(name)

    def data(self, text: str) -> None:
        if self._unseen:
            return
        self._parts.append(text)
        if self._lead_open:
            self._extend_lead(text)

    def _extend_lead(self, text: str) -> None:
        """Text belongs to the lead while it is emphasised; a bullet or a blank before or in it does no harm."""
        if self._emphasis.now:
            self._lead.append(text)
            if not text.isspace():
                self._lead_style &= self._emphasis.now
        elif text.isspace() or not _LETTER.search(text):
            self._lead.append(text)
        else:
            self._lead_open = False

    def finish(self) -> list[Line]:
        self._end_line()
        return self.lines

    def _count(self, name: str) -> None:
        """Count tables as `inline` does, hidden ones too, so that facts and lines can be matched."""
        if name == "table":
            self._depth += 1
            self._tables += self._depth == 1

    def _break(self) -> None:
        if self._in_cell:
            self._parts.append(_BREAK)
            if self._lead:
                self._lead.append(" ")
        else:
            self._end_line()

    def _end_cell(self) -> None:
        if self._parts:
            text = _clean("".join(self._parts))
            self._parts.clear()
            if text:
                self._cells.append(text)
                if self._lead:
                    self._lead.append(" ")
        self._in_cell = False

    def _end_line(self) -> None:
        self._end_cell()
        if self._cells:
            lead = _clean("".join(self._lead)) if self._lead_style != _ALL else ""
            style = self._lead_style if lead else 0
            self.lines.append(Line(tuple(self._cells), self._table, self._row if self._table else 0, lead, style))
            self._cells = []
        self._lead.clear()
        self._lead_open, self._lead_style = True, _ALL


def _clean(text: str) -> str:
    """Runs of blanks become one (newlines of the source are blanks too), breaks become newlines."""
    if not text.isascii():
        text = text.translate(_INVISIBLE)
    if _BREAK not in text:
        return " ".join(text.split())
    rows = (" ".join(row.split()) for row in text.split(_BREAK))
    return "\n".join(row for row in rows if row)


def _plain_lines(text: str) -> list[Line]:
    """Lines of a preformatted document; columns are parted by two or more blanks."""
    lines = []
    table = tables = 0
    for number, raw in enumerate(text.splitlines(), 1):
        if not number % _TICK:
            progress.tick()
        upper = raw.strip().upper()
        if upper.startswith(("<TABLE", "</TABLE")):
            tables += upper.startswith("<TABLE")
            table = tables if upper.startswith("<TABLE") else 0
        elif upper and not re.fullmatch(r"(<[^>]*>\s*)+", upper):
            cells = tuple(cell for cell in _COLUMN_GAP.split(raw.strip()) if cell)
            lines.append(Line(cells, table, number if table else 0))
    return lines
