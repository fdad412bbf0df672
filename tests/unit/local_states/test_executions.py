"""Executions: start, names, input, describe, list, history, stop, EXPRESS, what outlives a restart."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stepdeploy.local.states.executions import MOST_INPUT_BYTES

from .conftest import ACCOUNT, PASS, REGION, WAIT, FakeWorld, States
from .test_control import refused

FAIL = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Broken", "Cause": "because"}}}
TIMEOUT = {**WAIT, "TimeoutSeconds": 1}


class TestStart:
    @pytest.mark.parametrize("qualifier", ["", ":1", ":prod"])
    def test_what_is_started_is_recorded(self, states: States, qualifier: str) -> None:
        arn = states.machine(PASS, publish=True)
        routing = [{"stateMachineVersionArn": f"{arn}:1", "weight": 100}]
        states("CreateStateMachineAlias", name="prod", routingConfiguration=routing)
        done = states.run(arn + qualifier, name="one")
        assert done["executionArn"] == f"arn:aws:states:{REGION}:{ACCOUNT}:execution:orders:one"
        assert done["stateMachineArn"] == arn
        assert done.get("stateMachineVersionArn") == (f"{arn}:1" if qualifier else None)
        assert done.get("stateMachineAliasArn") == (f"{arn}:prod" if qualifier == ":prod" else None)
        started = states("GetExecutionHistory", executionArn=done["executionArn"])["events"][0]
        details = started["executionStartedEventDetails"]
        assert details.get("stateMachineAliasArn") == done.get("stateMachineAliasArn")
        assert details.get("stateMachineVersionArn") == done.get("stateMachineVersionArn")

    def test_same_name_and_input_while_running_is_the_same_execution(self, states: States) -> None:
        arn = states.machine(WAIT)
        params = {"stateMachineArn": arn, "name": "one", "input": '{"a":1}'}
        first = states("StartExecution", **params)
        assert states("StartExecution", **params) == first
        message = refused(lambda: states("StartExecution", **{**params, "input": "{}"}), "ExecutionAlreadyExists")
        assert message == f"Execution Already Exists: '{first['executionArn']}'"
        states("StopExecution", executionArn=first["executionArn"])
        refused(lambda: states("StartExecution", **params), "ExecutionAlreadyExists")

    def test_unnamed_executions_get_different_names(self, states: States) -> None:
        arn = states.machine(PASS)
        assert len({states.run(arn)["name"] for _ in range(3)}) == 3

    @pytest.mark.parametrize("name", ["a b", "a*", "a#b", "ab,c", "x/y"])
    def test_bad_names(self, states: States, name: str) -> None:
        arn = states.machine(PASS)
        message = refused(lambda: states("StartExecution", stateMachineArn=arn, name=name), "InvalidName")
        assert message == f"Invalid Name: '{name}'"

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("", "Invalid execution input."),
            (
                "not some json",
                "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' "
                "or 'false')",
            ),
            ("{'a': 1}", None),
            ('{"a": NaN}', None),
            (json.dumps("é" * (MOST_INPUT_BYTES // 2), ensure_ascii=False), None),
        ],
    )
    def test_bad_input(self, states: States, text: str, reason: str | None) -> None:
        arn = states.machine(PASS)
        message = refused(lambda: states("StartExecution", stateMachineArn=arn, input=text), "InvalidExecutionInput")
        if reason is not None:
            assert message == f"Invalid State Machine Execution Input: '{reason}'"

    @pytest.mark.parametrize("value", [1, "text", None, [1, 2]])
    def test_any_json_is_input(self, states: States, value: Any) -> None:
        done = states.run(states.machine(PASS), input=[value])
        assert json.loads(done["output"]) == [value]

    @pytest.mark.parametrize("qualifier", [":2", ":none"])
    def test_missing_version_or_alias(self, states: States, qualifier: str) -> None:
        arn = states.machine(PASS, publish=True)
        refused(lambda: states("StartExecution", stateMachineArn=arn + qualifier), "StateMachineDoesNotExist")


class TestDescribe:
    @pytest.mark.parametrize(
        ("definition", "status", "error"),
        [(PASS, "SUCCEEDED", None), (FAIL, "FAILED", "Broken"), (TIMEOUT, "TIMED_OUT", None)],
    )
    def test_how_it_ended(self, states: States, definition: dict[str, Any], status: str, error: str | None) -> None:
        done = states.run(states.machine(definition), {"a": 1})
        assert (done["status"], done.get("error")) == (status, error)
        assert done["stopDate"] >= done["startDate"]
        assert (done["input"], done.get("output")) == ('{"a": 1}', '{"a":1}' if status == "SUCCEEDED" else None)
        assert done["redriveStatus"] == "NOT_REDRIVABLE"

    def test_running(self, states: States) -> None:
        arn = states("StartExecution", stateMachineArn=states.machine(WAIT))["executionArn"]
        found = states("DescribeExecution", executionArn=arn)
        assert found["status"] == "RUNNING"
        assert "stopDate" not in found
        refused(lambda: states("RedriveExecution", executionArn=arn), "ExecutionNotRedrivable")

    def test_context_object(self, states: States) -> None:
        definition = {
            "StartAt": "A",
            "States": {
                "A": {"Type": "Pass", "Parameters": {"e.$": "$$.Execution", "m.$": "$$.StateMachine"}, "End": True}
            },
        }
        arn = states.machine(definition)
        done = states.run(arn, {"q": 1}, name="one")
        output = json.loads(done["output"])
        assert output["m"] == {"Id": arn, "Name": "orders"}
        assert output["e"]["Id"] == done["executionArn"]
        assert output["e"]["Input"] == {"q": 1}
        assert output["e"]["StartTime"].startswith(f"{done['startDate']:%Y-%m-%dT%H:%M:%S}")

    @pytest.mark.parametrize("operation", ["DescribeExecution", "GetExecutionHistory", "StopExecution"])
    def test_missing(self, states: States, operation: str) -> None:
        arn = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:orders:none"
        message = refused(lambda: states(operation, executionArn=arn), "ExecutionDoesNotExist")
        assert message == f"Execution Does Not Exist: '{arn}'"
        assert refused(lambda: states(operation, executionArn="x"), "InvalidArn") == (
            "Invalid Arn: 'Invalid ARN prefix: x'"
        )


class TestStop:
    def test_error_and_cause_are_kept(self, states: States) -> None:
        arn = states("StartExecution", stateMachineArn=states.machine(WAIT))["executionArn"]
        stopped = states("StopExecution", executionArn=arn, error="Enough", cause="asked to")
        done = states("DescribeExecution", executionArn=arn)
        assert (done["status"], done["error"], done["cause"]) == ("ABORTED", "Enough", "asked to")
        assert done["stopDate"] == stopped["stopDate"]
        assert states.events(arn)[-1] == "ExecutionAborted"

    def test_at_once_after_start(self, states: States) -> None:
        machine = states.machine(WAIT)
        for _ in range(20):
            arn = states("StartExecution", stateMachineArn=machine)["executionArn"]
            states("StopExecution", executionArn=arn)
            assert states.events(arn)[0] == "ExecutionStarted"
            assert states.events(arn)[-1] == "ExecutionAborted"

    def test_what_has_ended_stays_as_it_is(self, states: States) -> None:
        done = states.run(states.machine(PASS))
        assert states("StopExecution", executionArn=done["executionArn"])["stopDate"] == done["stopDate"]
        assert states("DescribeExecution", executionArn=done["executionArn"]) == done


class TestList:
    def test_newest_first_in_pages_and_by_what_was_started(self, states: States) -> None:
        arn = states.machine(PASS, publish=True)
        routing = [{"stateMachineVersionArn": f"{arn}:1", "weight": 100}]
        states("CreateStateMachineAlias", name="prod", routingConfiguration=routing)
        for number, qualifier in enumerate(["", ":1", ":prod", ""]):
            states.run(arn + qualifier, name=f"e{number}")

        def names(of: str, **params: Any) -> list[str]:
            return [item["name"] for item in states("ListExecutions", stateMachineArn=of, **params)["executions"]]

        assert names(arn) == ["e3", "e2", "e1", "e0"]
        assert names(f"{arn}:1") == ["e2", "e1"]
        assert names(f"{arn}:prod") == ["e2"]
        first = states("ListExecutions", stateMachineArn=arn, maxResults=3)
        assert names(arn, maxResults=3, nextToken=first["nextToken"]) == ["e0"]

    def test_status_filter(self, states: States) -> None:
        arn = states.machine(WAIT)
        running = states("StartExecution", stateMachineArn=arn, name="a")["executionArn"]
        states("StopExecution", executionArn=states("StartExecution", stateMachineArn=arn)["executionArn"])
        found = states("ListExecutions", stateMachineArn=arn, statusFilter="RUNNING")["executions"]
        assert [item["executionArn"] for item in found] == [running]

    def test_needs_one_arn(self, states: States) -> None:
        refused(lambda: states("ListExecutions"), "ValidationException")


class TestHistory:
    def test_order_pages_and_data(self, states: States) -> None:
        arn = states.run(states.machine(PASS), {"secret": 1})["executionArn"]
        types = ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"]
        assert states.events(arn) == types
        backwards = states("GetExecutionHistory", executionArn=arn, reverseOrder=True, maxResults=3)
        rest = states(
            "GetExecutionHistory", executionArn=arn, reverseOrder=True, maxResults=3, nextToken=backwards["nextToken"]
        )
        assert [event["type"] for event in backwards["events"] + rest["events"]] == types[::-1]
        bare = states("GetExecutionHistory", executionArn=arn, includeExecutionData=False)["events"]
        assert "secret" not in str(bare)
        assert bare[1]["stateEnteredEventDetails"] == {"name": "A"}

    def test_grows_while_running(self, states: States) -> None:
        arn = states("StartExecution", stateMachineArn=states.machine(WAIT))["executionArn"]
        states("StopExecution", executionArn=arn)
        assert states.events(arn) == [
            "ExecutionStarted",
            "WaitStateEntered",
            "WaitStateAborted",
            "ExecutionAborted",
        ] or (states.events(arn) == ["ExecutionStarted", "WaitStateEntered", "ExecutionAborted"])


class TestExpress:
    def test_sync(self, states: States) -> None:
        arn = states.machine(PASS, type="EXPRESS")
        done = states("StartSyncExecution", stateMachineArn=arn, input='{"a":1}', name="one")
        assert done["executionArn"].startswith(f"arn:aws:states:{REGION}:{ACCOUNT}:express:orders:one:")
        assert (done["status"], done["output"]) == ("SUCCEEDED", '{"a":1}')
        assert done["billingDetails"] == {"billedDurationInMilliseconds": 100, "billedMemoryUsedInMB": 64}

    def test_sync_is_for_express_only(self, states: States) -> None:
        arn = states.machine(PASS)
        message = refused(lambda: states("StartSyncExecution", stateMachineArn=arn), "StateMachineTypeNotSupported")
        assert message == "This operation is not supported by this type of state machine"

    def test_nothing_to_look_at_afterwards(self, states: States) -> None:
        arn = states.machine(PASS, type="EXPRESS")
        execution = states("StartExecution", stateMachineArn=arn, name="one")["executionArn"]
        assert states("StartExecution", stateMachineArn=arn, name="one")["executionArn"] != execution
        message = refused(lambda: states("DescribeExecution", executionArn=execution), "InvalidArn")
        assert message == "Invalid Arn: 'Resource type not valid in this context: express'"
        refused(lambda: states("ListExecutions", stateMachineArn=arn), "StateMachineTypeNotSupported")

    @pytest.mark.parametrize("pattern", [".sync:2", ".sync", ".waitForTaskToken"])
    def test_patterns_that_express_lacks(self, states: States, pattern: str) -> None:
        state = {"Type": "Task", "Resource": f"arn:aws:states:::states:startExecution{pattern}", "End": True}
        message = refused(
            lambda: states.machine({"StartAt": "T", "States": {"T": state}}, type="EXPRESS"), "InvalidDefinition"
        )
        assert f"Express state machine does not support '{pattern.removesuffix(':2')}' service integration" in message


def test_records_outlive_the_server(world: FakeWorld) -> None:
    first = States(world)
    done = first.run(first.machine(PASS), {"a": 1})
    running = first("StartExecution", stateMachineArn=first.machine(WAIT, name="waits"))["executionArn"]
    events = first("GetExecutionHistory", executionArn=done["executionArn"])
    first.service.close()
    second = States(world)
    try:
        second.machine(PASS)
        again = second("DescribeExecution", executionArn=done["executionArn"])
        assert {**again, "startDate": 0, "stopDate": 0} == {**done, "startDate": 0, "stopDate": 0}
        assert abs((again["startDate"] - done["startDate"]).total_seconds()) < 0.001
        assert [e["type"] for e in second("GetExecutionHistory", executionArn=done["executionArn"])["events"]] == [
            e["type"] for e in events["events"]
        ]
        lost = second("DescribeExecution", executionArn=running)
        assert (lost["status"], lost["cause"]) == (
            "ABORTED",
            "The embedded AWS stopped while this execution was running.",
        )
        assert second("DescribeStateMachineForExecution", executionArn=running)["name"] == "waits"
    finally:
        second.service.close()


def test_many_at_once(states: States) -> None:
    definition = {
        "StartAt": "W",
        "States": {"W": {"Type": "Wait", "Seconds": 1, "Next": "P"}, "P": {"Type": "Pass", "End": True}},
    }
    arn = states.machine(definition)
    started = [states("StartExecution", stateMachineArn=arn)["executionArn"] for _ in range(200)]
    assert {states.ended(execution)["status"] for execution in started} == {"SUCCEEDED"}
    assert states.service.running() == 0
