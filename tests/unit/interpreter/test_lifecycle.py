"""Executions as a whole: stopping, the machine's timeout, the history and its quota, many on one loop."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest

from stepdeploy.interpreter import (
    Limits,
    MemoryHistory,
    Outcome,
    Run,
    Stop,
    SystemClock,
    TaskCall,
    VirtualClock,
    run,
)
from tests.unit.interpreter.support import CONTEXT, TASK, Tasks, execute, one, types

WAITING = one({"Type": "Wait", "Seconds": 3600})
BRANCH = {"StartAt": "S", "States": {"S": {"Type": "Wait", "Seconds": 3600, "End": True}}}
FOREVER = {
    "wait": WAITING,
    "task": one(TASK),
    "parallel": one({"Type": "Parallel", "Branches": [BRANCH, BRANCH]}),
    "map": one({"Type": "Map", "ItemProcessor": BRANCH, "ItemsPath": "$$.Execution.Input.items"}),
    "distributed": one(
        {
            "Type": "Map",
            "ItemsPath": "$.items",
            "MaxConcurrency": 1,
            "ItemProcessor": {**BRANCH, "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}},
        }
    ),
    "loop": {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "A"}}},
}
STATES_ABORTED = {
    "wait": 1,
    "task": 1,
    "parallel": 3,
    "map": 3,
    "distributed": 1,
    "loop": 0,
}


class Hanging(Tasks):
    async def __call__(self, call: TaskCall) -> Any:
        await asyncio.Event().wait()


def options(history: MemoryHistory) -> dict[str, Any]:
    return {"context": CONTEXT, "tasks": Hanging(), "history": history, "limits": Limits(events=None)}


@pytest.mark.parametrize("name", FOREVER)
def test_stop_ends_whatever_runs_with_its_reason(name: str) -> None:
    history = MemoryHistory()

    async def scenario() -> Outcome:
        execution = Run(FOREVER[name], {"items": [1, 2]}, **options(history))
        await asyncio.sleep(0.01)
        execution.stop("Enough", "said the user")
        execution.stop("Too", "late")
        return await asyncio.wait_for(execution, 2)

    assert asyncio.run(scenario()) == Outcome("ABORTED", error="Enough", cause="said the user")
    details = {"error": "Enough", "cause": "said the user"}
    assert history.events[-1]["executionAbortedEventDetails"] == details
    assert sum(type.endswith("StateAborted") for type in types(history)) == STATES_ABORTED[name]


def test_cancelling_the_task_with_a_stop_does_the_same() -> None:
    async def scenario() -> Outcome:
        task = asyncio.create_task(run(FOREVER["parallel"], {}, **options(MemoryHistory())))
        await asyncio.sleep(0.01)
        task.cancel(Stop("Enough"))
        return await task

    assert asyncio.run(scenario()) == Outcome("ABORTED", error="Enough")


def test_a_plain_cancel_is_no_outcome() -> None:
    async def scenario() -> None:
        task = asyncio.create_task(run(WAITING, {}, **options(MemoryHistory())))
        await asyncio.sleep(0.01)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(scenario())


def test_stopping_before_the_first_turn_still_writes_a_history() -> None:
    history = MemoryHistory()

    async def scenario() -> Outcome:
        execution = Run(WAITING, {}, **options(history))
        execution.stop("Early")
        return await asyncio.wait_for(execution, 2)

    assert asyncio.run(scenario()).status == "ABORTED"
    assert types(history)[0] == "ExecutionStarted"
    assert types(history)[-1] == "ExecutionAborted"


def test_stopping_what_is_over_changes_nothing() -> None:
    async def scenario() -> Outcome:
        execution = Run(one({"Type": "Pass"}), 1, context=CONTEXT, tasks=Tasks())
        await execution
        execution.stop("Late")
        return await execution

    assert asyncio.run(scenario()) == Outcome("SUCCEEDED", output=1)


@pytest.mark.parametrize("state", [{"Type": "Wait", "Seconds": 3600}, {"Type": "Parallel", "Branches": [BRANCH]}])
def test_the_machines_timeout_counts_on_the_clock(state: dict[str, Any]) -> None:
    clock, history = VirtualClock(), MemoryHistory()
    outcome = execute(one(state, TimeoutSeconds=60), clock=clock, history=history)
    assert outcome == Outcome("TIMED_OUT")
    assert clock.slept == [pytest.approx(60)]
    last = history.events[-1]
    assert (last["type"], last["previousEventId"]) == ("ExecutionTimedOut", 0)
    assert last["executionTimedOutEventDetails"] == {"error": "States.Timeout"}


def test_the_machines_timeout_cannot_be_caught() -> None:
    state = {**TASK, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "S"}]}
    outcome = execute(one(state, TimeoutSeconds=0.02), tasks=Hanging())
    assert outcome == Outcome("TIMED_OUT")


def test_a_machine_within_its_timeout_succeeds() -> None:
    assert execute(one({"Type": "Wait", "Seconds": 59}, TimeoutSeconds=60)).status == "SUCCEEDED"


def test_a_full_history_fails_the_execution() -> None:
    history = MemoryHistory()
    outcome = execute(FOREVER["loop"], history=history, limits=Limits(events=100))
    assert outcome.cause == "The execution reached the maximum number of history events (100)."
    assert len(history.events) == 100
    assert types(history)[-1] == "ExecutionFailed"


def test_the_last_event_may_be_the_success() -> None:
    machine = one({"Type": "Pass"})
    assert execute(machine, limits=Limits(events=4)).status == "SUCCEEDED"
    assert execute(machine, limits=Limits(events=3)).status == "FAILED"


def test_a_history_reads_like_aws() -> None:
    history = MemoryHistory()
    state = {**TASK, "Parameters": {"FunctionName": "f", "Payload.$": "$"}, "TimeoutSeconds": 9, "Assign": {"v.$": "$"}}
    execute(one(state), {"é": 1}, tasks=Tasks(lambda call: [1.5]), history=history)
    for event in history.events:
        event.pop("timestamp")
    whole = {"truncated": False}
    names = {"resourceType": "lambda", "resource": "invoke"}
    assert history.events == [
        {
            "type": "ExecutionStarted",
            "id": 1,
            "previousEventId": 0,
            "executionStartedEventDetails": {
                "input": '{"é":1}',
                "inputDetails": whole,
                "roleArn": CONTEXT["Execution"]["RoleArn"],
            },
        },
        {
            "type": "TaskStateEntered",
            "id": 2,
            "previousEventId": 0,
            "stateEnteredEventDetails": {"name": "S", "input": '{"é":1}', "inputDetails": whole},
        },
        {
            "type": "TaskScheduled",
            "id": 3,
            "previousEventId": 2,
            "taskScheduledEventDetails": {
                **names,
                "region": "eu-west-1",
                "parameters": '{"FunctionName":"f","Payload":{"é":1}}',
                "timeoutInSeconds": 9,
            },
        },
        {"type": "TaskStarted", "id": 4, "previousEventId": 3, "taskStartedEventDetails": names},
        {
            "type": "TaskSucceeded",
            "id": 5,
            "previousEventId": 4,
            "taskSucceededEventDetails": {**names, "output": "[1.5]", "outputDetails": whole},
        },
        {
            "type": "TaskStateExited",
            "id": 6,
            "previousEventId": 5,
            "stateExitedEventDetails": {
                "name": "S",
                "output": "[1.5]",
                "outputDetails": whole,
                "assignedVariables": {"v": "[1.5]"},
                "assignedVariablesDetails": whole,
            },
        },
        {
            "type": "ExecutionSucceeded",
            "id": 7,
            "previousEventId": 6,
            "executionSucceededEventDetails": {"output": "[1.5]", "outputDetails": whole},
        },
    ]


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (
            "arn:aws:lambda:eu-west-1:123456789012:function:f:7",
            ["LambdaFunctionScheduled", "LambdaFunctionStarted", "LambdaFunctionSucceeded"],
        ),
        (
            "arn:aws:states:eu-west-1:123456789012:activity:a",
            ["ActivityScheduled", "ActivityStarted", "ActivitySucceeded"],
        ),
        (
            "arn:aws:states:::states:startExecution.sync:2",
            ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"],
        ),
    ],
)
def test_each_kind_of_resource_has_its_events(resource: str, expected: list[str]) -> None:
    def answer(call: TaskCall) -> Any:
        call.submitted({"ExecutionArn": "arn"})
        call.started("worker-1")
        return {}

    history = MemoryHistory()
    execute(one({"Type": "Task", "Resource": resource}), tasks=Tasks(answer), history=history)
    assert types(history)[2:-2] == expected


def test_resource_names_are_split_like_awss() -> None:
    history = MemoryHistory()
    execute(one({"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:getObject"}), history=history)
    details = history.events[2]["taskScheduledEventDetails"]
    assert (details["resourceType"], details["resource"]) == ("aws-sdk:s3", "getObject")


def test_many_executions_share_a_loop() -> None:
    async def scenario() -> float:
        begin = time.perf_counter()
        machine = one({"Type": "Wait", "Seconds": 1})
        runs = [run(machine, n, context=CONTEXT, tasks=Tasks(), clock=SystemClock(scale=0.05)) for n in range(200)]
        outcomes = await asyncio.gather(*runs)
        assert [outcome.output for outcome in outcomes] == list(range(200))
        return time.perf_counter() - begin

    assert asyncio.run(scenario()) < 5


def test_initial_variables_can_be_given() -> None:
    outcome = execute(one({"Type": "Pass", "OutputPath": "$v"}), variables={"v": 3})
    assert outcome.output == 3


def test_payload_texts_are_compact_json() -> None:
    history = MemoryHistory()
    execute(one({"Type": "Pass"}), {"b": [1, {"c": None}], "a": "ü"}, history=history)
    text = history.events[1]["stateEnteredEventDetails"]["input"]
    assert text == '{"b":[1,{"c":null}],"a":"ü"}'
    assert json.loads(text) == {"b": [1, {"c": None}], "a": "ü"}
