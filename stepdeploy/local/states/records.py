"""The record of an execution: what DescribeExecution and ListExecutions tell about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stepdeploy.local.states.machines import Revision

RUNNING = "RUNNING"


@dataclass
class Execution:
    """An execution. input, output: JSON text. machine: unqualified ARN. map_run, label: of a Map Run's child.

    error and cause may both be absent on a FAILED one (SendTaskFailure without them).
    """

    arn: str
    name: str
    machine: str
    type: str
    revision: Revision
    input: str
    started: datetime
    status: str = RUNNING
    stopped: datetime | None = None
    output: str | None = None
    error: str | None = None
    cause: str | None = None
    version_arn: str | None = None
    alias_arn: str | None = None
    map_run: str | None = None
    label: str | None = None
    trace_header: str | None = None
    item_count: int | None = None

    def summary(self) -> dict[str, Any]:
        """A member of ListExecutions."""
        return {
            "executionArn": self.arn,
            "stateMachineArn": self.machine,
            "name": self.name,
            "status": self.status,
            "startDate": self.started,
            "stopDate": self.stopped,
            "mapRunArn": self.map_run,
            "itemCount": self.item_count,
            "stateMachineVersionArn": self.version_arn,
            "stateMachineAliasArn": self.alias_arn,
            "redriveCount": 0,
        }

    def description(self, *, data: bool) -> dict[str, Any]:
        """The answer to DescribeExecution; data: with input and output."""
        members = self.summary()
        del members["itemCount"]
        members |= {"error": self.error, "cause": self.cause, "traceHeader": self.trace_header}
        members |= self._redrive()
        if data:
            members |= {"input": self.input, "inputDetails": {"included": True}}
            if self.output is not None:
                members |= {"output": self.output, "outputDetails": {"included": True}}
        return members

    def _redrive(self) -> dict[str, Any]:
        if self.map_run is not None:
            reason = "Execution is a child of a Map Run and cannot be redriven"
        elif self.status in (RUNNING, "SUCCEEDED"):
            reason = f"Execution is {self.status} and cannot be redriven"
        else:
            reason = "The embedded AWS does not redrive executions"
        return {"redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": reason}
