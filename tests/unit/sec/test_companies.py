"""From a name and a symbol to a company, and from a company to its annual report."""

from __future__ import annotations

from typing import Any

import pytest
from common.errors import AmbiguousCompany, CompanyNotFound, InvalidInput, NoAnnualReport, UnexpectedContent
from sec_extraction.companies import cik_of, find_company, read_tickers
from sec_extraction.edgar import checked_accession
from sec_extraction.names import core, normalised, without_state_tail
from sec_extraction.submissions import find_annual_report

COMPANIES = read_tickers(
    {
        "0": {"cik_str": 1, "ticker": "NWND", "title": "NORTHWIND CORP"},
        "1": {"cik_str": 2, "ticker": "NWR", "title": "Northwind Railways, Inc."},
        "2": {"cik_str": 3, "ticker": "BIG-B", "title": "BIG HOLDINGS INC"},
        "3": {"cik_str": 3, "ticker": "BIG-A", "title": "BIG HOLDINGS INC"},
        "4": {"cik_str": 4, "ticker": "BANK", "title": "RIVER & HILL CO/MN"},
        "5": {"cik_str": 5, "ticker": "TWO", "title": "TWIN CORP"},
        "6": {"cik_str": 6, "ticker": "TWN", "title": "Twin Inc"},
        "7": {"cik_str": 7, "ticker": "FWD", "title": "Forward Things, Inc."},
        "8": {"cik_str": 8, "ticker": "F", "title": "FWD MOTOR CO"},
    }
)


@pytest.mark.parametrize(
    ("name", "symbol", "cik"),
    [
        ("Northwind Corporation", "", 1),
        ("northwind corp.", "", 1),
        ("Northwind", "", 1),
        ("NORTHWIND", "nwnd", 1),
        ("The River and Hill Company", "", 4),
        ("River&Hill", "", 4),
        ("Big Holdings", "BIG.B", 3),
        ("Big Holdings", "BIG/A", 3),
        ("Big", "", 3),
        ("Twin Inc.", "", 6),
        ("Twin", "TWO", 5),
        ("North Wind", "", 1),
    ],
)
def test_a_company_is_found(name: str, symbol: str, cik: int) -> None:
    match = find_company(COMPANIES, name, symbol)
    assert match.company.cik == cik_of(cik)
    assert match.doubts == ()


def test_what_does_not_quite_fit_is_told() -> None:
    assert find_company(COMPANIES, "Forward", "").doubts[0].startswith("the name 'Forward' is only the beginning")
    assert "no symbol GONE" in find_company(COMPANIES, "Northwind Corp", "GONE").doubts[0]
    assert "does not resemble" in find_company(COMPANIES, "Something Else", "NWND").doubts[0]


def test_a_symbol_and_a_name_of_two_companies_contradict_each_other() -> None:
    with pytest.raises(AmbiguousCompany, match=r"Forward Things.*FWD MOTOR"):
        find_company(COMPANIES, "FWD Motor Company", "FWD")


def test_ambiguous_and_unknown_names() -> None:
    with pytest.raises(AmbiguousCompany, match=r"TWIN CORP \(TWO\), Twin Inc \(TWN\)"):
        find_company(COMPANIES, "Twin")
    for name in ("Nobody", "No", "", "!!!"):
        with pytest.raises(CompanyNotFound):
            find_company(COMPANIES, name)


def test_at_most_five_companies_are_listed() -> None:
    many = read_tickers([{"cik_str": n, "ticker": f"S{n}", "title": f"Same Name {n}"} for n in range(1, 10)])
    with pytest.raises(AmbiguousCompany, match="or 4 more"):
        find_company(many, "Same Name")


@pytest.mark.parametrize(
    "data", [None, [], {}, {"0": {"ticker": "A"}}, {"0": None}, [{"cik_str": "x", "ticker": "", "title": ""}], 5]
)
def test_a_list_that_is_not_one(data: Any) -> None:
    if data in ([], {}):
        assert read_tickers(data) == []
    else:
        with pytest.raises(UnexpectedContent):
            read_tickers(data)


def test_names() -> None:
    assert normalised("The Home & Garden Company, Inc.") == "home garden co inc"
    assert core("Société Générale N.V.") == "societe generale"
    assert core("Inc") == "inc"
    assert without_state_tail("RIVER & HILL CO/MN") == "RIVER & HILL CO"
    assert without_state_tail("BIG HOLDINGS INC /DE/") == "BIG HOLDINGS INC"
    assert without_state_tail("A/B Testing Corp") == "A/B Testing Corp"


