"""What protects a release from others: the lock, drift, saved plans that no longer fit, foreign resources, history."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import boto3
import pytest

from stepdeploy.app import App
from stepdeploy.errors import Locked
from stepdeploy.ledger.lock import DeployLock, Holder
from tests.conftest import Tool

TABLE = "stepdeploy-greeter-local"
ALIAS = "arn:aws:states:eu-west-1:123456789012:stateMachine:Greeting-local:live"


def client(tool: Tool, service: str) -> Any:
    endpoint = tool.json("local", "status")["endpoint"]
    return boto3.client(
        service, endpoint_url=endpoint, region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b"
    )


def deploy(tool: Tool, greeting: str, *options: str) -> Any:
    return tool("deploy", "--yes", "--param", f"greeting={greeting}", *options)


def serves(tool: Tool) -> list[str]:
    found = client(tool, "stepfunctions").describe_state_machine_alias(stateMachineAliasArn=ALIAS)
    return [item["stateMachineVersionArn"].rpartition(":")[2] for item in found["routingConfiguration"]]


def serial(tool: Tool) -> int:
    return App(project=tool.project).releases.ledger.lock.serial


@pytest.fixture(scope="module")
def deployed(greeter: Tool) -> Tool:
    """Versions 1 (Hello) and 2 (Hi)."""
    for greeting in ("Hello", "Hi"):
        assert deploy(greeter, greeting).code == 0
    return greeter


def test_another_deploy_is_named_and_nothing_changes(deployed: Tool) -> None:
    app = App(project=deployed.project)
    other = Holder("grace", "elsewhere", 4711)
    with DeployLock(app.aws, TABLE, serial=serial(deployed), holder=other):
        ran = deploy(deployed, "Hey")
        assert ran.code == 1 and "grace@elsewhere (process 4711) is deploying since" in ran.err
        assert "unlock --force" in ran.err
        assert "is deploying since" in deployed.ok("plan").out
        assert "was grace@elsewhere" in deployed.ok("unlock", "--force").out
    assert serves(deployed) == ["2"]
    assert "Nobody holds the lock" in deployed.ok("unlock", "--force").out


def test_a_lock_left_by_a_dead_process_of_this_host_is_passed_over(deployed: Tool) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    app = App(project=deployed.project)
    lock = DeployLock(app.aws, TABLE, serial=serial(deployed), holder=Holder("ada", socket.gethostname(), gone.pid))
    lock._take()
    assert deploy(deployed, "Hi").code == 0
    assert deploy(deployed, "Howdy").code == 0
    assert deployed.ok("rollback", "--to", "2", "--yes")


def test_a_lock_that_expired_is_passed_over(deployed: Tool) -> None:
    app = App(project=deployed.project)
    holder = Holder("ada", "elsewhere", 1)
    DeployLock(app.aws, TABLE, serial=serial(deployed), holder=holder, clock=lambda: time.time() - 3600)._take()
    with DeployLock(app.aws, TABLE, serial=serial(deployed)) as lock:
        lock.check()


def test_a_deploy_that_went_through_after_the_plan_was_made_stops_the_plan(deployed: Tool) -> None:
    app = App(project=deployed.project, parameters={"greeting": "Late"})
    plan = app.releases.plan()
    with DeployLock(App(project=deployed.project).aws, TABLE, serial=serial(deployed)):
        pass
    with pytest.raises(Locked, match="another deploy went through after this plan"):
        app.releases.apply(plan, lambda progress: None)
    assert serves(deployed) == ["2"]


def test_a_live_change_is_found_and_not_overwritten_unasked(deployed: Tool) -> None:
    functions = client(deployed, "lambda")
    functions.update_function_configuration(FunctionName="Greet-local", MemorySize=1024)
    drift = deployed("status", "--drift")
    assert drift.code == 4 and "function:greet was changed outside the tool: memory_mb is 1024, was" in drift.out
    refused = deploy(deployed, "Hi")
    assert refused.code == 1 and "function:greet: memory_mb" in refused.err
    assert functions.get_function_configuration(FunctionName="Greet-local")["MemorySize"] == 1024
    assert deploy(deployed, "Hi", "--overwrite-drift").code == 0
    assert functions.get_function_configuration(FunctionName="Greet-local")["MemorySize"] != 1024
    assert (
        "Nothing was changed outside"
        in deployed.ok(
            "status",
            "--drift",
        ).out
    )


def test_what_somebody_removed_is_told_and_made_again(deployed: Tool) -> None:
    client(deployed, "logs").delete_log_group(logGroupName="/aws/lambda/Greet-local")
    ran = deploy(deployed, "Hi")
    assert ran.code == 0 and "log_group:function-greet was removed outside the tool" in ran.out
    assert deployed("status", "--drift").code == 0


def test_an_alias_that_was_moved_by_hand_is_not_moved_on_unasked(deployed: Tool) -> None:
    machines = client(deployed, "stepfunctions")
    before = serves(deployed)
    by_hand = [{"stateMachineVersionArn": f"{ALIAS.removesuffix(':live')}:1", "weight": 100}]
    machines.update_state_machine_alias(stateMachineAliasArn=ALIAS, routingConfiguration=by_hand)
    ran = deploy(deployed, "Hallo")
    assert ran.code == 1 and "alias:greeting: version" in ran.err and before != ["1"]
    assert serves(deployed) == ["1"]
    assert deploy(deployed, "Hallo", "--overwrite-drift").code == 0


def test_a_saved_plan_is_applied_as_it_was_and_once(deployed: Tool, tmp_path: Path) -> None:
    saved = tmp_path / "plan"
    deployed.ok("plan", "--param", "greeting=Saved", "--out", str(saved))
    assert saved.stat().st_mode & 0o077 == 0
    # What the project says by now does not matter.
    ran = deployed("deploy", "--yes", "--plan", str(saved))
    assert ran.code == 0
    configured = client(deployed, "lambda").get_function_configuration(FunctionName="Greet-local")
    assert configured["Environment"]["Variables"]["GREETING"] == "Saved"
    again = deployed("deploy", "--yes", "--plan", str(saved))
    assert again.code == 1 and "another deploy went through since it was made" in again.err


def test_a_saved_plan_is_refused_when_aws_has_moved(deployed: Tool, tmp_path: Path) -> None:
    saved = tmp_path / "plan"
    deployed.ok("plan", "--param", "greeting=Moved", "--out", str(saved))
    client(deployed, "logs").put_retention_policy(logGroupName="/aws/lambda/Greet-local", retentionInDays=1)
    ran = deployed("deploy", "--yes", "--plan", str(saved))
    assert ran.code == 1 and "AWS has changed since it was made: log_group:function-greet" in ran.err
    assert deploy(deployed, "Saved", "--overwrite-drift").code == 0


def damaged(path: Path, edit: Any) -> Path:
    """A plan file whose plan.json went through `edit`."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    data = json.loads(members["plan.json"])
    edit(data)
    members["plan.json"] = json.dumps(data).encode()
    target = path.with_name("damaged")
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target


