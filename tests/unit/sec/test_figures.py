"""Which fact is the figure: period and dimensions first, then the tag, then the row's name."""

from __future__ import annotations

from typing import Any

import pytest
from inline_builder import CLASS_AXIS, LAST_YEAR, QUARTER, YEAR, Report
from sec_extraction.model import Field
from sec_extraction.reading import read_document

CONTRACTS = "RevenueFromContractWithCustomerExcludingAssessedTax"
END = "2024-12-31"
WITH_NCI = "StockholdersEquityIncludingPortionAttributableToNoncontrollingInterest"
EQUITY_AXIS = "us-gaap__StatementEquityComponentsAxis"


def read(report: Report) -> dict[str, Field]:
    return read_document(report.html(), "https://example.com/x.htm").fields


def values(report: Report, *names: str) -> Any:
    fields = read(report)
    found = tuple(fields[name].value for name in names)
    return found[0] if len(found) == 1 else found


def test_a_comparative_column_a_segment_and_a_quarter_are_not_the_years_revenue() -> None:
    report = Report().face()
    report.number(CONTRACTS, "900", LAST_YEAR)
    report.number(CONTRACTS, "700", us__SegmentsAxis="us:OneMember")
    report.number(CONTRACTS, "250", QUARTER)
    report.number(CONTRACTS, "1,000", label="Net sales")
    assert values(report, "revenue") == 1_000_000_000


def test_the_wider_tag_wins_on_the_face_of_the_statement() -> None:
    report = Report().face().number(CONTRACTS, "900").number("Revenues", "1,000", label="Total revenues")
    assert values(report, "revenue") == 1_000_000_000


def test_a_wider_tag_in_the_notes_does_not_beat_the_face() -> None:
    report = Report().face().number(CONTRACTS, "900", label="Revenue").number("Revenues", "1,000", where="notes")
    assert values(report, "revenue") == 900_000_000


def test_a_total_with_the_filers_own_tag_is_found_by_its_name() -> None:
    report = Report().face().number(CONTRACTS, "900", label="Product revenue")
    report.number("own:AllRevenue", "1,000", label="Total revenues")
    assert values(report, "revenue") == 1_000_000_000


def test_revenue_from_contracts_in_a_lenders_notes_is_not_its_revenue() -> None:
    report = Report().face().number("InterestAndDividendIncomeOperating", "500").number(CONTRACTS, "40", where="notes")
    field = read(report)["revenue"]
    assert field.value is None
    assert field.reason


def test_a_wider_tag_that_holds_less_is_a_contradiction() -> None:
    report = Report().face().number(CONTRACTS, "900", label="Goods").number("Revenues", "50", label="Fees")
    assert values(report, "revenue") is None


def test_the_most_precise_of_agreeing_facts_is_taken() -> None:
    report = Report().face().number("NetIncomeLoss", "1.2", attributes='scale="9" decimals="-8"', where="notes")
    report.number("NetIncomeLoss", "1,234", where="notes")
    assert values(report, "net_income") == 1_234_000_000


def test_facts_that_contradict_each_other_give_no_value() -> None:
    report = Report().face().number("Assets", "10", END, where="balance").number("Assets", "11", END, where="notes")
    field = read(report)["total_assets"]
    assert field.value is None
    assert "different values" in field.reason
    assert field.applicable


def test_a_loss_is_negative() -> None:
    report = Report().face().number("NetIncomeLoss", "253", attributes='scale="3" decimals="-3" sign="-"')
    assert values(report, "net_income") == -253_000


def test_net_income_of_the_parent_and_with_non_controlling_interests() -> None:
    report = Report().face().number("ProfitLoss", "110").number("NetIncomeLoss", "100")
    assert values(report, "net_income", "net_income_incl_nci") == (100_000_000, 110_000_000)


def test_profit_without_non_controlling_interests_is_net_income() -> None:
    assert values(Report().face().number("ProfitLoss", "110"), "net_income") == 110_000_000


def test_profit_with_non_controlling_interests_is_not_the_parents_net_income() -> None:
    report = (
        Report().face().number("ProfitLoss", "110").number("NetIncomeLossAttributableToNoncontrollingInterest", "10")
    )
    assert values(report, "net_income", "net_income_incl_nci") == (None, 110_000_000)


