"""Whether the caller may do what a deploy of this project needs, asked of IAM's own simulator.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html. It judges the caller's policies and its
permissions boundary; policies of resources and session policies it does not know.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from stepdeploy.doctor.model import Check, not_checked
from stepdeploy.doctor.policy import Statement
from stepdeploy.engine.model import Aws
from stepdeploy.errors import AccessDenied, NotFound

NAME = "permissions"
SHOWN = 8
"""Refusals that are named one by one."""
WORKERS = 4
LEAST = "`doctor --policy` prints what a deployer needs."


class Answer(NamedTuple):
    """How IAM would decide. decision: "allowed", "implicitDeny" or "explicitDeny". missing: condition keys that it would
    have needed to know."""

    action: str
    resource: str
    decision: str
    missing: tuple[str, ...] = ()


class Caller(NamedTuple):
    """principal: the ARN whose policies are judged, None where there is none. why: why not."""

    principal: str | None
    why: str = ""


def check(aws: Aws, caller_arn: str, needed: Sequence[Statement]) -> Check:
    """Ask IAM for each statement of the least policy, and judge its answers."""
    try:
        caller = principal(aws, caller_arn)
        if caller.principal is None:
            return not_checked(NAME, caller.why, LEAST)
        with ThreadPoolExecutor(max_workers=WORKERS, thread_name_prefix="simulate") as pool:
            found = list(pool.map(lambda one: list(ask(aws, str(caller.principal), one)), needed))
    except AccessDenied as error:
        why = f"the caller may not ask IAM: {error.operation or 'iam:SimulatePrincipalPolicy'} is denied"
        return not_checked(NAME, why, f"Allow it for {caller_arn}, or compare by hand. {LEAST}")
    return judge([answer for answers in found for answer in answers])


def principal(aws: Aws, caller_arn: str) -> Caller:
    """The user or role behind the caller's ARN (sts:GetCallerIdentity). A session of a role does not show the role's path,
    so the role is asked for."""
    if caller_arn.endswith(":root"):
        why = "the caller is the account's root user, whom IAM does not judge; deploy as a role with the least policy"
        return Caller(None, why)
    if ":federated-user/" in caller_arn:
        return Caller(None, "the caller is a federated user, which IAM's simulator does not know")
    session = re.fullmatch(r"arn:[\w-]+:sts::\d+:assumed-role/([^/]+)/.+", caller_arn)
    if session is None:
        return Caller(caller_arn)
    try:
        return Caller(aws.call("iam", "get_role", RoleName=session[1])["Role"]["Arn"])
    except NotFound:
        return Caller(None, f"the role {session[1]} of the caller is not in this account")


def ask(aws: Aws, who: str, statement: Statement) -> Iterator[Answer]:
    """IAM's answers on one statement."""
    resources = [sample(arn) for arn in statement["Resource"]]
    results = aws.pages(
        "iam", "simulate_principal_policy", "EvaluationResults", PolicySourceArn=who,
        ActionNames=list(statement["Action"]), ResourceArns=resources, ContextEntries=_context(statement),
    )  # fmt: skip
    for result in results:
        action, missing = result["EvalActionName"], tuple(result.get("MissingContextValues", ()))
        specific = result.get("ResourceSpecificResults") or []
        for one in specific:
            also = tuple(one.get("MissingContextValues", ()))
            yield Answer(action, one["EvalResourceName"], one["EvalResourceDecision"], (*missing, *also))
        if not specific:
            yield Answer(action, result.get("EvalResourceName", "*"), result["EvalDecision"], missing)


def sample(arn: str) -> str:
    """A pattern of the least policy as one resource that it stands for; `*` alone, and all alarms, are asked as they are."""
    return arn if arn == "*" or ":alarm:" in arn else arn.replace("*", "1")


def _context(statement: Statement) -> list[dict[str, Any]]:
    """The condition that a role is passed to its service."""
    asked: Mapping[str, str] = statement.get("Condition", {}).get("StringEquals", {})
    return [
        {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"} for key, value in asked.items()
    ]


def judge(answers: Sequence[Answer]) -> Check:
    """Pure. A refusal that hangs on a condition whose value IAM was not told is no proof."""
    denied = [answer for answer in answers if answer.decision != "allowed"]
    certain = [answer for answer in denied if not answer.missing]
    if certain:
        return Check(
            NAME, "problem", f"{_listed(certain)}, which a deploy, rollback or prune needs", f"Allow it. {LEAST}"
        )
    if denied:
        keys = ", ".join(sorted({key for answer in denied for key in answer.missing}))
        found = f"{_listed(denied)}, unless conditions on {keys} hold, which the simulator was not told"
        return Check(NAME, "warning", found, f"Look at these conditions. {LEAST}")
    count = len({answer.action for answer in answers})
    return Check(
        NAME, "ok", f"IAM allows the {count} actions of deploy, rollback and prune on this project's resources"
    )


def _listed(denied: Sequence[Answer]) -> str:
    """`lambda:CreateFunction on Greet-local, Other-local; ... are not allowed`."""
    by_action: dict[str, list[str]] = {}
    for answer in denied:
        by_action.setdefault(answer.action, []).append(answer.resource.rpartition(":")[2] or answer.resource)
    shown = [
        f"{action} on {names[0]}{f' and {len(names) - 1} more' if len(names) > 1 else ''}"
        for action, names in list(by_action.items())[:SHOWN]
    ]
    more = f" and {len(by_action) - SHOWN} more actions" if len(by_action) > SHOWN else ""
    return f"not allowed: {'; '.join(shown)}{more}"
