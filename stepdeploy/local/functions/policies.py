"""Resource policies: who besides the account may invoke a function.

https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html. They are kept and shown; the embedded
AWS lets everybody invoke.
"""

from __future__ import annotations

import json
import re
from typing import Any

from stepdeploy.local.functions.control import Control, Operation, check_revision, resolve
from stepdeploy.local.functions.errors import conflict, constraint, invalid, not_found
from stepdeploy.local.functions.model import Function
from stepdeploy.local.functions.names import LATEST, Target
from stepdeploy.local.wire import ApiCall

_CONDITIONS = {
    "SourceArn": ("ArnLike", "AWS:SourceArn"),
    "SourceAccount": ("StringEquals", "AWS:SourceAccount"),
    "PrincipalOrgID": ("StringEquals", "aws:PrincipalOrgID"),
    "EventSourceToken": ("StringEquals", "lambda:EventSourceToken"),
    "FunctionUrlAuthType": ("StringEquals", "lambda:FunctionUrlAuthType"),
}


def _principal(text: str, partition: str) -> str | dict[str, str]:
    if text == "*":
        return "*"
    if re.fullmatch(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?", text):
        return {"Service": text}
    if re.fullmatch(r"\d{12}", text):
        return {"AWS": f"arn:{partition}:iam::{text}:root"}
    if re.fullmatch(r"arn:aws[a-z-]*:iam::.+", text):
        return {"AWS": text}
    raise invalid("The provided principal was invalid. Please check the principal and try again.")


def statement(params: dict[str, Any], resource: str, partition: str) -> dict[str, Any]:
    """The policy statement that an AddPermission request stands for."""
    made: dict[str, Any] = {
        "Sid": params["StatementId"],
        "Effect": "Allow",
        "Principal": _principal(params["Principal"], partition),
        "Action": params["Action"],
        "Resource": resource,
    }
    condition: dict[str, dict[str, str]] = {}
    for name, (operator, key) in _CONDITIONS.items():
        if params.get(name):
            condition.setdefault(operator, {})[key] = params[name]
    if condition:
        made["Condition"] = condition
    return made


def _check_revision(control: Control, function: Function, target: Target, wanted: str | None) -> None:
    """Raises ApiError where the caller's RevisionId is not that of the alias or version."""
    alias = function.aliases.get(target.qualifier or "")
    if alias is not None:
        check_revision(wanted, alias.revision)
    else:
        control.check_version_revision(wanted, resolve(function, target))


def _revision(control: Control, function: Function, target: Target) -> str:
    """The RevisionId that guards the policy: that of the alias, or of the version."""
    alias = function.aliases.get(target.qualifier or "")
    return alias.revision if alias else resolve(function, target).revision_at(control.world.now())


def add_permission(control: Control, call: ApiCall) -> dict[str, Any]:
    """AddPermission."""
    params = call.params
    sid = params["StatementId"]
    if not re.fullmatch(r"[a-zA-Z0-9-_]{1,100}", sid):
        raise constraint(sid, "statementId", "Member must satisfy regular expression pattern: ([a-zA-Z0-9-_]+)")
    if not re.fullmatch(r"lambda:[*]|lambda:[a-zA-Z]+|[*]", params["Action"]):
        raise constraint(
            params["Action"],
            "action",
            "Member must satisfy regular expression pattern: (lambda:[*]|lambda:[a-zA-Z]+|[*])",
        )
    with control.store.lock:
        target, function = control.function(call)
        if target.qualifier == LATEST:
            raise invalid("We currently do not support adding policies for $LATEST.")
        _check_revision(control, function, target, params.get("RevisionId"))
        added = statement(params, target.qualified_arn, target.place.partition)
        statements = function.policies.setdefault(target.qualifier or LATEST, [])
        if any(one["Sid"] == sid for one in statements):
            raise conflict(
                f"The statement id ({sid}) provided already exists. "
                "Please provide a new statement id, or remove the existing statement."
            )
        statements.append(added)
    return {"Statement": json.dumps(added, separators=(",", ":"))}


def remove_permission(control: Control, call: ApiCall) -> dict[str, Any]:
    """RemovePermission."""
    sid = call.params["StatementId"]
    with control.store.lock:
        target, function = control.function(call)
        key = target.qualifier or LATEST
        if not function.policies.get(key):
            raise not_found("No policy is associated with the given resource.")
        kept = [one for one in function.policies[key] if one["Sid"] != sid]
        if len(kept) == len(function.policies[key]):
            raise not_found(f"Statement {sid} is not found in resource policy.")
        _check_revision(control, function, target, call.params.get("RevisionId"))
        function.policies[key] = kept
    return {}


def get_policy(control: Control, call: ApiCall) -> dict[str, Any]:
    """GetPolicy."""
    with control.store.lock:
        target, function = control.function(call)
        statements = function.policies.get(target.qualifier or LATEST)
        if not statements:
            raise not_found("The resource you requested does not exist.")
        document = {"Version": "2012-10-17", "Id": "default", "Statement": statements}
        return {
            "Policy": json.dumps(document, separators=(",", ":")),
            "RevisionId": _revision(control, function, target),
        }


WRITES: dict[str, Operation] = {"AddPermission": add_permission, "RemovePermission": remove_permission}
READS: dict[str, Operation] = {"GetPolicy": get_policy}
