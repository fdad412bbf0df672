"""scripts/bench_coldstart: what it starts, and when it says that a target is missed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import bench_coldstart  # noqa: E402
from bench_coldstart import Stages, functions, stages_of, target_of  # noqa: E402
from empty_aws import empty_aws  # noqa: E402

FOLDERS = {folder.name: folder for folder in functions(ROOT / "lambdas")}


def test_the_two_extractors_may_take_longer() -> None:
    assert {name for name, folder in FOLDERS.items() if target_of(folder) == 350} == {
        "nova_sec_extractor",
        "cxo_website_extractor",
    }
    assert {target_of(folder) for folder in FOLDERS.values()} == {350, 120}


@pytest.mark.parametrize(
    ("small", "extractor", "missed"),
    [
        (120.0, 350.0, 0),
        (120.4, 350.0, len(FOLDERS) - 2),
        (20.0, 351.0, 2),
    ],
)
def test_a_missed_target_ends_it_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], small: float, extractor: float, missed: int
) -> None:
    found = {
        name: Stages(extractor if target_of(folder) == 350 else small, 100.0, 5.0) for name, folder in FOLDERS.items()
    }
    monkeypatch.setattr(bench_coldstart, "stages_of", lambda *_: (found, found))
    monkeypatch.setattr(sys, "argv", ["bench_coldstart", "--imports-only"])
    assert bench_coldstart.main() == (1 if missed else 0)
    printed = capsys.readouterr().out
    assert printed.count("  MISSED") == missed
    assert f"{len(FOLDERS)} functions, {missed} over their target" in printed


def test_a_start_has_three_stages_in_both_ways() -> None:
    """One function of DynamoDB and S3, started twice: the SDK is the client's part here, and the import's with boto3."""
    folder = FOLDERS["cleanup_failed_run"]
    with empty_aws() as endpoint:
        ours, theirs = stages_of([folder], 1, endpoint)
    mine, other = ours[folder.name], theirs[folder.name]
    assert min(*mine, *other) > 0
    assert mine.imports < mine.client
    assert mine.imports < other.imports
