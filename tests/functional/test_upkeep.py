"""versions prune and doctor, against the embedded AWS. Tests run in order.

Versions 1 to 7 of the tiny project, each with its own version of the function. An execution of version 2 waits for an
activity, an alias made by hand gives version 3 a tenth of the traffic.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from stepdeploy.app import App
from tests.conftest import ROOT, Tool

MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:Greeting-local"
HOLD = "arn:aws:states:eu-west-1:123456789012:activity:hold"
DEPLOYS = 7


def client(tool: Tool, service: str) -> Any:
    """A bare boto3 client, as any script would make it."""
    return boto3.client(
        service,
        endpoint_url=tool.json("local", "status")["endpoint"],
        region_name="eu-west-1",
        aws_access_key_id="x",
        aws_secret_access_key="y",
        config=Config(retries={"total_max_attempts": 1}),
    )


def machine_versions(tool: Tool) -> list[int]:
    return sorted(row["version"] for row in tool.json("versions"))


def function_versions(tool: Tool) -> list[str]:
    listed = client(tool, "lambda").list_versions_by_function(FunctionName="Greet-local")["Versions"]
    return [item["Version"] for item in listed]


def greeting(tool: Tool, **more: str) -> str:
    given = json.dumps({"name": "Ada", **more})
    return str(tool.json("start-execution", "--input", given, "--wait")["output"]["text"])


@pytest.fixture(scope="module")
def tool(make_tool: Callable[[Path], Tool]) -> Tool:
    """The tiny project with a way to hold an execution, deployed seven times."""
    made = make_tool(ROOT / "tests" / "projects" / "greeter")
    path = next((made.project / "definitions").glob("*.asl.json"))
    definition = json.loads(path.read_text())
    hold = {"Type": "Task", "Resource": HOLD, "TimeoutSeconds": 600, "ResultPath": "$.held", "Next": "Greet"}
    definition["States"]["HasName"]["Choices"].insert(0, {"Variable": "$.hold", "IsPresent": True, "Next": "Hold"})
    definition["States"]["Hold"] = hold
    path.write_text(json.dumps(definition))
    for number in range(1, DEPLOYS + 1):
        made.ok("deploy", "--yes", "--param", f"greeting=Hello{number}")
    states = client(made, "stepfunctions")
    states.create_activity(name="hold")
    held = {"stateMachineArn": f"{MACHINE}:2", "name": "held", "input": '{"name": "Ada", "hold": true}'}
    states.start_execution(**held)
    states.create_state_machine_alias(
        name="by-hand",
        routingConfiguration=[
            {"stateMachineVersionArn": f"{MACHINE}:7", "weight": 90},
            {"stateMachineVersionArn": f"{MACHINE}:3", "weight": 10},
        ],
    )
    return made


def test_a_dry_run_shows_what_would_go_and_writes_nothing(tool: Tool) -> None:
    plan = App(project=tool.project).upkeep.plan_prune(None, keep=2, redrive=True)
    ran = tool.ok("versions", "prune", "--keep", "2", "--dry-run")
    assert "- machine_versions:greeting  Greeting-local" in ran.out
    assert "versions: 1, 4 removed" in ran.out
    assert "Greeting-local:2 is kept: the execution held is RUNNING" in ran.out
    assert "Greeting-local:3 is kept: the alias by-hand serves it" in ran.out
    assert "Greeting-local:5 is kept: the alias live served it" in ran.out
    assert tool.json("versions", "prune", "--keep", "2", "--dry-run")["plan"]["actions"] == plan.to_json()["actions"]
    assert machine_versions(tool) == [1, 2, 3, 4, 5, 6, 7]


def test_planning_makes_no_mutating_call(tool: Tool) -> None:
    app = App(project=tool.project)
    app.aws.read_only = True
    assert app.upkeep.plan_prune(None, keep=2, redrive=True)
    assert app.aws.writes == {}


def test_in_json_nobody_can_be_asked(tool: Tool) -> None:
    ran = tool("--output", "json", "versions", "prune", "--keep", "2")
    assert ran.code == 2 and "--yes" in ran.err
    assert machine_versions(tool) == [1, 2, 3, 4, 5, 6, 7]


def test_what_is_needed_stays_with_the_functions_that_it_calls(tool: Tool) -> None:
    tool.ok("versions", "prune", "--keep", "2", "--yes")
    assert machine_versions(tool) == [2, 3, 5, 6, 7]
    assert function_versions(tool) == ["$LATEST", "2", "3", "5", "6", "7"]
    assert greeting(tool) == "Hello7, Ada!"


def test_a_prune_leaves_nothing_for_a_deploy_to_do_and_is_no_drift(tool: Tool) -> None:
    assert tool("plan", "--detailed-exitcode", "--param", f"greeting=Hello{DEPLOYS}").code == 0
    assert tool.ok("status", "--drift").code == 0


def test_a_second_prune_is_harmless(tool: Tool) -> None:
    assert "Nothing" in tool.ok("versions", "prune", "--keep", "2", "--yes").out
    assert machine_versions(tool) == [2, 3, 5, 6, 7]


def test_the_running_execution_ends_with_the_code_that_it_began_with(tool: Tool) -> None:
    states = client(tool, "stepfunctions")
    token = states.get_activity_task(activityArn=HOLD, workerName="test")["taskToken"]
    states.send_task_success(taskToken=token, output="true")
    arn = MACHINE.replace(":stateMachine:", ":execution:") + ":held"
    ended = App(project=tool.project).wait(arn, limit=30, watch=lambda step: None)
    assert ended["status"] == "SUCCEEDED"
    assert tool.json("executions", "show", "held")["output"]["text"] == "Hello2, Ada!"


def test_rollbacks_work_after_a_prune(tool: Tool) -> None:
    tool.ok("rollback", "--yes")
    assert greeting(tool) == "Hello6, Ada!"
    tool.ok("rollback", "--yes")
    assert greeting(tool) == "Hello5, Ada!"


def test_what_nothing_needs_any_more_goes_with_the_next_prune(tool: Tool) -> None:
    """The execution of version 2 has succeeded. The alias serves 5; before that it served 4, which is gone, and 3."""
    client(tool, "stepfunctions").delete_state_machine_alias(stateMachineAliasArn=f"{MACHINE}:by-hand")
    tool.ok("versions", "prune", "--keep", "1", "--yes")
    assert machine_versions(tool) == [3, 5, 7]
    assert function_versions(tool) == ["$LATEST", "3", "5", "7"]
    assert greeting(tool) == "Hello5, Ada!"


def test_a_failed_execution_keeps_its_version_until_it_cannot_be_redriven(tool: Tool) -> None:
    states = client(tool, "stepfunctions")
    tool.ok("deploy", "--yes", "--param", "greeting=Hello8")
    tool.ok("deploy", "--yes", "--param", "greeting=Hello9")
    arn = states.start_execution(stateMachineArn=f"{MACHINE}:7", name="stopped", input='{"hold": true}')["executionArn"]
    states.stop_execution(executionArn=arn)
    shown = tool.ok("versions", "prune", "--keep", "1", "--dry-run").out
    assert "Greeting-local:7 is kept: the execution stopped (ABORTED) may be redriven until" in shown
    assert (
        "Greeting-local:7 is kept" not in tool.ok("versions", "prune", "--keep", "1", "--dry-run", "--no-redrive").out
    )


def test_a_machine_that_the_project_does_not_have(tool: Tool) -> None:
    ran = tool("versions", "prune", "--machine", "nobody")
    assert ran.code == 2 and "there is no state machine 'nobody'" in ran.err


def test_versions_still_lists(tool: Tool) -> None:
    assert "Greeting-local" not in tool.ok("versions").out
    assert len(tool.json("versions", "--limit", "1")) == 1


def test_doctor_finds_nothing_wrong_and_says_what_it_cannot_tell(tool: Tool) -> None:
    found = {check["check"]: check for check in tool.json("doctor")}
    assert not [check for check in found.values() if check["verdict"] in ("problem", "warning")]
    assert (
        found["versions of Greeting-local"]["found"]
        == f"Greeting-local has {len(machine_versions(tool))} of 1000 versions"
    )
    assert found["aliases of Greeting-local"]["found"] == "Greeting-local has 1 of 100 aliases"
    assert "stepdeploy-greeter-local lists" in found["releases table"]["found"]
    assert {name for name, check in found.items() if check["verdict"] == "not checked"} == {
        "clock", "permissions", "code storage", "logs resource policies",
    }  # fmt: skip


def test_doctor_tells_of_concurrency_that_a_deploy_would_not_get(tool: Tool) -> None:
    """What the embedded AWS says of the account is what it enforces: the deploy is refused."""
    path = tool.project / "lambdas" / "greet" / "function.json"
    before = path.read_text()
    path.write_text(json.dumps({**json.loads(before), "reserved_concurrency": 950}))
    try:
        ran = tool("doctor")
        assert ran.code == 1
        assert "reserve 950 of the account's 1000 concurrent executions, which leaves 50" in ran.out
        assert "concurrency: Reserve 900 at most" in ran.out
        refused = tool("deploy", "--yes")
        assert refused.code != 0 and "UnreservedConcurrentExecution below its minimum" in refused.err
    finally:
        path.write_text(before)


def test_after_destroy_there_is_nothing_to_prune(tool: Tool) -> None:
    tool.ok("destroy", "--confirm", "greeter/local")
    assert tool.ok("versions", "prune", "--yes").code == 0
