"""What the tests of Step Functions do again and again, with resources of their own."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

ACCOUNT = "123456789012"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
WAIT = {"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 60, "End": True}}}
FAIL = {"StartAt": "A", "States": {"A": {"Type": "Fail", "Error": "Broken", "Cause": "because"}}}


class Account:
    """What the tests do again and again, with names of their own."""

    def __init__(self, clients: Callable[[str], Any]) -> None:
        self.aws = clients
        self.sfn = clients("stepfunctions")

    def role(self, *statements: dict[str, Any], trust: str = TRUST) -> str:
        iam, name = self.aws("iam"), unique()
        arn = str(iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"])
        if statements:
            self.grant(arn, *statements)
        return arn

    def grant(self, role: str, *statements: dict[str, Any]) -> None:
        """Give a role these permissions and no others."""
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        self.aws("iam").put_role_policy(RoleName=role.rsplit("/", 1)[1], PolicyName="p", PolicyDocument=document)

    def machine(self, definition: dict[str, Any] = PASS, **params: Any) -> str:
        params = {"name": unique(), "roleArn": params.pop("role", None) or self.role(EVERYTHING), **params}
        return str(self.sfn.create_state_machine(definition=json.dumps(definition), **params)["stateMachineArn"])

    def alias(self, name: str, *routes: tuple[str, int]) -> str:
        routing = [{"stateMachineVersionArn": arn, "weight": weight} for arn, weight in routes]
        created = self.sfn.create_state_machine_alias(name=name, routingConfiguration=routing)
        return str(created["stateMachineAliasArn"])

    def run(self, machine: str, input: Any = None, seconds: float = 20, **params: Any) -> dict[str, Any]:
        text = json.dumps({} if input is None else input)
        arn = self.sfn.start_execution(stateMachineArn=machine, input=text, **params)["executionArn"]
        return self.ended(arn, seconds)

    def ended(self, arn: str, seconds: float = 20) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while True:
            found: dict[str, Any] = self.sfn.describe_execution(executionArn=arn)
            if found["status"] != "RUNNING":
                return found
            assert time.monotonic() < deadline, f"{arn} is still running"
            time.sleep(0.02)

    def task(self, resource: str, parameters: Any, role: str | None = None, **fields: Any) -> dict[str, Any]:
        state = {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True, **fields}
        return self.run(self.machine({"StartAt": "T", "States": {"T": state}}, role=role))


def unique() -> str:
    return f"t-{uuid.uuid4().hex[:12]}"


def refused(code: str, call: Callable[..., Any], **params: Any) -> str:
    """The message of the error `code` that the call raises."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    return str(error["Message"])
