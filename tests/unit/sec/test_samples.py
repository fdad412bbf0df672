"""The samples that come along: the whole chain, from a name to a complete document, through the samples route."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from common.errors import AmbiguousCompany, CompanyNotFound, NoAnnualReport
from common.fetch import Fetcher
from sec_extraction.extract import extract
from sec_extraction.model import BESIDE, FIELDS, SecDocument

SAMPLES = Path(__file__).resolve().parents[3] / "samples"
TYPES = {".json": "application/json", ".htm": "text/html; charset=utf-8"}


class SamplesHandler(BaseHTTPRequestHandler):
    """Answers /_samples/<host>/<path> from the folder, as the embedded AWS does."""

    def do_GET(self) -> None:
        path = SAMPLES / self.path.removeprefix("/_samples/")
        found = path.is_file() and "_samples" in self.path
        body = path.read_bytes() if found else b""
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", TYPES.get(path.suffix, "text/plain"))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def fetcher(monkeypatch: pytest.MonkeyPatch) -> Iterator[Fetcher]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), SamplesHandler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("FETCH_ROUTE", "samples")
    monkeypatch.setenv("USER_AGENT", "Unit Test test@example.com")
    client = Fetcher.from_environment({})
    yield client
    client.close()
    server.shutdown()
    server.server_close()


def values(document: SecDocument) -> dict[str, object]:
    return {name: document.value(name) for name in FIELDS}


@pytest.mark.parametrize(
    ("name", "symbol", "expected"),
    [
        (
            "Apple Inc.",
            "AAPL",
            {"revenue": 391_035_000_000, "employees": 164_000, "ticker": "AAPL", "state_of_incorporation": "CA"},
        ),
        (
            "NVIDIA",
            "NVDA",
            {"revenue": 130_497_000_000, "registrant_name": "NVIDIA CORPORATION", "public_float": 2_700_000_000_000},
        ),
        (
            "Tesla",
            "",
            {
                "net_income": 7_091_000_000,
                "net_income_incl_nci": 7_153_000_000,
                "total_equity": 72_913_000_000,
                "total_equity_incl_nci": 73_617_000_000,
                "accession": "0001628280-25-003063",
            },
        ),
    ],
)
def test_a_sample_company_is_complete(fetcher: Fetcher, name: str, symbol: str, expected: dict[str, object]) -> None:
    document = extract({"company_name": name, "stock_symbol": symbol}, fetcher)
    found = values(document)
    assert {key: found[key] for key in expected} == expected
    assert document.completeness == 100
    assert document.missing == []
    assert document.notes == []
    assert all(url.startswith(("https://www.sec.gov/", "https://data.sec.gov/")) for url in document.sources)


def test_every_value_says_where_it_stands(fetcher: Fetcher) -> None:
    fields = extract({"company_name": "Apple", "stock_symbol": "AAPL"}, fetcher).to_dict()["fields"]
    for name, field in fields.items():
        if field["value"] is None:
            assert field["reason"], name
            assert field["applicable"] is False or name in BESIDE, name
        else:
            assert field["source"]["url"].startswith("https://"), name
            assert field["source"]["method"] in ("inline-xbrl", "submissions", "html", "text", "companyfacts"), name
            assert 0.5 < field["confidence"] <= 1, name


def test_a_foreign_issuer_is_named_with_what_it_files_instead(fetcher: Fetcher) -> None:
    with pytest.raises(NoAnnualReport, match="20-F"):
        extract({"company_name": "Logistic Properties of the Americas"}, fetcher)


def test_an_ambiguous_name_lists_the_companies(fetcher: Fetcher) -> None:
    with pytest.raises(AmbiguousCompany, match=r"DELTA AIR LINES.*DELTA APPAREL"):
        extract({"company_name": "Delta"}, fetcher)


def test_an_unknown_name(fetcher: Fetcher) -> None:
    with pytest.raises(CompanyNotFound):
        extract({"company_name": "No Such Company"}, fetcher)


def test_a_report_whose_document_is_gone_is_read_from_companyfacts(fetcher: Fetcher) -> None:
    request = {"company_name": "NVIDIA", "accession": "0001045810-24-000029"}
    document = extract(request, fetcher)
    assert document.value("period_end") == "2024-01-28"
    assert document.value("revenue") is None, "the sample holds no facts under that accession number"
    assert any("is not there" in note for note in document.notes)