def test_equity_falls_back_to_the_variant_with_non_controlling_interests_when_there_are_none() -> None:
    report = Report().face().number(WITH_NCI, "70", END, where="balance")
    assert values(report, "total_equity") == 70_000_000


def test_equity_of_the_parent_by_its_column() -> None:
    report = (
        Report()
        .face()
        .number(WITH_NCI, "70", END, where="balance")
        .number("MinorityInterest", "5", END, where="balance")
    )
    assert values(report, "total_equity") is None
    report.number(WITH_NCI, "65", END, where="notes", **{EQUITY_AXIS: "us-gaap:ParentMember"})
    assert values(report, "total_equity", "total_equity_incl_nci") == (65_000_000, 70_000_000)


def test_no_operating_income_line_means_not_applicable() -> None:
    field = read(Report().face().number("NetIncomeLoss", "1"))["operating_income"]
    assert (field.value, field.applicable) == (None, False)


def test_a_52_week_year_whose_cover_rounds_to_the_months_end() -> None:
    report = Report().face()
    weeks = ("2024-01-01", "2024-12-29")
    for tag in (CONTRACTS, "NetIncomeLoss", "OperatingIncomeLoss"):
        report.number(tag, "77", weeks)
    report.number("Assets", "99", "2024-12-29", where="balance")
    report.income[:] = [row for row in report.income if "2024-12-31" not in row]
    fields = read(report)
    assert fields["revenue"].value == 77_000_000
    assert fields["total_assets"].value == 99_000_000
    assert fields["period_end"].value == "2024-12-31"


def test_shares_of_several_classes_are_summed() -> None:
    report = Report()
    for member, count in (("us-gaap:CommonClassAMember", "5,835"), ("us-gaap:CommonClassBMember", "864")):
        report.number(
            "dei:EntityCommonStockSharesOutstanding",
            count,
            "2025-01-28",
            unit="shares",
            where="notes",
            **{CLASS_AXIS.replace(":", "__"): member},
        )
    assert values(report, "shares_outstanding") == 6_699_000_000


@pytest.mark.parametrize(("undimensioned", "expected"), [("30", 30_000_000), ("10", 30_000_000), ("25", None)])
def test_an_undimensioned_number_beside_classes(undimensioned: str, expected: int | None) -> None:
    report = Report().number(
        "dei:EntityCommonStockSharesOutstanding", undimensioned, "2025-01-28", unit="shares", where="notes"
    )
    for member, count in (("x:A", "10"), ("x:B", "20")):
        report.number(
            "dei:EntityCommonStockSharesOutstanding",
            count,
            "2025-01-28",
            unit="shares",
            where="notes",
            **{CLASS_AXIS.replace(":", "__"): member},
        )
    assert values(report, "shares_outstanding") == expected


def test_figures_of_a_document_without_statements_are_missing_with_a_reason() -> None:
    report = Report().text("EntityRegistrantName", "Bank")
    report.cover.append(
        "<p>Item 8 is incorporated from the 2024 Annual Report to Shareholders. Assets were $1.9 trillion.</p>"
    )
    fields = read(report)
    assert fields["total_assets"].value is None
    assert "another document" in fields["total_assets"].reason


def test_a_source_names_tag_context_and_quote() -> None:
    field = read(Report().face().number("NetIncomeLoss", "1,234", YEAR, label="Net earnings"))["net_income"]
    assert field.source["method"] == "inline-xbrl"
    assert field.source["tag"] == "us-gaap:NetIncomeLoss"
    assert "2024-01-01/2024-12-31" in field.source["context"]
    assert field.source["quote"] == "Net earnings 1,234"


def test_a_printed_row_that_contradicts_the_tag_is_noted() -> None:
    report = Report().face().number("NetIncomeLoss", "1,234", attributes='scale="3" decimals="-3"', label="Net income")
    report.income.insert(0, "<tr><td>Years ended</td><td>2024</td></tr>")
    html = report.html().replace(
        "<table><tr><td>Years", "<p>STATEMENTS OF OPERATIONS</p><p>(in millions)</p><table><tr><td>Years"
    )
    reading = read_document(html, "https://example.com/x.htm")
    assert reading.fields["net_income"].value == 1_234_000
    assert reading.fields["net_income"].confidence <= 0.7
    assert any(note.startswith("net_income") for note in reading.notes)
