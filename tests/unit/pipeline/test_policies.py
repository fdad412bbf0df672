"""The roles allow what the pipeline does, and nothing that AWS lets one name is allowed on everything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
POLICIES = {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "iam").glob("*.json"))}
FUNCTIONS = {path.parent.name for path in (ROOT / "lambdas").glob("*/function.json")}
MACHINES = set(json.loads((ROOT / "definitions" / "project.json").read_text())["state_machines"])
DEFINITIONS = {machine: (ROOT / "definitions" / f"{machine}.asl.json").read_text() for machine in MACHINES}
# Functions that something else than a machine invokes.
NOT_OF_A_MACHINE = {"dispatch_execution", "enqueue_companies", "notify_webhook", "record_cost"}
# Statements on `*`: AWS has no resource to name for these actions (service authorization reference).
WITHOUT_RESOURCES = {"LogDeliveryHasNoResources", "XRayHasNoResources"}


def many(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


STATEMENTS = [(name, statement) for name, policy in POLICIES.items() for statement in policy["Statement"]]


def test_every_function_and_machine_has_a_policy() -> None:
    assert set(POLICIES) == FUNCTIONS | MACHINES


@pytest.mark.parametrize(("name", "statement"), STATEMENTS, ids=lambda value: getattr(value, "get", str)("Sid"))
def test_a_statement_is_exact(name: str, statement: dict[str, Any]) -> None:
    assert statement["Sid"].isalnum()
    assert statement["Effect"] == "Allow"
    assert not any("*" in action for action in many(statement["Action"]))
    everything = any(resource.strip(":*") == "" for resource in many(statement["Resource"]))
    assert everything == (statement["Sid"] in WITHOUT_RESOURCES)


def test_statements_on_everything_hold_only_actions_without_resources() -> None:
    for name, statement in STATEMENTS:
        if statement["Sid"] in WITHOUT_RESOURCES:
            assert all(action.startswith(("logs:", "xray:")) for action in many(statement["Action"])), name


def named_by(machine: str) -> set[str]:
    """The functions that a machine's definition names."""
    return {folder for folder in FUNCTIONS if f"${{function:{folder}}}" in DEFINITIONS[machine]}


@pytest.mark.parametrize("machine", sorted(MACHINES))
def test_a_machine_may_invoke_exactly_the_functions_it_names(machine: str) -> None:
    invoke = next(s for s in POLICIES[machine]["Statement"] if s["Sid"] == "InvokeFunctions")
    # A policy on a function does not cover its versions, and the definition names versions.
    both = {f"${{function:{folder}.arn}}{versions}" for folder in named_by(machine) for versions in ("", ":*")}
    assert set(invoke["Resource"]) == both


def test_every_function_has_someone_who_invokes_it() -> None:
    assert set().union(*map(named_by, MACHINES)) == FUNCTIONS - NOT_OF_A_MACHINE


@pytest.mark.parametrize("machine", sorted(MACHINES))
def test_a_machine_may_publish_to_the_topic_it_names(machine: str) -> None:
    publish = next(s for s in POLICIES[machine]["Statement"] if s["Action"] == "sns:Publish")
    assert publish["Resource"] in DEFINITIONS[machine]


@pytest.mark.parametrize("folder", sorted(FUNCTIONS))
def test_a_function_may_use_what_its_environment_names(folder: str) -> None:
    environment = json.loads((ROOT / "lambdas" / folder / "function.json").read_text())["environment"]
    resources = " ".join(r for s in POLICIES[folder]["Statement"] for r in many(s["Resource"]))
    for value in environment.values():
        if value.startswith(("${table:", "${bucket:")):
            assert value.replace("}", ".arn}") in resources
    assert f"${{function:{folder}.log_group_arn}}:*" in resources
    assert ("secretsmanager" in resources) == any(name.endswith("_SECRET_ID") for name in environment)
    assert (":bedrock:" in resources) == ("NOVA_MODEL_ID" in environment)


def test_every_parameter_is_used_and_every_used_one_exists() -> None:
    project = json.loads((ROOT / "definitions" / "project.json").read_text())
    templates = [*DEFINITIONS.values(), *(json.dumps(policy) for policy in POLICIES.values())]
    templates += [path.read_text() for path in (ROOT / "lambdas").glob("*/function.json")]
    templates.append(json.dumps({key: value for key, value in project.items() if key != "parameters"}))
    text = " ".join(templates)
    assert {name for name in project["parameters"] if f"${{{name}}}" not in text} == set()
    for path in (ROOT / "definitions" / "environments").glob("*.json"):
        assert set(json.loads(path.read_text())["parameters"]) <= set(project["parameters"]), path.name
