"""Facts of one filing out of the facts of all filings."""

from __future__ import annotations

from typing import Any

import pytest
from common.errors import UnexpectedContent
from sec_extraction.companyfacts import read_companyfacts

URL = "https://data.example.com/CIK.json"
NEW, OLD, QUARTERLY = "0000000001-25-000001", "0000000001-24-000001", "0000000001-25-000009"
CONTRACTS = "RevenueFromContractWithCustomerExcludingAssessedTax"


def row(
    start: str | None, end: str, value: float, accession: str = NEW, form: str = "10-K", year: int = 2024
) -> dict[str, Any]:
    found = {"end": end, "val": value, "accn": accession, "fy": year, "fp": "FY", "form": form, "filed": "2025-02-01"}
    return {"start": start, **found} if start else found


def data(taxonomy: str = "us-gaap", **tags: list[dict[str, Any]]) -> dict[str, Any]:
    facts: dict[str, Any] = {taxonomy: {}, "dei": {}}
    for tag, rows in tags.items():
        unit = "shares" if "Shares" in tag else "USD"
        facts["dei" if tag.startswith("Entity") else taxonomy][tag] = {"units": {unit: rows}}
    return {"cik": 1, "entityName": "X CORP", "facts": facts}


YEAR, LAST = ("2024-01-01", "2024-12-31"), ("2023-01-01", "2023-12-31")


def test_the_newest_report_by_accession_period_and_duration() -> None:
    facts = data(
        Revenues=[row("2018-01-01", "2018-12-31", 7, OLD, year=2018)],
        **{
            CONTRACTS: [
                row(*LAST, 90),
                row(*YEAR, 100),
                row("2024-10-01", "2024-12-31", 30),
                row("2025-01-01", "2025-03-31", 33, QUARTERLY, "10-Q", 2025),
            ]
        },
        NetIncomeLoss=[row(*YEAR, -5)],
        Assets=[row(None, "2023-12-31", 400), row(None, "2024-12-31", 500)],
        StockholdersEquity=[row(None, "2024-12-31", 50)],
        EntityCommonStockSharesOutstanding=[
            row(None, "2025-01-20", 1000),
            row(None, "2025-04-20", 999, QUARTERLY, "10-Q"),
        ],
    )
    found = {name: field.value for name, field in read_companyfacts(facts, URL).items()}
    assert found["accession"] == NEW
    assert found["period_end"] == "2024-12-31"
    assert (found["revenue"], found["net_income"]) == (100, -5)
    assert (found["total_assets"], found["total_equity"]) == (500, 50)
    assert found["shares_outstanding"] == 1000
    assert (found["cik"], found["fiscal_year"], found["form"]) == ("0000000001", 2024, "10-K")


def test_another_filing_can_be_asked_for() -> None:
    facts = data(Revenues=[row(*LAST, 90, OLD, year=2023), row(*LAST, 91), row(*YEAR, 100)])
    assert read_companyfacts(facts, URL, OLD)["revenue"].value == 90
    assert read_companyfacts(facts, URL, "0000000001-20-000001") == {}


def test_a_foreign_issuers_ifrs_facts() -> None:
    facts = data(
        "ifrs-full",
        Revenue=[row(*YEAR, 43, form="20-F")],
        ProfitLoss=[row(*YEAR, -19, form="20-F")],
        ProfitLossAttributableToOwnersOfParent=[row(*YEAR, -29, form="20-F")],
        Equity=[row(None, "2024-12-31", 270, form="20-F")],
        EquityAttributableToOwnersOfParent=[row(None, "2024-12-31", 228, form="20-F")],
    )
    found = {name: field.value for name, field in read_companyfacts(facts, URL).items()}
    assert found["form"] == "20-F"
    assert (found["revenue"], found["net_income"], found["net_income_incl_nci"]) == (43, -29, -19)
    assert (found["total_equity"], found["total_equity_incl_nci"]) == (228, 270)


def test_liabilities_and_the_day_of_filing() -> None:
    facts = data(
        Revenues=[row(*YEAR, 1)],
        Liabilities=[row(None, "2023-12-31", 350), row(None, "2024-12-31", 400), row(None, "2024-12-31", 9, OLD)],
        LiabilitiesAndStockholdersEquity=[row(None, "2024-12-31", 500)],
        TemporaryEquityCarryingAmountAttributableToParent=[row(None, "2024-12-31", 20)],
        MinorityInterest=[row(None, "2024-12-31", 30)],
    )
    found = {name: field.value for name, field in read_companyfacts(facts, URL).items()}
    assert (found["total_liabilities"], found["temporary_equity"], found["noncontrolling_interests"]) == (400, 20, 30)
    assert found["filing_date"] == "2025-02-01"


def test_what_stands_between_is_unknown_without_rows() -> None:
    found = read_companyfacts(data(Revenues=[row(*YEAR, 1)], Liabilities=[row(None, "2024-12-31", 400)]), URL)
    assert found["temporary_equity"].value is None and found["temporary_equity"].applicable


def test_two_amounts_between_have_no_total() -> None:
    tags = {
        "TemporaryEquityCarryingAmountAttributableToParent": 20,
        "RedeemableNoncontrollingInterestEquityCarryingAmount": 7,
    }
    facts = {tag: [row(None, "2024-12-31", value)] for tag, value in tags.items()}
    found = read_companyfacts(data(Revenues=[row(*YEAR, 1)], **facts), URL)["temporary_equity"]
    assert found.value is None and found.applicable and "several" in found.reason
    whole = "TemporaryEquityCarryingAmountIncludingPortionAttributableToNoncontrollingInterests"
    facts |= {whole: [row(None, "2024-12-31", 27)]}
    assert read_companyfacts(data(Revenues=[row(*YEAR, 1)], **facts), URL)["temporary_equity"].value == 27


def test_fees_of_a_bank_are_not_its_revenue() -> None:
    facts = data(**{CONTRACTS: [row(*YEAR, 10)]}, NoninterestIncome=[row(*YEAR, 20)])
    assert read_companyfacts(facts, URL)["revenue"].value is None


def test_several_numbers_of_shares_for_one_filing() -> None:
    shares = [row(None, "2025-01-20", 10), row(None, "2025-01-21", 20)]
    facts = data(Revenues=[row(*YEAR, 1)], EntityCommonStockSharesOutstanding=shares)
    assert read_companyfacts(facts, URL)["shares_outstanding"].value is None


def test_broken_rows_are_passed_over() -> None:
    rows = [row("soon", "2024-12-31", 1), row(None, "never", 2), {**row(*YEAR, 3), "val": "4"}, row(*YEAR, 5)]
    assert read_companyfacts(data(Revenues=rows), URL)["revenue"].value == 5


@pytest.mark.parametrize(
    "facts", [None, [], {}, {"facts": []}, {"facts": {"us-gaap": []}}, {"facts": {"a": {"b": {"units": 5}}}}]
)
def test_data_that_is_not_companyfacts(facts: Any) -> None:
    with pytest.raises(UnexpectedContent):
        read_companyfacts(facts, URL)


def test_no_annual_report() -> None:
    assert read_companyfacts(data(Revenues=[row("2025-01-01", "2025-03-31", 1, QUARTERLY, "10-Q")]), URL) == {}
