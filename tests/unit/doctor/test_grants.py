"""The table of grants is neither short of an action that the code asks for, nor longer."""

from __future__ import annotations

from pathlib import Path

import pytest

from stepdeploy.doctor.grants import GRANTS, grants
from stepdeploy.resources.recorded import KINDS, WIRING
from tests.unit.doctor.calls_in_code import ROOT, actions_in

RESOURCES = ROOT / "stepdeploy" / "resources"
FILES = {"alias": "machine_alias"}
"""Kind -> its file, where that is named otherwise."""
HELPERS = {"warm_up": {"permission"}, "function": {"permission", "provisioned"}}
"""Kind -> files whose helpers it calls, or prune does for it."""

BY_THEMSELVES = {
    "function": {
        # settling.py waits until the function is active.
        "lambda:GetFunctionConfiguration",
    },
    "provisioned": {"lambda:GetProvisionedConcurrencyConfig"},
    "event_source": {"lambda:GetEventSourceMapping"},
    # A failed smoke case shows its steps (executions.py).
    "alias": {"states:GetExecutionHistory"},
}
"""What a kind needs although its file does not call it: mostly, since the session waits for it (aws/settling.py)."""

OPERATING = {"app.py", "batch.py", "batches.py", "executions.py", "intake.py", "logs.py", "cost"}
"""Files and folders of commands that look at runs and start them: whoever does that need not be a deployer."""
OTHER_SIDE = {"local", "interpreter", "asl"}
"""The embedded AWS, and what calls nothing."""


def actions_of(kind: str) -> set[str]:
    return {action for grant in GRANTS if grant.kind == kind for action in grant.actions}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_kind_may_do_all_that_its_file_calls(kind: str) -> None:
    asked = actions_in({RESOURCES / f"{FILES.get(kind, kind)}.py"})
    missing = {action: sorted(files) for action, files in asked.items() if action not in actions_of(kind)}
    assert missing == {}, "add them to stepdeploy/doctor/grants.py"


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_kind_may_do_nothing_that_nobody_calls(kind: str) -> None:
    names = {FILES.get(kind, kind), *HELPERS.get(kind, ())}
    asked = set(actions_in({RESOURCES / f"{name}.py" for name in names})) | BY_THEMSELVES.get(kind, set())
    # What prune, doctor, gradual releases, smoke cases and the ledger do with a resource stands in their own files.
    asked |= set(actions_in(deploy_side() - set(RESOURCES.glob("*.py"))))
    assert sorted(actions_of(kind) - asked) == [], "take them out of stepdeploy/doctor/grants.py"


def deploy_side() -> set[Path]:
    """The files of all commands that a deployer needs."""
    package = ROOT / "stepdeploy"
    return {path for path in package.rglob("*.py") if path.relative_to(package).parts[0] not in OPERATING | OTHER_SIDE}


def test_whatever_a_deployer_command_calls_is_granted() -> None:
    granted = {action for grant in GRANTS for action in grant.actions}
    asked = actions_in(deploy_side())
    missing = {action: sorted(files) for action, files in asked.items() if action not in granted}
    # doctor's own question, which it does without where it is denied.
    missing.pop("iam:SimulatePrincipalPolicy", None)
    assert missing == {}, "add them to stepdeploy/doctor/grants.py, or their file to OPERATING here"


def test_the_reader_of_code_finds_calls_of_every_form() -> None:
    """The test above is worth what it finds: a literal call, a page, a name in a variable, a helper, a Tagging."""
    asked = actions_in({RESOURCES / "bucket.py", RESOURCES / "invoke_config.py", RESOURCES / "topic.py"})
    assert {"s3:PutEncryptionConfiguration", "s3:ListBucketVersions", "s3:DeleteObjectVersion"} <= asked.keys()
    assert {"lambda:PutFunctionEventInvokeConfig", "lambda:UpdateFunctionEventInvokeConfig"} <= asked.keys()
    assert {"sns:TagResource", "sns:UntagResource", "sns:ListSubscriptionsByTopic"} <= asked.keys()


def test_what_leaves_a_project_is_removed_by_a_deploy_and_the_rest_only_by_destroy() -> None:
    wiring = {kind.kind for kind in WIRING}
    by_deploy = {kind: {action for grant in grants(kind, ("write",)) for action in grant.actions} for kind in KINDS}

    def deletes(kind: str) -> bool:
        return any(action.split(":")[1].startswith(("Delete", "Remove", "Unsubscribe")) for action in by_deploy[kind])

    assert {kind for kind in KINDS if deletes(kind)} - {"function"} == wiring
    assert "lambda:DeleteFunction" not in by_deploy["function"]
