"""The bench of extractions: its reports are read as real ones are, and it tells when a target is missed."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "lambdas/nova_sec_extractor")]

import bench_extraction  # noqa: E402
import bench_reports  # noqa: E402
from sec_extraction.reading import read_document  # noqa: E402


def test_a_made_up_report_has_what_a_report_has() -> None:
    content = bench_reports.report(0.3)
    assert 0.3 <= len(content) / 1_000_000 < 0.35
    fields = read_document(content, "https://example.com/x.htm").fields
    assert fields["total_liabilities"].value == 12_000_000_000
    assert fields["employees"].value == 12_345
    assert len(fields["risk_factors"].value) == 30
    assert fields["officers"].value[0]["title"] == "Chief Executive Officer"


@pytest.mark.parametrize("limit", [None, 0.0])
def test_it_prints_a_row_and_says_whether_a_target_is_missed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], limit: float | None
) -> None:
    monkeypatch.setattr(bench_extraction, "TARGETS", {4.2: (limit, None, None)})
    assert bench_extraction.measure("small", bench_reports.report(0.5), 1, True) is (limit is not None)
    row = json.loads(capsys.readouterr().out)
    assert row["facts"]["found"] > 100 and row["whole"]["found"] > 15
    assert 0 < row["facts"]["seconds"] < row["whole"]["seconds"]
