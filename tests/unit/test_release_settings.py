"""`release` and smoke files of a project: read, overlaid by the environment, checked with file:line:column."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stepdeploy.errors import InvalidProject
from stepdeploy.settings import Settings, load
from tests.unit.small_project import write_project

ENV = "definitions/environments/local.json"
PROJECT = "definitions/project.json"
SMOKE = "definitions/main.smoke.json"
Files = dict[str, Any]


def settings(folder: Path, edit: Callable[[Files], Any]) -> Settings:
    return load(write_project(folder, lambda files: edit(files) and None), "local")


def problems(folder: Path, edit: Callable[[Files], Any]) -> list[str]:
    with pytest.raises(InvalidProject) as error:
        settings(folder, edit)
    found = error.value.problems or (error.value,)
    return [f"{problem.message} {problem.hint or ''}".strip() for problem in found]


def machine(files: Files) -> Any:
    return files[PROJECT]["state_machines"]["main"]


def smoke(*cases: Any) -> Callable[[Files], Any]:
    return lambda files: files.update({SMOKE: {"cases": list(cases)}})


def test_the_environment_goes_before_the_machine(tmp_path: Path) -> None:
    def edit(files: Files) -> None:
        machine(files)["release"] = {"strategy": "canary:10%/5m", "min_executions": 3, "alarms": ["failed"]}
        files[ENV]["release"] = {"strategy": "linear:20%/2m"}

    found = settings(tmp_path, edit).state_machines
    assert found["main"].release == {"strategy": "linear:20%/2m", "min_executions": 3, "alarms": ["failed"]}
    assert found["bare"].release == {"strategy": "linear:20%/2m"}
    assert found["main"].smoke is None


def test_a_smoke_file_beside_the_definition_is_found(tmp_path: Path) -> None:
    found = settings(tmp_path, smoke({"name": "works"})).state_machines["main"].smoke
    assert found is not None and found.value == {"cases": [{"name": "works"}]}


def test_it_may_have_another_name(tmp_path: Path) -> None:
    def edit(files: Files) -> None:
        machine(files)["smoke"] = "other.smoke.json"
        files["definitions/other.smoke.json"] = {"cases": [{"name": "works"}]}

    assert settings(tmp_path, edit).state_machines["main"].smoke is not None


@pytest.mark.parametrize(
    ("release", "why"),
    [
        ({"strategy": "canary:10%"}, "must be all-at-once, canary:10%/5m or linear:20%/2m"),
        ({"strategy": "canary:100%/5m"}, "must be all-at-once"),
        ({"strategy": "linear:20%/0m"}, "must be all-at-once"),
        ({"alarms": ["faild"]}, "there is no alarm 'faild' Did you mean 'failed'?"),
        ({"alarms": ["x"]}, 'One that the project does not make is written {"name": "x"}.'),
        ({"alarms": [{"arn": "x"}]}, "unknown key 'arn'"),
        ({"alarms": [3]}, "must be a string or an object"),
        ({"min_executions": -1}, "must be at least 0"),
        ({"max_failure_percent": 101}, "must be at most 100"),
        ({"max_wait": "1 hour"}, "must be a whole number and s, m or h"),
        ({"min_execution": 5}, "Did you mean 'min_executions'?"),
    ],
)
def test_a_release_section_that_makes_no_sense(tmp_path: Path, release: Any, why: str) -> None:
    found = problems(tmp_path, lambda files: machine(files).update(release=release))
    assert any(why in problem for problem in found), found


def test_a_machine_without_alias_cannot_be_released(tmp_path: Path) -> None:
    found = problems(tmp_path, lambda files: files[PROJECT]["state_machines"]["bare"].update(release={}))
    assert found == ["'bare' has no alias, so no release can move one"]


@pytest.mark.parametrize(
    ("case", "why"),
    [
        ({}, "lacks 'name'"),
        ({"name": "?"}, "must be a name with a letter or digit in it"),
        ({"name": "a", "status": "ABORTED"}, "must be one of 'SUCCEEDED', 'FAILED', 'TIMED_OUT'"),
        ({"name": "a", "timeout": 3}, "unknown key 'timeout'"),
        ({"name": "a", "timeout_seconds": 0}, "must be more than 0"),
        ({"name": "a", "environments": ["locale"]}, "there is no environment 'locale' Did you mean 'local'?"),
        ({"name": "a", "output": 1, "output_schema": {}}, "an exact output or a schema of it, not both"),
        ({"name": "a", "output_schema": {"type": "objct"}}, "output_schema: type must be"),
        ({"name": "a", "error": "Boom"}, "needs the status FAILED or TIMED_OUT"),
        ({"name": "a", "status": "FAILED", "output": 1}, "only an execution that SUCCEEDED has an output"),
    ],
)
def test_a_case_that_makes_no_sense(tmp_path: Path, case: Any, why: str) -> None:
    found = problems(tmp_path, smoke(case))
    assert any(why in problem for problem in found), found


def test_a_case_of_an_express_machine_has_a_minute(tmp_path: Path) -> None:
    def edit(files: Files) -> None:
        smoke({"name": "a", "timeout_seconds": 61}, {"name": "b", "timeout_seconds": 60})(files)
        machine(files)["type"] = "EXPRESS"

    assert problems(tmp_path, edit) == ["a case of an EXPRESS machine has 60 s at most"]


def test_two_cases_of_one_name(tmp_path: Path) -> None:
    assert problems(tmp_path, smoke({"name": "a"}, {"name": "a"})) == ["two cases are named 'a'"]


def test_a_smoke_file_that_is_named_and_missing(tmp_path: Path) -> None:
    found = problems(tmp_path, lambda files: machine(files).update(smoke="gone.smoke.json"))
    assert found == ["there is no file definitions/gone.smoke.json"]


def test_every_problem_has_its_place(tmp_path: Path) -> None:
    folder = write_project(tmp_path)
    text = '{\n  "cases": [\n    {"name": "a", "status": "WON"},\n    {"name": "b", "inptu": {}}\n  ]\n}\n'
    (folder / SMOKE).write_text(text)
    with pytest.raises(InvalidProject) as error:
        load(folder, "local")
    places = [str(problem.where).rpartition("main.smoke.json")[2] for problem in error.value.problems]
    assert places == [":3:29", ":4:19"]
    assert json.loads(text)["cases"][0]["status"] == "WON"
