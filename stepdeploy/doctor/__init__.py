"""Checks of what a deploy needs and does not itself show: one file a group, each a pure judgement on what was read.

A check that cannot be made says so: the embedded AWS enforces no permissions of the caller, has this machine's own clock,
and writes no resource policies, so there these are not judged. docs/releases.md, Doctor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from stepdeploy.doctor import (
    clock,
    concurrency,
    logs_room,
    own_table,
    permissions,
    quotas,
    role_policies,
    runtimes,
    scope,
)
from stepdeploy.doctor.grants import Phase
from stepdeploy.doctor.model import Check, not_checked
from stepdeploy.doctor.policy import DEPLOY, Statement, statements
from stepdeploy.engine.model import Aws
from stepdeploy.errors import NotFound, StepdeployError
from stepdeploy.project import Project, roles
from stepdeploy.prune.reading import alias_arns, machine_versions

__all__ = ["Check", "Patient", "examine", "examine_without_aws", "least", "versions_check"]

CREDENTIALS = "credentials"
EMBEDDED = "the embedded AWS"


@dataclass(frozen=True)
class Patient:
    """What is examined. endpoint: of the embedded AWS, None for the real one. on_record: the inventory, address -> name:
    what has left the project and is still there counts, too."""

    aws: Aws
    project: Project
    endpoint: str | None
    on_record: Mapping[str, str]


Group = Callable[[Patient], list[Check]]


def examine(patient: Patient) -> list[Check]:
    """All checks, in order. A check that AWS refuses or cannot answer is reported as not made."""
    groups: Sequence[tuple[str, Group]] = (
        (CREDENTIALS, _identity),
        ("account", _account),
        (logs_room.NAME, _logs),
        ("quotas", _quotas),
        (own_table.NAME, _own_table),
    )
    with ThreadPoolExecutor(max_workers=len(groups), thread_name_prefix="doctor") as pool:
        found = list(pool.map(lambda group: _made(group[0], group[1], patient), groups))
    return [*(check for checks in found for check in checks), *_offline(patient.project)]


def examine_without_aws(project: Project, refusal: StepdeployError) -> list[Check]:
    """Where AWS cannot be asked at all: why, and what can be judged without it."""
    why = "AWS could not be asked"
    rest = (permissions.NAME, concurrency.NAME, quotas.STORAGE, logs_room.NAME, "quotas", own_table.NAME)
    return [
        Check(CREDENTIALS, "problem", refusal.message, refusal.hint or ""),
        clock.from_refusal(refusal.message) or not_checked(clock.NAME, why),
        *(not_checked(name, why) for name in rest),
        *_offline(project),
    ]


def _made(name: str, group: Group, patient: Patient) -> list[Check]:
    try:
        return group(patient)
    except StepdeployError as error:
        return [not_checked(name, error.message, error.hint or "")]


def _identity(patient: Patient) -> list[Check]:
    settings = patient.project.settings
    if patient.endpoint:
        where = f"{EMBEDDED} at {patient.endpoint}, region {settings.region}"
        return [
            Check(CREDENTIALS, "ok", f"{where}; it takes any credentials"),
            not_checked(clock.NAME, f"{EMBEDDED} has this machine's own clock"),
            not_checked(permissions.NAME, f"{EMBEDDED} allows its caller everything", permissions.LEAST),
        ]
    answer = patient.aws.call("sts", "get_caller_identity")
    now = datetime.now(UTC)
    found = f"{answer['Arn']} in account {answer['Account']}, region {settings.region}"
    return [
        _whose(str(answer["Arn"]), found),
        clock.check(answer, now),
        permissions.check(patient.aws, str(answer["Arn"]), least(patient.project, patient.on_record)),
    ]


def _whose(arn: str, found: str) -> Check:
    if arn.endswith(":root"):
        return Check(CREDENTIALS, "warning", found, f"Deploy as a role, not as root. {permissions.LEAST}")
    return Check(CREDENTIALS, "ok", found)


def least(project: Project, on_record: Mapping[str, str], phases: tuple[Phase, ...] = DEPLOY) -> list[Statement]:
    """The statements that a deployer of the project needs; on_record as in Patient."""
    return statements(project.place, {**on_record, **scope.wanted(project)}, scope.passed_roles(project), phases)


def _account(patient: Patient) -> list[Check]:
    project = patient.project
    settings = patient.aws.call("lambda", "get_account_settings")
    functions = project.settings.functions.items()
    wanted = {project.name("function", key): function.reserved_concurrency for key, function in functions}
    reserved = concurrency.check(patient.aws, settings, wanted)
    if patient.endpoint:
        return [reserved, not_checked(quotas.STORAGE, f"{EMBEDDED} stores what the disk holds")]
    return [reserved, quotas.storage(settings)]


def _logs(patient: Patient) -> list[Check]:
    if patient.endpoint:
        return [not_checked(logs_room.NAME, f"{EMBEDDED} lets every machine write its log")]
    settings = patient.project.settings
    logging = [key for key, machine in settings.state_machines.items() if machine.log_level != "OFF"]
    return [logs_room.check(patient.aws, [settings.log_group_name("state_machine", key) for key in logging])]


def _quotas(patient: Patient) -> list[Check]:
    project = patient.project
    checks = []
    for key in project.settings.state_machines:
        name, arn = project.name("state_machine", key), project.arn("state_machine", key)
        try:
            checks.append(quotas.versions(name, len(machine_versions(patient.aws, arn))))
            checks.append(quotas.aliases(name, len(alias_arns(patient.aws, arn))))
        except NotFound:
            checks.append(Check(f"versions of {name}", "ok", "it is not deployed"))
    return checks


def _own_table(patient: Patient) -> list[Check]:
    return [own_table.check(patient.aws, patient.project.settings.ledger_table, datetime.now(UTC).timestamp())]


def _offline(project: Project) -> list[Check]:
    """What the project's files alone tell."""
    policies = {role.name: role.desired["policy"] for role in roles.roles(project)}
    today = datetime.now(UTC).date()
    return [runtimes.judge(project.settings.runtime, today), role_policies.judge(policies)]


def versions_check(aws: Aws, machine: str, arn: str, newest: int) -> Check | None:
    """What to say beside a list of versions: a warning or problem, or None. newest: the greatest number; numbers are
    never used twice, so there are at most as many versions, and below the limit nothing is read."""
    if not quotas.near(newest, quotas.MOST_VERSIONS):
        return None
    check = quotas.versions(machine, len(machine_versions(aws, arn)))
    return None if check.verdict == "ok" else check
