"""IAM role with one inline policy, from `iam/<role>.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from stepdeploy.engine.changes import changes
from stepdeploy.engine.model import Actual, Aws, Call, Decision, JsonText
from stepdeploy.errors import NotFound
from stepdeploy.resources.base import Base, Tagging, tag_list, tag_map

TAGGING = Tagging("iam", "RoleName", "tag_role", "untag_role")

POLICY_NAME = "stepdeploy"


class Role(Base):
    """desired: trust (service principal, "lambda.amazonaws.com"), account, policy (document), tags."""

    kind = "role"

    def read(self, aws: Aws) -> Actual | None:
        try:
            role = aws.call("iam", "get_role", RoleName=self.name)["Role"]
        except NotFound:
            return None
        try:
            policy = aws.call("iam", "get_role_policy", RoleName=self.name, PolicyName=POLICY_NAME)["PolicyDocument"]
        except NotFound:
            policy = None
        view = {"trust": document(role["AssumeRolePolicyDocument"]), "policy": document(policy)}
        return Actual(tag_map(role.get("Tags", [])), view)

    def diff(self, actual: Actual | None, desired: Mapping[str, Any]) -> Decision:
        trust = trust_policy(desired["trust"], desired["account"])
        wanted = {"trust": trust, "policy": desired["policy"]}
        put_policy = Call(
            "iam",
            "put_role_policy",
            {"RoleName": self.name, "PolicyName": POLICY_NAME, "PolicyDocument": JsonText(desired["policy"])},
        )
        if actual is None:
            create = Call(
                "iam",
                "create_role",
                {
                    "RoleName": self.name,
                    "AssumeRolePolicyDocument": json.dumps(trust),
                    "Description": f"Made by stepdeploy for {self.key}",
                    "Tags": tag_list(desired["tags"]),
                },
            )
            return Decision((create, put_policy))
        calls: list[Call] = []
        if actual.view["trust"] != trust:
            calls.append(
                Call(
                    "iam",
                    "update_assume_role_policy",
                    {"RoleName": self.name, "PolicyDocument": json.dumps(trust)},
                )
            )
        if actual.view["policy"] != desired["policy"]:
            calls.append(put_policy)
        before_tags = actual.tags or {}
        calls += TAGGING.calls(self.name, before_tags, desired["tags"])
        return Decision(
            tuple(calls), changes({**actual.view, "tags": before_tags}, {**wanted, "tags": desired["tags"]})
        )

    def removal(self, aws: Aws) -> tuple[Call, ...]:
        policy = Call("iam", "delete_role_policy", {"RoleName": self.name, "PolicyName": POLICY_NAME})
        policies = aws.call("iam", "list_role_policies", RoleName=self.name)["PolicyNames"]
        role = Call("iam", "delete_role", {"RoleName": self.name})
        return (policy, role) if POLICY_NAME in policies else (role,)


def trust_policy(principal: str, account: str) -> dict[str, Any]:
    """Who may assume the role. Step Functions and EventBridge are held to our account, against the confused deputy
    (https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html,
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-iam-roles.html); Lambda sends no such key."""
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": principal},
        "Action": "sts:AssumeRole",
    }
    if principal.startswith(("states.", "events.")):
        statement["Condition"] = {"StringEquals": {"aws:SourceAccount": account}}
    return {"Version": "2012-10-17", "Statement": [statement]}


def document(value: Any) -> Any:
    """IAM gives documents as data (boto3 decodes them) or as URL-encoded text."""
    return json.loads(unquote(value)) if isinstance(value, str) else value
