"""The whole chain over HTTP, with an EDGAR that misbehaves; and the Lambda around it."""

from __future__ import annotations

import importlib.util
import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from common.errors import (
    CompanyNotFound,
    InvalidInput,
    NoAnnualReport,
    UnexpectedContent,
    UpstreamBlocked,
    UpstreamThrottled,
    UpstreamUnavailable,
)
from common.fetch import Fetcher
from inline_builder import Report
from sec_extraction.extract import extract

HANDLER = Path(__file__).resolve().parents[3] / "lambdas/nova_sec_extractor/handler.py"
ACCESSION = "0000000001-25-000001"
DOCUMENT = f"/Archives/edgar/data/1/{ACCESSION.replace('-', '')}/x.htm"
SUBMISSIONS = "/submissions/CIK0000000001.json"
FACTS = "/api/xbrl/companyfacts/CIK0000000001.json"
REQUEST = {"company_name": "X Corp", "stock_symbol": "XX", "website_url": "https://example.com"}
DENIED = b"<Error><Code>AccessDenied</Code></Error>"


def report() -> str:
    found = Report().face().text("EntityRegistrantName", "X CORP").text("DocumentFiscalYearFocus", "2024")
    found.number("Revenues", "100", label="Revenues").number("NetIncomeLoss", "10").number("OperatingIncomeLoss", "12")
    found.number("Assets", "500", "2024-12-31", where="balance")
    found.number("StockholdersEquity", "50", "2024-12-31", where="balance")
    for name, value in (("EntityCommonStockSharesOutstanding", "7"), ("EntityPublicFloat", "70")):
        found.number(f"dei:{name}", value, "2025-01-20", where="notes")
    return found.html()


def submissions(**changes: Any) -> dict[str, Any]:
    recent = {
        "accessionNumber": [ACCESSION],
        "form": ["10-K"],
        "filingDate": ["2025-02-01"],
        "reportDate": ["2024-12-31"],
        "primaryDocument": ["x.htm"],
    }
    base = {
        "cik": "1",
        "name": "X CORP",
        "sic": "3571",
        "tickers": ["XX"],
        "exchanges": ["NYSE"],
        "ein": "123456789",
        "stateOfIncorporation": "DE",
        "filings": {"recent": recent | changes.pop("recent", {}), "files": []},
    }
    return base | changes


class FakeEdgar:
    """Answers by path: (status, content type, body)."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, str, bytes]] = {}
        edgar = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, kind, body = edgar.answers.get(self.path, (403, "application/xml", DENIED))
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.host = f"127.0.0.1:{self.server.server_port}"
        tickers = {"0": {"cik_str": 1, "ticker": "XX", "title": "X CORP"}}
        self.json("/files/company_tickers.json", tickers)
        self.json(SUBMISSIONS, submissions())
        self.answers[DOCUMENT] = (200, "text/html", report().encode())

    def json(self, path: str, data: Any) -> None:
        self.answers[path] = (200, "application/json", json.dumps(data).encode())

    @property
    def base_urls(self) -> dict[str, str]:
        return {"data": f"http://{self.host}", "www": f"http://{self.host}"}


@pytest.fixture
def edgar() -> Iterator[FakeEdgar]:
    found = FakeEdgar()
    yield found
    found.server.shutdown()
    found.server.server_close()


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


@pytest.fixture
def handler(edgar: FakeEdgar, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The Lambda's module; what it saves is kept in `saved` instead of DynamoDB."""
    monkeypatch.setenv("USER_AGENT", "Unit Test test@example.com")
    monkeypatch.setenv("ALLOWED_PRIVATE_HOSTS", edgar.host)
    monkeypatch.setenv("EDGAR_DATA_URL", edgar.base_urls["data"])
    monkeypatch.setenv("EDGAR_WWW_URL", edgar.base_urls["www"])
    for name in ("FETCH_ROUTE", "NOVA_MODEL_ID", "SERPER_SECRET_ID"):
        monkeypatch.delenv(name, raising=False)
    spec = importlib.util.spec_from_file_location("sec_handler_under_test", HANDLER)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "sec_handler_under_test", module)
    spec.loader.exec_module(module)
    module.saved = []  # type: ignore[attr-defined]

    def save(table_env: str, company: str, document: dict[str, Any], execution_id: str) -> str:
        module.saved.append((table_env, company, document, execution_id))
        return "2025-01-01T00:00:00.000000Z"

    module.save_extraction = save  # type: ignore[attr-defined]
    return module


def test_the_lambda_saves_and_tells_little(handler: Any) -> None:
    result = handler.lambda_handler({"request": REQUEST, "execution_id": "arn:x"}, None)
    body = result["body"]
    assert result["statusCode"] == 200
    assert set(body) == {
        "company_id",
        "extraction_timestamp",
        "completeness",
        "missing",
        "sources",
        "skipped",
        "api_calls",
    }
    assert body["company_id"] == "x-corp"
    assert body["api_calls"]["edgar"] == 3
    assert any("not configured" in reason for reason in body["skipped"])
    table, company, document, execution = handler.saved[0]
    assert (table, company, execution) == ("SEC_TABLE", "x-corp", "arn:x")
    assert document["fields"]["revenue"]["value"] == 100_000_000
    assert len(json.dumps(result)) < 5_000


def test_a_warm_up_reads_and_saves_nothing(handler: Any) -> None:
    assert handler.lambda_handler({"action": "warmup"}, None)["statusCode"] == 200
    assert handler.saved == []


@pytest.mark.parametrize(
    "request_",
    [
        None,
        {},
        {"company_name": ""},
        {"company_name": "   "},
        {"company_name": 5},
        {"company_name": "x" * 201},
        {"company_name": "X", "stock_symbol": "NOT A SYMBOL AT ALL"},
        {"company_name": "X", "stock_symbol": 5},
        {"company_name": "X", "accession": "../.."},
        {"company_name": "X", "cik": "0x1"},
    ],
)
def test_an_unusable_request_is_refused_before_anything_is_read(handler: Any, request_: Any) -> None:
    with pytest.raises(InvalidInput):
        handler.lambda_handler({"request": request_, "execution_id": "arn:x"}, None)
    assert handler.saved == []


def test_a_models_answer_counts_only_with_the_right_type(handler: Any) -> None:
    answer = {"value": "many", "quote": "many employees", "source": "u"}
    assert handler._borne_out("employees", answer) is None
    assert handler._borne_out("employees", answer | {"value": True}) is None
    field = handler._borne_out("employees", answer | {"value": 12})
    assert (field.value, field.confidence, field.source["method"]) == (12, 0.5, "model")
