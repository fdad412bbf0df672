"""Counting what a history tells of its cost."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

from stepdeploy.cost.history import count, name_of
from tests.unit.cost.histories import FUNCTION, TOPIC, History, request_id

RECORDED = Path(__file__).parents[3] / "../shared/aws-executions/executions"


def test_each_state_entered_is_a_transition_and_so_is_each_retry() -> None:
    history = History()
    history.enter("Pass", "Begin")
    history.enter("Task", "Merge")
    history.invoke()
    history.raised(1)
    history.invoke()
    history.raised(2)
    history.invoke()
    history.answered(3, {})
    history.enter("Succeed", "Done")
    counts = count(history.events)
    assert (counts.transitions, counts.retries) == (5, 2)
    assert (counts.invocations, counts.failed) == (3, 2)
    assert counts.functions == {"Merger-dev"}
    assert counts.request_ids == {request_id(1), request_id(2), request_id(3)}


def test_a_state_entered_twice_is_no_retry() -> None:
    history = History()
    for number in (1, 2):
        history.enter("Task", "Merge")
        history.invoke()
        history.answered(number, {})
    assert (count(history.events).transitions, count(history.events).retries) == (2, 0)


def test_branches_side_by_side_do_not_count_as_each_others_retries() -> None:
    history = History()
    fork = history.enter("Parallel", "Both")
    history.add("ParallelStateStarted")
    first = history.add("TaskStateEntered", after=fork, name="A")
    second = history.add("TaskStateEntered", after=fork, name="B")
    parameters = json.dumps({"FunctionName": FUNCTION})
    for entered in (first, second):
        history.add("TaskScheduled", after=entered, resourceType="lambda", resource="invoke", parameters=parameters)
    assert (count(history.events).transitions, count(history.events).retries) == (3, 0)


@pytest.mark.parametrize("kind", ["Parallel", "Map"])
def test_a_retry_of_a_whole_parallel_or_map_state(kind: str) -> None:
    history = History()
    history.enter(kind, "Both")
    history.add(f"{kind}StateStarted")
    history.enter("Pass", "Inside")
    history.add(f"{kind}StateStarted")
    history.enter("Pass", "Inside")
    assert (count(history.events).transitions, count(history.events).retries) == (4, 1)


def test_calls_and_tokens_that_functions_report_are_summed() -> None:
    history = History()
    history.enter("Task", "Sec")
    history.invoke()
    history.answered(1, {"api_calls": {"edgar": 4, "serper": 1, "nova": 2}, "usage": {"input_tokens": 100}})
    history.enter("Task", "Cxo")
    history.invoke("Cxo-dev:3")
    usage = {"nova": {"inputTokens": 11, "outputTokens": 7}}
    history.answered(2, {"api_calls": {"serper": 2, "website": True, "x": -3}, "usage": usage})
    counts = count(history.events)
    assert (counts.api_calls["serper"], counts.api_calls["nova"], counts.api_calls["edgar"]) == (3, 2, 4)
    assert (counts.input_tokens, counts.output_tokens) == (111, 7)
    assert counts.api_calls["website"] == counts.api_calls["x"] == 0


def test_an_answer_holds_the_tokens_of_the_steps_before_it() -> None:
    history = History()
    for number, tokens in enumerate((0, 100, 150, 150)):
        history.enter("Task", f"Step {number}")
        history.invoke()
        history.answered(
            number, {"usage": {"nova": {"input_tokens": tokens, "output_tokens": tokens // 10}, "serper": 1}}
        )
    assert (count(history.events).input_tokens, count(history.events).output_tokens) == (150, 15)


def test_a_functions_arn_as_resource() -> None:
    history = History()
    history.enter("Task", "Merge")
    history.add("LambdaFunctionScheduled", resource=FUNCTION, input="{}")
    history.add("LambdaFunctionStarted")
    history.add("LambdaFunctionSucceeded", output=json.dumps({"statusCode": 200, "body": {"api_calls": {"serper": 1}}}))
    counts = count(history.events)
    assert (counts.functions, counts.invocations, counts.request_ids) == ({"Merger-dev"}, 1, set())
    assert counts.api_calls["serper"] == 1


def test_a_function_that_ran_out_of_time_names_its_request() -> None:
    history = History()
    history.enter("Task", "Merge")
    history.invoke()
    cause = json.dumps(
        {"errorType": "Sandbox.Timedout", "errorMessage": f"RequestId: {request_id(9)} Error: Task timed out"}
    )
    history.add("TaskFailed", resourceType="lambda", resource="invoke", error="Sandbox.Timedout", cause=cause)
    assert count(history.events).request_ids == {request_id(9)}


def test_what_lambda_refused_is_a_retry_and_no_invocation() -> None:
    history = History()
    history.enter("Task", "Merge")
    for _ in range(2):
        history.invoke()
        error = {"error": "Lambda.TooManyRequestsException", "cause": "Rate Exceeded."}
        history.add("TaskFailed", resourceType="lambda", resource="invoke", **error)
    history.invoke()
    history.answered(1, {})
    counts = count(history.events)
    assert (counts.transitions, counts.invocations, counts.failed) == (3, 1, 0)


def test_messages_by_topic_and_only_those_that_were_taken() -> None:
    history = History()
    for taken in (True, False):
        history.enter("Task", "Notify")
        parameters = json.dumps({"TopicArn": TOPIC, "Message": "m"})
        history.add("TaskScheduled", resourceType="sns", resource="publish", parameters=parameters)
        history.add("TaskStarted", resourceType="sns", resource="publish")
        kind, details = ("TaskSucceeded", {"output": "{}"}) if taken else ("TaskFailed", {"error": "SNS.X"})
        history.add(kind, resourceType="sns", resource="publish", **details)
    counts = count(history.events)
    assert counts.publishes == {TOPIC: 1}
    assert (counts.invocations, counts.failed) == (0, 0)


def test_executions_with_a_history_of_their_own_are_told_apart() -> None:
    history = History()
    history.enter("Task", "Child")
    history.add("TaskScheduled", resourceType="states", resource="startExecution.sync:2", parameters="{}")
    history.add("MapRunStarted", mapRunArn="arn")
    assert count(history.events).children == 2


@pytest.mark.parametrize(
    "output", [None, "", "7", "null", "[]", "{", '{"Payload": 7}', '{"Payload": {"body": []}}', '{"Payload": "text"}']
)
def test_outputs_of_any_shape(output: str | None) -> None:
    history = History()
    history.enter("Task", "Merge")
    history.invoke()
    history.add(
        "TaskSucceeded", resourceType="lambda", resource="invoke", **({} if output is None else {"output": output})
    )
    assert count(history.events).invocations == 1


def test_no_history_costs_nothing() -> None:
    assert count([]).transitions == 0


@pytest.mark.parametrize("given", [FUNCTION, "Merger-dev:7", "Merger-dev", "123456789012:function:Merger-dev"])
def test_names_of_functions(given: str) -> None:
    assert name_of(given) == "Merger-dev"


def recorded() -> list[list[str]]:
    """The types of events, in order, of recorded executions that run one state at a time."""
    paths = sorted(RECORDED.glob("*.json")) if RECORDED.is_dir() else []
    found = [json.loads(path.read_text())["expected"] for path in paths]
    return [
        item["events"]
        for item in found
        if item.get("ordered") and item.get("events") and not any(kind[:3] in ("Map", "Par") for kind in item["events"])
    ]


def test_retries_of_recorded_executions() -> None:
    """In the record of a retry an attempt follows a failure directly, and no state is entered in between."""
    if not recorded():
        pytest.skip("the recorded executions (../shared/aws-executions) are not here")
    seen = 0
    for kinds in recorded():
        events = [{"id": n, "previousEventId": n - 1, "type": kind} for n, kind in enumerate(kinds, 1)]
        for event in events:
            if event["type"] == "LambdaFunctionScheduled":
                event["lambdaFunctionScheduledEventDetails"] = {"resource": FUNCTION}
        pairs = list(pairwise(kinds))
        retries = sum(one.endswith(("Failed", "TimedOut")) and other.endswith("Scheduled") for one, other in pairs)
        counts = count(events)
        assert counts.retries == retries
        assert counts.transitions == retries + sum(kind.endswith("StateEntered") for kind in kinds)
        seen += retries
    assert seen > 0
