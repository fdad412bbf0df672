"""scripts/aws_proxy: calls are named as CloudTrail names them, counted, delayed, and may be answered in AWS's place."""

from __future__ import annotations

import io
import sys
import time
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError

from stepdeploy.local.wire import HttpRequest, HttpResponse
from tests.conftest import ROOT

sys.path.insert(0, str(ROOT / "scripts"))
from aws_operations import Operation, operation_of
from aws_proxy import Lost, Seen, counts, forward_to, proxying, serial_levels, summary

MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:M"
KEY = {"pk": {"S": "inventory"}, "sk": {"S": "lock"}}
RECORD = {"pk": {"S": "machine:m"}, "sk": {"S": "2027-01-02T03:04:05.678Z#0123abcd"}}


def client(service: str, endpoint: str = "http://127.0.0.1:1", attempts: int = 1) -> Any:
    config = Config(retries={"total_max_attempts": attempts}, s3={"addressing_style": "path"}, inject_host_prefix=False)
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "y"}
    return boto3.client(service, endpoint_url=endpoint, region_name="eu-west-1", config=config, **keys)


def request_of(service: str, operation: str, params: dict[str, Any]) -> HttpRequest:
    """What boto3 would send."""
    caught: list[HttpRequest] = []

    def catch(request: Any, **_: Any) -> None:
        path = request.url.removeprefix("http://127.0.0.1:1")
        headers = [(k, v.decode() if isinstance(v, bytes) else v) for k, v in request.headers.items()]
        body = request.body.read() if isinstance(request.body, io.IOBase) else request.body
        caught.append(
            HttpRequest(request.method, path, headers, body.encode() if isinstance(body, str) else body or b"")
        )
        raise KeyboardInterrupt

    one = client(service)
    one.meta.events.register("before-send", catch)
    with pytest.raises(KeyboardInterrupt):
        getattr(one, operation)(**params)
    return caught[0]


@pytest.mark.parametrize(
    ("service", "operation", "params", "label", "resource", "writes"),
    [
        ("iam", "get_role", {"RoleName": "R"}, "iam:GetRole", "R", False),
        ("iam", "put_role_policy", {"RoleName": "R", "PolicyName": "p", "PolicyDocument": "{}"},
         "iam:PutRolePolicy", "R p", True),
        ("lambda", "create_function", {"FunctionName": "F", "Role": "arn:aws:iam::123456789012:role/R", "Code": {"ZipFile": b"z"}},
         "lambda:CreateFunction", "F", True),
        ("lambda", "publish_version", {"FunctionName": "F"}, "lambda:PublishVersion", "F", True),
        ("lambda", "remove_permission", {"FunctionName": "F", "StatementId": "s"}, "lambda:RemovePermission", "F s", True),
        ("lambda", "list_layer_versions", {"LayerName": "L"}, "lambda:ListLayerVersions", "L", False),
        ("stepfunctions", "update_state_machine_alias",
         {"stateMachineAliasArn": f"{MACHINE}:live",
          "routingConfiguration": [{"stateMachineVersionArn": f"{MACHINE}:2", "weight": 100}]},
         "stepfunctions:UpdateStateMachineAlias", "stateMachine:M:live stateMachine:M:2", True),
        ("s3", "create_bucket", {"Bucket": "b"}, "s3:CreateBucket", "b", True),
        ("s3", "put_bucket_lifecycle_configuration", {"Bucket": "b", "LifecycleConfiguration": {"Rules": []}},
         "s3:PutBucketLifecycleConfiguration", "b", True),
        ("s3", "put_bucket_notification_configuration", {"Bucket": "b", "NotificationConfiguration": {}},
         "s3:PutBucketNotificationConfiguration", "b", True),
        ("s3", "head_bucket", {"Bucket": "b"}, "s3:HeadBucket", "b", False),
        ("s3", "put_object", {"Bucket": "b", "Key": "k/x", "Body": b"1"}, "s3:PutObject", "b k/x", True),
        ("sqs", "create_queue", {"QueueName": "q"}, "sqs:CreateQueue", "q", True),
        ("sqs", "get_queue_attributes", {"QueueUrl": "http://127.0.0.1:1/123456789012/q"}, "sqs:GetQueueAttributes", "q", False),
        ("sns", "subscribe", {"TopicArn": "arn:aws:sns:eu-west-1:123456789012:T", "Protocol": "email", "Endpoint": "a@b.c"},
         "sns:Subscribe", "T a@b.c", True),
        ("cloudwatch", "put_metric_alarm",
         {"AlarmName": "A" * 30, "EvaluationPeriods": 1, "ComparisonOperator": "GreaterThanThreshold"},
         "cloudwatch:PutMetricAlarm", "A" * 30, True),
        ("cloudwatch", "get_dashboard", {"DashboardName": "D"}, "cloudwatch:GetDashboard", "D", False),
        ("events", "put_targets", {"Rule": "r", "Targets": [{"Id": "1", "Arn": MACHINE}]}, "events:PutTargets", "r", True),
        ("logs", "put_retention_policy", {"logGroupName": "/aws/lambda/F", "retentionInDays": 1},
         "logs:PutRetentionPolicy", "/aws/lambda/F", True),
        ("dynamodb", "put_item", {"TableName": "t", "Item": KEY}, "dynamodb:PutItem", "t inventory lock", True),
        ("dynamodb", "put_item", {"TableName": "t", "Item": RECORD}, "dynamodb:PutItem", "t machine:m *", True),
        ("dynamodb", "transact_write_items", {"TransactItems": [{"Put": {"TableName": "t", "Item": RECORD}}]},
         "dynamodb:TransactWriteItems", "machine:m *", True),
        ("sts", "get_caller_identity", {}, "sts:GetCallerIdentity", "", False),
    ],
)  # fmt: skip
def test_a_request_is_named(
    service: str, operation: str, params: dict[str, Any], label: str, resource: str, writes: bool
) -> None:
    found = operation_of(request_of(service, operation, params))
    assert (found.label, found.resource, found.writes) == (label, resource, writes)


