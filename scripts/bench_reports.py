"""Made-up annual reports of any size, as dense as real ones: some 850 facts, 1,500 rows and 25 pages of prose a megabyte."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

CIK, ACCESSION, DOCUMENT = "0000000001", "0000000001-25-000001", "bench-20241231.htm"
_STYLE = "color:#000000;font-family:'Helvetica',sans-serif;font-size:9pt;font-weight:400;line-height:120%"
_CELL = "background-color:#cceeff;padding:2px 1pt;text-align:left;vertical-align:bottom"
_PROSE = (
    "We design boxes of wood and paper, sell them to shops in some forty countries, and depend on the price of wood, on the "
    "customers that we have and on the rates at which their money is changed. A rise of prices may harm our results. "
)
_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:ix="http://www.xbrl.org/2013/inlineXBRL"
 xmlns:xbrli="http://www.xbrl.org/2003/instance" xmlns:xbrldi="http://xbrl.org/2006/xbrldi"
 xmlns:dei="http://xbrl.sec.gov/dei/2024" xmlns:us-gaap="http://fasb.org/us-gaap/2024" xmlns:b="http://example.com/b">
<head><title>bench</title></head><body>"""
_UNITS = (
    '<xbrli:unit id="usd"><xbrli:measure>iso4217:USD</xbrli:measure></xbrli:unit>'
    '<xbrli:unit id="shares"><xbrli:measure>xbrli:shares</xbrli:measure></xbrli:unit>'
)


def report(megabytes: float) -> bytes:
    """An inline report of about that many megabytes (1,000,000 bytes), well-formed."""
    limit = round(megabytes * 1_000_000)
    parts, size = list(_front()), 0
    size = sum(map(len, parts))
    number = 0
    while size < limit:
        note = _note(number)
        parts.append(note)
        size += len(note)
        number += 1
    return "".join([*parts, *_back()]).encode()


def answers(document: bytes) -> dict[str, tuple[str, bytes]]:
    """Path to (media type, body) of what EDGAR is asked for: tickers, the list of filings, the document."""
    companies = {str(n): {"cik_str": n + 2, "ticker": f"T{n}", "title": f"COMPANY {n} INC"} for n in range(9_999)}
    companies["9999"] = {"cik_str": 1, "ticker": "BNCH", "title": "BENCH CORP"}
    filed = [f"20{n % 25:02d}-02-{n % 28 + 1:02d}" for n in range(1_000)]
    recent = {
        "accessionNumber": [ACCESSION, *(f"0000000001-10-{n:06d}" for n in range(1, 1_000))],
        "form": ["10-K", *("8-K" for _ in range(999))],
        "filingDate": ["2025-02-14", *filed[1:]],
        "reportDate": ["2024-12-31", *filed[1:]],
        "primaryDocument": [DOCUMENT, *("x.htm" for _ in range(999))],
    }
    listing: dict[str, Any] = {
        "cik": "1",
        "name": "BENCH CORP",
        "sic": "2400",
        "tickers": ["BNCH"],
        "exchanges": ["NYSE"],
    }
    listing |= {"ein": "123456789", "stateOfIncorporation": "DE", "filings": {"recent": recent, "files": []}}
    path = f"/Archives/edgar/data/1/{ACCESSION.replace('-', '')}/{DOCUMENT}"
    return {
        "/files/company_tickers.json": ("application/json", json.dumps(companies).encode()),
        f"/submissions/CIK{CIK}.json": ("application/json", json.dumps(listing).encode()),
        path: ("text/html", document),
    }


def _front() -> Iterator[str]:
    yield _HEAD
    yield '<div style="display:none"><ix:header><ix:resources>'
    yield from (_context(number) for number in range(-2, 300))
    yield f"{_UNITS}</ix:resources></ix:header></div>"
    for name, value in _COVER.items():
        yield f'<p><ix:nonNumeric name="dei:{name}" contextRef="year">{value}</ix:nonNumeric></p>'
    yield _paragraph("(Exact name of registrant as specified in its charter)")
    yield _row("dei:EntityPublicFloat", "Float", "7,000", "end") + _row(
        "dei:EntityCommonStockSharesOutstanding", "S", "50", "end"
    )
    yield _heading("Item 1. Business") + _paragraph(_PROSE) * 40
    yield _paragraph("As of December 31, 2024, we had approximately 12,345 employees worldwide.")
    yield _heading("Item 1A. Risk Factors")
    for number in range(30):
        yield _heading(f"Risk number {number} may harm our business and our results.") + _paragraph(_PROSE * 3) * 4
    yield _heading("Item 8. Financial Statements") + _heading("CONSOLIDATED STATEMENTS OF OPERATIONS")
    yield _table(*(_row(f"us-gaap:{tag}", label, value, "year") for tag, label, value in _INCOME))
    yield _heading("CONSOLIDATED BALANCE SHEETS")
    yield _table(*(_row(f"us-gaap:{tag}", label, value, "end") for tag, label, value in _SHEET))


