"""A release's whole life on the tiny project: deploy, run, change, roll back, destroy. Tests run in order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config

from stepdeploy.app import App
from stepdeploy.errors import StepdeployError

ADA = '{"name": "Ada"}'


def greeting(tool: Any) -> str:
    return str(tool.json("start-execution", "--input", ADA, "--wait")["output"]["text"])


def edit(tool: Any, old: str, new: str) -> None:
    path: Path = tool.project / "lambdas" / "greet" / "handler.py"
    source = path.read_text()
    assert old in source
    path.write_text(source.replace(old, new))


def client(tool: Any, service: str) -> Any:
    """A bare boto3 client, as any script would make it."""
    endpoint = tool.json("local", "status")["endpoint"]
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="eu-west-1",
        aws_access_key_id="x",
        aws_secret_access_key="y",
        config=Config(retries={"total_max_attempts": 1}),
    )


def test_a_plan_before_the_first_deploy_creates_everything(greeter: Any) -> None:
    ran = greeter("plan", "--detailed-exitcode")
    assert ran.code == 4
    assert "+ function:greet  Greet-local" in ran.out
    assert "9 to create, 0 to update, 0 to delete" in ran.out


def test_the_first_deploy_publishes_version_1_behind_the_alias(greeter: Any) -> None:
    ran = greeter.ok("deploy", "--yes")
    assert "Greeting-local:live  1        Greet-local:1" in ran.out
    assert greeting(greeter) == "Hello, Ada!"


def test_a_deploy_with_nothing_to_change_makes_no_mutating_call(greeter: Any) -> None:
    app = App(project=greeter.project)
    plan = app.releases.plan()
    assert not plan
    assert app.aws.writes == {}
    assert greeter("plan", "--detailed-exitcode").code == 0
    assert "Nothing to change" in greeter.ok("deploy", "--yes").out
    assert [row["version"] for row in greeter.json("versions")] == [1]


def test_planning_works_with_a_session_whose_mutating_calls_raise(greeter: Any) -> None:
    app = App(project=greeter.project, parameters={"greeting": "Hi"})
    app.aws.read_only = True
    plan = app.releases.plan()
    planned = [action.address for action in plan.actions if not action.quiet]
    assert planned == ["function:greet", "state_machine:greeting", "alias:greeting"]
    with pytest.raises(StepdeployError, match="read-only"):
        app.releases.apply(plan, lambda progress: None)


def test_changed_source_gives_new_versions_all_the_way_up(greeter: Any) -> None:
    edit(greeter, '!"}', '! How are you?"}')
    ran = greeter.ok("deploy", "--yes")
    assert "Greeting-local:live  2        Greet-local:2" in ran.out
    assert greeting(greeter) == "Hello, Ada! How are you?"


def test_rollback_brings_the_old_code_back_and_deletes_nothing(greeter: Any) -> None:
    before = greeter.json("versions")
    ran = greeter.ok("rollback", "--yes")
    assert "version: 2 -> 1" in ran.out
    assert greeting(greeter) == "Hello, Ada!"
    after = greeter.json("versions")
    assert [row["version"] for row in before] == [row["version"] for row in after] == [2, 1]
    assert [row["alias"] for row in after] == [None, "live"]


def test_a_second_rollback_has_nothing_to_go_back_to_and_says_so(greeter: Any) -> None:
    ran = greeter("rollback", "--yes")
    assert ran.code == 1
    assert "no record of an earlier one" in ran.err and "--to VERSION" in ran.err
    assert greeter.json("versions")[1]["alias"] == "live"


def test_the_version_before_is_what_was_served_not_the_number_below(greeter: Any) -> None:
    """Served: 1, 2, back to 1, then 3. Before 3 came 1, though 2 is the number below."""
    edit(greeter, "How are you?", "Good to see you.")
    greeter.ok("deploy", "--yes")
    assert greeting(greeter) == "Hello, Ada! Good to see you."
    assert "version: 3 -> 1" in greeter.ok("rollback", "--yes").out
    assert greeting(greeter) == "Hello, Ada!"
    assert "version: 1 -> 3" in greeter.ok("rollback", "--to", "3", "--yes").out
    assert "version: 3 -> 1" in greeter.ok("rollback", "--yes").out


def test_rollback_to_a_version_that_does_not_exist_changes_nothing(greeter: Any) -> None:
    ran = greeter("rollback", "--to", "99", "--yes")
    assert ran.code == 2 and "version 99 does not exist" in ran.err
    assert [row["version"] for row in greeter.json("versions") if row["alias"]] == [1]


def test_rollback_refuses_a_version_whose_function_version_is_gone(greeter: Any) -> None:
    client(greeter, "lambda").delete_function(FunctionName="Greet-local", Qualifier="2")
    ran = greeter("rollback", "--to", "2", "--yes")
    assert ran.code == 1 and "Greet-local:2, which does not exist any more" in ran.err


def test_bare_boto3_sees_versions_alias_and_logs(greeter: Any) -> None:
    states = client(greeter, "stepfunctions")
    machine = "arn:aws:states:eu-west-1:123456789012:stateMachine:Greeting-local"
    versions = states.list_state_machine_versions(stateMachineArn=machine)["stateMachineVersions"]
    assert [item["stateMachineVersionArn"].rsplit(":", 1)[1] for item in versions] == ["3", "2", "1"]
    alias = states.describe_state_machine_alias(stateMachineAliasArn=f"{machine}:live")
    assert alias["routingConfiguration"] == [{"stateMachineVersionArn": f"{machine}:1", "weight": 100}]
    definition = json.loads(states.describe_state_machine(stateMachineArn=f"{machine}:1")["definition"])
    assert definition["States"]["Greet"]["Parameters"]["FunctionName"].endswith(":function:Greet-local:1")
    assert definition["States"]["Greet"]["TimeoutSeconds"] == 5
    events = client(greeter, "logs").filter_log_events(logGroupName="/aws/lambda/Greet-local")["events"]
    assert any(event["message"].startswith("REPORT RequestId") for event in events)
    function = client(greeter, "lambda").get_function(FunctionName="Greet-local")
    assert function["Tags"] == {
        "stepdeploy:project": "greeter", "stepdeploy:environment": "local", "stepdeploy:owner": "tests",
    }  # fmt: skip


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Host": "evil.example"}], ids=str
)
def test_a_page_in_a_browser_cannot_reach_the_embedded_aws(greeter: Any, headers: dict[str, str]) -> None:
    endpoint = greeter.json("local", "status")["endpoint"]
    assert requests.get(f"{endpoint}/_health", timeout=10).status_code == 200
    assert requests.get(f"{endpoint}/_health", headers=headers, timeout=10).status_code == 403


def test_a_failed_execution_has_its_own_exit_code(greeter: Any) -> None:
    ran = greeter("start-execution", "--input", "{}", "--wait")
    assert ran.code == 10
    assert "NobodyThere: There is nobody to greet." in ran.err
    name = greeter.json("executions", "list", "--status", "FAILED")[0]["name"]
    shown = greeter.ok("executions", "show", name).out
    assert "HasName" in shown and "NobodyThere" in shown


def test_logs_show_the_functions_lines(greeter: Any) -> None:
    assert "REPORT RequestId" in greeter.ok("logs", "--function", "greet").out
    ran = greeter("logs", "--function", "greeet")
    assert ran.code == 2 and "There are: greet" in ran.err


def test_state_survives_a_restart_of_the_embedded_aws(greeter: Any) -> None:
    before = greeter.json("versions")
    greeter.ok("local", "down")
    assert greeter.json("local", "status") == {"running": False}
    assert greeter.json("versions") == before
    assert greeting(greeter) == "Hello, Ada!"
    # The source is that of version 3, and the alias was rolled back to 1: that is all there is to do.
    planned = App(project=greeter.project).releases.plan().actions
    assert [action.address for action in planned if not action.quiet] == ["alias:greeting"]


def test_destroy_needs_the_name_typed(greeter: Any) -> None:
    ran = greeter("destroy", "--confirm", "greeter")
    assert ran.code == 2 and "nothing is deleted" in ran.err
    assert greeter.json("versions")


def test_destroy_removes_everything_and_can_run_again(greeter: Any) -> None:
    greeter.ok("destroy", "--confirm", "greeter/local")
    assert greeter.json("status")["resources"] == {}
    assert client(greeter, "iam").list_roles()["Roles"] == []
    assert client(greeter, "lambda").list_functions()["Functions"] == []
    assert client(greeter, "dynamodb").list_tables()["TableNames"] == []
    assert greeter.ok("destroy", "--confirm", "greeter/local").code == 0
    assert greeter("start-execution", "--input", ADA).code == 1
