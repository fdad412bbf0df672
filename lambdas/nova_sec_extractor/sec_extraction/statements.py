"""The figures of printed statements, for filings without tags: income statement and balance sheet by their tables.

A table is only read when its title, its unit, its years and its rows are all understood; otherwise nothing is returned.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from itertools import groupby
from typing import NamedTuple

from sec_extraction.labels import is_revenue, is_total, plain_label
from sec_extraction.lines import Line
from sec_extraction.printed_balance import ASSETS, NCI, SUM, Found, Row, balance_figures, one
from sec_extraction.values import printed_number

_INCOME_TITLE = re.compile(
    r"statements?\s+of\s+(?:consolidated\s+)?(?:net\s+)?(?:operations|income|earnings|loss|comprehensive)"
    r"|income\s+statements?",
    re.I,
)
_BALANCE_TITLE = re.compile(
    r"balance\s+sheets?|statements?\s+of\s+(?:consolidated\s+)?financial\s+(?:position|condition)", re.I
)
_NOT_PRIMARY = re.compile(
    r"selected|summary|quarter|unaudited|pro forma|parent (?:company|only)|condensed|segment|percent"
    r"|statements? of \w+ data",
    re.I,
)
_PROSE = re.compile(r"\b(?:our|following|presents?|we|reconciliation|included)\b|:$", re.I)
_THOUSANDS = re.compile(r"\bthousands\b|\b000['\u2019]?s\b|\$\s*000\b|\b000 omitted", re.I)
_MILLIONS = re.compile(r"\bmillions\b", re.I)
_UNITS = ((_THOUSANDS, 1_000), (_MILLIONS, 1_000_000))
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_TITLE_REACH = 12
_HEADER_ROWS = 8
_WHOLE_DOLLARS = 1_000_000

# "income", "loss" and the ways to print both at once.
_RESULT = r"(?:income \(loss\)|\(loss\) income|earnings \(loss\)|\(loss\) earnings|loss \(income\)|profit \(loss\)"
_RESULT += r"|income|loss|earnings|profit|\(loss\))"
_OPERATING = re.compile(rf"(?:total )?(?:operating {_RESULT}|{_RESULT} from operations)", re.I)
_NET = re.compile(rf"(?:consolidated )?net {_RESULT}", re.I)
_NET_PARENT = re.compile(_NET.pattern + r" attributable to (?!non|minority|redeemable).{3,60}", re.I)


class Statement(NamedTuple):
    """A table that was understood. scale: 1, 1000, …; column: index of the reporting year among a row's numbers."""

    rows: tuple[Row, ...]
    scale: int
    column: int
    columns: int

    def value(self, row: Row) -> int | float | None:
        """The row's number for the reporting year, in whole currency units."""
        if len(row.numbers) != self.columns:
            return None
        number = row.numbers[self.column] * self.scale
        return int(number) if float(number).is_integer() else number


class Printed(NamedTuple):
    """What the statements print. absent: field name to the reason, for what a sheet that was read does not show."""

    figures: Found
    absent: dict[str, str]


def read_statements(lines: Sequence[Line], period_end: date) -> Printed:
    """Figures of the year ending at `period_end`.

    Only what the income statement and the balance sheet print; empty when neither is found.
    """
    tables = _tables(lines)
    found: Found = {}
    absent: dict[str, str] = {}
    balance = _first(tables, lines, _BALANCE_TITLE, _is_balance, period_end)
    if balance:
        found, absent = balance_figures(balance)
    income = _first(tables, lines, _INCOME_TITLE, _is_income, period_end)
    if income:
        found |= _income_figures(income)
    return Printed(found, absent)


def _tables(lines: Sequence[Line]) -> list[tuple[int, list[Line]]]:
    """(index of the first line, lines) of every table."""
    tables = []
    for table, members in groupby(enumerate(lines), key=lambda pair: pair[1].table):
        rows = list(members)
        if table:
            tables.append((rows[0][0], [line for _, line in rows]))
    return tables


def _first(
    tables: list[tuple[int, list[Line]]],
    lines: Sequence[Line],
    title: re.Pattern[str],
    is_wanted: Callable[[Sequence[Row]], bool],
    period_end: date,
) -> Statement | None:
    """The first table under such a title with such rows that can be read."""
    for start, members in tables:
        rows = tuple(_row(line) for line in members)
        if not is_wanted(rows):
            continue
        heading = _heading(lines, start, members)
        titles = [match for match in title.finditer(heading) if not _PROSE.search(_line_of(heading, match.start()))]
        if titles and not _NOT_PRIMARY.search(_line_of(heading, titles[-1].start()) + heading[titles[-1].end() :]):
            below = heading[titles[-1].start() :]
            statement = _statement(rows, below if _scale(below) else heading, members, period_end)
            if statement:
                return statement
    return None


