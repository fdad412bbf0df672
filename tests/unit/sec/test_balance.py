"""The balance sheet's right side, tagged and printed: what the sheet itself says, or nothing."""

from __future__ import annotations

from datetime import date

import pytest
from inline_builder import CLASS_AXIS, LAST_YEAR, Report
from sec_extraction.lines import read_lines
from sec_extraction.model import Field
from sec_extraction.reading import read_document
from sec_extraction.statements import read_statements

END, BEFORE = "2024-12-31", LAST_YEAR[1]
AXIS = CLASS_AXIS.replace(":", "__")


def sheet(*rows: tuple[str, str, str], total: str = "1,000", **dimensions: str) -> Report:
    """An income statement and a balance sheet in millions. rows: (tag or "" for a heading, value, label)."""
    report = Report().face().number("NetIncomeLoss", "10").number("Revenues", "100", label="Revenues")
    report.number("Assets", total, END, where="balance", label="Total assets")
    for tag, value, label in rows:
        if tag:
            report.number(tag, value, END, where="balance", label=label, **dimensions)
        else:
            report.balance.append(f"<tr><td>{label}</td></tr>")
    label = "Total liabilities and equity"
    return report.number("LiabilitiesAndStockholdersEquity", total, END, where="balance", label=label)


def fields(report: Report) -> dict[str, Field]:
    return read_document(report.html(), "https://example.com/x.htm").fields


LIABILITIES = ("Liabilities", "600", "Total liabilities")
EQUITY_HEAD = ("", "", "Stockholders’ equity:")
COMMON = ("CommonStockValue", "1", "Common stock")
EQUITY = ("StockholdersEquity", "400", "Total stockholders’ equity")
NOTHING = "the balance sheet shows nothing between liabilities and equity"


def test_a_plain_sheet() -> None:
    found = fields(sheet(LIABILITIES, EQUITY_HEAD, COMMON, EQUITY))
    assert found["total_liabilities"].value == 600_000_000
    assert found["total_liabilities"].source["tag"] == "us-gaap:Liabilities"
    assert found["total_liabilities"].source["quote"] == "Total liabilities 600"
    assert (found["temporary_equity"].value, found["temporary_equity"].reason) == (None, NOTHING)
    assert not found["temporary_equity"].applicable
    assert not found["noncontrolling_interests"].applicable


def test_without_a_total_of_liabilities_none_is_worked_out() -> None:
    found = fields(sheet(("LiabilitiesCurrent", "200", "Total current liabilities"), EQUITY_HEAD, COMMON, EQUITY))
    assert found["total_liabilities"].value is None
    assert not found["total_liabilities"].applicable
    assert "prints no total" in found["total_liabilities"].reason


def test_liabilities_of_a_note_are_not_the_companys() -> None:
    report = sheet(EQUITY_HEAD, COMMON, EQUITY).number(
        "Liabilities", "25", END, where="notes", label="Liabilities of VIEs"
    )
    found = fields(report)["total_liabilities"]
    assert found.value is None and "note was not taken" in found.reason


def test_last_years_and_a_partys_liabilities_are_not_this_years() -> None:
    report = sheet(EQUITY_HEAD, COMMON, EQUITY).number("Liabilities", "550", BEFORE, where="balance")
    report.number("Liabilities", "30", END, where="balance", **{"srt__ConsolidatedEntitiesAxis": "x:VieMember"})
    assert fields(report)["total_liabilities"].value is None


def test_a_total_below_its_parts_is_none() -> None:
    parts = (("LiabilitiesCurrent", "500", "Current"), ("LiabilitiesNoncurrent", "200", "Other"))
    found = fields(sheet(*parts, LIABILITIES, EQUITY_HEAD, COMMON, EQUITY))["total_liabilities"]
    assert found.value is None and found.applicable and "less than its parts" in found.reason


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param(
            [("RedeemableNoncontrollingInterestEquityCarryingAmount", "63", "Redeemable noncontrolling interests")], 63,
            id="by its tag",
        ),
        pytest.param(
            [("TemporaryEquityCarryingAmountAttributableToParent", "40", "Series A redeemable preferred stock"),
             ("RedeemableNoncontrollingInterestEquityCarryingAmount", "23", "Redeemable interests")], 63,
            id="two rows",
        ),
        pytest.param([("x:ConvertiblePreferred", "63", "Redeemable convertible preferred stock")], 63, id="own tag"),
        pytest.param([("PreferredStockValue", "63", "Redeemable preferred stock")], 63, id="a tag of equity"),
        pytest.param([("CommitmentsAndContingencies", "0", "Commitments and contingencies")], None, id="commitments"),
        pytest.param([("x:Something", "63", "Deferred something")], "cannot be told", id="not understood"),
        pytest.param([("PreferredStockValue", "63", "Preferred stock")], "cannot be told", id="over the heading"),
    ],
)  # fmt: skip
def test_what_stands_between(rows: list[tuple[str, str, str]], expected: int | str | None) -> None:
    found = fields(sheet(LIABILITIES, *rows, EQUITY_HEAD, COMMON, EQUITY))["temporary_equity"]
    if isinstance(expected, str):
        assert found.value is None and found.applicable and expected in found.reason
    else:
        assert found.value == (expected * 1_000_000 if expected else None)
        assert expected or not found.applicable