def of_another_project(data: Any) -> None:
    for item in data["plan"]["items"]:
        if item[0] == "project":
            item[1] = "somebody-elses"


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (of_another_project, "it is for project 'somebody-elses'"),
        (lambda data: data.update(schema=99), "it is of form 99"),
        (lambda data: data.pop("plan"), "it is damaged, or no plan"),
    ],
)
def test_a_plan_of_something_else_is_refused(deployed: Tool, tmp_path: Path, edit: Any, words: str) -> None:
    saved = tmp_path / "plan"
    deployed.ok("plan", "--param", "greeting=Other", "--out", str(saved))
    ran = deployed("deploy", "--yes", "--plan", str(damaged(saved, edit)))
    assert ran.code == 1 and words in ran.err
    nothing = deployed("deploy", "--yes", "--plan", str(tmp_path / "missing"))
    assert nothing.code == 1 and "there is no such file" in nothing.err


def test_a_rollback_to_what_was_served_before_a_time_or_made_from_a_commit(deployed: Tool) -> None:
    records = App(project=deployed.project).releases.history("greeting")
    first = next(record for record in reversed(records) if record["how"] == "deploy")
    second = records[records.index(first) - 1]
    ran = deployed("rollback", "--yes", "--before", second["time"])
    assert ran.code == 0 and serves(deployed) == ["1"]
    assert deployed("rollback", "--yes", "--before", "2001-01-01").code == 1
    assert deployed("rollback", "--yes", "--before", "yesterday").code == 2
    assert deployed("rollback", "--yes", "--to-commit", "fffffffffff1").code == 1
    assert deployed("rollback", "--yes", "--to-commit", "main").code == 2
    assert deployed("rollback", "--yes", "--to", "1", "--before", "2h").code == 2
    assert serves(deployed) == ["1"]


