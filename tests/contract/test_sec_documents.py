"""The SEC extractor against recorded filings whose true values were read by hand (`../shared/data/truth.jsonl`).

The documents lie outside the project and are never part of it; without them these tests are skipped.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
import re
import sys
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = (ROOT / "../shared/data").resolve()
TRUTH = DATA / "truth.jsonl"

sys.path.insert(0, str(ROOT / "lambdas/nova_sec_extractor"))

from common.fetch import Fetcher  # noqa: E402
from sec_extraction.companies import find_company, read_tickers  # noqa: E402
from sec_extraction.companyfacts import read_companyfacts  # noqa: E402
from sec_extraction.edgar import Edgar  # noqa: E402
from sec_extraction.extract import extract  # noqa: E402
from sec_extraction.model import Field  # noqa: E402
from sec_extraction.places import state_code  # noqa: E402
from sec_extraction.reading import read_document  # noqa: E402

pytestmark = pytest.mark.skipif(not TRUTH.is_file(), reason=f"no recorded filings at {DATA}")

# What the truth names beside the fields of a SecDocument.
NOT_FIELDS = ("note", "registrant_name_dei")


def records(kind: str) -> list[dict[str, Any]]:
    if not TRUTH.is_file():
        return []
    rows = (json.loads(line) for line in TRUTH.read_text(encoding="utf-8").splitlines() if line.strip())
    return [row for row in rows if row["kind"] == kind]


@pytest.fixture(scope="module")
def base_urls() -> Iterator[dict[str, str]]:
    """The recorded answers, served on loopback as the real hosts serve them."""
    spec = importlib.util.spec_from_file_location("recorded_serve", DATA / "serve.py")
    assert spec and spec.loader
    serve = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(serve)
    server = ThreadingHTTPServer(("127.0.0.1", 0), serve.Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    yield {"data": address, "www": address}
    server.shutdown()
    server.server_close()


@pytest.fixture
def fetcher(base_urls: dict[str, str]) -> Iterator[Fetcher]:
    host = base_urls["data"].removeprefix("http://")
    client = Fetcher("Contract Test test@example.com", allowed_private={host}, max_bytes=60_000_000)
    yield client
    client.close()


def read(record: dict[str, Any], fetcher: Fetcher, base_urls: dict[str, str]) -> dict[str, Any]:
    """The values that the extractor finds for a record."""
    values = {name: field.value for name, field in read_fields(record, fetcher, base_urls).items()}
    if "cik" in values and values["cik"] is None and values["ticker"]:
        tickers = Edgar(fetcher, base_urls).tickers()
        match = find_company(read_tickers(tickers), values["registrant_name"], values["ticker"])
        values["cik"] = match.company.cik
    return values


def read_fields(record: dict[str, Any], fetcher: Fetcher, base_urls: dict[str, str]) -> dict[str, Field]:
    """The fields that the extractor finds for a record: by the whole chain where the recorded answers allow it."""
    document = record["document"]
    edgar = Edgar(fetcher, base_urls)
    facts = re.search(r"/companyfacts/CIK(\d{10})", document)
    if facts:
        data = edgar.companyfacts(facts.group(1))
        return read_companyfacts(data, edgar.companyfacts_url(facts.group(1)))
    filed = re.search(r"/Archives/(edgar/data/(\d+)/(\d{10})(\d\d)(\d{6})/.*?)(?:\.gz)?$", document)
    if filed and has_submissions(filed.group(2)):
        accession = "-".join(filed.group(3, 4, 5))
        request = {"company_name": record["company"], "cik": filed.group(2), "accession": accession}
        return extract(request, fetcher, base_urls).fields
    path = f"{base_urls['www']}/Archives/{filed.group(1)}" if filed else ""
    content = edgar.document(path).body if path else (DATA / document).read_bytes()
    return dict(read_document(content, path).fields)


def has_submissions(cik: str) -> bool:
    return any(DATA.glob(f"edgar/*/submissions/CIK{int(cik):010d}.json"))


def comparable(name: str, value: Any) -> Any:
    """A value in a form in which spelling does not count: case, blanks, state names against codes, brackets."""
    if value is None or isinstance(value, (int, float)):
        return value
    if name == "phone":
        return re.sub(r"\D", "", value)
    if name in ("hq_address", "auditor_location"):
        parts = re.split(r",\s*", value)
        words = " ".join(state_code(part) or part for part in parts)
        words = re.sub(r"\b([A-Z][a-z]+(?: [A-Z][a-z]+)?) (?=\d{5})", lambda m: f"{state_code(m[1]) or m[1]} ", words)
        return re.sub(r"[^a-z0-9]+", " ", words.lower()).strip()
    return re.sub(r"\s+", " ", str(value)).strip().lower()


def compare(record: dict[str, Any], values: dict[str, Any]) -> tuple[list[str], list[str], list[str]]:
    """Names of fields that are (right, wrong, missing)."""
    right, wrong, missing = [], [], []
    for name, entry in record["fields"].items():
        if name in NOT_FIELDS:
            continue
        expected, found = comparable(name, entry["value"]), comparable(name, values.get(name))
        label = f"{record['company']}.{name}: {found!r}, in truth {expected!r}"
        (right if found == expected else missing if found is None else wrong).append(label)
    return right, wrong, missing


@pytest.mark.parametrize("record", records("sec"), ids=lambda record: Path(record["document"]).name)
def test_no_field_is_wrong(record: dict[str, Any], fetcher: Fetcher, base_urls: dict[str, str]) -> None:
    _, wrong, missing = compare(record, read(record, fetcher, base_urls))
    assert not wrong
    assert len(missing) <= 1, missing


def test_nearly_all_fields_are_right(fetcher: Fetcher, base_urls: dict[str, str]) -> None:
    totals = [compare(record, read(record, fetcher, base_urls)) for record in records("sec")]
    right, wrong, missing = (sum(len(total[index]) for total in totals) for index in range(3))
    print(f"right {right}, wrong {wrong}, missing {missing}: {[total[2] for total in totals if total[2]]}")
    assert wrong == 0
    assert right >= 0.98 * (right + wrong + missing)


def test_print_alone_is_never_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same documents with every tag ignored: a far larger sample of printed covers and statements."""
    monkeypatch.setattr("sec_extraction.reading.read_facts", lambda text: [])
    counts = [0, 0, 0]
    for record in records("sec"):
        path = DATA / record["document"]
        if "/companyfacts/" in record["document"]:
            continue
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        url = f"https://www.sec.gov/Archives/{record['document'].partition('/Archives/')[2]}"
        values = {name: field.value for name, field in read_document(content, url).fields.items()}
        found = compare(record, values)
        assert not found[1]
        counts = [count + len(names) for count, names in zip(counts, found, strict=True)]
    assert counts[0] >= 0.95 * sum(counts)


@pytest.mark.parametrize("record", records("submissions"), ids=lambda record: Path(record["document"]).stem)
def test_the_newest_10k_is_chosen(record: dict[str, Any], fetcher: Fetcher, base_urls: dict[str, str]) -> None:
    from common.errors import NoAnnualReport
    from sec_extraction.submissions import find_annual_report

    edgar = Edgar(fetcher, base_urls)
    data = json.loads((DATA / record["document"]).read_text(encoding="utf-8"))
    expected = record["fields"]["latest_10k_accession"]["value"]
    if expected is None:
        with pytest.raises(NoAnnualReport):
            find_annual_report(data, edgar.older_submissions)
        return
    filing = find_annual_report(data, edgar.older_submissions)
    assert filing.accession == expected
    assert str(filing.report_date) == record["fields"]["report_date"]["value"]
    assert filing.document == record["fields"]["primary_document"]["value"]
