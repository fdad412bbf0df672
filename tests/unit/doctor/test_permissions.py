"""The least policy, and what is made of the answers of IAM's simulator."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from stepdeploy.arns import Place
from stepdeploy.doctor import permissions, policy, scope
from stepdeploy.doctor.grants import GRANTS
from stepdeploy.errors import AccessDenied
from stepdeploy.project import Project
from stepdeploy.settings import load
from tests.conftest import ROOT
from tests.unit.fake_aws import GONE, FakeAws
from tests.unit.small_project import write_project

USER = "arn:aws:iam::123456789012:user/ada"
SESSION = "arn:aws:sts::123456789012:assumed-role/Deployer/ada"
ROLE = "arn:aws:iam::123456789012:role/teams/Deployer"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return opened(write_project(tmp_path_factory.mktemp("small")))


def opened(folder: Path, build: Path | None = None) -> Project:
    settings = load(folder, "local")
    place = Place("aws", settings.region, settings.account_id)
    return Project(settings, place, build or folder / ".build")


@pytest.fixture(scope="module")
def least(project: Project) -> list[policy.Statement]:
    return policy.statements(project.place, scope.wanted(project), scope.passed_roles(project))


def test_what_is_wanted_is_what_a_deploy_makes(tmp_path: Path) -> None:
    """Of a project with one of everything, and of one with wiring. The tool's own items need no resource of their own."""
    folders = [write_project(tmp_path / "small"), ROOT / "tests" / "projects" / "events"]
    for folder in folders:
        project = opened(folder, tmp_path / "build" / folder.name)
        made = {one.address: one.name for one in project.resources()}
        names = scope.wanted(project)
        own = ("inventory:", "release:", "ledger:", "provisioned_before:")
        assert {item for item in made.items() if not item[0].startswith(own)} == {
            item for item in names.items() if not item[0].startswith(own)
        }


def test_every_kind_that_is_wanted_has_grants(project: Project) -> None:
    kinds = {address.partition(":")[0] for address in scope.wanted(project)}
    assert kinds <= {grant.kind for grant in GRANTS}
    assert len(kinds) > 10


def test_the_policy_names_only_what_is_the_projects(least: list[policy.Statement]) -> None:
    names = ("small", "Main", "Bare", "Greet", "Deps", "Orders", "files", "Alerts", "Jobs", "Dead", "Failed", "machine")
    for statement in least:
        for resource in statement["Resource"]:
            free = resource in ("*", "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:*")
            assert free or any(name in resource for name in names), resource
    on_everything = [action for one in least if one["Resource"] == ["*"] for action in one["Action"]]
    assert [action for action in on_everything if action.startswith(("iam:", "dynamodb:", "s3:", "states:"))] == [
        "states:ValidateStateMachineDefinition"  # takes no resource: it checks a text
    ]


