"""Retry, Catch, timeouts and what cannot be caught."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from stepdeploy.interpreter import MemoryHistory, TaskCall, TaskError, VirtualClock
from tests.unit.interpreter.support import TASK, Tasks, execute, one, types


class Failing(Tasks):
    """Fails with the given errors, one a call, then succeeds."""

    def __init__(self, *errors: str | None) -> None:
        super().__init__()
        self.errors = list(errors)

    async def __call__(self, call: TaskCall) -> Any:
        self.calls.append(call)
        if self.errors:
            raise TaskError(self.errors.pop(0), "because")
        return "done"


def catching(*names: str, **state: Any) -> dict[str, Any]:
    """A machine whose Task S catches the named errors and hands the error output on."""
    catcher = {"ErrorEquals": list(names), "Next": "Caught"}
    return {
        "StartAt": "S",
        "States": {
            "S": {**TASK, "Catch": [catcher], "End": True, **state},
            "Caught": {"Type": "Pass", "End": True},
        },
    }


@pytest.mark.parametrize(
    ("retrier", "slept"),
    [
        ({}, [1, 2, 4]),
        ({"IntervalSeconds": 3, "BackoffRate": 1, "MaxAttempts": 2}, [3, 3]),
        ({"IntervalSeconds": 2, "BackoffRate": 3, "MaxDelaySeconds": 10, "MaxAttempts": 4}, [2, 6, 10, 10]),
        ({"MaxAttempts": 0}, []),
    ],
)
def test_retry_waits_longer_each_time_and_then_gives_up(retrier: dict[str, Any], slept: list[float]) -> None:
    clock, tasks = VirtualClock(), Failing(*["Boom"] * 9)
    state = {**TASK, "Retry": [{"ErrorEquals": ["States.ALL"], **retrier}]}
    outcome = execute(one(state), tasks=tasks, clock=clock)
    assert (outcome.error, outcome.cause) == ("Boom", "because")
    assert clock.slept == slept
    assert [call.attempt for call in tasks.calls] == list(range(len(slept) + 1))


def test_full_jitter_stays_below_the_delay() -> None:
    random.seed(1)
    clock = VirtualClock()
    retrier = {"ErrorEquals": ["Boom"], "IntervalSeconds": 100, "BackoffRate": 1, "JitterStrategy": "FULL"}
    execute(one({**TASK, "Retry": [retrier]}), tasks=Failing(*["Boom"] * 3), clock=clock)
    assert len(set(clock.slept)) == 3
    assert all(0 <= delay <= 100 for delay in clock.slept)


def test_each_retrier_counts_for_itself() -> None:
    tasks = Failing("A", "B", "A", "B")
    retry = [{"ErrorEquals": ["A"], "MaxAttempts": 2}, {"ErrorEquals": ["B"], "MaxAttempts": 1}]
    outcome = execute(one({**TASK, "Retry": retry}), tasks=tasks)
    assert outcome.error == "B"
    assert len(tasks.calls) == 4


def test_a_delay_beyond_all_numbers_is_cut() -> None:
    clock = VirtualClock()
    retrier = {"ErrorEquals": ["Boom"], "BackoffRate": 1e200, "MaxAttempts": 3, "MaxDelaySeconds": 5}
    execute(one({**TASK, "Retry": [retrier]}), tasks=Failing(*["Boom"] * 3), clock=clock)
    assert clock.slept == [1, 5, 5]


def test_the_retry_count_is_in_the_context_object() -> None:
    tasks = Failing("Boom", "Boom")
    state = {**TASK, "Parameters": {"n.$": "$$.State.RetryCount"}, "Retry": [{"ErrorEquals": ["Boom"]}]}
    execute(one(state), tasks=tasks)
    assert [call.parameters["n"] for call in tasks.calls] == [0, 1, 2]


@pytest.mark.parametrize(
    ("error", "name", "caught"),
    [
        ("Boom", "Boom", True),
        ("Boom", "Other", False),
        ("Boom", "States.ALL", True),
        ("Boom", "States.TaskFailed", True),
        ("States.Timeout", "States.TaskFailed", False),
        ("States.Timeout", "States.Timeout", True),
        ("States.Timeout", "States.ALL", True),
        ("States.HeartbeatTimeout", "States.HeartbeatTimeout", True),
        ("States.HeartbeatTimeout", "States.Timeout", True),
        ("States.Timeout", "States.HeartbeatTimeout", False),
        ("States.Runtime", "States.ALL", False),
        ("States.Runtime", "States.Runtime", False),
        ("States.Runtime", "States.TaskFailed", False),
        (None, "States.ALL", True),
    ],
)
def test_which_names_match(error: str | None, name: str, caught: bool) -> None:
    outcome = execute(catching(name), tasks=Failing(error))
    assert (outcome.status == "SUCCEEDED") is caught


def test_states_all_does_not_catch_a_bad_path() -> None:
    machine = catching("States.ALL", Parameters={"v.$": "$.missing"})
    history = MemoryHistory()
    assert execute(machine, history=history).error == "States.Runtime"
    assert types(history) == ["ExecutionStarted", "TaskStateEntered", "ExecutionFailed"]


def test_a_catcher_may_keep_the_input_and_assign() -> None:
    machine = catching("States.ALL")
    machine["States"]["S"]["Catch"][0] |= {"ResultPath": "$.error", "Assign": {"e.$": "$.Error"}}
    machine["States"]["Caught"] |= {"Parameters": {"e.$": "$e", "all.$": "$"}}
    outcome = execute(machine, {"x": 1}, tasks=Failing("Boom"))
    assert outcome.output == {"e": "Boom", "all": {"x": 1, "error": {"Error": "Boom", "Cause": "because"}}}


def test_retry_comes_before_catch() -> None:
    tasks = Failing(*["Boom"] * 9)
    machine = catching("Boom", Retry=[{"ErrorEquals": ["Boom"], "MaxAttempts": 1}])
    assert execute(machine, tasks=tasks).output == {"Error": "Boom", "Cause": "because"}
    assert len(tasks.calls) == 2


class Hanging(Tasks):
    """Never answers."""

    async def __call__(self, call: TaskCall) -> Any:
        self.calls.append(call)
        await asyncio.Event().wait()


@pytest.mark.parametrize("fields", [{"TimeoutSeconds": 0.01}, {"TimeoutSecondsPath": "$.t"}])
def test_a_task_that_takes_too_long_times_out_and_the_execution_fails(fields: dict[str, Any]) -> None:
    history = MemoryHistory()
    outcome = execute(one({**TASK, **fields}), {"t": 0.01}, tasks=Hanging(), history=history)
    assert (outcome.status, outcome.error, outcome.cause) == ("FAILED", "States.Timeout", None)
    assert types(history)[-2:] == ["TaskTimedOut", "ExecutionFailed"]


def test_a_caught_timeout_has_an_empty_cause() -> None:
    machine = catching("States.Timeout", TimeoutSeconds=0.01)
    assert execute(machine, tasks=Hanging()).output == {"Error": "States.Timeout", "Cause": ""}


def test_a_missed_heartbeat_is_recorded_as_a_timeout() -> None:
    history = MemoryHistory()
    outcome = execute(one(TASK), tasks=Failing("States.HeartbeatTimeout"), history=history)
    assert outcome.error == "States.Timeout"
    assert history.events[-2]["taskTimedOutEventDetails"]["error"] == "States.Timeout"


def test_the_runner_gets_bounds_credentials_and_a_new_token_for_each_attempt() -> None:
    tasks = Failing("Boom")
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"token.$": "$$.Task.Token"},
        "TimeoutSeconds": 60,
        "HeartbeatSecondsPath": "$.beat",
        "Credentials": {"RoleArn.$": "$.role"},
        "Retry": [{"ErrorEquals": ["States.ALL"]}],
    }
    execute(one(state), {"beat": 5, "role": "arn:aws:iam::123456789012:role/other"}, tasks=tasks)
    first, second = tasks.calls
    assert (first.timeout, first.heartbeat) == (60, 5)
    assert first.credentials == {"RoleArn": "arn:aws:iam::123456789012:role/other"}
    assert first.parameters["token"] == first.context["Task"]["Token"] != second.parameters["token"]


def test_a_result_above_the_quota_can_be_caught_but_an_output_cannot() -> None:
    big = "x" * 300_000
    caught = execute(catching("States.ALL"), tasks=Tasks(lambda call: big))
    assert caught.output["Error"] == "States.DataLimitExceeded"
    grown = {"Type": "Pass", "Parameters": {"a.$": "$", "b.$": "$"}}
    outcome = execute(one(grown), "x" * 200_000)
    assert outcome.error == "States.DataLimitExceeded"
    assert "'S'" in str(outcome.cause)


def test_the_quota_counts_bytes_not_characters() -> None:
    assert execute(one({"Type": "Pass"}), "é" * 131_071).status == "SUCCEEDED"
    assert execute(one({"Type": "Pass"}), "é" * 131_072).error == "States.DataLimitExceeded"


def test_a_bug_in_a_runner_is_not_an_outcome() -> None:
    def broken(call: TaskCall) -> Any:
        raise KeyError("bug")

    with pytest.raises(KeyError):
        execute(catching("States.ALL"), tasks=Tasks(broken))
