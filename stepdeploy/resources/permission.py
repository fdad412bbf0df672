"""One statement of a function's resource policy: which topic, rule or bucket may invoke it.

https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html. A statement cannot be changed, so a wrong
one is removed and added again. Two calls at once on one function's policy may lose a statement (terraform-provider-aws
holds a lock for each function because of that), so the project lets permissions of one function wait for one another.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from stepdeploy.engine.changes import changes
from stepdeploy.engine.model import Actual, Aws, Call, Decision
from stepdeploy.errors import NotFound
from stepdeploy.resources.base import Base

SID_LIMIT = 100
"""Characters (https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html)."""
FACTS = ("principal", "source_arn", "source_account")


class Permission(Base):
    """desired: principal ("sns.amazonaws.com"), source_arn, source_account (only where the source's ARN holds no account,
    as a bucket's does; else None). `name` is `<function>:<statement id>`. Statements bear no tags; the id starts with
    `stepdeploy-`."""

    kind = "permission"

    @property
    def function(self) -> str:
        return self.name.partition(":")[0]

    @property
    def sid(self) -> str:
        return self.name.partition(":")[2]

    def read(self, aws: Aws) -> Actual | None:
        found = statements(aws, self.function).get(self.sid)
        return None if found is None else Actual(None, _view(found))

    def diff(self, actual: Actual | None, desired: Mapping[str, Any]) -> Decision:
        params = {
            "FunctionName": self.function,
            "StatementId": self.sid,
            "Action": "lambda:InvokeFunction",
            "Principal": desired["principal"],
            "SourceArn": desired["source_arn"],
        }
        if desired["source_account"]:
            params["SourceAccount"] = desired["source_account"]
        add = Call("lambda", "add_permission", params)
        if actual is None:
            return Decision((add,))
        wanted = {**{name: desired[name] for name in FACTS}, "action": "lambda:InvokeFunction", "alone": True}
        found = changes(actual.view, wanted)
        return Decision((self._remove(), add) if found else (), found)

    def removal(self, aws: Aws) -> tuple[Call, ...]:
        return (self._remove(),)

    def _remove(self) -> Call:
        return Call("lambda", "remove_permission", {"FunctionName": self.function, "StatementId": self.sid})


def sid_of(key: str) -> str:
    """`stepdeploy-<key>`; a key that is too long ends in a digest of itself."""
    sid = f"stepdeploy-{key}"
    return sid if len(sid) <= SID_LIMIT else f"{sid[: SID_LIMIT - 9]}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"


def statements(aws: Aws, function: str, version: str | None = None) -> dict[str, Mapping[str, Any]]:
    """Statement id -> statement, of a function's policy or of that of one version; {} where there is none."""
    qualifier = {"Qualifier": version} if version else {}
    try:
        policy = json.loads(aws.call("lambda", "get_policy", FunctionName=function, **qualifier)["Policy"])
    except NotFound:
        return {}
    return {statement.get("Sid", ""): statement for statement in policy["Statement"]}


def _view(statement: Mapping[str, Any]) -> dict[str, Any]:
    """A statement in our words. alone: it asks for nothing but source and account."""
    asked = {name.lower(): value for test in statement.get("Condition", {}).values() for name, value in test.items()}
    principal = statement["Principal"]
    return {
        "principal": principal.get("Service") if isinstance(principal, dict) else principal,
        "source_arn": asked.pop("aws:sourcearn", None),
        "source_account": asked.pop("aws:sourceaccount", None),
        "action": statement["Action"],
        "alone": not asked,
    }
