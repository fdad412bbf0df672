"""Figures of printed statements: columns, units, brackets; and when nothing is said rather than guessed."""

from __future__ import annotations

from datetime import date

import pytest
from sec_extraction.lines import read_lines
from sec_extraction.statements import read_statements
from sec_extraction.values import parse_date, printed_number

END = date(2017, 12, 31)


def rows(*lines: str) -> str:
    """Table rows of cells parted by "|"."""
    cells = ("".join(f"<td>{cell.strip()}</td>" for cell in line.split("|")) for line in lines)
    return "<table>" + "".join(f"<tr>{row}</tr>" for row in cells) + "</table>"


INCOME = (
    "Revenues|$|188,756|$|103,051",
    "Cost of sales|242,081|188,065",
    "Operating loss|(53,325|)|(85,014|)",
    "Income tax benefit|(2,027|)|(51,081|)",
    "Net loss|$|(51,298|)|$|(33,933|)",
    "Loss per share|(9.49|)|(3.29|)",
)
BALANCE = (
    "Total current assets|100,000|90,000",
    "Total assets|$|540,598|$|723,457",
    "Total liabilities|134,833|120,000",
    "Total shareholders’ equity|405,765|603,457",
    "Total liabilities and shareholders’ equity|$|540,598|$|723,457",
)


def statements(
    income: tuple[str, ...] = INCOME,
    balance: tuple[str, ...] = BALANCE,
    *,
    years: str = "|2017|2016",
    unit: str = "($ in thousands, except per share data)",
    title: str = "CONSOLIDATED STATEMENTS OF OPERATIONS",
) -> dict[str, float]:
    html = f"<p>{title}</p><p>{unit}</p>{rows(years, *income)}<p>CONSOLIDATED BALANCE SHEETS</p><p>{unit}</p>{rows(years, *balance)}"
    return {name: value for name, (value, _) in read_statements(read_lines(html), END).figures.items()}


def test_both_statements() -> None:
    assert statements() == {
        "revenue": 188_756_000,
        "operating_income": -53_325_000,
        "net_income": -51_298_000,
        "total_assets": 540_598_000,
        "total_liabilities": 134_833_000,
        "total_equity": 405_765_000,
    }


def test_the_oldest_year_may_stand_first() -> None:
    flipped = tuple(
        "|".join([line.split("|")[0], *reversed([c for c in line.split("|")[1:] if c not in "$)"])]) for line in INCOME
    )
    assert statements(flipped, years="|2016|2017")["revenue"] == 188_756_000


@pytest.mark.parametrize(
    ("unit", "revenue"),
    [
        ("(in millions)", 188_756_000_000),
        ("(In millions, except shares, which are in thousands)", 188_756_000_000),
        ("(Thousands of dollars)", 188_756_000),
        ("(000’s omitted)", 188_756_000),
    ],
)
def test_units(unit: str, revenue: int) -> None:
    assert statements(unit=unit)["revenue"] == revenue


def test_without_a_unit_small_numbers_are_not_read() -> None:
    assert statements(unit="") == {}


def test_whole_dollars() -> None:
    income = ("Net revenues|$|27,479,896|$|30,013,891", "Income taxes|1|2", "Net income|606,562|(1,433,981|)")
    assert statements(income, unit="")["revenue"] == 27_479_896


def test_a_total_of_revenue_beats_its_parts() -> None:
    income = ("Revenues|1|2", "Other revenue|5|6", "Total revenues|188,756|103,051", *INCOME[3:])
    assert statements(income)["revenue"] == 188_756_000


def test_non_controlling_interests() -> None:
    income = (
        *INCOME[:4],
        "Net income|7,153|14,974",
        "Net income attributable to noncontrolling interests|62|23",
        "Net income attributable to common stockholders|7,091|14,997",
    )
    found = statements(income)
    assert (found["net_income"], found["net_income_incl_nci"]) == (7_091_000, 7_153_000)


def test_a_sheet_that_does_not_balance_is_not_read() -> None:
    balance = tuple(
        line.replace("540,598", "540,599", 1) if line.startswith("Total assets") else line for line in BALANCE
    )
    found = statements(balance=balance)
    assert "total_assets" not in found
    assert "total_equity" not in found


@pytest.mark.parametrize(
    "title",
    [
        "SELECTED FINANCIAL DATA: STATEMENTS OF OPERATIONS",
        "QUARTERLY STATEMENTS OF OPERATIONS",
        "CONDENSED STATEMENTS OF OPERATIONS (PARENT COMPANY ONLY)",
        "The following table presents our statements of operations:",
        "NOTES",
    ],
)
def test_other_tables_are_not_the_income_statement(title: str) -> None:
    assert "revenue" not in statements(title=title)


@pytest.mark.parametrize("years", ["|2016|2015", "|2017|2016|2015", "|first|second", "|2017|2017"])
def test_columns_that_are_not_understood(years: str) -> None:
    assert statements(years=years) == {}


def test_a_column_of_note_numbers_is_not_taken_for_a_year() -> None:
    income = tuple(line.replace("Revenues|", "Revenues|2|") for line in INCOME)
    assert "revenue" not in statements(income)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("188,756", 188_756),
        ("(248,383 )", -248_383),
        ("$ (1,234)", -1_234),
        ("-5", -5),
        ("—", 0),
        ("9.49", 9.49),
        ("1,23", None),
        ("2017 (1)", None),
        ("n/a", None),
        ("", None),
        ("9" * 50, None),
    ],
)
def test_printed_numbers(text: str, number: float | None) -> None:
    assert printed_number(text) == number


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("September 28, 2024", date(2024, 9, 28)),
        ("Sept. 28, 2024", date(2024, 9, 28)),
        ("28 September 2024", date(2024, 9, 28)),
        ("9/28/2024", date(2024, 9, 28)),
        ("2024-09-28", date(2024, 9, 28)),
        ("the 31st of December, 2024", date(2024, 12, 31)),
        ("February 30, 2024", None),
        ("2024", None),
    ],
)
def test_dates(text: str, day: date | None) -> None:
    assert parse_date(text) == day