def _back() -> Iterator[str]:
    yield _heading("SIGNATURES") + _paragraph("The registrant has duly caused this report to be signed on its behalf.")
    yield (
        _paragraph("/s/ Jane Q. Roe")
        + _paragraph("Jane Q. Roe")
        + _paragraph("Chief Executive Officer")
        + "</body></html>"
    )


_COVER = {
    "DocumentType": "10-K",
    "DocumentPeriodEndDate": "December 31, 2024",
    "DocumentFiscalYearFocus": "2024",
    "EntityRegistrantName": "BENCH CORP",
    "EntityCentralIndexKey": CIK,
    "AuditorName": "Some Firm LLP",
}
_INCOME = (
    ("Revenues", "Total revenues", "9,000"),
    ("OperatingExpenses", "Operating expenses", "7,000"),
    ("OperatingIncomeLoss", "Operating income", "2,000"),
    ("NonoperatingIncomeExpense", "Other income", "10"),
    ("IncomeTaxExpenseBenefit", "Income taxes", "400"),
    ("NetIncomeLoss", "Net income", "1,610"),
)
_SHEET = (
    ("Assets", "Total assets", "20,000"),
    ("Liabilities", "Total liabilities", "12,000"),
    ("CommonStockValue", "Common stock", "10"),
    ("StockholdersEquity", "Total stockholders' equity", "8,000"),
    ("LiabilitiesAndStockholdersEquity", "Total liabilities and stockholders' equity", "20,000"),
)


def _context(number: int) -> str:
    """The contexts "year" (-2) and "end" (-1), and others, each of a segment of its own."""
    key = {-2: "year", -1: "end"}.get(number, f"c{number}")
    dates = "<xbrli:startDate>2024-01-01</xbrli:startDate><xbrli:endDate>2024-12-31</xbrli:endDate>"
    if number == -1:
        dates = "<xbrli:instant>2024-12-31</xbrli:instant>"
    member = f'<xbrldi:explicitMember dimension="us-gaap:StatementBusinessSegmentsAxis">b:S{number}Member</xbrldi:explicitMember>'
    segment = f"<xbrli:segment>{member}</xbrli:segment>" if number >= 0 else ""
    return (
        f'<xbrli:context id="{key}"><xbrli:entity><xbrli:identifier scheme="http://www.sec.gov/CIK">{CIK}</xbrli:identifier>'
        f"{segment}</xbrli:entity><xbrli:period>{dates}</xbrli:period></xbrli:context>"
    )


def _note(number: int) -> str:
    """A note of about 10 kB: a heading, prose, a table."""
    rows = (
        _row(f"b:Item{row}", f"Line {row} of the note", f"{number % 900 + 1},{row:03d}", f"c{(number + row) % 300}")
        for row in range(8)
    )
    plain = _table(*(_plain_row(row) for row in range(7)))
    return _heading(f"Note {number}. Of something") + _paragraph(_PROSE * 2) * 4 + _table(*rows) + plain


def _plain_row(row: int) -> str:
    cells = "".join(
        f'<td style="{_CELL}"><span style="{_STYLE}">{text}</span></td>' for text in (f"Part {row}", "$", "12")
    )
    return f"<tr>{cells}</tr>"


def _heading(text: str) -> str:
    return f'<div style="margin-top:9pt"><span style="{_STYLE.replace("400", "700")}">{text}</span></div>'


def _paragraph(text: str) -> str:
    return f'<div style="margin-bottom:6pt;text-align:justify"><span style="{_STYLE}">{text.strip()}</span></div>'


def _table(*rows: str) -> str:
    return f'<table style="border-collapse:collapse;width:100%">{"".join(rows)}</table>'


def _row(tag: str, label: str, value: str, context: str) -> str:
    unit = "shares" if "Shares" in tag else "usd"
    fact = f'<ix:nonFraction unitRef="{unit}" contextRef="{context}" decimals="-6" name="{tag}" scale="6" id="f">{value}</ix:nonFraction>'
    return f'<tr><td style="{_CELL}"><span style="{_STYLE}">{label}</span></td><td style="{_CELL}">{fact}</td></tr>'
