"""The cover page: by tags, by print, and where the two differ."""

from __future__ import annotations

from datetime import date

import pytest
from inline_builder import CLASS_AXIS, Report
from sec_extraction.auditor_text import find_auditor, find_pcaob_id
from sec_extraction.cover_text import CoverText
from sec_extraction.places import exchange_name, is_us_state, state_code
from sec_extraction.reading import Known, read_document
from sec_extraction.securities import clean_symbol, is_common
from sec_extraction.symbols_text import find_exchange, find_symbol

LABEL = "<p>(Exact name of registrant as specified in its charter)</p>"


def fields(html: str, known: Known | None = None) -> dict[str, object]:
    return {name: field.value for name, field in read_document(html, "https://example.com/x.htm", known).fields.items()}


@pytest.mark.parametrize(
    ("cover", "expected"),
    [
        ("<p>@NORTHWIND CORP@ORATION</p>", "NORTHWIND CORPORATION"),
        ("<p>THE @NORTHWIND CORP@.</p>", "THE NORTHWIND CORP."),
        ("<p>Northwind</p><p>Corporation</p><div style='display:none'>@NORTHWIND CORP@</div>", "Northwind Corporation"),
        ("<p>NORTHWIND CORPORATION</p><div style='display:none'>@NORTHWIND CORP/DE@</div>", "NORTHWIND CORPORATION"),
        ("<p>Some other line</p><div style='display:none'>@NORTHWIND CORP/DE/@</div>", "NORTHWIND CORP"),
    ],
)
def test_the_name_is_the_printed_one_when_it_is_the_tagged_company(cover: str, expected: str) -> None:
    report = Report()
    key = report.context(("2024-01-01", "2024-12-31"))
    before, name, after = cover.split("@")
    tag = f'<ix:nonNumeric name="dei:EntityRegistrantName" contextRef="{key}">{name}</ix:nonNumeric>'
    report.cover += ["<p>(Mark One)</p>", before + tag + after, LABEL]
    assert fields(report.html())["registrant_name"] == expected


def securities(*rows: tuple[str, str, str, str]) -> Report:
    """Rows of (member or "", title, symbol, exchange)."""
    report = Report()
    for member, title, symbol, exchange in rows:
        dimensions = {CLASS_AXIS.replace(":", "__"): member} if member else {}
        report.text("Security12bTitle", title, **dimensions)
        report.text("TradingSymbol", symbol, **dimensions)
        report.text("SecurityExchangeName", exchange, **dimensions)
    return report


@pytest.mark.parametrize(
    ("rows", "symbol", "ticker", "exchange"),
    [
        ([("", "Common Stock", "ABC", "NASDAQ")], "", "ABC", "Nasdaq"),
        (
            [
                ("x:NotesMember", "0.5% Notes due 2031", "—", "NYSE"),
                ("us-gaap:CommonStockMember", "Common Stock, $0.01 par", "ABC", "New York Stock Exchange"),
            ],
            "",
            "ABC",
            "NYSE",
        ),
        (
            [
                ("x:B", "Depositary Shares, each a 1/1000th interest in Preferred Stock", "ABC.PRB", "NYSE"),
                ("x:C", "Class A Common Stock", "ABC", "NYSE"),
                ("x:D", "Warrants, each for one share of Class A Common Stock", "ABCW", "NYSE"),
            ],
            "",
            "ABC",
            "NYSE",
        ),
        (
            [("x:A", "Class A Common Stock", "AAA", "NASDAQ"), ("x:C", "Class C Capital Stock", "CCC", "NASDAQ")],
            "",
            "AAA",
            "Nasdaq",
        ),
        (
            [("x:A", "Class A Common Stock", "AAA", "NASDAQ"), ("x:C", "Class C Capital Stock", "CCC", "NASDAQ")],
            "ccc",
            "CCC",
            "Nasdaq",
        ),
        ([("x:N", "5% Senior Notes due 2030", "ABC30", "NYSE")], "", None, None),
        ([("", "Common Stock", "N/A", "None")], "", None, None),
    ],
)
def test_ticker_and_exchange_are_the_common_stocks(
    rows: list[tuple[str, str, str, str]], symbol: str, ticker: str | None, exchange: str | None
) -> None:
    found = fields(securities(*rows).html(), Known(symbol=symbol))
    assert (found["ticker"], found["exchange"]) == (ticker, exchange)


