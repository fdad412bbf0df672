"""`review` on projects and files: scores, exit codes, fixes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stepdeploy.review import AXES
from tests.conftest import ROOT, Tool, copy_project

BEFORE = ROOT / "tests" / "fixtures" / "before.asl.json"
OURS = Tool(ROOT)


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """A copy of the review's own definition, with its settings beside it."""
    for name in ("before.asl.json", "before.settings.json"):
        (tmp_path / name).write_bytes(BEFORE.with_name(name).read_bytes())
    return tmp_path / "before.asl.json"


@pytest.mark.parametrize("machine", ["company_data_extraction", "company_batch"])
def test_our_machines_are_nine_or_better_in_each(machine: str) -> None:
    found = OURS.json("review", "--machine", machine)
    assert all(found["scores"][axis] >= 9 and found["complete"][axis] for axis in AXES), found["scores"]


@pytest.mark.parametrize(
    ("project", "machine"), [("greeter", "greeting"), ("orders", "orders"), ("events", "parent"), ("events", "child")]
)
def test_small_projects_are_in_between_and_wholly_known(project: str, machine: str) -> None:
    found = Tool(ROOT / "tests" / "projects" / project).json("review", "--machine", machine)
    assert found["complete"]["overall"] and 5 < found["scores"]["overall"] < 9


def test_places_are_in_the_definition_and_in_the_settings() -> None:
    found = Tool(ROOT / "tests" / "projects" / "greeter").json("review")
    files = {spot["file"].rsplit("/", 1)[-1] for item in found["deductions"] for spot in item["found"]}
    assert {"greeting.asl.json", "project.json"} <= files
    assert all(spot["line"] > 0 and spot["message"] for item in found["deductions"] for spot in item["found"])
    assert all(item["reason"] and item["fix"] and item["points"] for item in found["deductions"])


def test_a_file_is_scored_with_the_settings_beside_it(before: Path) -> None:
    ran = OURS.ok("review", str(before))
    assert "observability  2.0\n" in ran.out and "█" not in ran.out
    assert "review, 2.1 gap 1, option 1.1" in ran.out


def test_without_settings_what_is_not_known_is_said(before: Path) -> None:
    before.with_name("before.settings.json").unlink()
    ran = OURS.ok("review", str(before))
    assert "at most: " in ran.out and "Not scored, since it is not known:" in ran.out
    assert "REV201 Executions are not logged (needs its log level)" in ran.out


@pytest.mark.parametrize(("limit", "code"), [("4", 0), ("4.5", 3), ("10", 3)])
def test_a_score_below_the_least_ends_with_3(before: Path, limit: str, code: int) -> None:
    assert OURS("review", str(before), "--min-score", limit).code == code


def test_fix_shows_and_writes_nothing(before: Path) -> None:
    text = before.read_bytes()
    ran = OURS.ok("review", str(before), "--fix")
    assert '+              "TimeoutSeconds": 1080,' in ran.out and "--write writes them" in ran.out
    assert before.read_bytes() == text


def test_fix_and_write_once(before: Path) -> None:
    lines = before.read_text().splitlines()
    first = OURS.ok("review", str(before), "--fix", "--write", "--output", "json").json
    after = before.read_text()
    assert first["fixed"]["written"] and first["fixed"]["scores"]["robustness"] > first["scores"]["robustness"]
    kept = iter(after.splitlines())
    assert all(any(line.rstrip(",") == one.rstrip(",") for one in kept) for line in lines), "a line is gone or moved"
    again = OURS.ok("review", str(before), "--fix", "--write")
    assert "Nothing to fix that is safe to write." in again.out and before.read_text() == after


def test_a_template_of_a_project_is_fixed_in_place(tmp_path: Path) -> None:
    tool = Tool(copy_project(ROOT / "tests" / "projects" / "orders", tmp_path / "project"))
    tool.ok("review", "--fix", "--write")
    text = (tool.project / "definitions" / "orders.asl.json").read_text()
    assert '"TimeoutSeconds": "${patience_seconds}"' in text and '"ExecutionFailed"' in text
    tool.ok("validate")


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (["--write"], 2, "--fix"),
        (["--type", "EXPRESS"], 2, "FILE"),
        ([str(BEFORE), "--machine", "x"], 2, "exclude"),
        (["--machine", "gone"], 2, "gone"),
        (["gone.json"], 2, "gone.json"),
        ([str(BEFORE.with_name("before.settings.json"))], 3, "States"),
        ([str(BEFORE), "--settings", str(BEFORE)], 3, "knows no setting"),
    ],
)
def test_wrong_use_is_told(arguments: list[str], code: int, word: str) -> None:
    ran = OURS("review", *arguments)
    assert ran.code == code and word in ran.err and "Traceback" not in ran.err


def test_a_broken_definition_is_reviewed_and_not_fixed(before: Path) -> None:
    definition = json.loads(before.read_text())
    definition["States"]["MergeAndSaveToS3"]["Next"] = "Nowhere"
    before.write_text(json.dumps(definition))
    assert "REV115 The definition has errors" in OURS.ok("review", str(before)).out
    ran = OURS("review", str(before), "--fix")
    assert ran.code == 3 and "AWS would refuse the definition" in ran.err
