"""The whole chain over HTTP, with an EDGAR that misbehaves."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from common.errors import (
    CompanyNotFound,
    NoAnnualReport,
    UnexpectedContent,
    UpstreamBlocked,
    UpstreamThrottled,
    UpstreamUnavailable,
)
from common.fetch import Fetcher
from edgar_server import ACCESSION, DOCUMENT, FACTS, REQUEST, SUBMISSIONS, FakeEdgar, submissions
from sec_extraction.extract import extract
from sec_extraction.reading import read_document


@pytest.fixture
def fetcher(edgar: FakeEdgar) -> Iterator[Fetcher]:
    client = Fetcher("Unit Test test@example.com", allowed_private={edgar.host})
    yield client
    client.close()


def test_a_report(edgar: FakeEdgar, fetcher: Fetcher) -> None:
    document = extract(REQUEST, fetcher, edgar.base_urls)
    assert document.value("revenue") == 100_000_000
    assert document.value("accession") == ACCESSION
    assert document.value("ein") == "12-3456789"
    assert document.fields["ein"].source["method"] == "submissions"
    assert (document.value("ticker"), document.value("exchange")) == ("XX", "NYSE")
    assert document.value("filing_date") == "2025-02-01"
    assert document.fields["filing_date"].source["method"] == "submissions"
    assert document.fields["hq_address"].value is None
    assert "hq_address" in document.missing
    assert FACTS not in str(document.sources), "no figure is missing, so companyfacts is not read"
    json.dumps(document.to_dict())


def test_a_document_without_facts_is_filled_from_companyfacts(edgar: FakeEdgar, fetcher: Fetcher) -> None:
    edgar.answers[DOCUMENT] = (200, "text/html", b"<p>FORM 10-K</p><p>See Exhibit 13.</p>")
    row = {
        "start": "2024-01-01",
        "end": "2024-12-31",
        "val": 77,
        "accn": ACCESSION,
        "form": "10-K",
        "fy": 2024,
        "fp": "FY",
    }
    edgar.json(FACTS, {"cik": 1, "entityName": "X", "facts": {"us-gaap": {"Revenues": {"units": {"USD": [row]}}}}})
    document = extract(REQUEST, fetcher, edgar.base_urls)
    assert document.value("revenue") == 77
    assert document.fields["revenue"].source["method"] == "companyfacts"


def test_statements_in_an_exhibit_take_the_auditor_with_them(edgar: FakeEdgar, fetcher: Fetcher) -> None:
    """Nothing of this document can name who signed the report, so no model is asked for it."""
    edgar.answers[DOCUMENT] = (200, "text/html", b"<p>FORM 10-K</p><p>Item 8. See Exhibit 13. KPMG audits many.</p>")
    found = extract(REQUEST, fetcher, edgar.base_urls)
    for name in ("auditor", "auditor_location", "pcaob_id"):
        assert found.value(name) is None
        assert not found.fields[name].applicable
        assert "another document" in found.fields[name].reason
    assert "another document" in found.fields["revenue"].reason
    assert "auditor" not in found.missing


@pytest.mark.parametrize("form", ["10-K/A", "20-F"])
def test_an_amendment_asked_for_says_what_it_is_and_has_no_figures(
    form: str, edgar: FakeEdgar, fetcher: Fetcher
) -> None:
    edgar.json(SUBMISSIONS, submissions(recent={"form": [form]}))
    edgar.answers[DOCUMENT] = (
        200,
        "text/html",
        b"<p>FORM</p><p>PART III</p><p>Ms. Doe earned $1,234,000. Net sales were $5 million.</p>",
    )
    found = extract({**REQUEST, "accession": ACCESSION}, fetcher, edgar.base_urls)
    assert found.value("form") == form
    assert found.value("registrant_name") == "X CORP"
    assert [found.value(name) for name in ("revenue", "net_income", "total_assets", "auditor", "employees")] == [
        None
    ] * 5
    with pytest.raises(NoAnnualReport):
        extract(REQUEST, fetcher, edgar.base_urls)


def test_what_a_balance_sheet_does_not_show_is_not_taken_from_companyfacts(edgar: FakeEdgar, fetcher: Fetcher) -> None:
    """The document's sheet prints no total of liabilities; companyfacts has one of some note."""
    edgar.answers[DOCUMENT] = (200, "text/html", edgar.answers[DOCUMENT][2].replace(b"dei:EntityPublicFloat", b"dei:X"))
    row = {"end": "2024-12-31", "val": 5, "accn": ACCESSION, "form": "10-K", "fy": 2024, "fp": "FY"}
    year = {**row, "start": "2024-01-01"}
    tags = {"Revenues": {"units": {"USD": [year]}}, "Liabilities": {"units": {"USD": [row]}}}
    edgar.json(FACTS, {"cik": 1, "entityName": "X", "facts": {"us-gaap": tags}})
    document = extract(REQUEST, fetcher, edgar.base_urls)
    assert any(FACTS in url for url in document.sources)
    assert document.value("total_liabilities") is None


