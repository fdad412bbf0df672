"""scripts/score_extraction: its floor on the recorded documents, and that no folder, however broken, ends it."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "../shared/data"
for folder in (ROOT / "scripts", ROOT / "tests/unit/sec"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

import edgar_server  # noqa: E402
import score_extraction  # noqa: E402
from score_extraction import Score  # noqa: E402

recorded = pytest.mark.skipif(not (DATA / "truth.jsonl").is_file(), reason=f"no recorded documents at {DATA}")

PAGE = """<html><head><title>Leadership</title></head><body><h1>Leadership</h1>
<div class=c><h3>Dana Whitfield</h3><p>Chief Executive Officer</p></div>
<div class=c><h3>Piotr Zielinski</h3><p>Chief Financial Officer</p></div></body></html>"""
HOME = "<html><body><h1>Acme</h1><a href='/about/leadership/'>Leadership</a></body></html>"
PEOPLE = {
    "kind": "leadership",
    "company": "acme",
    "company_name": "Acme, Inc.",
    "original_url": "https://www.acme.example/about/leadership",
    "document": "leadership/acme/page.html",
    "executives": [
        {"name": "Dana Whitfield", "title": "Chief Executive Officer"},
        {"name": "Piotr Zielinski", "title": "Chief Financial Officer"},
    ],
    "board": [],
    "others": [],
    "roles": {"CEO": "Dana Whitfield", "CFO": ["Piotr Zielinski"], "CTO": None},
}
REPORT = {
    "kind": "sec",
    "company": "X",
    "document": f"edgar/X{edgar_server.DOCUMENT}",
    "fields": {
        "registrant_name": {"value": "X CORP"},
        "revenue": {"value": 100_000_000},
        "total_assets": {"value": 500_000_000},
        "cik": {"value": 1},
        "note": {"value": "read"},
    },
}


def put(folder: Path, files: dict[str, str | bytes], truth: list[Any]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    (folder / "truth.jsonl").write_text("".join(json.dumps(row) + "\n" for row in truth), encoding="utf-8")
    return folder


def scored(folder: Path) -> Score:
    return score_extraction.score(folder, [folder / "truth.jsonl"])


@pytest.fixture(scope="module")
def shared() -> Score:
    return scored(DATA)


@recorded
def test_the_floor_on_recorded_documents(shared: Score) -> None:
    assert shared.below() == []
    assert shared.problems == []
    fields, lists, roles = shared.sec.of_fields, shared.sec.of_lists, shared.people.roles
    assert (fields.values, fields.total("missing")) == (212, 0), fields.worst()
    assert lists.share_right == 1.0, lists.worst()
    assert roles.share_right == 1.0, roles.worst()
    names, titles = shared.people.names, shared.people.titles
    assert (names.found, names.both) == (244, 244), shared.people.cases
    assert titles.precision == titles.recall == 1.0, shared.people.cases
    assert shared.people.homes == [2, 2]
    assert shared.people.bios[0] == shared.people.bios[1]


@recorded
def test_a_ticker_and_a_working_site_take_no_paid_call(shared: Score) -> None:
    calls = {row["record"]: (row["calls"]["nova"], row["calls"]["serper"]) for row in shared.rows}
    assert set(calls.values()) == {(0, 0)}, calls


@recorded
def test_it_is_cheap(shared: Score) -> None:
    assert shared.cpu < 25


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    files: dict[str, str | bytes] = {
        "leadership/acme/page.html": PAGE,
        "leadership/acme/site/index.html.gz": gzip.compress(HOME.encode()),
        f"edgar/X{edgar_server.DOCUMENT}.gz": gzip.compress(edgar_server.report().encode()),
    }
    return put(tmp_path, files, [PEOPLE, REPORT])


def test_a_folder_with_a_page_and_a_report_without_any_list(sound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = scored(sound)
    assert result.problems == []
    assert (result.sec.of_fields.total("right"), result.sec.of_fields.values) == (4, 4), result.sec.of_fields.worst()
    assert result.people.names.both == result.people.names.found == 2
    assert result.people.homes == [1, 1]
    assert result.sec.unscored == {"note"}
    score_extraction.show(result)
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("SEC 4/4 right (0 wrong, 0 missing, 0 invented); people: names P 1.000 R 1.000")
    assert last.endswith("floor held")


def test_the_filing_asked_for_is_read_although_it_is_not_the_newest(tmp_path: Path) -> None:
    newer = "0000000001-26-000009"
    rows = {
        "accessionNumber": [newer, edgar_server.ACCESSION],
        "form": ["10-K", "10-K"],
        "filingDate": ["2026-02-01", "2025-02-01"],
        "reportDate": ["2025-12-31", "2024-12-31"],
        "primaryDocument": ["y.htm", "x.htm"],
    }
    files: dict[str, str | bytes] = {
        f"edgar/X{edgar_server.SUBMISSIONS}": json.dumps(edgar_server.submissions(recent=rows)),
        f"edgar/X{edgar_server.DOCUMENT}": edgar_server.report(),
    }
    known = {"kind": "submissions", "company": "X", "document": f"edgar/X{edgar_server.SUBMISSIONS}"}
    truth = [REPORT, known | {"fields": {"latest_10k_accession": {"value": newer}}}]
    result = scored(put(tmp_path, files, truth))
    assert result.sec.of_fields.share_right == result.sec.of_lists.share_right == 1.0, result.sec.of_fields.worst()


def test_every_mark_is_given_and_the_floor_is_missed(sound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fields = {
        "revenue": {"value": 101_000_000},
        "total_assets": {"value": None},
        "employees": {"value": 7},
        "cik": "0000000001",
    }
    people = {**PEOPLE, "executives": PEOPLE["executives"][:1], "roles": {"CEO": "Olive Kent", "CFO": None}}
    result = scored(put(sound, {}, [people, {**REPORT, "fields": fields}]))
    marks = {mark: result.sec.of_fields.total(mark) for mark in score_extraction.MARKS}
    assert marks == {"right": 1, "wrong": 1, "missing": 1, "invented": 1}
    assert {mark: result.people.roles.total(mark) for mark in ("wrong", "invented", "missing")} == {
        "wrong": 1,
        "invented": 1,
        "missing": 1,
    }
    assert result.people.names.precision == 0.5
    assert len(result.below()) == 5
    score_extraction.show(result)
    shown = capsys.readouterr().out
    assert "invented: X (x.htm) total_assets: 500000000, in truth None" in shown
    assert "BELOW THE FLOOR" in shown.splitlines()[-1]


def test_broken_records_and_files_count_as_missing_and_end_nothing(sound: Path) -> None:
    broken: list[Any] = [
        {**REPORT, "document": "edgar/X/Archives/edgar/data/2/000000000225000001/none.htm"},
        {**REPORT, "document": "edgar/X/Archives/edgar/data/3/000000000325000001/cut.htm.gz"},
        {**REPORT, "document": "../outside.htm"},
        {**REPORT, "document": "edgar/X/unlocated/odd.htm", "company": "日本"},
        {**REPORT, "document": "edgar/X/api/xbrl/companyfacts/CIK0000000004.json"},
        {"kind": "sec", "company": None, "fields": {"cik": None, "revenue": 5}},
        {"kind": "submissions", "document": "edgar/X/submissions/none.json", "fields": {"latest_10k_accession": None}},
        {**PEOPLE, "document": "leadership/none/page.html"},
        {"kind": "leadership", "executives": [{"title": "CEO"}, "Ann Baker", 7, None], "roles": ["CEO"]},
        {**PEOPLE, "document": "leadership/日本/page.html", "company_name": "日本", "original_url": "(no address)"},
        {"kind": "weather"},
        [],
    ]
    files: dict[str, str | bytes] = {
        "edgar/X/Archives/edgar/data/3/000000000325000001/cut.htm.gz": gzip.compress(b"x" * 5000)[:24],
        "edgar/X/unlocated/odd.htm": b"\xff\xfe\x00 no report",
        "edgar/X/api/xbrl/companyfacts/CIK0000000004.json": "[",
        "leadership/日本/page.html": b"\xef\xbb\xbf" + PAGE.encode(),
    }
    put(sound, files, broken)
    with (sound / "truth.jsonl").open("ab") as truth:
        truth.write(b'{"kind": "sec", \xff\n')
    result = scored(sound)
    assert len(result.rows) == 10
    assert len(result.problems) == 3
    assert result.sec.of_fields.total("wrong") == result.sec.of_fields.total("invented") == 0
    assert (result.sec.of_fields.total("missing"), result.sec.of_fields.total("right")) == (20, 2)
    assert "cannot be unpacked" in result.rows[1]["error"]
    assert result.sec.of_lists.total("right") == 0, "a list that could not be read proves nothing"
    assert result.people.names.found == 2
    assert result.people.roles.total("wrong") + result.people.roles.total("invented") == 0


def test_the_command_line(sound: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["score_extraction", *arguments])
        return score_extraction.main()

    assert run("--data", str(sound), "--truth", str(sound / "truth.jsonl"), "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["sec"]["all"] == {"right": 4, "wrong": 0, "missing": 0, "invented": 0}
    assert told["people"]["names"]["recall"] == 1.0
    assert told["records"][0]["calls"]["serper"] == 0
    lines = [json.dumps({**REPORT, "fields": {"revenue": {"value": 1}}})]
    (sound / "wrong.jsonl").write_text("\n".join(lines), encoding="utf-8")
    both = ("--truth", str(sound / "truth.jsonl"), "--truth", str(sound / "wrong.jsonl"))
    assert run("--data", str(sound), *both) == 1
    (sound / "wrong.jsonl").write_text("", encoding="utf-8")
    assert run("--data", str(sound), "--truth", str(sound / "wrong.jsonl")) == 2
    with pytest.raises(SystemExit) as stopped:
        run("--data", str(sound / "nowhere"))
    assert stopped.value.code == 2