def test_tagged_fields_of_the_cover() -> None:
    report = Report().text("EntityCentralIndexKey", "0000012345").text("DocumentFiscalYearFocus", "2024")
    report.text("EntityIncorporationStateCountryCode", "Delaware").text("EntityTaxIdentificationNumber", "123456789")
    report.text("EntityAddressAddressLine1", "1 Main Street,").text("EntityAddressAddressLine2", "Suite 5")
    report.text("EntityAddressCityOrTown", "Atlanta,").text("EntityAddressStateOrProvince", "Georgia")
    report.text("EntityAddressPostalZipCode", "30339").text("CityAreaCode", "(404)").text(
        "LocalPhoneNumber", "555-0100"
    )
    report.text("AuditorName", "Some Firm LLP").text("AuditorFirmId", "00042")
    found = fields(report.html())
    assert found["cik"] == "0000012345"
    assert found["fiscal_year"] == 2024
    assert found["state_of_incorporation"] == "DE"
    assert found["ein"] == "12-3456789"
    assert found["hq_address"] == "1 Main Street, Suite 5, Atlanta, Georgia 30339"
    assert found["phone"] == "(404) 555-0100"
    assert (found["auditor"], found["pcaob_id"]) == ("Some Firm LLP", "42")


def test_a_foreign_address_ends_in_its_country_and_a_placeholder_is_no_tax_number() -> None:
    report = Report().text("EntityAddressAddressLine1", "1 Quay").text("EntityAddressCityOrTown", "Dublin")
    report.text("EntityAddressCountry", "Ireland").text("EntityTaxIdentificationNumber", "00-0000000")
    report.text("EntityIncorporationStateCountryCode", "Ireland")
    found = fields(report.html())
    assert found["hq_address"] == "1 Quay, Dublin, Ireland"
    assert found["ein"] is None
    assert found["state_of_incorporation"] == "L2"


PRINTED = [
    "FORM 10-K",
    "For the fiscal year ended September 30, 2016",
    "Commission File Number: 0-6669 NORTHWIND TRADERS, INC.",
    "(Exact name of registrant as specified in its charter)",
    "New York",
    "13-1950672",
    "(State or other jurisdiction of",
    "(I.R.S. Employer Identification No.)",
    "incorporation or organization)",
    "477 Rosemary Ave. Suite 219, West Palm Beach, FL",
    "33401",
    "(Address of principal executive offices, including zip code)",
    "(561) 465-0030",
    "(Registrant's telephone number, including area code)",
    "Securities registered pursuant to Section 12(b) of the Act:",
    "Common Stock, $0.01 par value",
    "New York Stock Exchange",
    "Securities registered pursuant to Section 12(g) of the Act: None",
    "The aggregate market value held by non-affiliates, at a closing price of $1.16, was approximately $7.8 million.",
    "As of December 9, 2016, 8,780,830 shares of the Registrant's common stock were outstanding.",
]


def test_a_printed_cover() -> None:
    cover = CoverText(PRINTED)
    assert cover.printed_name([]) == ("NORTHWIND TRADERS, INC.", False)
    assert cover.printed_name(["Northwind Traders Inc"]) == ("NORTHWIND TRADERS, INC.", True)
    assert cover.form() == ("10-K", "FORM 10-K")
    assert cover.period_end()[0] == "2016-09-30"
    assert cover.state() == ("NY", "New York")
    assert cover.ein()[0] == "13-1950672"
    assert cover.address()[0] == "477 Rosemary Ave. Suite 219, West Palm Beach, FL 33401"
    assert cover.phone()[0] == "(561) 465-0030"
    assert cover.exchange()[0] == "NYSE"
    assert cover.public_float()[0] == 7_800_000
    assert cover.shares()[0] == 8_780_830


@pytest.mark.parametrize(
    ("segments", "shares"),
    [
        (
            [
                "There were 1,000,000 shares of Class A Common Stock and 20,000 shares of Class B Common Stock outstanding."
            ],
            1_020_000,
        ),
        (["There were 1,000,000 shares outstanding, of which 30,000 were held by 12,000 holders."], None),
        (["Common stock outstanding was 24.4 billion."], 24_400_000_000),
        (
            ["Number of shares outstanding at February 1, 2018:", "Common Stock, $.01 par value", "27,414,445"],
            27_414_445,
        ),
        (["The aggregate market value of 5,000,000 outstanding shares was $9,000,000."], None),
    ],
)
def test_printed_shares(segments: list[str], shares: int | None) -> None:
    found = CoverText(segments).shares()
    assert (found[0] if found else None) == shares


def test_an_empty_cover_says_nothing() -> None:
    cover = CoverText([])
    readers = (cover.form, cover.period_end, cover.state, cover.ein, cover.address, cover.phone, cover.shares)
    assert [reader() for reader in (*readers, cover.public_float, cover.exchange)] == [None] * 9
    assert cover.printed_name(["x"]) is None


REPORT = "REPORT OF INDEPENDENT REGISTERED PUBLIC ACCOUNTING FIRM"


