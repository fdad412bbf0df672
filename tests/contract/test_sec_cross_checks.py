"""The quality score's cross-checks on recorded filings: true ones raise no doubt, and tampered ones do.

Also the pieces of text that an annual report gives: officers, the opening of its business item, headings of risks. How
many there are was counted by reading the documents.
"""

from __future__ import annotations

import gzip
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from common.fetch import Fetcher
from common.quality import score

from tests.contract import test_sec_documents as filings
from tests.contract.test_sec_documents import DATA, TRUTH, base_urls, fetcher, records

# The module above has put the function's folder on the path.
from sec_extraction.lines import read_lines  # isort: skip
from sec_extraction.model import FIELDS, Field, SecDocument, missing  # isort: skip
from sec_extraction.reading import read_document  # isort: skip

__all__ = ["base_urls", "fetcher"]  # fixtures

pytestmark = pytest.mark.skipif(not TRUTH.is_file(), reason=f"no recorded filings at {DATA}")

SEC = records("sec")
DOCUMENTS = [record for record in SEC if "/companyfacts/" not in record["document"]]
# Reports that print no total of liabilities, or no statements at all, as read by eye.
WITHOUT_TOTAL = {"CARBO", "WFC", "CARMAX_ABS"}
# As the companies' own sites call them, or the press does; the reports spell most of them differently.
CHIEFS = {
    "AAPL": "Tim Cook",
    "NVDA": "Jensen Huang",
    "TSLA": "Elon Musk",
    "HD": "Ted Decker",
    "WFC": "Charlie Scharf",
    "JNJ": "Joaquin Duato",
    "CARBO": "Gary Kolstad",
    "FORWARD": "Terry Wise",
}
RISKS = {"AAPL": 28, "NVDA": 23, "TSLA": 40, "HD": 25, "JNJ": 20, "CARBO": 20, "FORWARD": 22}


def label(record: dict[str, Any]) -> str:
    return Path(record["document"]).name


def outcomes(fields: dict[str, Field], cxo: Any = None, now: datetime | None = None) -> dict[str, tuple[str, str]]:
    """Check to (outcome, why), as the merger's score finds them."""
    document = SecDocument({name: fields.get(name) or missing("not read") for name in FIELDS}).to_dict()
    found = score(document, cxo, now=now or datetime(2026, 3, 1, tzinfo=UTC))
    return {check["check"]: (check["outcome"], check["why"]) for check in found.checks}


def raw(record: dict[str, Any]) -> bytes:
    path = DATA / record["document"]
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


@pytest.mark.parametrize("record", SEC, ids=label)
def test_true_figures_raise_no_doubt(record: dict[str, Any], fetcher: Fetcher, base_urls: dict[str, str]) -> None:
    fields = filings.read_fields(record, fetcher, base_urls)
    found = outcomes(fields)
    assert found["sizes"][0] != "doubt" and found["income"][0] != "doubt" and found["share_price"][0] != "doubt"
    if record["company"] in WITHOUT_TOTAL:
        assert found["balance"][0] == "skipped" and found["balance"][1].startswith("total_")
        assert fields["total_liabilities"].value is None
    else:
        assert found["balance"] == ("passed", "")
        source = fields["total_liabilities"].source
        assert source.get("quote") or source["tag"]


def test_how_many_filings_pass_the_balance(fetcher: Fetcher, base_urls: dict[str, str]) -> None:
    states = [outcomes(filings.read_fields(record, fetcher, base_urls))["balance"][0] for record in SEC]
    print({state: states.count(state) for state in sorted(set(states))})
    assert states.count("doubt") == 0
    assert states.count("passed") >= len(SEC) - len(WITHOUT_TOTAL)


@pytest.mark.parametrize("record", [r for r in DOCUMENTS if r["company"] not in WITHOUT_TOTAL], ids=label)
@pytest.mark.parametrize("name", ["total_liabilities", "total_equity"])
def test_a_document_that_was_tampered_with_raises_the_doubt(record: dict[str, Any], name: str) -> None:
    """A figure is changed everywhere in the document, in tags and in print."""
    text = raw(record).decode("utf-8", "replace")
    true = read_document(text, "https://example.com/x.htm").fields[name]
    printed = re.sub(r",?000(?=,|$)", "", f"{true.value:,}") if true.value % 1_000_000 == 0 else f"{true.value:,}"
    other = f"{9 if printed[0] != '9' else 1}{printed[1:]}"
    tampered = re.sub(rf"(?<![\d,]){re.escape(printed)}(?![\d,])", other, text)
    assert tampered != text
    fields = read_document(tampered, "https://example.com/x.htm").fields
    assert fields[name].value not in (None, true.value)
    found = outcomes(fields)
    assert found["balance"][0] == "doubt" or found["sizes"][0] == "doubt"


