"""`validate` on files without a project, in all forms, and with AWS asked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, Tool, copy_project

GOOD = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}'
ERROR = '{\n  "StartAt": "A",\n  "States": {"A": {"Type": "Pass", "Next": "B"}}\n}'
WARNING = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": {"x": "$.y"}, "End": true}}}'
EXPRESS = (
    '{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "%s", "Parameters": {"JobName": "J"}, "End": true}}}'
)


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tool:
    """The command line in a folder that is no project."""
    monkeypatch.chdir(tmp_path)
    for name, text in {"good": GOOD, "error": ERROR, "warning": WARNING, "broken": "{"}.items():
        (tmp_path / f"{name}.json").write_text(text)
    (tmp_path / "sync.json").write_text(EXPRESS % "arn:aws:states:::glue:startJobRun.sync")
    return Tool(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["good.json"], 0),
        (["error.json"], 3),
        (["warning.json"], 0),
        (["warning.json", "--strict"], 3),
        (["good.json", "error.json"], 3),
        (["broken.json"], 3),
        (["sync.json"], 0),
        (["sync.json", "--type", "EXPRESS"], 3),
        (["gone.json"], 2),
        (["good.json", "--type", "FAST"], 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_exit_codes(tool: Tool, arguments: list[str], code: int) -> None:
    assert tool("validate", *arguments).code == code


def test_the_line_and_its_caret(tool: Tool) -> None:
    ran = tool("validate", "error.json")
    assert "error.json:3:44: error ASL030" in ran.out
    assert '    3 |   "States": {"A": {"Type": "Pass", "Next": "B"}}' in ran.out
    assert "MISSING_TRANSITION_TARGET at /States/A/Next" in ran.out and "Traceback" not in ran.err


def test_json_has_rule_code_layer_location_and_place(tool: Tool) -> None:
    found = tool("validate", "error.json", "--output", "json").json
    item = next(one for one in found if one["rule"] == "ASL030")
    assert (item["file"], item["line"], item["column"]) == ("error.json", 3, 44)
    assert (item["code"], item["layer"], item["location"]) == (
        "MISSING_TRANSITION_TARGET",
        "language",
        "/States/A/Next",
    )


@pytest.mark.parametrize("option", ["--format", "--output"])
def test_sarif_is_one_document(tool: Tool, option: str) -> None:
    ran = tool("validate", "error.json", "broken.json", option, "sarif")
    assert ran.code == 3
    results = ran.json["runs"][0]["results"]
    assert {one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in results} == {
        "error.json",
        "broken.json",
    }


def test_broken_settings_are_results_in_sarif(tmp_path: Path) -> None:
    tool = Tool(copy_project(ROOT / "tests" / "projects" / "greeter", tmp_path / "project"))
    file = tool.project / "definitions" / "project.json"
    file.write_text(file.read_text().replace('"owner"', '"ownr"'))
    ran = tool("validate", "--format", "sarif")
    results = ran.json["runs"][0]["results"]
    assert ran.code == 3 and {one["ruleId"] for one in results} == {"PROJECT"}
    assert results[0]["locations"][0]["physicalLocation"]["region"]["startLine"] > 0


def test_no_utf_8_is_said_with_its_place(tool: Tool) -> None:
    (tool.project / "latin.json").write_bytes(b'{"StartAt": "\xe4"}')
    ran = tool("validate", "latin.json")
    assert ran.code == 3 and "latin.json:1:14" in ran.err


def test_without_credentials_the_local_result_counts(tool: Tool) -> None:
    for file, code in (("good.json", 0), ("error.json", 3)):
        ran = tool("validate", file, "--remote")
        assert ran.code == code and "! AWS was not asked: " in ran.out
    ran = tool("validate", "good.json", "--remote", "--output", "json")
    assert ran.json == [] and "note: AWS was not asked" in ran.err


def test_the_embedded_aws_is_asked(greeter: Tool, tmp_path: Path) -> None:
    assert greeter("validate", "--remote").code == 0
    path = tmp_path / "m.json"
    path.write_text(WARNING.replace('"End": true', '"Next": "B"'))
    ran = greeter("validate", str(path), "--remote")
    assert ran.code == 3
    assert f"{path}:1:" in ran.out and ": error AWS " in ran.out and ": warning AWS " in ran.out


def test_a_file_needs_none_of_the_heavy_libraries(tool: Tool) -> None:
    """Start-up counts: what a check of a file loads."""
    code = (
        "import sys; from stepdeploy.commands import cli; cli.main(['validate', 'good.json'], standalone_mode=False); "
        "print([name for name in ('botocore', 'rich', 'jsonschema', 'moto', 'stepdeploy.settings') if name in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=tool.project, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert ran.stdout.splitlines()[-1] == "[]", ran.stdout + ran.stderr
