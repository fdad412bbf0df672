"""Settings and folders become desired resources: which, with what in them, and what goes before what."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from stepdeploy import settings
from stepdeploy.arns import Place
from stepdeploy.engine.model import Plan
from stepdeploy.engine.plan import build, in_order
from stepdeploy.errors import InvalidProject
from stepdeploy.project import Project, git_commit
from stepdeploy.references import Ref
from stepdeploy.resources.base import Base
from tests.unit.fake_aws import GONE
from tests.unit.small_project import Edit, write_project

PLACE = Place("aws", "eu-west-1", "123456789012")


def project(folder: Path, edit: Edit = lambda files: None) -> Project:
    return Project(settings.load(write_project(folder, edit), "local"), PLACE, folder / ".build")


def resources(folder: Path, edit: Edit = lambda files: None) -> dict[str, Base]:
    return {resource.address: resource for resource in project(folder, edit).resources()}


def change(path: str, value: Any) -> Edit:
    """An edit: `definitions/project.json:alarms.failed.threshold` becomes `value`; None removes it."""
    name, _, keys = path.partition(":")
    *parents, last = keys.split(".")

    def edit(files: dict[str, Any]) -> None:
        target = files[name]
        for key in parents:
            target = target.setdefault(key, {})
        if value is None:
            del target[last]
        else:
            target[last] = value

    return edit


SETTINGS = "definitions/project.json"


def test_one_of_everything(tmp_path: Path) -> None:
    found = project(tmp_path).resources()
    assert [resource.address for resource in found] == [
        "table:orders", "bucket:files", "topic:alerts", "queue:jobs", "queue:dead", "layer:deps", "role:greet",
        "role:machine", "log_group:function-greet", "function:greet", "log_group:machine-main", "state_machine:main",
        "log_group:machine-bare", "state_machine:bare", "alarm:failed", "table:releases", "inventory:current", "alias:main",
        "release:main",
    ]  # fmt: skip


def test_dependencies_come_first_and_the_alias_last(tmp_path: Path) -> None:
    found = project(tmp_path).resources()
    order = [resource.address for resource in in_order(found)]
    assert order[-2:] == ["alias:main", "release:main"]
    for first, then in (
        ("queue:dead", "queue:jobs"), ("queue:jobs", "function:greet"), ("layer:deps", "function:greet"),
        ("role:greet", "function:greet"), ("log_group:function-greet", "function:greet"),
        ("function:greet", "role:machine"), ("role:machine", "state_machine:main"),
        ("function:greet", "state_machine:main"), ("log_group:machine-main", "state_machine:main"),
        ("table:releases", "inventory:current"),
    ):  # fmt: skip
        assert order.index(first) < order.index(then), (first, then)
    alias, record = found[-2:]
    assert alias.needs == {resource.address for resource in found[:-2]}
    assert record.needs == {alias.address}


def test_every_resource_bears_the_owners_tags(tmp_path: Path) -> None:
    found = resources(tmp_path)
    for address, resource in found.items():
        if resource.kind not in ("layer", "alias", "release", "inventory"):
            assert resource.desired["tags"] == {
                "stepdeploy:project": "small", "stepdeploy:environment": "local", "stepdeploy:owner": "tests",
                "Team": "a",
            }, address  # fmt: skip


def test_a_functions_environment_is_text_and_may_hold_values_to_come(tmp_path: Path) -> None:
    function = resources(tmp_path)["function:greet"]
    assert function.desired["environment"] == {
        "WHO": "Ada", "QUEUE": Ref("queue:jobs", "url"), "LIMIT": "95", "ON": "true",
    }  # fmt: skip
    assert function.desired["layers"] == [Ref("layer:deps", "version_arn")]


def test_an_alarm_takes_names_and_leaves_out_what_is_not_said(tmp_path: Path) -> None:
    alarm = resources(tmp_path)["alarm:failed"]
    assert alarm.desired["settings"] == {
        "Namespace": "AWS/States", "MetricName": "ExecutionsFailed", "Statistic": "Sum", "Period": 60,
        "Dimensions": [
            {"Name": "StateMachineArn", "Value": "arn:aws:states:eu-west-1:123456789012:stateMachine:Main-local"}
        ],
        "EvaluationPeriods": 1, "Threshold": 95.0, "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching", "AlarmActions": ["arn:aws:sns:eu-west-1:123456789012:Alerts-local"],
    }  # fmt: skip


@pytest.mark.parametrize("threshold", ["${who}", "5"])
def test_a_threshold_is_a_number(tmp_path: Path, threshold: str) -> None:
    with pytest.raises(InvalidProject, match="must be a number") as caught:
        resources(tmp_path, change(f"{SETTINGS}:alarms.failed.threshold", threshold))
    assert "project.json:1:" in (caught.value.where or "")


def test_the_inventory_lists_everything_but_itself(tmp_path: Path) -> None:
    found = resources(tmp_path)
    listed = found["inventory:current"].desired["resources"]
    assert set(listed) == set(found) - {"inventory:current", "release:main"}
    assert listed["alias:main"] == "Main-local:live"
    assert listed["table:releases"] == "stepdeploy-small-local"


def test_the_tools_own_table_keeps_its_key_to_itself(tmp_path: Path) -> None:
    table = {"name": "Mine", "hash_key": "id"}
    with pytest.raises(InvalidProject, match="releases"):
        resources(tmp_path, change(f"{SETTINGS}:tables.releases", table))


def test_a_machine_and_a_function_cannot_share_a_role(tmp_path: Path) -> None:
    def edit(files: dict[str, Any]) -> None:
        files["lambdas/greet/function.json"]["role"] = "machine"
        del files["iam/greet.json"]

    with pytest.raises(InvalidProject, match="role"):
        resources(tmp_path, edit)


def test_two_machines_may_share_one(tmp_path: Path) -> None:
    found = resources(tmp_path)
    assert found["state_machine:main"].desired["role"] == found["state_machine:bare"].desired["role"]
    assert found["role:machine"].desired["trust"] == "states.amazonaws.com"


def test_a_role_that_needs_its_own_function_is_a_circle_and_told_as_such(tmp_path: Path) -> None:
    found = resources(
        tmp_path,
        change("iam/greet.json:Statement", [{"Effect": "Allow", "Action": "*", "Resource": "${function:greet}"}]),
    )
    with pytest.raises(InvalidProject, match="in a circle"):
        in_order(list(found.values()))


def test_unknown_names_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    def edit(files: dict[str, Any]) -> None:
        files["definitions/main.asl.json"]["Comment"] = "${whom}"
        files["iam/greet.json"]["Id"] = "${tabel:orders}"

    with pytest.raises(InvalidProject) as caught:
        resources(tmp_path, edit)
    where = [problem.where or "" for problem in caught.value.problems]
    assert any("main.asl.json" in place for place in where) and any("greet.json" in place for place in where)


def test_a_parameter_that_nothing_uses_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidProject, match="'spare' is declared and never used"):
        resources(tmp_path, change(f"{SETTINGS}:parameters.spare", 1))


class EmptyAccount:
    """Nothing is there; nothing may be written."""

    def call(self, service: str, operation: str, **params: Any) -> Mapping[str, Any]:
        assert operation.startswith(("get_", "list_", "describe_", "head_"))
        if operation in ("describe_alarms", "list_layer_versions"):
            return {}
        raise GONE

    def pages(self, service: str, operation: str, key: str, **params: Any) -> Any:
        return iter(())

    def tagged(self, arn: str) -> None:
        return None


def plan_of(made: Project) -> Plan:
    return build(
        made.resources(), EmptyAccount(), project="small", env="local", account=PLACE.account,  # type: ignore[arg-type]
        region=PLACE.region, owner_tags=made.settings.owner_tags,
    )  # fmt: skip


def test_a_policy_may_name_a_version_that_is_yet_to_be_published(tmp_path: Path) -> None:
    made = plan_of(project(tmp_path))
    action = next(action for action in made.actions if action.address == "role:machine")
    assert action.needs == {"function:greet"}
    policy = made.to_json()["actions"][made.actions.index(action)]["calls"][1]["params"]["PolicyDocument"]
    assert policy["Statement"][0]["Resource"] == {"$ref": "function:greet.version_arn"}


def test_a_first_plan_creates_everything_and_is_json(tmp_path: Path) -> None:
    made = plan_of(project(tmp_path))
    assert made.counts() == {"create": 18, "update": 0, "delete": 0}
    assert made.to_json()["counts"]["create"] == 18


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def test_a_version_says_from_which_commit_it_was_made(tmp_path: Path) -> None:
    assert git_commit(tmp_path / "nowhere") == "no git"
    git(tmp_path, "init", "-q")
    (tmp_path / "a").write_text("1")
    git(tmp_path, "add", "a")
    git(tmp_path, "commit", "-qm", "one")
    git(tmp_path, "tag", "v1")
    commit = git_commit(tmp_path)
    assert commit.startswith("git ") and len(commit) == len("git ") + 12
    (tmp_path / "a").write_text("2")
    assert git_commit(tmp_path) == f"{commit}+changes"


def test_a_version_is_described_in_no_more_than_aws_takes(tmp_path: Path) -> None:
    description = resources(tmp_path)["state_machine:main"].desired["version_description"]
    assert " by stepdeploy " in description and len(description) <= 256
