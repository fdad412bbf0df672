"""The figures of a printed balance sheet, by the names and the order of its rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from sec_extraction.labels import is_between_label, is_equity_header

ASSETS = re.compile(r"total assets", re.I)
_HOLDERS = r"(?:stockholders?|shareholders?|shareowners?|members?|partners?)'?"
_PARENT_EQUITY = re.compile(
    rf"total (?!liabilities).{{0,40}}?{_HOLDERS} (?:equity|capital|deficit|investment)(?: \((?:deficit|deficiency)\))?",
    re.I,
)
_EQUITY = re.compile(rf"total (?:common )?equity|{_HOLDERS} equity, net", re.I)
_WHOLE_EQUITY = re.compile(r"total equity", re.I)
SUM = re.compile(r"total liabilities,? .*(?:equity|deficit|capital|deficiency|investment)\)?", re.I)
_LIABILITIES = re.compile(r"total liabilities", re.I)
NCI = re.compile(r"non-?controlling|minority interest", re.I)
_NCI_ROW = re.compile(r"(?:total )?(?:non-?controlling|minority) interests?(?: in .{0,60})?", re.I)
_EQUITY_PART = re.compile(
    r"(?:class \w+ )?(?:common|ordinary|preferred|preference|capital|treasury) (?:stock|shares|units)\b"
    r"|(?:additional )?paid[- ]in capital|retained earnings|accumulated (?:deficit|other)|share capital|members' units",
    re.I,
)

Found = dict[str, tuple[int | float, str]]
"""Field name to (value in whole currency units, printed label)."""


class Row(NamedTuple):
    """A row of a table. numbers: its printed numbers, left to right, unscaled."""

    label: str
    numbers: tuple[int | float, ...]


class Table(Protocol):
    """A statement that was understood."""

    @property
    def rows(self) -> Sequence[Row]: ...

    def value(self, row: Row) -> int | float | None:
        """The row's number for the reporting year, in whole currency units."""


def one(table: Table, pattern: re.Pattern[str]) -> tuple[int | float, str] | None:
    """The value of the rows with such a label; None unless they all agree."""
    found = [
        (value, row.label)
        for row in table.rows
        if pattern.fullmatch(row.label) and (value := table.value(row)) is not None
    ]
    return found[0] if found and len({value for value, _ in found}) == 1 else None


def balance_figures(table: Table) -> tuple[Found, dict[str, str]]:
    """(figures, why a figure is not there for good); nothing when the two sides of the sheet do not balance."""
    assets, both = one(table, ASSETS), one(table, SUM)
    if assets is None or both is None or assets[0] != both[0]:
        return {}, {}
    found = {"total_assets": assets} | _equity(table)
    absent: dict[str, str] = {}
    liabilities = one(table, _LIABILITIES)
    if liabilities:
        found["total_liabilities"] = liabilities
        between = _between(table)
        if between == []:
            absent["temporary_equity"] = "the balance sheet shows nothing between liabilities and equity"
        elif between:
            label = " + ".join(label for _, label in between)
            found["temporary_equity"] = sum(value for value, _ in between), label
    elif not any(_LIABILITIES.match(row.label) and row.numbers and not SUM.fullmatch(row.label) for row in table.rows):
        absent["total_liabilities"] = "the balance sheet prints no total of liabilities"
    nci = one(table, _NCI_ROW)
    if nci and _is_liability(table):
        absent["noncontrolling_interests"] = "the balance sheet counts minority interests among the liabilities"
    elif nci:
        found["noncontrolling_interests"] = nci
    elif not any(NCI.search(row.label) for row in table.rows):
        absent["noncontrolling_interests"] = "no non-controlling interests are shown"
    return found, absent


def _is_liability(table: Table) -> bool:
    """Whether minority interests stand over the total of liabilities (some reports before 2009)."""
    labels = [row.label for row in table.rows]
    rows = [index for index, label in enumerate(labels) if _NCI_ROW.fullmatch(label)]
    totals = [index for index, label in enumerate(labels) if _LIABILITIES.fullmatch(label)]
    return bool(rows) and bool(totals) and max(rows) < totals[0]


def _equity(table: Table) -> Found:
    found: Found = {}
    equity = one(table, _PARENT_EQUITY) or one(table, _EQUITY)
    with_nci = any(NCI.search(row.label) and table.value(row) for row in table.rows)
    whole = one(table, _WHOLE_EQUITY)
    if equity and (not with_nci or not _WHOLE_EQUITY.fullmatch(equity[1])):
        found["total_equity"] = equity
    if whole and with_nci:
        found["total_equity_incl_nci"] = whole
    return found


def _between(table: Table) -> list[tuple[int | float, str]] | None:
    """The rows between liabilities and equity as (value, label); None where one of them cannot be told."""
    start = next(index for index, row in enumerate(table.rows) if _LIABILITIES.fullmatch(row.label)) + 1
    end = _equity_begins(table.rows, start)
    if end is None:
        return None
    found: list[tuple[int | float, str]] = []
    for row in table.rows[start:end]:
        value = table.value(row)
        if _NCI_ROW.fullmatch(row.label) or not row.numbers:
            continue  # reports before 2009 show minority interests here; they are a field of their own
        if value is None or (value and not is_between_label(row.label)):
            return None
        if value:
            found.append((value, row.label))
    return found


def _equity_begins(rows: Sequence[Row], start: int) -> int | None:
    """The row that heads equity, else the first of its parts or the sum of both sides."""
    for index in range(start, len(rows)):
        if is_equity_header(rows[index].label) and not rows[index].numbers:
            return index
    for index in range(start, len(rows)):
        label = rows[index].label
        if SUM.fullmatch(label) or (_EQUITY_PART.search(label) and not is_between_label(label)):
            return index
    return None