def answer(request: HttpRequest) -> HttpResponse:
    """IAM, to whom nobody is known."""
    return HttpResponse(
        404, {"Content-Type": "text/xml"}, b"<ErrorResponse><Error><Code>NoSuchEntity</Code></Error></ErrorResponse>"
    )


def test_calls_are_delayed_and_counted() -> None:
    with proxying(answer, delay=0.03) as inner, proxying(forward_to(inner.endpoint)) as outer:
        iam = client("iam", outer.endpoint)
        for name in ("A", "B", "A"):
            with pytest.raises(iam.exceptions.NoSuchEntityException):
                iam.get_role(RoleName=name)
        calls = outer.calls()
        assert [seen.identity for seen in calls] == ["iam:GetRole A #1", "iam:GetRole B #1", "iam:GetRole A #2"]
        assert [seen.identity for seen in inner.calls()] == [seen.identity for seen in calls]
        assert all(seen.end - seen.start >= 0.03 and seen.status == 404 for seen in calls)
        assert summary(calls) == {
            "calls": 3, "writes": 0, "serial_levels": 3, "by_operation": {"iam:GetRole": 3},
        }  # fmt: skip
        outer.forget()
        assert counts(outer.calls()) == {}


def test_an_answer_can_be_lost() -> None:
    """The connection is closed; a client that tries again gets the answer then."""

    def lose_first(seen: Seen, ask: Any) -> HttpResponse:
        if seen.nth == 1:
            raise Lost
        return ask()

    with proxying(answer, meddle=lose_first) as proxy:
        with pytest.raises(ConnectionClosedError):
            client("iam", proxy.endpoint).get_role(RoleName="A")
        iam = client("iam", proxy.endpoint, attempts=2)
        with pytest.raises(iam.exceptions.NoSuchEntityException):
            iam.get_role(RoleName="A")
        assert [seen.status for seen in proxy.calls()] == [0, 404]


@pytest.mark.parametrize(
    ("spans", "levels"),
    [
        ([], 0),
        ([(0, 1)], 1),
        ([(0, 1), (0, 1), (0, 1)], 1),
        ([(0, 1), (1, 2), (2, 3)], 3),
        ([(0, 3), (0, 1), (1, 2), (2, 3)], 3),
        ([(0, 2), (1, 3), (2, 4), (3, 5)], 2),
    ],
)
def test_levels_are_the_longest_chain_of_calls(spans: list[tuple[float, float]], levels: int) -> None:
    began = time.monotonic()
    calls = [
        Seen(Operation("iam", "GetRole", "", {}), 1, HttpRequest("POST", "/"), began + start, began + end)
        for start, end in spans
    ]
    assert serial_levels(calls) == levels
