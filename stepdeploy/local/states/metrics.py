"""The AWS/States metrics of executions (https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html).

Each is put for {StateMachineArn} and, where the execution was started through one, for {StateMachineArn, Version} and
{StateMachineArn, Alias}; Version and Alias hold the number and the name.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from stepdeploy.local.states.background import Batches
from stepdeploy.local.states.names import region_of
from stepdeploy.local.states.records import Execution
from stepdeploy.local.world import World

NAMESPACE = "AWS/States"
#: How long a value waits for others to be put with, seconds.
LINGER = 0.5
_ENDED = {
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
}
_Datum = tuple[str, dict[str, Any]]


class Metrics:
    """Puts metrics into CloudWatch of the embedded AWS, in the background."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._queue: Batches[_Datum] = Batches("states-metrics", self._put, linger=LINGER)

    def started(self, execution: Execution) -> None:
        self._count(execution, "ExecutionsStarted", execution.started)

    def ended(self, execution: Execution) -> None:
        assert execution.stopped is not None
        self._count(execution, _ENDED[execution.status], execution.stopped)
        took = (execution.stopped - execution.started).total_seconds() * 1000
        self._add(execution, "ExecutionTime", execution.stopped, took, "Milliseconds")

    def flush(self) -> None:
        self._queue.flush()

    def close(self) -> None:
        self._queue.close()

    def _count(self, execution: Execution, name: str, at: datetime) -> None:
        self._add(execution, name, at, 1, "Count")

    def _add(self, execution: Execution, name: str, at: datetime, value: float, unit: str) -> None:
        for dimensions in dimension_sets(execution):
            datum = {"MetricName": name, "Timestamp": at, "Value": value, "Unit": unit, "Dimensions": dimensions}
            self._queue.put((region_of(execution.arn), datum))

    def _put(self, batch: list[_Datum]) -> None:
        for region in {region for region, _ in batch}:
            data = [datum for where, datum in batch if where == region]
            self._world.client("cloudwatch", region).put_metric_data(Namespace=NAMESPACE, MetricData=data)


def dimension_sets(execution: Execution) -> list[list[dict[str, str]]]:
    """The dimension sets that an execution counts in. A Map Run's child counts under `stateMachine:NAME/LABEL`."""
    arn = f"{execution.machine}/{execution.label}" if execution.label else execution.machine
    machine = {"Name": "StateMachineArn", "Value": arn}
    sets = [[machine]]
    for name, qualified in (("Version", execution.version_arn), ("Alias", execution.alias_arn)):
        if qualified is not None:
            sets.append([machine, {"Name": name, "Value": qualified.rsplit(":", 1)[-1]}])
    return sets
