"""Requests in, answers out, as botocore writes and reads them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.parsers import create_parser

from stepdeploy.local import wire
from stepdeploy.local.wire import ApiCall, ApiError, HttpRequest, HttpResponse

AT = datetime(2026, 5, 4, 3, 2, 1, 123000, UTC)


def parse(service: str, request: HttpRequest) -> ApiCall:
    return wire.parse(service, request, region="us-east-1", account="123456789012", request_id="id")


def json_request(operation: str, body: Any) -> HttpRequest:
    target = ("X-Amz-Target", f"AWSStepFunctions.{operation}")
    return HttpRequest("POST", "/", [target], body if isinstance(body, bytes) else json.dumps(body).encode())


def read_back(service: str, operation: str, response: HttpResponse) -> Any:
    """The answer as botocore understands it."""
    model = wire.service_model(service)
    parser = create_parser(model.protocol)
    data = {"status_code": response.status, "headers": lower(response.headers), "body": response.body}
    return parser.parse(data, model.operation_model(operation).output_shape)


def lower(headers: dict[str, str]) -> Any:
    from botocore.awsrequest import HeadersDict

    return HeadersDict(headers)


def call(service: str, operation: str) -> ApiCall:
    return ApiCall(service, operation, {}, "us-east-1", "123456789012", "id")


def test_json_operation() -> None:
    body = {"name": "m", "definition": "{}", "roleArn": "arn", "publish": True, "tags": [{"key": "k", "value": "v"}]}
    found = parse("states", json_request("CreateStateMachine", body))
    assert (found.operation, found.params) == ("CreateStateMachine", body)


def test_nulls_and_unknown_members_are_left_out() -> None:
    found = parse("states", json_request("ListStateMachines", {"maxResults": 5, "nextToken": None, "other": 1}))
    assert found.params == {"maxResults": 5}


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (json_request("CreateStateMachine", {"name": "m"}), "ValidationException"),
        (json_request("ListStateMachines", {"maxResults": "5"}), "ValidationException"),
        (json_request("ListStateMachines", b"{"), "SerializationException"),
        (json_request("ListStateMachines", b"[]"), "SerializationException"),
        (json_request("NoSuchOperation", {}), "UnknownOperationException"),
        (HttpRequest("GET", "/"), "UnknownOperationException"),
    ],
)
def test_json_requests_that_are_off(request_: HttpRequest, code: str) -> None:
    with pytest.raises(ApiError) as caught:
        parse("states", request_)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("method", "target", "body", "operation", "params"),
    [
        ("GET", "/2015-03-31/functions", b"", "ListFunctions", {}),
        ("GET", "/2015-03-31/functions/", b"", "ListFunctions", {}),
        (
            "GET",
            "/2015-03-31/functions/?MaxItems=7&Marker=a%2Bb",
            b"",
            "ListFunctions",
            {"MaxItems": 7, "Marker": "a+b"},
        ),
        (
            "GET",
            "/2015-03-31/functions/f?Qualifier=live",
            b"",
            "GetFunction",
            {"FunctionName": "f", "Qualifier": "live"},
        ),
        (
            "GET",
            "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Af/policy",
            b"",
            "GetPolicy",
            {"FunctionName": "arn:aws:lambda:us-east-1:123456789012:function:f"},
        ),
        (
            "DELETE",
            "/2017-03-31/tags/arn%3Aaws?tagKeys=a&tagKeys=b",
            b"",
            "UntagResource",
            {"Resource": "arn:aws", "TagKeys": ["a", "b"]},
        ),
        (
            "GET",
            "/2019-09-30/functions/f/provisioned-concurrency?List=ALL",
            b"",
            "ListProvisionedConcurrencyConfigs",
            {"FunctionName": "f"},
        ),
        (
            "GET",
            "/2019-09-30/functions/f/provisioned-concurrency?Qualifier=1",
            b"",
            "GetProvisionedConcurrencyConfig",
            {"FunctionName": "f", "Qualifier": "1"},
        ),
        (
            "PUT",
            "/2015-03-31/functions/f/code",
            b'{"ZipFile": "aGk=", "Publish": true}',
            "UpdateFunctionCode",
            {"FunctionName": "f", "ZipFile": b"hi", "Publish": True},
        ),
        ("POST", "/2015-03-31/functions/f/invocations", b"", "Invoke", {"FunctionName": "f"}),
    ],
)
def test_rest_routes(method: str, target: str, body: bytes, operation: str, params: dict[str, Any]) -> None:
    found = parse("lambda", HttpRequest(method, target, [], body))
    assert (found.operation, found.params) == (operation, params)
    assert wire.operation_name("lambda", HttpRequest(method, target)) == operation


def test_rest_headers_and_raw_payload() -> None:
    headers = [("x-amz-invocation-type", "Event"), ("X-Amz-Log-Type", "Tail")]
    found = parse("lambda", HttpRequest("POST", "/2015-03-31/functions/f/invocations", headers, b'{"raw": 1}'))
    assert found.params == {
        "FunctionName": "f",
        "InvocationType": "Event",
        "LogType": "Tail",
        "Payload": b'{"raw": 1}',
    }


def test_unknown_path() -> None:
    with pytest.raises(ApiError) as caught:
        parse("lambda", HttpRequest("PATCH", "/2015-03-31/functions"))
    assert caught.value.code == "UnknownOperationException"


def test_every_lambda_route_leads_to_its_own_operation() -> None:
    """No route of the model is hidden by another one."""
    model = wire.service_model("lambda")
    for name in model.operation_names:
        http = model.operation_model(name).http
        uri = http["requestUri"].replace("+}", "}")
        target = "".join(part.partition("}")[2] if "}" in part else part for part in _fill(uri))
        assert wire.operation_name("lambda", HttpRequest(http["method"], target)) == name


def _fill(uri: str) -> list[str]:
    """The parts of a URI template, each label replaced by "x"."""
    first, *rest = uri.split("{")
    return [first, *("}x" + part.partition("}")[2] for part in rest)]


def test_json_answer_is_read_back() -> None:
    output = {
        "stateMachineArn": "a",
        "name": "m",
        "definition": "{}",
        "roleArn": "r",
        "type": "STANDARD",
        "creationDate": AT,
    }
    response = wire.render(call("states", "DescribeStateMachine"), output | {"description": None})
    found = read_back("states", "DescribeStateMachine", response)
    found.pop("ResponseMetadata")
    assert found == output


def test_invoke_answer_is_read_back() -> None:
    output = {
        "StatusCode": 200,
        "FunctionError": "Unhandled",
        "LogResult": "bG9n",
        "ExecutedVersion": "3",
        "Payload": b'{"a":1}',
    }
    response = wire.render(call("lambda", "Invoke"), output)
    assert (response.status, response.body) == (200, b'{"a":1}')
    found = read_back("lambda", "Invoke", response)
    assert {name: found[name] for name in output} == output | {"Payload": '{"a":1}'}  # a stream in boto3


def test_status_code_of_the_output_is_that_of_the_answer() -> None:
    response = wire.render(call("lambda", "Invoke"), {"StatusCode": 202, "FunctionError": None})
    assert (response.status, response.body) == (202, b"")
    assert "X-Amz-Function-Error" not in response.headers


def test_no_content() -> None:
    response = wire.render(call("lambda", "DeleteAlias"), {})
    assert (response.status, response.body) == (204, b"")


def test_member_that_the_model_lacks_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="has no member typo"):
        wire.render(call("states", "DescribeStateMachine"), {"typo": 1})


@pytest.mark.parametrize(
    ("service", "operation", "error", "status"),
    [
        ("states", "StartExecution", ApiError("StateMachineDoesNotExist", "gone"), 400),
        ("states", "PublishStateMachineVersion", ApiError("ConflictException", "busy"), 400),
        ("lambda", "GetFunction", ApiError("ResourceNotFoundException", "gone"), 404),
        ("lambda", "PublishVersion", ApiError("ResourceConflictException", "busy"), 409),
        (
            "lambda",
            "Invoke",
            ApiError("TooManyRequestsException", "slow", Reason="ConcurrentInvocationLimitExceeded"),
            429,
        ),
        ("lambda", "Invoke", wire.not_implemented("lambda", "Invoke"), 400),
        ("states", "TestState", wire.not_implemented("states", "TestState"), 400),
    ],
)
def test_errors_are_read_back(service: str, operation: str, error: ApiError, status: int) -> None:
    response = wire.render_error(service, error, "id")
    assert response.status == status
    found = read_back(service, operation, response)
    assert (found["Error"]["Code"], found["Error"]["Message"]) == (error.code, error.message)
    shape = wire.service_model(service).shape_for_error_code(error.code)
    if shape is not None:
        data = {"status_code": status, "headers": lower(response.headers), "body": response.body}
        modelled = create_parser(wire.service_model(service).protocol).parse(data, shape)
        assert {name: modelled[name] for name in error.members} == error.members