def _line_of(text: str, position: int) -> str:
    """The line of a text in which a position lies."""
    end = text.find("\n", position)
    return text[text.rfind("\n", 0, position) + 1 : end if end >= 0 else len(text)]


def _heading(lines: Sequence[Line], start: int, members: Sequence[Line]) -> str:
    """The short lines over a table, and the table's rows before its first number."""
    above = [
        line.text for line in lines[max(0, start - _TITLE_REACH) : start] if len(line.text) < 160 and not line.table
    ]
    return "\n".join([*above[-6:], *(line.text for line in members[:_HEADER_ROWS] if not _row(line).numbers)])


def _row(line: Line) -> Row:
    """A row's label and numbers; a bracket or a percent sign in a cell of its own belongs to the cell before."""
    label, numbers = line.cells[0], []
    cells = [cell.replace("\n", " ").strip() for cell in line.cells]
    if printed_number(cells[0]) is not None:
        label, cells = "", ["", *cells]
    for index, cell in enumerate(cells[1:], 1):
        following = cells[index + 1] if index + 1 < len(cells) else ""
        if following.startswith("%") or cell.endswith("%") or following == ")%":
            continue
        number = printed_number(cell)
        if number is not None:
            numbers.append(number)
    return Row(plain_label(label), tuple(numbers))


def _statement(rows: tuple[Row, ...], heading: str, members: Sequence[Line], period_end: date) -> Statement | None:
    years = _column_years(members)
    # A year that ends in January or February is often headed by the year before: "Fiscal 2024" for February 2, 2025.
    wanted = (
        {period_end.year, period_end.year - 1} if period_end.month <= 2 and "iscal" in heading else {period_end.year}
    )
    if not years or max(years) not in wanted or years.count(max(years)) != 1:
        return None
    scale = _scale(heading) or 1
    if scale == 1 and max((abs(number) for row in rows for number in row.numbers), default=0) < _WHOLE_DOLLARS:
        return None  # no unit is named, and the numbers are too small to be whole dollars beyond doubt
    return Statement(rows, scale, years.index(max(years)), len(years))


def _scale(heading: str) -> int | None:
    """The unit of a heading: the first one named, for "in millions, except shares, which are in thousands"."""
    found = [(match.start(), scale) for pattern, scale in _UNITS if (match := pattern.search(heading))]
    return min(found)[1] if found else None


def _column_years(members: Sequence[Line]) -> list[int]:
    """The years over the columns, left to right: of the header row that has as many as the rows have numbers."""
    widths = Counter(len(row.numbers) for row in map(_row, members) if row.label and row.numbers)
    usual = widths.most_common(1)[0][0] if widths else 0
    headers = []
    for line in members[:_HEADER_ROWS]:
        years = [int(year) for cell in line.cells for year in _YEAR.findall(cell)]
        if years and len(set(years)) == len(years) and not _has_amounts(line):
            headers.append(years)
    return next((years for years in headers if len(years) == usual), [])


def _has_amounts(line: Line) -> bool:
    return any(printed_number(cell) is not None and not _YEAR.fullmatch(cell.strip()) for cell in line.cells)


def _is_balance(rows: Sequence[Row]) -> bool:
    labels = [row.label.lower() for row in rows]
    return any(ASSETS.fullmatch(label) for label in labels) and any(SUM.fullmatch(label) for label in labels)


def _is_income(rows: Sequence[Row]) -> bool:
    labels = [row.label.lower() for row in rows if row.numbers]
    has_net = any(_NET.match(label) for label in labels)
    return has_net and any(
        "per share" in row.label.lower() or "tax" in row.label.lower() or "per common" in row.label.lower()
        for row in rows
    )


def _income_figures(statement: Statement) -> Found:
    """Revenue, operating and net income."""
    found: Found = {}
    revenue = _revenue(statement)
    if revenue:
        found["revenue"] = revenue
    operating = one(statement, _OPERATING)
    if operating:
        found["operating_income"] = operating
    with_nci = any(NCI.search(row.label) and statement.value(row) for row in statement.rows)
    net, parent = one(statement, _NET), one(statement, _NET_PARENT)
    if with_nci:
        found |= {"net_income": parent} if parent else {}
        found |= {"net_income_incl_nci": net} if net else {}
    elif net:
        found["net_income"] = net
    return found


def _revenue(statement: Statement) -> tuple[int | float, str] | None:
    """The row of total revenue; without one, the only row of revenue."""
    rows = [
        (value, row.label)
        for row in statement.rows
        if is_revenue(row.label) and (value := statement.value(row)) is not None
    ]
    totals = [found for found in rows if is_total(found[1])]
    if totals:
        return totals[0] if len({value for value, _ in totals}) == 1 else None
    return rows[0] if rows and len({value for value, _ in rows}) == 1 else None
