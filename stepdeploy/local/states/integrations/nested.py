"""states:startExecution, plain, .sync and .sync:2.

https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from stepdeploy.interpreter.contract import TaskError
from stepdeploy.interpreter.texts import to_text
from stepdeploy.local.states.integrations.task import Task, Vendor, sdk_metadata, vendor_error
from stepdeploy.local.states.records import Execution
from stepdeploy.local.wire import ApiError

VENDOR = Vendor("StepFunctions", "AWSStepFunctionsException", "AWSStepFunctions")
#: What `.sync` needs besides StartExecution, on the child's ARN.
_WATCH_ACTIONS = ("states:DescribeExecution", "states:StopExecution")


def start_execution(task: Task) -> dict[str, Any]:
    """Start the child; the answer is that of the API call. Raises TaskError."""
    given = task.parameters
    machine = str(given["StateMachineArn"])
    # Permissions are checked on the unqualified ARN, whatever version or alias is started.
    _check(task, "states:StartExecution", ":".join(machine.split(":")[:7]))
    params = {"stateMachineArn": machine}
    for name, member in (("Name", "name"), ("TraceHeader", "traceHeader")):
        if name in given:
            params[member] = given[name]
    if "Input" in given:
        params["input"] = given["Input"] if isinstance(given["Input"], str) else to_text(given["Input"])
    try:
        child = task.world.states.executions.begin(params)
    except ApiError as error:
        raise vendor_error(
            VENDOR, error.code, error.message, error.status, task.world.new_id(), modelled=True
        ) from error
    if task.resource.pattern.startswith("sync"):
        for action in _WATCH_ACTIONS:
            _check(task, action, child.arn)
    answer = {"ExecutionArn": child.arn, "StartDate": _milliseconds(child.started)}
    request_id = task.world.new_id()
    headers = {"Content-Type": "application/x-amz-json-1.0", "x-amzn-RequestId": request_id}
    return answer | sdk_metadata({"HTTPHeaders": headers, "RequestId": request_id})


def result(child: Execution, pattern: str) -> dict[str, Any]:
    """What `.sync` comes to, once the child has ended: DescribeExecution, with the output as JSON in `.sync:2`.

    Raises TaskError("States.TaskFailed", that description as JSON text) where the child did not succeed.
    """
    description = _description(child)
    if child.status != "SUCCEEDED":
        raise TaskError("States.TaskFailed", to_text(description))
    if pattern == "sync:2":
        description["Input"] = json.loads(child.input)
        description["Output"] = json.loads(child.output or "null")
    return description


def _description(child: Execution) -> dict[str, Any]:
    members = child.description(data=True)
    names = (
        "cause", "error", "executionArn", "input", "inputDetails", "name", "output", "outputDetails", "startDate",
        "stateMachineArn", "status", "stopDate",
    )  # fmt: skip
    return {name[0].upper() + name[1:]: _plain(members[name]) for name in names if members.get(name) is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return _milliseconds(value)
    if isinstance(value, dict):
        return {name[0].upper() + name[1:]: item for name, item in value.items()}
    return value


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _check(task: Task, action: str, resource: str) -> None:
    refused = task.denied(action, resource)
    if refused is not None:
        raise vendor_error(VENDOR, "AccessDeniedException", refused, 400, task.world.new_id(), modelled=False)