def test_rows_of_several_classes_are_summed() -> None:
    report = sheet(LIABILITIES)
    tag = "TemporaryEquityCarryingAmountAttributableToParent"
    rows = [report.balance.pop()]
    for member, value in (("x:SeriesA", "40"), ("x:SeriesB", "23")):
        report.number(tag, value, END, where="balance", label=f"Redeemable {member}", **{AXIS: member})
    report.number("CommonStockValue", "1", END, where="balance", label="Common stock")
    report.number("StockholdersEquity", "337", END, where="balance", label="Total equity")
    report.balance += rows
    found = fields(report)["temporary_equity"]
    assert found.value == 63_000_000
    assert found.source["quote"] == "Redeemable x:SeriesA 40 + Redeemable x:SeriesB 23"


def test_redeemable_stock_inside_equity_does_not_stand_between() -> None:
    inside = ("PreferredStockValue", "50", "Redeemable preferred stock")
    found = fields(sheet(LIABILITIES, EQUITY_HEAD, inside, COMMON, EQUITY))["temporary_equity"]
    assert (found.value, found.applicable) == (None, False)


def test_minority_interests_without_a_total_are_said_to_lack_it() -> None:
    found = fields(
        sheet(LIABILITIES, EQUITY_HEAD, COMMON, EQUITY, ("MinorityInterest", "30", "Noncontrolling interests"))
    )
    assert found["noncontrolling_interests"].value == 30_000_000
    assert found["total_equity"].value == 400_000_000
    assert found["total_equity_incl_nci"].value is None and found["total_equity_incl_nci"].applicable


def test_ifrs_has_nothing_between() -> None:
    report = Report().face().number("ifrs-full:Assets", "10", END, where="balance")
    report.number("ifrs-full:Liabilities", "6", END, where="balance")
    report.number("ifrs-full:EquityAndLiabilities", "10", END, where="balance")
    found = fields(report)
    assert found["total_liabilities"].value == 6_000_000
    assert (found["temporary_equity"].value, found["temporary_equity"].applicable) == (None, False)


# -- printed -----------------------------------------------------------------------------------------------------------


def printed(*rows: str) -> tuple[dict[str, float], dict[str, str]]:
    """A printed sheet in thousands; cells parted by "|"."""
    head = ("|2017|2016", "Total current assets|100,000|90,000", "Total assets|$|540,598|$|723,457")
    cells = ("".join(f"<td>{cell}</td>" for cell in row.split("|")) for row in (*head, *rows))
    table = "".join(f"<tr>{row}</tr>" for row in cells)
    html = f"<p>CONSOLIDATED BALANCE SHEETS</p><p>($ in thousands)</p><table>{table}</table>"
    found = read_statements(read_lines(html), date(2017, 12, 31))
    return {name: value for name, (value, _) in found.figures.items()}, found.absent


TOTAL = "Total liabilities|134,833|120,000"
HEAD = "Shareholders’ equity:"
OWN = "Total shareholders’ equity|405,765|603,457"
BOTH = "Total liabilities and shareholders’ equity|$|540,598|$|723,457"


def test_a_printed_sheet() -> None:
    figures, absent = printed(TOTAL, "Commitments and contingencies (Note 5)", HEAD, "Common stock|1|1", OWN, BOTH)
    assert figures["total_liabilities"] == 134_833_000
    assert absent["temporary_equity"] == NOTHING


@pytest.mark.parametrize(
    ("rows", "between"),
    [
        (["Redeemable noncontrolling interests|1,000|900"], 1_000_000),
        (["Mandatorily redeemable preferred stock|(1,000|)|900"], -1_000_000),
        (["Redeemable preferred stock|1,000|900", "Common stock subject to possible redemption|500|1"], 1_500_000),
        (["Redeemable preferred stock|—|900"], None),
    ],
)
def test_printed_rows_between(rows: list[str], between: int | None) -> None:
    figures, _ = printed(TOTAL, *rows, HEAD, "Common stock|1|1", OWN, BOTH)
    assert figures.get("temporary_equity") == between


@pytest.mark.parametrize("row", ["Deferred credit|1,000|900", "Preferred stock of subsidiary|1,000|900|5"])
def test_a_printed_row_that_is_not_understood(row: str) -> None:
    figures, absent = printed(TOTAL, row, HEAD, "Common stock|1|1", OWN, BOTH)
    assert "temporary_equity" not in figures and "temporary_equity" not in absent


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ((TOTAL, "Minority interest|1,000|900", HEAD, "Common stock|1|1", OWN), 1_000_000),
        ((TOTAL, HEAD, "Common stock|1|1", OWN, "Noncontrolling interests|1,000|900"), 1_000_000),
        (("Minority interest|1,000|900", TOTAL, HEAD, "Common stock|1|1", OWN), None),
    ],
)
def test_printed_minority_interests(rows: tuple[str, ...], expected: int | None) -> None:
    figures, _ = printed(*rows, BOTH)
    assert figures.get("noncontrolling_interests") == expected
    assert "temporary_equity" not in figures


def test_a_printed_sheet_without_a_total_of_liabilities() -> None:
    figures, absent = printed("Long-term debt|100,000|90,000", HEAD, "Common stock|1|1", OWN, BOTH)
    assert "total_liabilities" not in figures
    assert "prints no total" in absent["total_liabilities"]


def test_another_total_of_liabilities_is_not_taken_for_the_whole() -> None:
    figures, absent = printed("Total liabilities not subject to compromise|5|5", HEAD, "Common stock|1|1", OWN, BOTH)
    assert "total_liabilities" not in figures and "total_liabilities" not in absent
