"""What an execution leaves in CloudWatch: log lines by level, metrics by dimension set."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import GROUP, PASS, States
from .test_control import LOGGING
from .test_executions import FAIL


def lines(states: States) -> list[dict[str, Any]]:
    states.service.flush()
    assert {group for group, *_ in states.world.lines} <= {GROUP}
    return [json.loads(text) for *_, text in states.world.lines]


@pytest.mark.parametrize(
    ("level", "definition", "types"),
    [
        ("ALL", PASS, ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"]),
        ("ALL", FAIL, ["ExecutionStarted", "FailStateEntered", "ExecutionFailed"]),
        ("ERROR", PASS, []),
        ("ERROR", FAIL, ["ExecutionFailed"]),
        ("FATAL", FAIL, ["ExecutionFailed"]),
        ("FATAL", PASS, []),
    ],
)
def test_levels(states: States, level: str, definition: dict[str, Any], types: list[str]) -> None:
    states.run(states.machine(definition, loggingConfiguration={**LOGGING, "level": level}))
    assert [line["type"] for line in lines(states)] == types


def test_off_writes_nothing(states: States) -> None:
    states.run(states.machine(FAIL, loggingConfiguration={**LOGGING, "level": "OFF"}))
    assert lines(states) == []


@pytest.mark.parametrize("data", [True, False])
def test_shape_of_a_line(states: States, data: bool) -> None:
    arn = states.machine(PASS, loggingConfiguration={**LOGGING, "includeExecutionData": data})
    execution = states.run(arn, {"secret": 1})["executionArn"]
    line = lines(states)[1]
    assert list(line) == [
        "id",
        "type",
        "details",
        "previous_event_id",
        "event_timestamp",
        "execution_arn",
        "redrive_count",
    ]
    assert (line["id"], line["previous_event_id"], line["execution_arn"]) == ("2", "0", execution)
    shown = {"input": '{"secret":1}', "inputDetails": {"truncated": False}} if data else {}
    assert line["details"] == {"name": "A", **shown}


def test_the_versions_own_configuration_counts(states: States) -> None:
    arn = states.machine(PASS, publish=True)
    states("UpdateStateMachine", stateMachineArn=arn, loggingConfiguration=LOGGING)
    states.run(f"{arn}:1")
    assert lines(states) == []
    states.run(arn)
    assert len(lines(states)) == 4


def test_metrics(states: States) -> None:
    arn = states.machine(PASS, publish=True)
    routing = [{"stateMachineVersionArn": f"{arn}:1", "weight": 100}]
    states("CreateStateMachineAlias", name="prod", routingConfiguration=routing)
    states.run(f"{arn}:prod")
    states.service.flush()
    calls = states.world.client("cloudwatch").calls
    data = [datum for _, parameters in calls for datum in parameters["MetricData"]]
    assert {parameters["Namespace"] for _, parameters in calls} == {"AWS/States"}
    names = ["ExecutionsStarted", "ExecutionsSucceeded", "ExecutionTime"]
    sets = [
        {"StateMachineArn": arn},
        {"StateMachineArn": arn, "Version": "1"},
        {"StateMachineArn": arn, "Alias": "prod"},
    ]
    found = [(datum["MetricName"], {item["Name"]: item["Value"] for item in datum["Dimensions"]}) for datum in data]
    assert found == [(name, dimensions) for name in names for dimensions in sets]
    times = [datum for datum in data if datum["MetricName"] == "ExecutionTime"]
    assert all(datum["Unit"] == "Milliseconds" and datum["Value"] >= 0 for datum in times)


def test_a_failing_log_group_does_not_stop_executions(states: States, caplog: pytest.LogCaptureFixture) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("gone")

    states.world.write_logs = broken  # type: ignore[method-assign]
    arn = states.machine(PASS, loggingConfiguration=LOGGING)
    assert states.run(arn)["status"] == "SUCCEEDED"
    states.service.flush()
    assert "gone" in caplog.text
    assert states.run(arn)["status"] == "SUCCEEDED"
