"""Documents that are none, broken ones and ones made to slow a reader down: nothing invented, bounded time and memory."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from common.errors import UnexpectedContent
from edgar_server import report
from sec_extraction.reading import Reading, read_document

URL = "https://www.sec.gov/Archives/edgar/data/1/000000000125000001/x.htm"
REPORT = report()
FIGURES = ("revenue", "net_income", "total_assets", "total_equity", "shares_outstanding", "public_float", "employees")
TRUE = {"revenue": 100_000_000, "net_income": 10_000_000, "total_assets": 500_000_000, "total_equity": 50_000_000,
        "shares_outstanding": 7_000_000, "public_float": 70_000_000}  # fmt: skip
# Of the address alone.
ALWAYS = {"cik", "accession"}


def values(reading: Reading) -> dict[str, object]:
    return {name: field.value for name, field in reading.fields.items() if field.value is not None}


NO_REPORT = {
    "empty": b"",
    "blanks": b" \r\n\t",
    "refused by EDGAR": b"<html><body><h1>Your Request Originates from an Undeclared Automated Tool</h1>"
    b"<p>Please declare your traffic by updating your user agent to include company specific information.</p></body></html>",
    "refused by S3": b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>",
    "all script": b"<script>" + b"var a = '<p>Total revenue 1,234</p><p>We have 500 employees.</p>';" * 20_000 + b"</script>",
    "bytes of no encoding": bytes(range(128, 256)) * 2_000,
    "opening brackets": b"<" * 100_000,
    "ampersands": b"&" * 200_000,
    "comments that never end": b"<!--" * 100_000,
    "full stops": b"<p>" + b". " * 200_000,
    "parentheses": b"<p>" + b"(" * 200_000,
    "one number": b"<p>" + b"9" * 1_000_000,
    "submissions in submissions": b"<SEC-DOCUMENT>" + b"<DOCUMENT><TYPE>EX-99<TEXT>" * 20_000,
}  # fmt: skip


@pytest.mark.parametrize("kind", NO_REPORT)
def test_what_is_no_report_gives_nothing(kind: str) -> None:
    started = time.process_time()
    assert set(values(read_document(NO_REPORT[kind], URL))) <= ALWAYS
    assert time.process_time() - started < 5


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5, 0.6, 0.75, 0.9, 0.97])
def test_a_report_that_breaks_off_is_never_wrong(share: float) -> None:
    found = values(read_document(REPORT[: int(len(REPORT) * share)], URL))
    assert {name: found[name] for name in FIGURES if name in found}.items() <= TRUE.items()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1", "cp1252"])
def test_encodings(encoding: str) -> None:
    found = values(read_document(REPORT.replace("X CORP", "ÉLAN CORP").encode(encoding), URL))
    assert found["registrant_name"] == "ÉLAN CORP"
    assert TRUE.items() <= found.items()


def test_null_characters_are_left_out() -> None:
    assert values(read_document(REPORT.replace("X CORP", "X\x00 CO\x00RP"), URL))["registrant_name"] == "X CORP"


def test_a_hostile_name_is_plain_text() -> None:
    hostile = "O&#39;Neil &amp; &lt;script&gt;alert(1)&lt;/script&gt; `!#$(),:;=.-;\\|@/{}"
    name = values(read_document(REPORT.replace("X CORP", hostile), URL))["registrant_name"]
    assert str(name).startswith("O'Neil & <script>")


@pytest.mark.parametrize("tag", ["div", "b", "table><tr><td", "ix:continuation", "font"])
def test_ten_thousand_nested_tags_hide_nothing(tag: str) -> None:
    nested = REPORT.replace("</body>", f"<{tag}>" * 10_000 + "x" + "</body>")
    started = time.process_time()
    found = values(read_document(nested, URL))
    assert time.process_time() - started < 5
    assert {name: found[name] for name in FIGURES if name in found}.items() <= TRUE.items()


@pytest.mark.parametrize(
    "entities",
    ['<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">', '<!ENTITY a SYSTEM "file:///etc/passwd">'],
    ids=["growing", "external"],
)
def test_entities_of_its_own_are_refused(entities: str) -> None:
    with pytest.raises(UnexpectedContent, match="entities"):
        read_document(f'<?xml version="1.0"?><!DOCTYPE html [{entities}]>{REPORT}', URL)


@pytest.mark.parametrize(
    ("pattern", "put"),
    [
        (r'scale="6"', 'scale="999999"'),
        (r">100<", f">{'9' * 5_000}<"),
        (r">100<", ">1e400<"),
        (r"2024-12-31", "9999-99-99"),
    ],
)
def test_numbers_and_days_beyond_reason_are_left_out(pattern: str, put: str) -> None:
    broken = re.sub(pattern, put, REPORT)
    assert broken != REPORT
    found = values(read_document(broken, URL))
    assert {name: found[name] for name in FIGURES if name in found}.items() <= TRUE.items()


def test_a_document_of_nothing_but_employees_is_weighed_only_so_far() -> None:
    started = time.process_time()
    read_document("<p>We employ about 1,200 people in many places of the world.</p>" * 40_000, URL)
    assert time.process_time() - started < 10


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="the most memory held is told by Linux alone")
def test_megabytes_of_rows_take_bounded_time_and_memory() -> None:
    rows = "<table>" + "<tr><td>Total revenue</td><td>1,234</td><td>5</td></tr>" * 100_000 + "</table>"
    Path("/proc/self/clear_refs").write_text("5")
    before, started = _held("VmRSS"), time.process_time()
    assert set(values(read_document(rows, URL))) <= ALWAYS
    assert time.process_time() - started < 15
    assert _held("VmHWM") - before < 250


def _held(name: str) -> float:
    """Megabytes, from /proc/self/status."""
    found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) / 1000
