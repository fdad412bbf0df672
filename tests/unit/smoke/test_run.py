"""Running cases: unique names on the version, time limits, what is told of a failure, EXPRESS machines."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from stepdeploy.errors import Exit, SmokeFailed
from stepdeploy.smoke import Case, run_cases, verdict
from stepdeploy.smoke.run import execution_name
from tests.unit.fake_aws import FakeAws

VERSION = "arn:aws:states:eu-west-1:123456789012:stateMachine:Greeting:8"
TIME = datetime(2026, 11, 23, tzinfo=UTC)


def play(statuses: dict[str, list[str]]) -> FakeAws:
    """Executions that go through these statuses, by a word in their name."""

    def start(**params: Any) -> dict[str, Any]:
        assert params["stateMachineArn"] == VERSION
        return {"executionArn": f"arn:aws:states:eu-west-1:123456789012:execution:Greeting:{params['name']}"}

    def describe(**params: Any) -> dict[str, Any]:
        word = next(word for word in statuses if word in params["executionArn"])
        left = statuses[word]
        status = left.pop(0) if len(left) > 1 else left[0]
        return {
            "executionArn": params["executionArn"],
            "status": status,
            "output": '{"text": "Hello"}',
            "error": "Boom",
        }

    history = {
        "events": [
            {"id": 1, "timestamp": TIME, "type": "ExecutionStarted"},
            {"id": 2, "timestamp": TIME, "type": "TaskStateEntered", "stateEnteredEventDetails": {"name": "Greet"}},
        ]
    }
    return FakeAws(
        {
            "stepfunctions:start_execution": start,
            "stepfunctions:describe_execution": describe,
            "stepfunctions:get_execution_history": history,
            "stepfunctions:stop_execution": {"stopDate": TIME},
        }
    )


def test_all_cases_run_on_the_version_with_names_of_their_own() -> None:
    aws = play({"one": ["RUNNING", "SUCCEEDED"], "two": ["SUCCEEDED"]})
    seen: list[str] = []
    cases = [Case("one", {"name": "Ada"}), Case("two", {}, output={"text": "Hello"})]
    outcomes = run_cases(aws, VERSION, cases, poll=0.01, watch=lambda outcome: seen.append(outcome.case.name))
    assert [(outcome.case.name, outcome.passed) for outcome in outcomes] == [("one", True), ("two", True)]
    started = [params for label, params in aws.made if label == "stepfunctions:start_execution"]
    assert {params["input"] for params in started} == {'{"name": "Ada"}', "{}"}
    assert len({params["name"] for params in started}) == 2 and sorted(seen) == ["one", "two"]
    verdict(outcomes, "version 8 of Greeting")
    assert run_cases(aws, VERSION, []) == []


def test_names_are_what_aws_takes() -> None:
    assert execution_name("Greets: Ada & Bob?", "1a2b3c4d") == "smoke-Greets-Ada-Bob-1a2b3c4d"
    assert len(execution_name("x" * 200, "1a2b3c4d")) == 80


def test_a_case_that_takes_too_long_is_stopped_and_says_where_it_was() -> None:
    aws = play({"slow": ["RUNNING"]})
    outcome = run_cases(aws, VERSION, [Case("slow", {}, timeout_seconds=0.05)], poll=0.02)[0]
    assert outcome.problems == ("still running after 0.05 s (state Greet); it was stopped",)
    assert outcome.status == "ABORTED" and aws.labels()[-1] == "stepfunctions:stop_execution"


def test_ctrl_c_stops_what_runs() -> None:
    stop = threading.Event()
    stop.set()
    aws = play({"slow": ["RUNNING"]})
    assert "interrupted" in run_cases(aws, VERSION, [Case("slow", {})], stop=stop)[0].problems[0]
    assert "stepfunctions:stop_execution" in aws.labels()


def test_a_failure_names_case_state_cause_and_execution_and_exits_5() -> None:
    aws = play({"one": ["SUCCEEDED"], "bad": ["FAILED"]})
    outcomes = run_cases(aws, VERSION, [Case("one", {}), Case("bad", {})], poll=0.01)
    with pytest.raises(SmokeFailed) as error:
        verdict(outcomes, "version 8 of Greeting")
    lines = str(error.value).splitlines()
    assert lines[0] == "version 8 of Greeting failed 1 of 2 smoke cases"
    assert lines[1] == "  bad: status: expected SUCCEEDED, was FAILED: Boom (state Greet)"
    assert lines[2].startswith("  bad: see arn:aws:states:eu-west-1:123456789012:execution:Greeting:smoke-bad-")
    assert error.value.exit_code == Exit.PARTLY_APPLIED and "alias was not moved" in str(error.value.hint)


def test_an_express_machine_answers_by_itself() -> None:
    answer = {"executionArn": "arn", "status": "SUCCEEDED", "output": json.dumps({"text": "Hello"})}
    aws = FakeAws({"stepfunctions:start_sync_execution": answer})
    good, bad = run_cases(aws, VERSION, [Case("a", {}), Case("b", {}, output={"text": "Hi"})], express=True)
    assert good.passed and bad.problems == ('output/text: expected "Hi", was "Hello"',)
