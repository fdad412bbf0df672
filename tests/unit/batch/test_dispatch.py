"""DispatchExecution: one execution a message, however often it comes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from common import aws

FOLDER = Path(__file__).parents[3] / "lambdas" / "dispatch_execution"
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:Main:production"
REQUEST = {"company_name": "Apple Inc", "website_url": "https://www.apple.com"}


def schema(kind: str) -> Any:
    return json.loads((FOLDER / f"{kind}.schema.json").read_text())


class Machine:
    """Plays Step Functions. errors: token -> what StartExecution answers."""

    def __init__(self, **errors: Any) -> None:
        self.errors = {name.replace("_", "-"): error for name, error in errors.items()}
        self.started: list[dict[str, str]] = []

    def start_execution(self, **params: str) -> dict[str, str]:
        error = self.errors.get(params["name"])
        if isinstance(error, str):
            raise ClientError({"Error": {"Code": error, "Message": "no"}}, "StartExecution")
        if error:
            raise error
        self.started.append(params)
        return {"executionArn": f"arn:{params['name']}"}


def record(number: int, body: Any) -> dict[str, Any]:
    text = body if isinstance(body, str) else json.dumps(body)
    return {"messageId": f"m{number}", "body": text, "attributes": {"ApproximateReceiveCount": "1"}}


def message(token: str) -> dict[str, Any]:
    return {"token": token, "company_id": "apple-inc", "request": REQUEST, "priority": "normal"}


@pytest.fixture
def dispatch(
    function: Callable[[str, str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> Callable[[Machine, list[Any]], dict[str, Any]]:
    handler = function("dispatch_execution", "handler")
    monkeypatch.setenv("MACHINE_ARN", MACHINE)

    def call(machine: Machine, bodies: list[Any]) -> dict[str, Any]:
        monkeypatch.setattr(aws, "client", lambda service: {"stepfunctions": machine}[service])
        event = {"Records": [record(number, body) for number, body in enumerate(bodies)]}
        jsonschema.validate(event, schema("event"))
        result: dict[str, Any] = handler.lambda_handler(event, None)
        jsonschema.validate(result, schema("result"))
        return result

    return call


EVERY = {
    **REQUEST,
    "stock_symbol": "AAPL",
    "force": True,
    "cache_ttl_hours": 0.5,
    "accession": "0000320193-24-000123",
    "cik": 320193,
    "live": False,
}


def failed(result: dict[str, Any]) -> list[str]:
    return [item["itemIdentifier"] for item in result["batchItemFailures"]]


def test_a_message_starts_the_machine_through_its_alias(dispatch: Any) -> None:
    machine = Machine()
    result = dispatch(machine, [message("apple-inc-20261123-aaaaaaaa")])
    assert (result["body"], failed(result)) == ({"messages": 1, "failed": 0}, [])
    (started,) = machine.started
    assert started["stateMachineArn"] == MACHINE
    assert started["name"] == "apple-inc-20261123-aaaaaaaa"
    assert json.loads(started["input"]) == REQUEST


def test_every_field_that_the_machine_takes_reaches_it(dispatch: Any) -> None:
    schema_of_input = json.loads(
        (FOLDER.parents[1] / "definitions/company_data_extraction.input.schema.json").read_text()
    )
    assert set(EVERY) == set(schema_of_input["properties"])
    machine = Machine()
    assert failed(dispatch(machine, [{**message("t"), "request": EVERY}])) == []
    given = json.loads(machine.started[0]["input"])
    assert given == EVERY
    jsonschema.validate(given, schema_of_input)


def test_the_input_is_the_same_text_each_time(dispatch: Any) -> None:
    """While an execution runs, AWS takes its name again only with the same input."""
    machine = Machine()
    turned = {**message("t"), "request": dict(reversed(REQUEST.items()))}
    dispatch(machine, [message("t"), turned])
    assert machine.started[0] == machine.started[1]


def test_what_exists_has_been_started(dispatch: Any) -> None:
    assert failed(dispatch(Machine(there="ExecutionAlreadyExists"), [message("there")])) == []


@pytest.mark.parametrize("error", ["ThrottlingException", "StateMachineDoesNotExist", "ExecutionLimitExceeded"])
def test_a_failed_start_comes_back_alone(dispatch: Any, error: str) -> None:
    machine = Machine(second=error)
    result = dispatch(machine, [message("first"), message("second"), message("third")])
    assert failed(result) == ["m1"]
    assert [item["name"] for item in machine.started] == ["first", "third"]


def test_no_answer_comes_back(dispatch: Any) -> None:
    assert failed(dispatch(Machine(x=ConnectTimeoutError(endpoint_url="e")), [message("x")])) == ["m0"]


@pytest.mark.parametrize(
    "body",
    [
        "no JSON",
        "[]",
        "[" * 100_000,
        {},
        {"token": "t"},
        {**message("t"), "token": "a b"},
        {**message("t"), "token": "x" * 81},
        {**message("t"), "token": 1},
        {**message("t"), "request": {"company_name": "A"}},
        {**message("t"), "request": {**REQUEST, "website_url": "ftp://a"}},
        {**message("t"), "request": {**REQUEST, "more": "x"}},
        {**message("t"), "request": {**REQUEST, "force": "yes"}},
        {**message("t"), "request": {**REQUEST, "cache_ttl_hours": -1}},
    ],
    ids=lambda body: str(body)[:60],
)
def test_a_message_that_cannot_be_used_starts_nothing_and_says_why(
    dispatch: Any, capsys: pytest.CaptureFixture[str], body: Any
) -> None:
    machine = Machine()
    result = dispatch(machine, [body, message("good")])
    assert failed(result) == ["m0"]
    assert [item["name"] for item in machine.started] == ["good"]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (said,) = [line for line in lines if line["message"] == "message failed"]
    assert (said["message_id"], said["error"]) == ("m0", "InvalidInput") and said["cause"]


def test_a_warm_up_starts_nothing(function: Callable[[str, str], ModuleType]) -> None:
    result = function("dispatch_execution", "handler").lambda_handler({"action": "warmup"}, None)
    jsonschema.validate(result, schema("result"))
    assert result["body"] == {"warm": True}