def test_a_role_may_be_passed_to_its_own_service_only(least: list[policy.Statement]) -> None:
    passing = {one["Sid"]: one for one in least if policy.PASS_ROLE in one["Action"]}
    assert sorted(passing) == ["PassRoleToLambda", "PassRoleToStates"]
    assert passing["PassRoleToLambda"]["Condition"] == {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    assert all("machine" not in arn for arn in passing["PassRoleToLambda"]["Resource"])


def test_sids_are_letters_and_digits_and_each_its_own(least: list[policy.Statement]) -> None:
    sids = [one["Sid"] for one in least]
    assert len(set(sids)) == len(sids) and all(sid.isalnum() for sid in sids)


def test_splitting_loses_nothing_and_fits(least: list[policy.Statement]) -> None:
    for limit in (6_144, 1_200):
        parts = policy.split(least, limit)
        assert all(policy.size(part) <= limit for part in parts)
        assert pairs(one for part in parts for one in part["Statement"]) == pairs(least)
        sids = [one["Sid"] for part in parts for one in part["Statement"]]
        assert len(set(sids)) == len(sids) and all(sid.isalnum() for sid in sids)


def pairs(statements: Any) -> set[tuple[str, str]]:
    return {(action, arn) for one in statements for action in one["Action"] for arn in one["Resource"]}


class Simulator:
    """IAM's simulator on a policy document: by action, resource pattern and the service that a role is passed to."""

    def __init__(self, statements: Sequence[policy.Statement]) -> None:
        self.statements = statements
        self.asked_for: set[str] = set()

    def __call__(
        self, PolicySourceArn: str, ActionNames: list[str], ResourceArns: list[str], ContextEntries: Any
    ) -> Any:
        self.asked_for.add(PolicySourceArn)
        context = {entry["ContextKeyName"]: entry["ContextKeyValues"][0] for entry in ContextEntries}
        return {
            "EvaluationResults": [
                {
                    "EvalActionName": action,
                    "EvalResourceName": ResourceArns[0],
                    "EvalDecision": "implicitDeny",
                    "ResourceSpecificResults": [
                        {"EvalResourceName": arn, "EvalResourceDecision": self._decide(action, arn, context)}
                        for arn in ResourceArns
                    ],
                }
                for action in ActionNames
            ]
        }

    def _decide(self, action: str, arn: str, context: dict[str, str]) -> str:
        for one in self.statements:
            asked = one.get("Condition", {}).get("StringEquals", {})
            fits = any(fnmatchcase(arn, pattern) for pattern in one["Resource"])
            if action in one["Action"] and fits and all(context.get(key) == value for key, value in asked.items()):
                return "allowed"
        return "implicitDeny"


def simulated(statements: Sequence[policy.Statement], needed: Sequence[policy.Statement]) -> Any:
    return permissions.check(FakeAws({"iam:simulate_principal_policy": Simulator(statements)}), USER, needed)


def test_the_least_policy_is_enough_for_itself(least: list[policy.Statement]) -> None:
    found = simulated(least, least)
    assert found.verdict == "ok" and "IAM allows the" in found.found


@pytest.mark.parametrize("action", ["iam:PassRole", "lambda:PublishVersion", "states:UpdateStateMachineAlias"])
def test_an_action_that_is_missing_is_named(least: list[policy.Statement], action: str) -> None:
    without = [{**one, "Action": [name for name in one["Action"] if name != action]} for one in least]
    found = simulated(without, least)
    assert found.verdict == "problem" and f"not allowed: {action} on " in found.found
    assert "doctor --policy" in found.todo


def test_a_role_that_may_be_passed_to_another_service_only_is_found(least: list[policy.Statement]) -> None:
    text = json.dumps(least).replace('"states.amazonaws.com"', '"ec2.amazonaws.com"')
    assert "not allowed: iam:PassRole on role/" in simulated(json.loads(text), least).found


def test_many_refusals_are_counted() -> None:
    answers = [permissions.Answer(f"s3:Action{n}", "arn:aws:s3:::b", "implicitDeny") for n in range(20)]
    assert permissions.judge(answers).found.count("s3:Action") == permissions.SHOWN
    assert "and 12 more actions" in permissions.judge(answers).found


def test_a_refusal_that_hangs_on_an_unknown_condition_is_a_warning() -> None:
    answer = permissions.Answer("s3:PutBucketTagging", "arn:aws:s3:::b", "implicitDeny", ("aws:RequestTag/Team",))
    found = permissions.judge([answer])
    assert found.verdict == "warning" and "aws:RequestTag/Team" in found.found


def test_the_role_behind_a_session_is_judged_with_its_path(least: list[policy.Statement]) -> None:
    simulator = Simulator(least)
    role = {"Path": "/teams/", "RoleName": "Deployer", "RoleId": "AROA", "Arn": ROLE, "CreateDate": "2026-01-01"}
    fake = FakeAws(
        {"iam:simulate_principal_policy": simulator, "iam:get_role": lambda RoleName: {"Role": {"Arn": role["Arn"]}}}
    )
    assert permissions.check(fake, SESSION, least).verdict == "ok"
    assert simulator.asked_for == {ROLE}


@pytest.mark.parametrize(
    ("caller", "answers", "text"),
    [
        ("arn:aws:iam::123456789012:root", {}, "root user"),
        ("arn:aws:sts::123456789012:federated-user/ada", {}, "federated user"),
        (SESSION, {"iam:get_role": GONE}, "the role Deployer of the caller is not in this account"),
        (SESSION, {"iam:get_role": AccessDenied("no", operation="iam:GetRole")}, "iam:GetRole is denied"),
        (
            USER,
            {"iam:simulate_principal_policy": AccessDenied("no", operation="iam:SimulatePrincipalPolicy")},
            "iam:SimulatePrincipalPolicy is denied",
        ),
    ],
)
def test_where_nobody_can_be_asked_it_is_said(
    caller: str, answers: dict[str, Any], text: str, least: list[policy.Statement]
) -> None:
    found = permissions.check(FakeAws(answers), caller, least)
    assert found.verdict == "not checked" and text in found.found
    assert "doctor --policy" in found.todo


def test_patterns_are_asked_as_something_that_they_stand_for() -> None:
    assert permissions.sample("arn:aws:lambda:r:1:function:F:*") == "arn:aws:lambda:r:1:function:F:1"
    assert permissions.sample("*") == "*"
