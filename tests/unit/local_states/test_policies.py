"""IAM's logic, as far as it is followed."""

from __future__ import annotations

from typing import Any

import pytest

from stepdeploy.local.states.policies import allows, allows_somewhere, trusts

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:charge"


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: Any, resource: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


@pytest.mark.parametrize(
    ("statement", "resource", "expected"),
    [
        (allow("lambda:InvokeFunction", FUNCTION), FUNCTION, True),
        (allow("lambda:InvokeFunction", FUNCTION), FUNCTION + ":7", False),
        (allow("lambda:InvokeFunction", [FUNCTION, FUNCTION + ":*"]), FUNCTION + ":7", True),
        (allow("lambda:invokefunction", FUNCTION), FUNCTION, True),
        (allow("lambda:Invoke*", "*"), FUNCTION, True),
        (allow("lambda:InvokeFunctio?", FUNCTION.replace("charge", "char??")), FUNCTION, True),
        (allow("lambda:InvokeFunction", FUNCTION.upper()), FUNCTION, False),
        (allow("lambda.InvokeFunction", FUNCTION), FUNCTION, False),
        (allow("sns:*", "*"), FUNCTION, False),
        (allow("*", "*", Condition={"StringEquals": {"aws:x": "y"}}), FUNCTION, True),
        ({"Effect": "Allow", "NotAction": "sns:*", "Resource": "*"}, FUNCTION, True),
        ({"Effect": "Allow", "Action": "*", "NotResource": FUNCTION}, FUNCTION, False),
    ],
)
def test_one_statement(statement: dict[str, Any], resource: str, expected: bool) -> None:
    assert allows([document(statement)], "lambda:InvokeFunction", resource) is expected


def test_a_deny_wins() -> None:
    deny = {"Effect": "Deny", "Action": "lambda:*", "Resource": FUNCTION + ":1"}
    documents = [document(allow("*", "*")), document(deny)]
    assert allows(documents, "lambda:InvokeFunction", FUNCTION)
    assert not allows(documents, "lambda:InvokeFunction", FUNCTION + ":1")


def test_a_single_statement_needs_no_list() -> None:
    assert allows([{"Statement": allow("*", "*")}], "a:B", "x")
    assert not allows([{}], "a:B", "x")


def test_somewhere() -> None:
    assert allows_somewhere([document(allow("ssm:Get*", "arn:x"))], "ssm:GetParameter")
    assert not allows_somewhere([document(allow("ssm:Get*", "arn:x"))], "ssm:PutParameter")
    deny = {"Effect": "Deny", "Action": "ssm:*", "Resource": "*"}
    assert not allows_somewhere([document(allow("*", "*"), deny)], "ssm:GetParameter")


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ({"Service": "states.amazonaws.com"}, True),
        ({"Service": ["lambda.amazonaws.com", "states.amazonaws.com"]}, True),
        ({"Service": "lambda.amazonaws.com"}, False),
        ({"AWS": "arn:aws:iam::1:root"}, False),
        ("*", True),
    ],
)
def test_trust(principal: Any, expected: bool) -> None:
    policy = document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})
    assert trusts(policy, "states.amazonaws.com") is expected