def test_a_document_that_is_not_there_and_no_companyfacts_either(edgar: FakeEdgar, fetcher: Fetcher) -> None:
    del edgar.answers[DOCUMENT]
    edgar.answers[FACTS] = (404, "application/xml", b"<Error><Code>NoSuchKey</Code></Error>")
    document = extract(REQUEST, fetcher, edgar.base_urls)
    assert document.value("registrant_name") == "X CORP"
    assert document.value("period_end") == "2024-12-31"
    assert document.value("revenue") is None
    assert document.completeness < 60


def test_an_asset_backed_issuer_has_no_figures_to_miss(edgar: FakeEdgar, fetcher: Fetcher) -> None:
    edgar.json(SUBMISSIONS, submissions(sic="6189"))
    edgar.answers[DOCUMENT] = (200, "text/html", b"<p>FORM 10-K</p><p>no statements</p>")
    document = extract(REQUEST, fetcher, edgar.base_urls)
    assert "revenue" not in document.missing
    assert not document.fields["revenue"].applicable


def test_an_old_filing_without_a_document_name_is_read_as_a_whole_submission(
    edgar: FakeEdgar, fetcher: Fetcher
) -> None:
    edgar.json(SUBMISSIONS, submissions(recent={"primaryDocument": [""]}))
    path = DOCUMENT.replace("x.htm", f"{ACCESSION}.txt")
    text = f"ACCESSION NUMBER: {ACCESSION}\n<DOCUMENT>\n<TYPE>10-K\n<TEXT>\nFORM 10-K\n</DOCUMENT>"
    edgar.answers[path] = (200, "text/plain", text.encode())
    assert any(url.endswith(".txt") for url in extract(REQUEST, fetcher, edgar.base_urls).sources)


@pytest.mark.parametrize(
    ("path", "answer", "error"),
    [
        (SUBMISSIONS, (404, "application/xml", b"<Error/>"), CompanyNotFound),
        (SUBMISSIONS, (200, "application/json", b"{"), UnexpectedContent),
        (SUBMISSIONS, (200, "application/json", b"[]"), UnexpectedContent),
        (SUBMISSIONS, (200, "text/html", b"<h1>Request Rate Threshold Exceeded</h1>"), UpstreamThrottled),
        ("/files/company_tickers.json", (403, "text/html", b"Undeclared Automated Tool"), UpstreamBlocked),
        ("/files/company_tickers.json", (429, "text/html", b""), UpstreamThrottled),
        ("/files/company_tickers.json", (200, "application/json", b"null"), UnexpectedContent),
        (DOCUMENT, (200, "application/pdf", b"%PDF"), UnexpectedContent),
        (DOCUMENT, (503, "text/html", b""), UpstreamUnavailable),
    ],
)
def test_trouble_has_a_name(
    edgar: FakeEdgar, fetcher: Fetcher, path: str, answer: tuple[int, str, bytes], error: type[Exception]
) -> None:
    edgar.answers[path] = answer
    with pytest.raises(error):
        extract(REQUEST, fetcher, edgar.base_urls)


def test_a_hostile_document_name_is_not_followed(edgar: FakeEdgar, fetcher: Fetcher) -> None:
    edgar.json(SUBMISSIONS, submissions(recent={"primaryDocument": ["../../../../files/company_tickers.json"]}))
    with pytest.raises(NoAnnualReport, match="no usable document"):
        extract(REQUEST, fetcher, edgar.base_urls)


def test_a_submissions_header_tells_the_day_of_filing() -> None:
    head = f"<SEC-HEADER>\nACCESSION NUMBER:\t\t{ACCESSION}\nFILED AS OF DATE:\t\t20250203\n</SEC-HEADER>\n"
    found = read_document(f"{head}<DOCUMENT>\n<TYPE>10-K\n<TEXT>\nFORM 10-K\n</DOCUMENT>", "u").fields
    assert found["filing_date"].value == "2025-02-03"
    assert read_document("FORM 10-K", "u").fields["filing_date"].value is None
