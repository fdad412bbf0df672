"""A changed project's plan, in each form that it is shown in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.functional.test_release import client

SECRET = "t1ger-t1ger"


def edit(tool: Any, path: str, **changes: Any) -> None:
    file = tool.project / path
    data = json.loads(file.read_text())
    file.write_text(json.dumps({**data, **changes}))


@pytest.fixture(scope="module")
def changed(greeter: Any) -> Any:
    """Deployed once, then changed: a state put in, one whose time limit and Catch changed, a secret in two places."""
    greeter.ok("deploy", "--yes")
    definition = json.loads((greeter.project / "definitions" / "greeting.asl.json").read_text())
    states = definition["States"]
    states["HasName"]["Default"] = "Breathe"
    states["Breathe"] = {"Type": "Wait", "Seconds": 1, "Next": "Nobody"}
    states["Greet"]["TimeoutSeconds"] = 7
    states["Greet"]["Catch"][0]["Next"] = "Breathe"
    states["Greet"]["Parameters"]["Payload"]["api_key"] = SECRET
    edit(greeter, "definitions/greeting.asl.json", **definition)
    edit(greeter, "definitions/project.json", parameters={"greeting": "Hello"})
    edit(greeter, "lambdas/greet/function.json", environment={"GREETING": "${greeting}", "API_TOKEN": SECRET})
    return greeter


def test_as_text(changed: Any) -> None:
    text = changed.ok("plan").out
    assert "environment/API_TOKEN: *** (sha256:" in text and SECRET not in text
    lines = [line.strip("│ ") for line in text.splitlines()]
    assert "~ state HasName: Default Nobody -> Breathe" in lines
    assert "+ state Breathe (Wait), after HasName" in lines
    at = lines.index("~ state Greet")
    assert lines[at + 1] == "Lambda Greet-local:1 -> new version of greet"
    assert set(lines[at + 2 : at + 5]) >= {"TimeoutSeconds 5 -> 7", "Catch[0] States.ALL: Nobody -> Breathe"}


def test_as_json(changed: Any) -> None:
    data = changed.json("plan")
    assert SECRET not in json.dumps(data)
    (machine,) = [action for action in data["actions"] if action["address"] == "state_machine:greeting"]
    found = {(change["kind"], change["path"]) for change in machine["changes"]}
    assert {
        ("retargeted", "definition/States/HasName/Default"), ("added", "definition/States/Breathe"),
        ("changed", "definition/States/Greet/TimeoutSeconds"), ("retargeted", "definition/States/Greet/Catch[0]/Next"),
    } <= found  # fmt: skip


def test_as_markdown(changed: Any) -> None:
    text = changed.ok("plan", "--markdown").out
    assert text.startswith("### Plan: `greeter / local`") and SECRET not in text
    assert "| ~ | `state_machine:greeting` |" in text and "+ state Breathe (Wait), after HasName" in text
    assert '("Breathe"):::added' in text
    both = changed("--output", "json", "plan", "--markdown")
    assert both.code == 2 and "exclude each other" in both.err


def test_what_is_deployed_is_the_secret_itself(changed: Any) -> None:
    changed.ok("deploy", "--yes")

    found = client(changed, "lambda").get_function_configuration(FunctionName="Greet-local")
    assert found["Environment"]["Variables"]["API_TOKEN"] == SECRET
    assert "Nothing to change" in changed.ok("plan", "--markdown").out