def test_a_version_that_never_was_live_is_no_target(deployed: Tool) -> None:
    published = client(deployed, "stepfunctions")
    machine = ALIAS.removesuffix(":live")
    definition = json.loads(published.describe_state_machine(stateMachineArn=machine)["definition"])
    published.update_state_machine(
        stateMachineArn=machine, definition=json.dumps({**definition, "Comment": "by hand"}), publish=True
    )
    newest = published.list_state_machine_versions(stateMachineArn=machine)["stateMachineVersions"][0]
    number = newest["stateMachineVersionArn"].rpartition(":")[2]
    ran = deployed("rollback", "--yes", "--to", number)
    assert ran.code == 2 and f"never served version {number}" in ran.err and serves(deployed) == ["1"]
    drift = deployed("status", "--drift")
    assert drift.code == 4 and "state_machine:greeting was changed outside the tool" in drift.out


def test_an_alias_that_was_removed_is_made_again_by_a_rollback(deployed: Tool) -> None:
    machines = client(deployed, "stepfunctions")
    machines.delete_state_machine_alias(stateMachineAliasArn=ALIAS)
    deployed.ok("rollback", "--yes")
    assert serves(deployed) == ["1"]


def test_a_record_that_was_edited_by_hand_is_passed_over(deployed: Tool) -> None:
    tables = client(deployed, "dynamodb")
    items = tables.query(
        TableName=TABLE, KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": {"S": "machine:greeting"}}
    )["Items"]
    for key in (
        {"pk": items[-1]["pk"], "sk": items[-1]["sk"]},
        {"pk": {"S": "inventory"}, "sk": {"S": "served:greeting"}},
    ):
        tables.put_item(TableName=TABLE, Item={**key, "record": {"S": '{"routes": "all of them"}'}})
    history = App(project=deployed.project).releases.history("greeting")
    assert "damaged" in history[0] and "routes" in history[1]
    assert deployed("rollback", "--yes", "--before", history[0]["time"]).code == 0
    deployed.ok("plan")


def test_a_resource_that_is_not_ours_is_taken_over_only_when_told(deployed: Tool) -> None:
    roles = client(deployed, "iam")
    roles.untag_role(RoleName="GreetRole-local", TagKeys=["stepdeploy:project"])
    refused = deploy(deployed, "Saved")
    assert refused.code == 1 and "does not bear our tags" in refused.err and "--adopt" in refused.err
    assert "is taken over" in deployed.ok("plan", "--adopt").out
    assert deploy(deployed, "Saved", "--adopt", "--overwrite-drift").code == 0
    assert deployed("plan", "--param", "greeting=Saved", "--detailed-exitcode").code == 0


def test_our_own_name_is_a_persons() -> None:
    me = Holder.me()
    assert me.name == f"{me.user}@{socket.gethostname()} (process {os.getpid()})"


def test_the_history_says_what_was_served_from_when_to_when_and_by_whom(deployed: Tool) -> None:
    found = deployed.json("versions", "--history", "--limit", "100")
    assert found[0]["until"] is None and [row["until"] for row in found[1:]] == [row["from"] for row in found[:-1]]
    (damaged,) = [row for row in found if row["served"] == "?"]
    assert "cannot be read" in damaged["outcome"]
    first, second = found[-1], found[-2]
    assert first["served"] == "1"
    assert (second["served"], second["how"], second["outcome"]) == ("2", "deploy", "served")
    assert second["functions"] == "Greet-local:2" and second["content_hash"].startswith("sha256:")
    assert second["by"].endswith(f"@{socket.gethostname()}") and second["commit"]
    assert "Greet-local:2" in deployed.ok("versions", "--history").out
