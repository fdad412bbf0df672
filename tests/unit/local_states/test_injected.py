"""Failures that a user injects into the tasks of the embedded AWS."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import FakeWorld, States

RETRY = [{"ErrorEquals": ["SNS.ThrottledException"], "IntervalSeconds": 1, "MaxAttempts": 2, "MaxDelaySeconds": 2}]
PUBLISH = {
    "Type": "Task",
    "Resource": "arn:aws:states:::sns:publish",
    "Parameters": {"TopicArn": "arn:aws:sns:us-east-1:123456789012:news", "Message.$": "$.text"},
    "TimeoutSeconds": 60,
    "Retry": RETRY,
    "Catch": [{"ErrorEquals": ["States.Timeout"], "Next": "Late"}],
    "End": True,
}
MACHINE = {"StartAt": "Tell", "States": {"Tell": PUBLISH, "Late": {"Type": "Pass", "Result": "late", "End": True}}}


@pytest.fixture
def tell(world: FakeWorld, states: States) -> Any:
    """Runs the machine under rules; gives how it ended and the number of messages that went out."""
    arn = states.machine(MACHINE)

    def run(rules: Any, name: str = "one", text: str = "hello") -> tuple[dict[str, Any], int]:
        body = rules if isinstance(rules, str) else json.dumps(rules)
        (Path(world.directory) / "failures.json").write_text(body)
        before = len(world.client("sns").calls)
        return states.run(arn, {"text": text}, name=name), len(world.client("sns").calls) - before

    return run


@pytest.mark.parametrize(
    "rule",
    [
        {"state": "Other"},
        {"execution": "two-*"},
        {"parameters": "*goodbye*"},
        {"state": "tell"},
    ],
)
def test_a_rule_about_something_else_fails_nothing(tell: Any, rule: dict[str, str]) -> None:
    ended, sent = tell([{**rule, "error": "Broken"}])
    assert (ended["status"], sent) == ("SUCCEEDED", 1)


@pytest.mark.parametrize(
    "rule", [{}, {"state": "T*"}, {"execution": "on?"}, {"parameters": '*"hello"*', "state": "Tell"}]
)
def test_a_task_that_a_rule_is_about_fails_before_the_call(tell: Any, rule: dict[str, str]) -> None:
    ended, sent = tell([{**rule, "error": "Broken", "cause": "as asked"}])
    assert (ended["status"], ended["error"], ended["cause"], sent) == ("FAILED", "Broken", "as asked", 0)


def test_so_many_attempts_fail_in_each_execution(tell: Any, states: States) -> None:
    rules = [{"error": "SNS.ThrottledException", "times": 1}]
    for name in ("one", "two"):
        ended, sent = tell(rules, name)
        assert (ended["status"], sent) == ("SUCCEEDED", 1)
        assert states.events(ended["executionArn"]).count("TaskFailed") == 1


def test_a_time_limit_is_reached_without_the_wait(tell: Any, states: States) -> None:
    ended, sent = tell([{"error": "States.Timeout"}])
    assert (ended["status"], ended["output"], sent) == ("SUCCEEDED", '"late"', 0)
    assert "TaskTimedOut" in states.events(ended["executionArn"])


def test_a_file_that_changes_or_goes_is_noticed(tell: Any, world: FakeWorld, states: States) -> None:
    assert tell([{"error": "Broken"}])[0]["status"] == "FAILED"
    assert tell([], "two")[0]["status"] == "SUCCEEDED"
    assert tell([{"error": "Other"}], "three")[0]["error"] == "Other"
    (Path(world.directory) / "failures.json").unlink()
    assert states.run(states.machine(MACHINE), {"text": "x"}, name="four")["status"] == "SUCCEEDED"


@pytest.mark.parametrize(
    "body",
    ["", "{", "5", "null", "{}", '["x"]', '[{"state": "T"}]', '[{"error": 5}]', '[{"error": "E", "stat": "T"}]']
    + [json.dumps([{"error": "E", "times": times}]) for times in (0, -1, 1.5, True, "1", None)],
)
def test_a_file_that_cannot_be_used_says_why(tell: Any, body: str) -> None:
    ended, sent = tell(body)
    assert (ended["error"], sent) == ("States.Runtime", 0)
    assert "failures.json" in ended["cause"]
