"""The whole examination: on AWS, where AWS refuses, and without AWS."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from stepdeploy import doctor
from stepdeploy.app import App
from stepdeploy.doctor import Check, Patient, examine, examine_without_aws, versions_check
from stepdeploy.errors import AccessDenied, StepdeployError, Unreachable
from stepdeploy.project import Project
from tests.conftest import Ran, Tool
from tests.unit.doctor.test_permissions import USER, opened
from tests.unit.fake_aws import GONE, FakeAws
from tests.unit.small_project import write_project

ACCOUNT = {
    "AccountLimit": {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 1000, "TotalCodeSize": 80 << 30},
    "AccountUsage": {"TotalCodeSize": 1 << 30},
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return opened(write_project(tmp_path_factory.mktemp("small")))


def allowed(ActionNames: list[str], ResourceArns: list[str], **_: Any) -> Any:
    results = [{"EvalActionName": name, "EvalResourceName": "*", "EvalDecision": "allowed"} for name in ActionNames]
    return {"EvaluationResults": results}


def answers(**more: Any) -> FakeAws:
    """An account in which all is well."""
    headers = {"HTTPHeaders": {"date": format_datetime(datetime.now(UTC), usegmt=True)}}
    given: dict[str, Any] = {
        "iam:simulate_principal_policy": allowed,
        "lambda:get_account_settings": ACCOUNT,
        "lambda:get_function": GONE,
        "logs:describe_resource_policies": {"resourcePolicies": []},
        "stepfunctions:list_state_machine_versions": {"stateMachineVersions": []},
        "stepfunctions:list_state_machine_aliases": {"stateMachineAliases": []},
        "dynamodb:query": {"Items": []},
        **more,
    }
    fake = FakeAws(given)
    caller = {"Arn": USER, "Account": "123456789012", "ResponseMetadata": headers}
    ask = fake.call
    fake.call = lambda service, operation, **params: (  # type: ignore[method-assign]
        dict(caller) if operation == "get_caller_identity" else ask(service, operation, **params)
    )
    return fake


def by_name(checks: list[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks}


def test_on_aws_everything_is_checked(project: Project) -> None:
    found = by_name(examine(Patient(answers(), project, None, {})))
    assert {check.verdict for check in found.values()} == {"ok"}, found
    assert USER in found["credentials"].found and "eu-west-1" in found["credentials"].found
    assert set(found) == {
        "credentials", "clock", "permissions", "concurrency", "code storage", "logs resource policies",
        "versions of Main-local", "aliases of Main-local", "versions of Bare-local", "aliases of Bare-local",
        "releases table", "runtime", "role policies",
    }  # fmt: skip


def test_what_aws_refuses_to_tell_is_not_checked_and_the_rest_is(project: Project) -> None:
    denied = AccessDenied("lambda:GetAccountSettings: AccessDeniedException: no", hint="ask")
    found = by_name(examine(Patient(answers(**{"lambda:get_account_settings": denied}), project, None, {})))
    assert found["account"] == Check("account", "not checked", denied.message, "ask")
    assert found["permissions"].verdict == "ok"


def test_on_the_embedded_aws_nothing_is_pretended(project: Project) -> None:
    found = by_name(examine(Patient(answers(), project, "http://127.0.0.1:1", {})))
    assert {name for name, check in found.items() if check.verdict == "not checked"} == {
        "clock", "permissions", "code storage", "logs resource policies",
    }  # fmt: skip
    assert "embedded AWS" in found["clock"].found


def test_a_machine_that_is_not_there_has_no_versions_to_count(project: Project) -> None:
    found = by_name(examine(Patient(answers(**{"stepfunctions:list_state_machine_versions": GONE}), project, None, {})))
    assert found["versions of Main-local"].found == "it is not deployed"


def test_wiring_that_left_the_project_may_still_be_removed(project: Project) -> None:
    left = {"rule:old": "Old-local"}
    resources = {arn for one in doctor.least(project, left) for arn in one["Resource"]}
    assert "arn:aws:events:eu-west-1:123456789012:rule/Old-local" in resources


def test_without_aws_what_the_files_tell_is_checked(project: Project) -> None:
    found = by_name(examine_without_aws(project, Unreachable("no AWS credentials", hint="Run `aws configure`.")))
    assert found["credentials"] == Check("credentials", "problem", "no AWS credentials", "Run `aws configure`.")
    assert found["runtime"].verdict == "ok"
    assert found["permissions"].verdict == found["clock"].verdict == "not checked"


def test_a_clock_that_is_off_shows_where_aws_refuses_everything(project: Project) -> None:
    refusal = AccessDenied("sts:GetCallerIdentity: SignatureDoesNotMatch: Signature expired: 2026 is now earlier")
    assert by_name(examine_without_aws(project, refusal))["clock"].verdict == "problem"


def test_few_versions_are_not_even_counted() -> None:
    assert versions_check(FakeAws({}), "M", "arn:aws:states:r:1:stateMachine:M", 799) is None


@pytest.mark.parametrize(("count", "verdict"), [(3, None), (850, "warning"), (1000, "problem")])
def test_many_versions_are_warned_of(count: int, verdict: str | None) -> None:
    arn = "arn:aws:states:eu-west-1:123456789012:stateMachine:M"
    listed = [{"stateMachineVersionArn": f"{arn}:{n}", "creationDate": datetime.now(UTC)} for n in range(1, count + 1)]
    fake = FakeAws({"stepfunctions:list_state_machine_versions": {"stateMachineVersions": listed}})
    found = versions_check(fake, "M", arn, 1200)
    assert (found.verdict if found else None) == verdict


class Upkeep:
    """Stands in for the checks."""

    def __init__(self, *verdicts: Any) -> None:
        self.verdicts = verdicts

    def doctor(self) -> list[Check]:
        return [Check(f"check {n}", verdict, "found", "do it") for n, verdict in enumerate(self.verdicts)]


@pytest.mark.parametrize(("verdicts", "code"), [(("ok", "warning", "not checked"), 0), (("ok", "problem"), 1), ((), 0)])
def test_exit_codes(verdicts: tuple[Any, ...], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(App, "upkeep", Upkeep(*verdicts))
    ran: Ran = Tool(write_project(tmp_path))("doctor")
    assert ran.code == code
    assert Tool(tmp_path)("--output", "json", "doctor").json == [
        {"check": f"check {n}", "verdict": verdict, "found": "found", "todo": "do it"}
        for n, verdict in enumerate(verdicts)
    ]


def test_the_policy_needs_no_aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: App) -> None:
        raise StepdeployError("no AWS here")

    monkeypatch.setattr(App, "aws", property(refuse))
    tool = Tool(write_project(tmp_path))
    document = tool.ok("doctor", "--policy").json
    assert document["Version"] == "2012-10-17" and document["Statement"]
    removing = [action for one in document["Statement"] for action in one["Action"] if action == "iam:DeleteRole"]
    assert removing == []
    assert "iam:DeleteRole" in tool.ok("doctor", "--policy", "--with-destroy").out
    assert [one for part in tool.ok("doctor", "--policy", "--split").json for one in part["Statement"]] == document[
        "Statement"
    ]
    assert tool("doctor", "--split").code == 2


def test_a_wrong_account_is_a_problem_and_exits_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: App) -> None:
        raise StepdeployError("the credentials belong to account 1, and environment dev is for 2", hint="Use another.")

    monkeypatch.setattr(App, "aws", property(refuse))
    ran = Tool(write_project(tmp_path))("doctor")
    assert ran.code == 1
    assert "credentials: Use another." in ran.out and "problem" in ran.out
