"""Whole executions of the definition, with functions and notifications played by the test and time run through."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from stepdeploy import jsonsource, references
from stepdeploy.interpreter import Outcome, TaskCall, TaskError, VirtualClock, run

ROOT = Path(__file__).parents[3]
INPUT = {"company_name": "Apple Inc", "website_url": "https://www.apple.com", "stock_symbol": "AAPL"}
EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:CompanyDataExtractionPipeline:apple-inc"
PERMANENT = ["InvalidInput", "UnsafeUrl", "PageNotFound", "DocumentTooLarge", "UnexpectedContent"]


def definition() -> dict[str, Any]:
    """The definition with the project's own parameters; a resource's name stands for the resource."""
    project = json.loads((ROOT / "definitions" / "project.json").read_text())
    values = {**project["parameters"], "env": "test", "aws:partition": "aws"}

    def lookup(name: str) -> Any:
        return name if name.startswith(("function:", "topic:")) else values[name]

    source = jsonsource.load(ROOT / "definitions" / "company_data_extraction.asl.json")
    return references.substitute(source, lookup)


def extraction(completeness: Any = 97.5, **more: Any) -> dict[str, Any]:
    body = {"company_id": "apple-inc", "extraction_timestamp": "2026-11-23T12:00:00.000000Z"}
    return {"statusCode": 200, "body": {**body, "completeness": completeness, **more}}


MERGED = {"statusCode": 200, "body": {"company_id": "apple-inc", "s3": {"bucket": "b", "key": "k"}}}


class World:
    """Plays the functions and SNS. Each answer is a payload, an error, or a list of these in turn."""

    def __init__(self, sec: Any = None, cxo: Any = None, merge: Any = None, publish: Any = None) -> None:
        self.clock = VirtualClock()
        self.answers: dict[str, Any] = {
            "function:nova_sec_extractor": extraction() if sec is None else sec,
            "function:cxo_website_extractor": extraction() if cxo is None else cxo,
            "function:dynamodb_to_s3_merger": MERGED if merge is None else merge,
            "topic:failures": {"MessageId": "m"} if publish is None else publish,
        }
        self.calls: Counter[str] = Counter()
        self.payloads: dict[str, Any] = {}

    async def __call__(self, call: TaskCall) -> Any:
        name = call.parameters.get("FunctionName") or call.parameters["TopicArn"]
        answer = self.answers[name]
        if isinstance(answer, list):
            answer = answer[min(self.calls[name], len(answer) - 1)]
        self.calls[name] += 1
        self.payloads[name] = call.parameters.get("Payload", call.parameters)
        if isinstance(answer, Exception):
            raise answer
        return answer if name == "topic:failures" else {"StatusCode": 200, "Payload": answer}

    @property
    def notification(self) -> dict[str, str]:
        return self.payloads["topic:failures"]

    def run(self) -> Outcome:
        context = {"Execution": {"Id": EXECUTION, "Input": INPUT, "Name": "apple-inc"}, "StateMachine": {"Id": "m"}}
        return asyncio.run(run(definition(), INPUT, context=context, tasks=self, clock=self.clock))


def error(name: str) -> TaskError:
    return TaskError(name, json.dumps({"errorMessage": 'it\'s "broken" {here}\n', "errorType": name}))


TIMEOUT = TaskError("States.Timeout", "")  # what Step Functions makes of a task over its TimeoutSeconds


def test_success() -> None:
    world = World()
    outcome = world.run()
    assert (outcome.status, outcome.output) == (
        "SUCCEEDED",
        {
            "status": "success",
            "company_id": "apple-inc",
            "completeness": {"sec": 97.5, "cxo": 97.5},
            "s3": {"bucket": "b", "key": "k"},
        },
    )
    assert world.payloads["function:nova_sec_extractor"] == {"request": INPUT, "execution_id": EXECUTION}
    assert world.payloads["function:dynamodb_to_s3_merger"] == {
        "request": INPUT,
        "execution_id": EXECUTION,
        "sec": extraction()["body"],
        "cxo": extraction()["body"],
    }
    assert "topic:failures" not in world.calls


@pytest.mark.parametrize("branch", ["sec", "cxo"])
@pytest.mark.parametrize(
    ("name", "status", "attempts"),
    [
        *((name, 404, 1) for name in PERMANENT),
        ("DatabaseError", 503, 4),
        ("UpstreamThrottled", 500, 6),
        ("UpstreamUnavailable", 500, 4),
        ("UpstreamBlocked", 500, 1),
        ("ConfigurationError", 500, 1),
        ("Sandbox.Timedout", 504, 1),
        ("Runtime.ExitError", 500, 1),
        ("Lambda.TooManyRequestsException", 500, 6),
        ("States.TaskFailed", 500, 1),
    ],
)
def test_a_failed_extraction_is_reported_with_its_error(branch: str, name: str, status: int, attempts: int) -> None:
    world = World(**{branch: error(name)})
    outcome = world.run()
    assert (outcome.status, outcome.error) == ("FAILED", "ExtractionFailed")
    assert outcome.cause is not None
    assert f'"statusCode":{status}' in outcome.cause
    assert f'"error":"{name}"' in outcome.cause
    folder = {"sec": "nova_sec_extractor", "cxo": "cxo_website_extractor"}[branch]
    assert world.calls[f"function:{folder}"] == attempts
    assert "function:dynamodb_to_s3_merger" not in world.calls


@pytest.mark.parametrize(
    ("branch", "name"), [("sec", "CompanyNotFound"), ("sec", "NoAnnualReport"), ("cxo", "LeadershipPageNotFound")]
)
def test_data_that_does_not_exist_is_404(branch: str, name: str) -> None:
    outcome = World(**{branch: error(name)}).run()
    assert f'"completeness":0,"error":"{name}"' in str(outcome.cause)
    assert '"statusCode":404' in str(outcome.cause)


def test_the_notification_can_be_read() -> None:
    world = World(sec=error("CompanyNotFound"))
    world.run()
    assert world.notification["Subject"] == "CompanyDataExtractionPipeline (test): ExtractionFailed"
    cause, request, execution = world.notification["Message"].split("\n")
    assert "CompanyNotFound" in cause
    assert json.loads(request.removeprefix("Request: ")) == INPUT
    assert execution == f"Execution: {EXECUTION}"


def test_both_errors_are_told() -> None:
    outcome = World(sec=error("CompanyNotFound"), cxo=error("LeadershipPageNotFound")).run()
    assert "CompanyNotFound" in str(outcome.cause)
    assert "LeadershipPageNotFound" in str(outcome.cause)


@pytest.mark.parametrize("branch", ["sec", "cxo"])
def test_a_function_that_hangs_is_given_up(branch: str) -> None:
    outcome = World(**{branch: TIMEOUT}).run()
    assert (outcome.status, outcome.error) == ("FAILED", "ExtractionFailed")
    assert '"statusCode":504' in str(outcome.cause)


@pytest.mark.parametrize("branch", ["sec", "cxo"])
@pytest.mark.parametrize(
    "name", ["UpstreamThrottled", "UpstreamUnavailable", "DatabaseError", "Lambda.ServiceException"]
)
def test_passing_trouble_is_survived(branch: str, name: str) -> None:
    world = World(**{branch: [error(name), error(name), extraction()]})
    assert world.run().status == "SUCCEEDED"


@pytest.mark.parametrize(("sec", "cxo"), [(94.9, 100), (100, 0), (0, 0)])
def test_incomplete_data_is_not_merged(sec: float, cxo: float) -> None:
    world = World(sec=extraction(sec), cxo=extraction(cxo))
    outcome = world.run()
    assert (outcome.status, outcome.error) == ("FAILED", "InsufficientDataQuality")
    assert "at least 95 percent" in str(outcome.cause)
    assert world.notification["Subject"].endswith(": InsufficientDataQuality")
    assert "function:dynamodb_to_s3_merger" not in world.calls


def test_the_threshold_itself_is_enough() -> None:
    assert World(sec=extraction(95), cxo=extraction(95.0)).run().status == "SUCCEEDED"


@pytest.mark.parametrize("branch", ["sec", "cxo"])
@pytest.mark.parametrize(
    "payload",
    [[], "text", {}, {"statusCode": 200}, {"statusCode": 200, "body": {}}, {"statusCode": 200, "body": "{}"}],
    ids=json.dumps,
)
def test_a_result_of_another_shape_is_a_failed_extraction(branch: str, payload: Any) -> None:
    """Never States.Runtime: that would end the execution without a word to anyone."""
    world = World(**{branch: payload if payload != [] else [[]]})
    outcome = world.run()
    assert (outcome.status, outcome.error) == ("FAILED", "ExtractionFailed")
    assert world.calls["topic:failures"] == 1


@pytest.mark.parametrize(("name", "attempts"), [("StorageError", 4), ("InvalidInput", 1), ("Sandbox.Timedout", 1)])
def test_a_failed_merge_is_reported_with_its_error(name: str, attempts: int) -> None:
    world = World(merge=error(name))
    outcome = world.run()
    assert (outcome.status, outcome.error) == ("FAILED", "MergeError")
    assert str(outcome.cause).startswith(f"{name}: ")
    assert world.calls["function:dynamodb_to_s3_merger"] == attempts
    assert world.notification["Subject"].endswith(": MergeError")


def test_a_merge_that_hangs_is_given_up() -> None:
    outcome = World(merge=TIMEOUT).run()
    assert (outcome.status, outcome.error) == ("FAILED", "MergeError")
    assert str(outcome.cause).startswith("States.Timeout")


@pytest.mark.parametrize("publish", [TaskError("SNS.AuthorizationErrorException", "no"), TIMEOUT])
def test_a_notification_that_fails_does_not_hide_the_failure(publish: Any) -> None:
    world = World(merge=error("StorageError"), publish=publish)
    outcome = world.run()
    assert (outcome.status, outcome.error) == ("FAILED", "MergeError")
    assert world.calls["topic:failures"] == 4


def test_every_retrier_used_up_still_ends_with_a_notification() -> None:
    trouble = [
        error(name) for name in ("UpstreamThrottled",) * 5 + ("UpstreamUnavailable",) * 3 + ("DatabaseError",) * 4
    ]
    world = World(sec=trouble)
    outcome = world.run()
    assert (outcome.status, outcome.error) == ("FAILED", "ExtractionFailed")
    assert world.calls["function:nova_sec_extractor"] == 12
    assert world.calls["topic:failures"] == 1
