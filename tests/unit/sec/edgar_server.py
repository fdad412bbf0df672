"""An EDGAR on loopback that answers as a test wants it to; by default it knows one company with one 10-K."""

from __future__ import annotations

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from inline_builder import Report

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
                with contextlib.suppress(BrokenPipeError):  # the client had no time left
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