@pytest.mark.parametrize("record", SEC, ids=label)
def test_the_day_of_filing_fits_the_period(record: dict[str, Any], fetcher: Fetcher, base_urls: dict[str, str]) -> None:
    fields = filings.read_fields(record, fetcher, base_urls)
    filed = fields["filing_date"].value
    if not record["document"].startswith("edgar/FORWARD"):  # a document alone, without EDGAR's list, has no such day
        assert date.fromisoformat(filed) > date.fromisoformat(fields["period_end"].value)
        assert fields["filing_date"].source["method"] in ("submissions", "companyfacts", "text")
    soon = datetime.fromisoformat(filed or f"{fields['period_end'].value[:4]}-12-31").replace(tzinfo=UTC)
    assert outcomes(fields, now=soon + timedelta(days=5))["period"][0] == ("passed" if filed else "skipped")
    if filed:
        late = {**fields, "filing_date": Field(f"{int(filed[:4]) + 1}{filed[4:]}", {"url": "u"}, 0.9)}
        assert outcomes(late, now=soon + timedelta(days=400))["period"][0] == "doubt"


def site(chief: str) -> dict[str, Any]:
    person = {"name": chief, "title": "CEO", "source": {"url": "u", "quote": chief}, "confidence": 0.9}
    return {"company_name": "X", "executives": [person], "roles": {"CEO": [chief]}, "pages": ["u"], "missing": []}


@pytest.mark.parametrize("record", [r for r in DOCUMENTS if r["company"] in CHIEFS], ids=label)
def test_the_chief_executive_is_the_one_who_signed(record: dict[str, Any]) -> None:
    fields = dict(read_document(raw(record), "https://example.com/x.htm").fields)
    assert outcomes(fields, site(CHIEFS[record["company"]]))["ceo"] == ("passed", "")
    others = [name for company, name in CHIEFS.items() if company != record["company"]]
    assert {outcomes(fields, site(name))["ceo"][0] for name in [*others, "Kimbal Musk"]} == {"doubt"}


@pytest.mark.parametrize("record", DOCUMENTS, ids=label)
def test_officers_stand_where_they_are_said_to(record: dict[str, Any]) -> None:
    content = raw(record)
    field = read_document(content, "https://example.com/x.htm").fields["officers"]
    if record["company"] == "CARMAX_ABS":
        assert not field.applicable
        return
    lines = read_lines(content.decode("utf-8", "replace"))
    assert len(field.value) >= 2
    for person in field.value:
        around = " ".join(line.text for line in lines[person["line"] - 1 : person["line"] + 5]).lower()
        assert person["name"].split()[-1].lower().rstrip(".") in around
        assert set(re.findall(r"[a-z]+", person["title"].lower())) <= set(re.findall(r"[a-z]+", around))


@pytest.mark.parametrize("record", DOCUMENTS, ids=label)
def test_the_business_item_opens_as_printed(record: dict[str, Any]) -> None:
    content = raw(record)
    field = read_document(content, "https://example.com/x.htm").fields["business_summary"]
    if record["company"] == "CARMAX_ABS":
        assert not field.applicable
        return
    visible = " ".join(line.text for line in read_lines(content.decode("utf-8", "replace")))
    assert 300 < len(field.value) <= 1500
    assert all(paragraph in visible for paragraph in field.value.split("\n"))
    assert field.source["place"].lower().startswith("item 1. business")


@pytest.mark.parametrize("record", DOCUMENTS, ids=label)
def test_the_headings_of_risks_are_all_there(record: dict[str, Any]) -> None:
    content = raw(record)
    field = read_document(content, "https://example.com/x.htm").fields["risk_factors"]
    if record["company"] not in RISKS:
        assert field.value is None and not field.applicable and field.reason
        return
    assert len(field.value) == RISKS[record["company"]]
    lines = read_lines(content.decode("utf-8", "replace"))
    assert all(row["heading"] in lines[row["line"] - 1].text for row in field.value)
