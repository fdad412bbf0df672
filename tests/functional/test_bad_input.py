"""Broken projects and wrong command lines: named file, line and column, the right exit code, nothing deployed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, Tool, copy_project

GREETER = ROOT / "tests" / "projects" / "greeter"


@pytest.fixture
def broken(tmp_path: Path) -> Tool:
    """A copy of the tiny project, to be broken; nothing here may start an embedded AWS."""
    return Tool(copy_project(GREETER, tmp_path / "project"))


def edit(tool: Tool, name: str, change: Callable[[str], str]) -> None:
    path = tool.project / name
    text = path.read_text()
    changed = change(text)
    assert changed != text
    path.write_text(changed)


def check(tool: Tool, code: int, *words: str, command: str = "validate") -> Any:
    ran = tool(command)
    assert ran.code == code, ran.err
    for word in words:
        assert word in ran.err + ran.out
    assert "Traceback" not in ran.err
    assert not (tool.project / ".stepdeploy").exists(), "nothing may have been started"
    return ran


def place(tool: Tool, name: str, needle: str) -> str:
    """`file:line:column` of the first occurrence of some text, counted here and not by the tool."""
    before = (tool.project / name).read_text().partition(needle)[0]
    return f"{name}:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


DEFINITION = "definitions/greeting.asl.json"


def test_broken_json_in_a_definition(broken: Tool) -> None:
    edit(broken, DEFINITION, lambda text: text.replace('"StartAt": "HasName",', '"StartAt": "HasName"'))
    check(broken, 3, "definitions/greeting.asl.json:3:3", "','", command="plan")


def test_an_unknown_name_in_a_definition_names_the_nearest(broken: Tool) -> None:
    edit(broken, DEFINITION, lambda text: text.replace("${function:greet}", "${function:great}"))
    check(broken, 3, place(broken, DEFINITION, '"${function:great}"'), "function:greet'", command="plan")


def test_a_parameter_that_nothing_uses(broken: Tool) -> None:
    edit(broken, DEFINITION, lambda text: text.replace('"${patience_seconds}"', "5"))
    where = place(broken, "definitions/project.json", '"patience_seconds"')
    check(broken, 3, where, "patience_seconds", command="plan")


def test_a_target_that_does_not_exist(broken: Tool) -> None:
    edit(broken, DEFINITION, lambda text: text.replace('"Next": "Greet"', '"Next": "Great"'))
    check(broken, 3, "definitions/greeting.asl.json:", "Great")


def test_an_unreachable_state(broken: Tool) -> None:
    edit(broken, DEFINITION, lambda text: text.replace('"Next": "Greet"', '"Next": "Nobody"'))
    check(broken, 3, "definitions/greeting.asl.json:9:14", "Greet")


def test_an_unknown_key_in_the_settings_names_the_nearest(broken: Tool) -> None:
    edit(broken, "definitions/project.json", lambda text: text.replace('"log_level"', '"log_levle"'))
    where = place(broken, "definitions/project.json", '"log_levle"')
    check(broken, 3, where, "log_levle", "log_level", command="deploy")


def test_all_problems_are_reported_at_once(broken: Tool) -> None:
    edit(broken, "definitions/project.json", lambda text: text.replace('"owner": "tests"', '"owner": 7'))
    edit(
        broken,
        "lambdas/greet/function.json",
        lambda text: text.replace('"timeout_seconds": 3', '"timeout_seconds": 9999'),
    )
    where = place(broken, "lambdas/greet/function.json", "9999")
    ran = check(broken, 3, "definitions/project.json:3:12", where, command="plan")
    assert "2 problems" in ran.err


def test_a_broken_policy(broken: Tool) -> None:
    edit(broken, "iam/greet.json", lambda text: text.replace('"Allow"', '"Alow"', 1))
    check(broken, 3, "iam/greet.json:5:17", command="plan")


def test_a_missing_policy(broken: Tool) -> None:
    (broken.project / "iam" / "greeting.json").unlink()
    check(broken, 3, "iam/greeting.json", command="plan")


def test_a_missing_handler(broken: Tool) -> None:
    (broken.project / "lambdas" / "greet" / "handler.py").unlink()
    check(broken, 3, "lambdas/greet", "handler", command="plan")


def test_a_name_that_aws_would_refuse(broken: Tool) -> None:
    edit(broken, "lambdas/greet/function.json", lambda text: text.replace('"Greet"', '"Greet me!"'))
    check(broken, 3, "lambdas/greet/function.json:1:10", "Greet me!", command="plan")


def test_problems_as_json(broken: Tool) -> None:
    edit(broken, "definitions/project.json", lambda text: text.replace('"owner": "tests"', '"owner": 7'))
    ran = broken("--output", "json", "plan")
    assert ran.code == 3
    assert json.loads(ran.out)["exit_code"] == 3
    assert "definitions/project.json:3:12" in ran.out


def test_an_environment_that_does_not_exist(broken: Tool) -> None:
    ran = broken("--env", "production", "plan")
    assert ran.code == 2 and "local" in ran.err and "prod" in ran.err


def test_a_folder_that_is_no_project(tmp_path: Path) -> None:
    ran = Tool(tmp_path)("plan")
    assert ran.code == 2 and "definitions/project.json" in ran.err


def test_a_parameter_that_is_not_declared(broken: Tool) -> None:
    ran = broken("plan", "--param", "greting=Hi")
    assert ran.code == 2 and "greeting" in ran.err


def test_no_credentials_for_a_real_environment(broken: Tool) -> None:
    ran = broken("--env", "prod", "plan")
    assert ran.code == 1
    assert "credentials" in ran.err


def test_credentials_of_another_account_touch_nothing(broken: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    from stepdeploy.aws.session import Session

    asked: list[str] = []

    def once(self: Session, service: str, operation: str, params: Any) -> dict[str, Any]:
        asked.append(f"{service}:{operation}")
        return {"Account": "999999999999"}

    monkeypatch.setattr(Session, "_once", once)
    ran = broken("--env", "prod", "deploy", "--yes")
    assert ran.code == 1
    assert "account 999999999999" in ran.err and "111122223333" in ran.err
    assert asked == ["sts:get_caller_identity"]


@pytest.mark.parametrize("command", ["frobnicate", "rollback --to zero", "executions list --status DONE"])
def test_a_wrong_command_line_is_exit_2(broken: Tool, command: str) -> None:
    assert broken(*command.split()).code == 2
