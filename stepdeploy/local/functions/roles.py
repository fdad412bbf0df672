"""Execution roles: they must exist, and trust Lambda."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from botocore.exceptions import ClientError

from stepdeploy.local.functions.errors import invalid
from stepdeploy.local.wire import ApiError
from stepdeploy.local.world import World

SERVICE = "lambda.amazonaws.com"


def check_role(world: World, arn: str, account: str) -> None:
    """Raises ApiError where Lambda could not assume the role (missing, or its trust policy leaves Lambda out).

    AWS answers the same words for some seconds after a role was made (aws-facts: IAM is eventually consistent).
    """
    if arn.split(":")[4] != account:
        raise ApiError("AccessDeniedException", "Cross-account pass role is not allowed.", 403)
    try:
        role = world.client("iam").get_role(RoleName=arn.rsplit("/", 1)[-1])["Role"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchEntity":
            raise
        role = {}
    if role.get("Arn") != arn or not trusts_lambda(role.get("AssumeRolePolicyDocument", {})):
        raise invalid("The role defined for the function cannot be assumed by Lambda.")


def trusts_lambda(document: dict[str, Any] | str) -> bool:
    """True where some statement of a trust policy lets Lambda assume the role."""
    policy = json.loads(unquote(document)) if isinstance(document, str) else document
    return any(_allows(statement) for statement in _listed(policy.get("Statement", [])))


def _allows(statement: dict[str, Any]) -> bool:
    actions = {str(action).lower() for action in _listed(statement.get("Action", []))}
    principal = statement.get("Principal", {})
    services = _listed(principal.get("Service", [])) if isinstance(principal, dict) else []
    may_assume = bool(actions & {"sts:assumerole", "sts:*", "*"})
    return statement.get("Effect") == "Allow" and may_assume and (SERVICE in services or principal == "*")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
