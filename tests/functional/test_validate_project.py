"""What `validate` finds with the help of what the project knows: policies, declared results, inputs, timeouts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, Tool, copy_project


@pytest.fixture
def tool(tmp_path: Path) -> Tool:
    """A copy of the tiny project, to be changed; nothing here starts an embedded AWS."""
    return Tool(copy_project(ROOT / "tests" / "projects" / "greeter", tmp_path / "project"))


def change(tool: Tool, name: str, before: str, after: str) -> None:
    path = tool.project / name
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


def found(tool: Tool, code: int) -> list[dict[str, Any]]:
    ran = tool("validate", "--output", "json")
    assert ran.code == code, ran.out + ran.err
    items: list[dict[str, Any]] = ran.json
    return items


DEFINITION = "definitions/greeting.asl.json"


def test_the_project_as_it_is_has_no_finding(tool: Tool) -> None:
    assert found(tool, 0) == []


def test_a_function_that_the_role_may_not_invoke(tool: Tool) -> None:
    change(tool, "iam/greeting.json", '"lambda:InvokeFunction"', '"lambda:GetFunction"')
    (item, *_) = [one for one in found(tool, 3) if one["severity"] == "error"]
    assert "lambda:InvokeFunction" in item["message"] and item["layer"] == "integration"
    assert item["file"].endswith(DEFINITION)


def test_a_policy_for_the_unqualified_function_alone_does_not_do(tool: Tool) -> None:
    """The definition names a version; IAM is asked about that."""
    change(tool, "iam/greeting.json", ', "${function:greet.arn}:*"', "")
    assert any("lambda:InvokeFunction" in one["message"] for one in found(tool, 3))


def test_a_field_that_a_function_does_not_declare(tool: Tool) -> None:
    schema = {
        "type": "object",
        "additionalProperties": False,
        "required": ["greeting"],
        "properties": {"greeting": {"type": "string"}},
    }
    change(tool, DEFINITION, '"OutputPath": "$.Payload"', '"ResultSelector": {"x.$": "$.Payload.gone"}')
    assert found(tool, 0) == []  # what is not declared is anything
    (tool.project / "lambdas" / "greet" / "result.schema.json").write_text(json.dumps(schema))
    (item,) = found(tool, 3)
    assert item["layer"] == "data" and "`$.Payload.gone` is absent" in item["message"]


def test_a_broken_result_schema_is_named(tool: Tool) -> None:
    (tool.project / "lambdas" / "greet" / "result.schema.json").write_text("{")
    ran = tool("validate")
    assert ran.code == 3 and "lambdas/greet/result.schema.json:1:1" in ran.err


def test_a_changed_declaration_is_checked_again_by_a_plan(tool: Tool) -> None:
    """What was found sound is kept by all that the check knows, not by the definition alone."""
    from stepdeploy.app import App
    from stepdeploy.errors import InvalidProject

    App(project=tool.project).refuse_broken_definitions()
    change(tool, "iam/greeting.json", '"lambda:InvokeFunction"', '"lambda:GetFunction"')
    with pytest.raises(InvalidProject, match="lambda:InvokeFunction"):
        App(project=tool.project).refuse_broken_definitions()