def test_ciks_and_accession_numbers() -> None:
    assert cik_of(320193) == cik_of("0000320193") == cik_of("CIK0000320193") == "0000320193"
    assert checked_accession("000032019324000123") == "0000320193-24-000123"
    assert checked_accession(None) == checked_accession("") == ""
    for value in ("x", "0000320193-24-00012", "0000320193/24/000123", 5, ["0000320193-24-000123"]):
        with pytest.raises(InvalidInput):
            checked_accession(value)
    for value in ("", "12345678901", "-1", None):
        with pytest.raises(ValueError, match="not a CIK"):
            cik_of(value)


def table(*rows: tuple[str, str, str]) -> dict[str, list[str]]:
    """Columns of (form, filed, accession)."""
    return {
        "accessionNumber": [row[2] for row in rows],
        "form": [row[0] for row in rows],
        "filingDate": [row[1] for row in rows],
        "reportDate": ["2024-12-31" if row[0].startswith("10-K") else "" for row in rows],
        "primaryDocument": [f"{row[2]}.htm" for row in rows],
    }


def submissions(*rows: tuple[str, str, str], files: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"name": "X Corp", "filings": {"recent": table(*rows), "files": [{"name": name} for name in files]}}


def no_older(name: str) -> Any:
    raise AssertionError(f"{name} was not needed")


def test_an_amendment_is_not_taken_for_the_report() -> None:
    data = submissions(("10-K/A", "2025-04-30", "c"), ("10-Q", "2025-04-01", "b"), ("10-K", "2025-01-30", "a"))
    filing = find_annual_report(data, no_older)
    assert (filing.accession, filing.document, str(filing.report_date)) == ("a", "a.htm", "2024-12-31")


def test_the_newest_report_is_chosen_whatever_the_order() -> None:
    data = submissions(("10-K", "2023-01-30", "old"), ("10-K", "2025-01-30", "new"))
    assert find_annual_report(data, no_older).accession == "new"


def test_older_files_are_read_when_the_recent_rows_hold_no_report() -> None:
    asked: list[str] = []

    def older(name: str) -> Any:
        asked.append(name)
        return (
            table(("10-K", "2019-02-01", "older")) if name.endswith("002.json") else table(("424B2", "2020-01-01", "p"))
        )

    names = tuple(f"CIK0000000001-submissions-00{n}.json" for n in (1, 2, 3))
    data = submissions(("424B2", "2025-01-01", "p"), files=("../../etc/passwd", *names))
    assert find_annual_report(data, older).accession == "older"
    assert asked == list(names[:2])


@pytest.mark.parametrize("form", ["10-K405", "10-KT"])
def test_other_annual_forms_are_taken_when_there_is_no_10k(form: str) -> None:
    data = submissions((form, "2001-01-01", "a"), ("10-K/A", "2001-05-01", "b"))
    assert find_annual_report(data, no_older).accession == "a"


def test_a_filing_can_be_asked_for() -> None:
    data = submissions(("10-K", "2025-01-30", "a"), ("10-K", "2024-01-30", "b"), ("8-K", "2024-01-01", "c"))
    assert find_annual_report(data, no_older, "b").accession == "b"
    for form in ("10-K/A", "20-F", "10-K405"):
        assert find_annual_report(submissions((form, "2025-01-30", "a")), no_older, "a").form == form
    with pytest.raises(NoAnnualReport, match="is a 8-K"):
        find_annual_report(data, no_older, "c")
    with pytest.raises(NoAnnualReport, match="has no filing d"):
        find_annual_report(data, no_older, "d")


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([("20-F", "2025-01-01", "a"), ("6-K", "2025-01-01", "b")], r"20-F \(1\)"),
        ([("4", "2025-01-01", "a")], r"4 \(1\)"),
        ([("UPLOAD", "2025-01-01", "a")], "UPLOAD"),
        ([], "it has no filings"),
    ],
)
def test_what_there_is_instead_is_told(rows: list[tuple[str, str, str]], told: str) -> None:
    with pytest.raises(NoAnnualReport, match=told):
        find_annual_report(submissions(*rows), no_older)


@pytest.mark.parametrize("data", [{}, {"filings": None}, {"filings": {}}, {"filings": {"recent": {"form": []}}}])
def test_submissions_that_are_not(data: dict[str, Any]) -> None:
    with pytest.raises(UnexpectedContent):
        find_annual_report(data, no_older)