@pytest.mark.parametrize(
    ("segments", "firm", "place"),
    [
        (
            [REPORT, "/s/ Some & Firm LLP", "New Orleans, Louisiana", "March 7, 2018"],
            "Some & Firm LLP",
            "New Orleans, Louisiana",
        ),
        ([REPORT, "/s/", "Some Firm, P.C.", "March 7, 2018", "Tulsa, OK"], "Some Firm, P.C.", "Tulsa, OK"),
        (
            [REPORT, "/s/ Some Firm llp", "We have served since 1987.", "Boston, Massachusetts March 7, 2018"],
            "Some Firm llp",
            "Boston, Massachusetts",
        ),
        (
            [REPORT, "SOME OLD FIRM LLP", "Chicago, Illinois", "February 1, 1999"],
            "SOME OLD FIRM LLP",
            "Chicago, Illinois",
        ),
        (
            [REPORT, "/s/ New Firm LLP", "March 7, 2018", REPORT, "/s/ Former Firm LLP", "March 8, 2017"],
            "New Firm LLP",
            "",
        ),
    ],
)
def test_the_auditor_by_its_signature(segments: list[str], firm: str, place: str) -> None:
    found = find_auditor(segments)
    assert found is not None
    assert (found.firm, found.location) == (firm, place)


@pytest.mark.parametrize(
    "segments",
    [
        ["/s/ Some Firm LLP", "Boston, Massachusetts"],
        [REPORT, "/s/ Jane Doe", "Chief Executive Officer"],
        [REPORT, "/s/ One Firm LLP", "March 7, 2018", REPORT, "/s/ Other Firm LLP", "March 7, 2018"],
        ["Our auditor is Some Firm LLP."],
    ],
)
def test_no_auditor_beyond_doubt(segments: list[str]) -> None:
    assert find_auditor(segments) is None


def test_the_auditors_number() -> None:
    assert find_pcaob_id(["Auditor: Some Firm LLP (PCAOB ID: 0238)"]) == "238"
    assert find_pcaob_id(["PCAOB ID 42", "PCAOB Firm ID No. 185"]) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("DELAWARE", "DE"),
        ("State of Delaware", "DE"),
        ("Commonwealth of Pennsylvania", "PA"),
        ("Ontario, Canada", "A6"),
        ("Cayman Islands", "E9"),
        ("Republic of the Marshall Islands", "1T"),
        ("NV", "NV"),
        ("E9", "E9"),
        ("Houston, Texas", None),
        ("Nowhere", None),
        ("", None),
    ],
)
def test_states(text: str, code: str | None) -> None:
    assert state_code(text) == code


def test_states_and_exchanges_by_name() -> None:
    assert is_us_state("texas")
    assert not is_us_state("Ontario")
    assert [
        exchange_name(text)
        for text in ("NYSE American LLC", "NYSE Arca, Inc.", "Nasdaq Global Market", "OTCQB", "a bank")
    ] == [
        "NYSE American",
        "NYSE Arca",
        "Nasdaq",
        "OTC",
        None,
    ]


def test_securities_and_symbols() -> None:
    assert is_common("Common Units representing limited partner interests")
    assert is_common("American Depositary Shares")
    assert not is_common("Units, each consisting of one share of Class A common stock and one warrant")
    assert not is_common("Preferred Stock Purchase Rights")
    assert [clean_symbol(text) for text in ("“abc”", "BRK.A", "—", "N/A", "none", "too long a text")] == [
        "ABC",
        "BRK.A",
        "",
        "",
        "",
        "",
    ]


def test_the_symbol_and_the_market_in_prose() -> None:
    item = "Market for Registrant's Common Equity"
    prose = "Our common stock is traded on the Nasdaq Capital Market under the symbol “ABC”."
    assert find_symbol([item, prose])[0] == "ABC"
    assert find_exchange([item, prose])[0] == "Nasdaq"
    assert find_symbol(["A partner trades as (NYSE: XYZ).", "Another one (NYSE: QRS)."]) is None
    assert find_symbol(["Our shares (ticker symbol CRR) rose."])[0] == "CRR"
    assert find_exchange([prose]) is None


def test_a_whole_submission_of_an_asset_backed_issuer() -> None:
    text = """<SEC-DOCUMENT>x<SEC-HEADER>
ACCESSION NUMBER:\t\t0000000001-23-000027
CONFORMED SUBMISSION TYPE:\t10-K
CONFORMED PERIOD OF REPORT:\t20230228
FILER:
\tCOMPANY DATA:
\t\tCOMPANY CONFORMED NAME:\t\t\tCar Loan Trust 2019-3
\t\tCENTRAL INDEX KEY:\t\t\t0000000123
\t\tSTANDARD INDUSTRIAL CLASSIFICATION:\tASSET-BACKED SECURITIES [6189]
</SEC-HEADER>
<DOCUMENT><TYPE>10-K<TEXT><html><p>FORM 10-K</p><p>Total assets 1,234</p></html></TEXT></DOCUMENT>
<DOCUMENT><TYPE>EX-33<TEXT><html>exhibit</html></TEXT></DOCUMENT>"""
    found = read_document(text, "https://example.com/x.txt").fields
    assert found["registrant_name"].value == "Car Loan Trust 2019-3"
    assert found["cik"].value == "0000000123"
    assert found["accession"].value == "0000000001-23-000027"
    assert found["period_end"].value == date(2023, 2, 28).isoformat()
    assert found["revenue"].value is None
    assert not found["revenue"].applicable
    assert not found["employees"].applicable
