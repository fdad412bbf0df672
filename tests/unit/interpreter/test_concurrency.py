"""Parallel and inline Map: side by side, in order, and what a failure does to the others."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from stepdeploy.interpreter import Limits, MemoryHistory, TaskCall, TaskError
from tests.unit.interpreter.support import TASK, Tasks, execute, one, output, types


def branch(state: dict[str, Any]) -> dict[str, Any]:
    return {"StartAt": "B", "States": {"B": {**state, **({} if state["Type"] == "Fail" else {"End": True})}}}


def mapped(processor: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"Type": "Map", "ItemProcessor": processor, **fields}


class Gauge(Tasks):
    """Notes how many calls run at the same time."""

    running = most = 0

    async def __call__(self, call: TaskCall) -> Any:
        self.calls.append(call)
        self.running += 1
        self.most = max(self.most, self.running)
        for _ in range(5):
            await asyncio.sleep(0)
        self.running -= 1
        return call.parameters


def test_parallel_gives_each_branch_the_input_and_keeps_the_order() -> None:
    slow = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 9, "Next": "B"}, **branch(TASK)["States"]}}
    state = {
        "Type": "Parallel",
        "Parameters": {"x.$": "$.n"},
        "Branches": [slow, branch({"Type": "Pass", "Result": 2})],
    }
    assert output({**state, "ResultSelector": {"all.$": "$"}}, {"n": 1}) == {"all": [{"x": 1}, 2]}


def test_branches_run_at_the_same_time() -> None:
    gauge = Gauge()
    output({"Type": "Parallel", "Branches": [branch(TASK)] * 3}, tasks=gauge)
    assert gauge.most == 3


def test_a_failing_branch_aborts_the_others_and_can_be_caught() -> None:
    stopped: list[str] = []

    class Mixed(Tasks):
        async def __call__(self, call: TaskCall) -> Any:
            if call.state == "Bad":
                await asyncio.sleep(0)
                raise TaskError("Boom", "because")
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                stopped.append(call.state)
                raise

    history = MemoryHistory()
    bad = {"StartAt": "Bad", "States": {"Bad": {**TASK, "End": True}}}
    state = {"Type": "Parallel", "Branches": [branch(TASK), bad], "Catch": [{"ErrorEquals": ["Boom"], "Next": "End"}]}
    machine = {"StartAt": "S", "States": {"S": {**state, "End": True}, "End": {"Type": "Succeed"}}}
    outcome = execute(machine, tasks=Mixed(), history=history)
    assert outcome.output == {"Error": "Boom", "Cause": "because"}
    assert stopped == ["B"]
    assert types(history).count("TaskStateAborted") == 2
    assert types(history)[-5:] == [
        "ParallelStateFailed",
        "ParallelStateExited",
        "SucceedStateEntered",
        "SucceedStateExited",
        "ExecutionSucceeded",
    ]


@pytest.mark.parametrize("name", ["States.ALL", "States.Runtime", "States.TaskFailed"])
def test_a_runtime_error_in_a_branch_fails_the_execution(name: str) -> None:
    inner = branch({"Type": "Pass", "InputPath": "$.missing"})
    state = {"Type": "Parallel", "Branches": [inner], "Catch": [{"ErrorEquals": [name], "Next": "S"}]}
    outcome = execute(one(state))
    assert outcome.error == "States.Runtime"
    assert "executing the state 'B' (entered at the event id #4)" in str(outcome.cause)


def test_a_parallel_is_retried_as_a_whole() -> None:
    attempts: list[int] = []

    def answer(call: TaskCall) -> Any:
        attempts.append(call.attempt)
        if len(attempts) < 3:
            raise TaskError("Boom")
        return "done"

    state = {"Type": "Parallel", "Branches": [branch(TASK)], "Retry": [{"ErrorEquals": ["Boom"]}]}
    assert output(state, tasks=Tasks(answer)) == ["done"]
    assert attempts == [0, 0, 0]


@pytest.mark.parametrize(("fields", "most"), [({}, 10), ({"MaxConcurrency": 3}, 3), ({"MaxConcurrencyPath": "$.m"}, 2)])
def test_map_bounds_how_many_iterations_run(fields: dict[str, Any], most: int) -> None:
    gauge = Gauge()
    state = mapped(branch(TASK), ItemsPath="$.items", **fields)
    items = list(range(25))
    assert output(state, {"items": items, "m": 2}, tasks=gauge, limits=Limits(inline_concurrency=10)) == items
    assert gauge.most == most


def test_map_selects_items_with_their_index() -> None:
    selector = {"i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value", "whole.$": "$.k"}
    expected = [{"i": 0, "v": "a", "whole": 1}, {"i": 1, "v": "b", "whole": 1}]
    for name in ("ItemSelector", "Parameters"):
        state = mapped(branch({"Type": "Pass"}), ItemsPath="$.items", **{name: selector})
        assert output(state, {"items": ["a", "b"], "k": 1}) == expected


def test_the_old_names_iterator_and_parameters_work() -> None:
    state = {"Type": "Map", "Iterator": branch({"Type": "Pass", "Parameters": {"v.$": "$$.Map.Item.Value"}})}
    assert output(state, [1, 2]) == [{"v": 1}, {"v": 2}]


def test_nested_maps_see_the_inner_item() -> None:
    inner = mapped(branch({"Type": "Pass", "Parameters": {"v.$": "$$.Map.Item.Value"}}))
    assert output(mapped(branch(inner)), [[1], [2, 3]]) == [[{"v": 1}], [{"v": 2}, {"v": 3}]]


def test_after_a_failed_iteration_no_other_starts() -> None:
    started: list[Any] = []

    def answer(call: TaskCall) -> Any:
        started.append(call.parameters)
        raise TaskError("Boom")

    history = MemoryHistory()
    outcome = execute(one(mapped(branch(TASK), MaxConcurrency=1)), [1, 2, 3], tasks=Tasks(answer), history=history)
    assert outcome.error == "Boom"
    assert started == [1]
    assert types(history)[-3:] == ["MapIterationFailed", "MapStateFailed", "ExecutionFailed"]


def test_running_iterations_are_aborted() -> None:
    class Mixed(Tasks):
        async def __call__(self, call: TaskCall) -> Any:
            if call.parameters == 1:
                await asyncio.Event().wait()
            await asyncio.sleep(0)
            raise TaskError("Boom")

    history = MemoryHistory()
    execute(one(mapped(branch(TASK))), [1, 2], tasks=Mixed(), history=history)
    assert {"MapIterationAborted", "MapIterationFailed", "TaskStateAborted"} <= set(types(history))


def test_a_map_over_nothing_is_an_empty_array() -> None:
    assert output(mapped(branch(TASK)), []) == []


@pytest.mark.parametrize(("path", "data"), [("$", {"a": 1}), ("$.a", {"a": None}), ("$$.Execution.Name", [])])
def test_map_needs_an_array(path: str, data: Any) -> None:
    outcome = execute(one(mapped(branch(TASK), ItemsPath=path)), data)
    assert outcome.error == "States.Runtime"
    assert str(outcome.cause).endswith(f'Reference path "{path.replace("$$", "$")}" must point to array.')


def test_a_long_chain_lets_other_executions_run() -> None:
    count = 200
    chain = {f"P{i}": {"Type": "Pass", "Next": f"P{i + 1}"} for i in range(count)}
    chain[f"P{count}"] = {"Type": "Pass", "End": True}
    first = {"StartAt": "P0", "States": chain}
    history = MemoryHistory()
    assert output({"Type": "Parallel", "Branches": [first, first]}, history=history) == [{}, {}]
    names = [
        event["stateEnteredEventDetails"]["name"] for event in history.events if "stateEnteredEventDetails" in event
    ]
    assert names.index("P100", names.index("P100") + 1) < len(names) - count // 4
