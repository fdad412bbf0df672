"""Which requests are journalled."""

from __future__ import annotations

import pytest

from stepdeploy.local.moto_services import is_missing, operation_of, writes
from stepdeploy.local.wire import HttpRequest


def json_request(target: str) -> HttpRequest:
    return HttpRequest("POST", "/", [("X-Amz-Target", target)], b"{}")


def query_request(action: str) -> HttpRequest:
    form = ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
    return HttpRequest("POST", "/", [form], f"Version=1&Action={action}".encode())


def cbor_request(operation: str) -> HttpRequest:
    return HttpRequest("POST", f"/service/GraniteServiceVersion20100801/operation/{operation}")


@pytest.mark.parametrize(
    ("service", "request_", "expected"),
    [
        ("dynamodb", json_request("DynamoDB_20120810.PutItem"), True),
        ("dynamodb", json_request("DynamoDB_20120810.TransactWriteItems"), True),
        ("dynamodb", json_request("DynamoDB_20120810.GetItem"), False),
        ("dynamodb", json_request("DynamoDB_20120810.BatchGetItem"), False),
        ("dynamodb", json_request("DynamoDB_20120810.Query"), False),
        ("logs", json_request("Logs_20140328.PutLogEvents"), True),
        ("logs", json_request("Logs_20140328.FilterLogEvents"), False),
        ("logs", json_request("Logs_20140328.StartQuery"), False),
        ("sqs", json_request("AmazonSQS.CreateQueue"), True),
        ("sqs", json_request("AmazonSQS.SendMessage"), False),
        ("sqs", json_request("AmazonSQS.ReceiveMessage"), False),
        ("sns", query_request("Subscribe"), True),
        ("sns", query_request("Publish"), False),
        ("iam", query_request("CreateRole"), True),
        ("iam", query_request("GetRole"), False),
        ("sts", query_request("AssumeRole"), False),
        ("sts", query_request("GetCallerIdentity"), False),
        ("monitoring", cbor_request("PutMetricAlarm"), True),
        ("monitoring", cbor_request("PutMetricData"), False),
        ("monitoring", cbor_request("SetAlarmState"), True),
        ("kms", json_request("TrentService.Decrypt"), False),
        ("kms", json_request("TrentService.CreateKey"), True),
        ("s3", HttpRequest("PUT", "/b/k"), True),
        ("s3", HttpRequest("DELETE", "/b/k"), True),
        ("s3", HttpRequest("POST", "/b?delete"), True),
        ("s3", HttpRequest("POST", "/b/k?select&select-type=2"), False),
        ("s3", HttpRequest("GET", "/b/k"), False),
        ("s3", HttpRequest("HEAD", "/b/k"), False),
        ("scheduler", HttpRequest("POST", "/schedules/n"), True),
        ("scheduler", HttpRequest("GET", "/schedules/n"), False),
    ],
)
def test_what_is_kept(service: str, request_: HttpRequest, expected: bool) -> None:
    assert writes(service, request_) is expected


@pytest.mark.parametrize(
    ("request_", "operation"),
    [
        (json_request("Logs_20140328.PutLogEvents"), "PutLogEvents"),
        (query_request("CreateRole"), "CreateRole"),
        (cbor_request("PutMetricData"), "PutMetricData"),
        (HttpRequest("PUT", "/b/k?tagging&x=1"), "PUT /b/k?tagging"),
        (HttpRequest("GET", "/b"), "GET /b"),
    ],
)
def test_operation_of(request_: HttpRequest, operation: str) -> None:
    assert operation_of(request_) == operation


@pytest.mark.parametrize(
    ("service", "target", "missing"),
    [
        ("s3", "/b?metrics&id=x", True),
        ("s3", "/b?requestPayment", True),
        ("s3", "/b/metrics", False),
        ("s3", "/b?tagging", False),
        ("logs", "/?metrics", False),
    ],
)
def test_s3_subresources_that_moto_overlooks(service: str, target: str, missing: bool) -> None:
    assert is_missing(service, HttpRequest("GET", target)) is missing
