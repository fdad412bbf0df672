"""lambda_entry: warm-up, log lines, errors, the result's shape."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from common.errors import CompanyNotFound, DatabaseError, StorageError
from common.handler import MAX_MESSAGE, lambda_entry, success

EVENT = {"request": {"company_name": "Apple Inc"}, "execution_id": "arn:execution", "token": "s3cret"}
CONTEXT = SimpleNamespace(function_name="NovaSECExtractor-test", aws_request_id="request-1")


def entry(outcome: Any) -> Any:
    """A decorated function that returns the outcome, or raises it."""

    @lambda_entry
    def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return lambda_handler


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_warm_up_does_no_work(capsys: pytest.CaptureFixture[str]) -> None:
    answer = entry(RuntimeError("called"))({"action": "warmup"}, CONTEXT)
    assert answer["statusCode"] == 200
    assert lines(capsys) == []


def test_a_success_leaves_two_lines_and_metrics(capsys: pytest.CaptureFixture[str]) -> None:
    assert entry(success(completeness=97.5))(EVENT, CONTEXT) == {"statusCode": 200, "body": {"completeness": 97.5}}
    started, finished = lines(capsys)
    for line in (started, finished):
        assert line["company_id"] == "apple-inc"
        assert line["execution_id"] == "arn:execution"
        assert line["function"] == "NovaSECExtractor-test"
    assert finished["duration_ms"] >= 0
    (directive,) = finished["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["Function"]]
    for metric in directive["Metrics"]:
        assert isinstance(finished[metric["Name"]], (int, float))
    assert finished["Completeness"] == 97.5


def test_a_failure_keeps_its_class_and_is_logged(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CompanyNotFound, match="no Apple"):
        entry(CompanyNotFound("no Apple"))(EVENT, CONTEXT)
    line = lines(capsys)[-1]
    assert (line["level"], line["error"], line["cause"]) == ("ERROR", "CompanyNotFound", "no Apple")


def test_the_event_is_never_logged(capsys: pytest.CaptureFixture[str]) -> None:
    entry(success())(EVENT, CONTEXT)
    with pytest.raises(DatabaseError):
        entry(DatabaseError("x"))(EVENT, CONTEXT)
    assert "s3cret" not in json.dumps(lines(capsys))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ClientError({"Error": {"Code": "InternalServerError"}}, "PutItem"), DatabaseError),
        (ClientError({"Error": {"Code": "SlowDown"}}, "PutObject"), StorageError),
        (EndpointConnectionError(endpoint_url="https://dynamodb"), DatabaseError),
    ],
)
def test_what_botocore_raises_gets_a_name_that_the_definition_knows(error: Exception, expected: type) -> None:
    with pytest.raises(expected) as raised:
        entry(error)(EVENT, CONTEXT)
    assert type(raised.value) is expected


def test_an_unknown_error_stays_what_it_is() -> None:
    with pytest.raises(ZeroDivisionError):
        entry(ZeroDivisionError())(EVENT, CONTEXT)


def test_a_long_message_is_cut() -> None:
    with pytest.raises(CompanyNotFound) as raised:
        entry(CompanyNotFound("x" * 100_000))(EVENT, CONTEXT)
    assert len(str(raised.value)) == MAX_MESSAGE + 1


@pytest.mark.parametrize("result", [None, {}, {"statusCode": 200}, {"statusCode": 200, "body": "{}"}])
def test_a_result_of_another_shape_is_an_error(result: Any) -> None:
    with pytest.raises(TypeError, match="must return"):
        entry(result)(EVENT, CONTEXT)


@pytest.mark.parametrize("event", [[], "text", None, {"request": "text"}, {"request": {"company_name": "…"}}])
def test_a_broken_event_reaches_the_function(event: Any) -> None:
    assert entry(success(ok=True))(event, CONTEXT)["body"] == {"ok": True}


def test_metrics_have_few_dimensions_and_the_company_is_a_property(capsys: pytest.CaptureFixture[str]) -> None:
    from common import logging

    logging.bind(function="NovaSECExtractor-test", company_id="apple-inc")
    logging.metrics("calls", {"ApiCalls": (3, "Count")}, dimensions={"Api": "edgar"})
    (line,) = lines(capsys)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["Function", "Api"]]
    assert (line["Function"], line["Api"], line["ApiCalls"]) == ("NovaSECExtractor-test", "edgar", 3)
    assert line["company_id"] == "apple-inc"
