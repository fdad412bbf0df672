"""History events of a task: TaskScheduled..., LambdaFunctionScheduled... or ActivityScheduled...

Members as in GetExecutionHistory (https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html).
"""

from __future__ import annotations

from typing import Any

from stepdeploy.interpreter.contract import TaskCall
from stepdeploy.interpreter.failures import Failure
from stepdeploy.interpreter.frames import Frame
from stepdeploy.interpreter.texts import to_text

_WHOLE = {"truncated": False}


class TaskEvents:
    """Events of a service integration (`arn:aws:states:::lambda:invoke`, `...:aws-sdk:s3:getObject`)."""

    kind = "Task"

    def __init__(self, frame: Frame, resource: str) -> None:
        self.frame = frame
        self.resource = resource
        service = resource.split(":", 5)[-1]
        type_, _, action = service.rpartition(":")
        self.names = {"resourceType": type_, "resource": action}
        self.subject = type_

    def add(self, what: str, details: dict[str, Any] | None) -> None:
        """Records `<kind><what>` with its details."""
        name = f"{self.kind}{what}"
        members = {} if details is None else {f"{name[0].lower()}{name[1:]}EventDetails": details}
        self.frame.add(name, **members)

    def scheduled(self, call: TaskCall) -> None:
        """The call was made; TaskStarted follows at once, as in AWS's histories."""
        details = {**self.names, "region": self.frame.execution.region, "parameters": to_text(call.parameters)}
        self.add("Scheduled", {**details, **_bounds(call)})
        self.add("Started", dict(self.names))

    def submitted(self, output: Any) -> None:
        """The service accepted a .sync or .waitForTaskToken call."""
        self.add("Submitted", {**self.names, "output": to_text(output), "outputDetails": _WHOLE})

    def started(self, worker: str | None) -> None:
        """Only activities are picked up by a worker."""

    def succeeded(self, output: str) -> None:
        """The task ended well; output: JSON text."""
        self.add("Succeeded", {**self.names, "output": output, "outputDetails": _WHOLE})

    def failed(self, failure: Failure) -> None:
        """The task failed."""
        self.add("Failed", {**self.names, **failure.details()})

    def timed_out(self, failure: Failure) -> None:
        """The task took too long, or missed a heartbeat."""
        self.add("TimedOut", {**self.names, **failure.details()})


class LambdaEvents(TaskEvents):
    """Events of a function named directly by its ARN; there is no submission and no heartbeat."""

    kind = "LambdaFunction"

    def __init__(self, frame: Frame, resource: str) -> None:
        super().__init__(frame, resource)
        self.names = {}
        self.subject = resource

    def scheduled(self, call: TaskCall) -> None:
        details = {
            "resource": self.resource,
            "input": to_text(call.parameters),
            "inputDetails": _WHOLE,
            **_bounds(call),
        }
        details.pop("heartbeatInSeconds", None)
        self.add("Scheduled", details)
        self.add("Started", None)

    def submitted(self, output: Any) -> None:
        """A direct function call is not submitted."""


class ActivityEvents(TaskEvents):
    """Events of an activity; ActivityStarted comes when a worker picks it up."""

    kind = "Activity"

    def __init__(self, frame: Frame, resource: str) -> None:
        super().__init__(frame, resource)
        self.names = {}
        self.subject = resource

    def scheduled(self, call: TaskCall) -> None:
        details = {
            "resource": self.resource,
            "input": to_text(call.parameters),
            "inputDetails": _WHOLE,
            **_bounds(call),
        }
        self.add("Scheduled", details)

    def submitted(self, output: Any) -> None:
        """An activity is not submitted."""

    def started(self, worker: str | None) -> None:
        self.add("Started", {} if worker is None else {"workerName": worker})


def _bounds(call: TaskCall) -> dict[str, Any]:
    bounds: dict[str, Any] = {}
    if call.timeout is not None:
        bounds["timeoutInSeconds"] = int(call.timeout)
    if call.heartbeat is not None:
        bounds["heartbeatInSeconds"] = int(call.heartbeat)
    if call.credentials and "RoleArn" in call.credentials:
        bounds["taskCredentials"] = {"roleArn": call.credentials["RoleArn"]}
    return bounds


def events_of(frame: Frame, resource: str) -> TaskEvents:
    """The events in the style of a resource's kind."""
    if ":activity:" in resource:
        return ActivityEvents(frame, resource)
    if resource.split(":")[2:3] == ["lambda"]:
        return LambdaEvents(frame, resource)
    return TaskEvents(frame, resource)
