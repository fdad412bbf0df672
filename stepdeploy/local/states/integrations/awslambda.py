"""lambda:invoke, and a function's ARN as Resource (https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html)."""

from __future__ import annotations

import json
from typing import Any

from stepdeploy.interpreter.contract import TaskError
from stepdeploy.interpreter.texts import to_text
from stepdeploy.local.states.integrations.task import Task, Vendor, sdk_metadata, vendor_error
from stepdeploy.local.wire import ApiError

VENDOR = Vendor("Lambda", "AWSLambdaException", "AWSLambda")


def invoke(task: Task) -> Any:
    """The optimised integration: the payload comes wrapped with status and executed version."""
    parameters = task.parameters
    kind = parameters.get("InvocationType", "RequestResponse")
    payload = to_text(parameters.get("Payload", {})).encode()
    found = _invoke(task, str(parameters["FunctionName"]), parameters.get("Qualifier"), payload, kind)
    # The id of the invocation itself, so that a history leads to the lines of the log.
    request_id = found.request_id or task.world.new_id()
    headers = {"Content-Type": "application/json", "x-amzn-RequestId": request_id}
    result = {
        "ExecutedVersion": found.executed_version,
        "Payload": json.loads(found.payload) if found.payload else "",
        "StatusCode": found.status,
    }
    return result | sdk_metadata({"HTTPHeaders": headers, "HTTPStatusCode": found.status, "RequestId": request_id})


def call_function(task: Task) -> Any:
    """A function's ARN as Resource: parameters are the event, the result is the payload."""
    found = _invoke(task, task.resource.action, None, to_text(task.parameters).encode(), "RequestResponse")
    return json.loads(found.payload) if found.payload else None


def _invoke(task: Task, function: str, qualifier: str | None, payload: bytes, kind: str) -> Any:
    """Invoke; raises TaskError for what Lambda refuses and for an error of the function."""
    arn = function_arn(task, function, qualifier)
    refused = task.denied("lambda:InvokeFunction", arn)
    if refused is not None:
        raise vendor_error(VENDOR, "AccessDeniedException", refused, 403, task.world.new_id(), modelled=False)
    try:
        found = task.world.functions.invoke(function, qualifier, payload, kind=kind)
    except ApiError as error:
        raise _refused(error, task.world.new_id()) from error
    if found.function_error:
        raise _function_error(found.payload)
    return found


def function_arn(task: Task, function: str, qualifier: str | None) -> str:
    """The full ARN that permissions are checked on, of a name, a partial ARN (ACCOUNT:function:NAME) or an ARN."""
    arn = function
    if not function.startswith("arn:"):
        name = function.split("function:", 1)[-1]
        arn = f"arn:{task.partition}:lambda:{task.region}:{task.account}:function:{name}"
    return f"{arn}:{qualifier}" if qualifier and arn.count(":") == 6 else arn


def _refused(error: ApiError, request_id: str) -> TaskError:
    status = {"ResourceNotFoundException": 404, "TooManyRequestsException": 429}.get(error.code, error.status)
    modelled = error.code not in ("AccessDeniedException", "ValidationException")
    return vendor_error(VENDOR, error.code, error.message, status, request_id, modelled=modelled)


def _function_error(payload: bytes) -> TaskError:
    """What the function raised: the error is the exception's class name, the cause Lambda's JSON about it."""
    text = payload.decode("utf-8", "replace")
    try:
        name = json.loads(text).get("errorType")
    except (ValueError, AttributeError):
        name = None
    if name:
        return TaskError(str(name), text)
    return TaskError(
        "Lambda.Unknown",
        f"The cause could not be determined because Lambda did not return an error type. Returned payload: {text}",
    )
