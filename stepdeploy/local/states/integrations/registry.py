"""Which function performs which resource, and whether its parameters can be used at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from stepdeploy.interpreter.texts import to_text
from stepdeploy.local.states.integrations import awslambda, awssdk, dynamodb, messaging, nested, sdk_names
from stepdeploy.local.states.integrations.resources import LAMBDA_FUNCTION, Resource
from stepdeploy.local.states.integrations.task import Task

Integration = Callable[[Task], Any]

_FUNCTIONS: dict[str, Integration] = {
    LAMBDA_FUNCTION: awslambda.call_function,
    "lambda": awslambda.invoke,
    "sns": messaging.publish,
    "sqs": messaging.send_message,
    "events": messaging.put_events,
    "dynamodb": dynamodb.item,
    "states": nested.start_execution,
}
#: The operation behind an optimised integration, where it has another name.
_OPERATIONS = {"states": ("sfn", "startExecution")}


def integration(resource: Resource) -> Integration:
    """The function that performs a resource that `resources.problem` found nothing wrong with."""
    return awssdk.call if resource.service.startswith("aws-sdk:") else _FUNCTIONS[resource.service]


def parameter_problem(resource: Resource, parameters: Any) -> str | None:
    """Why a call could not even be made with these parameters, in AWS's words; None where it could."""
    if resource.service == LAMBDA_FUNCTION:
        return None
    service, action = _OPERATIONS.get(resource.service, (resource.service.removeprefix("aws-sdk:"), resource.action))
    operation = sdk_names.operation(service, action)
    shape = operation.input_shape if operation is not None else None
    found = list(_problems(shape, parameters)) if shape is not None else []
    if not found:
        return None
    return f"The Parameters '{to_text(parameters)}' could not be used to start the Task: [{', '.join(found)}]"


def _problems(shape: Any, parameters: Any) -> Iterator[str]:
    if not isinstance(parameters, dict):
        yield "The parameters must be a JSON object"
        return
    given = {name.lower() for name in parameters}
    for name in shape.required_members:
        if name.lower() not in given:
            yield f'The field "{name[0].upper()}{name[1:]}" is required but was missing'
    known = {name.lower() for name in shape.members}
    for name in parameters:
        if name.lower() not in known:
            yield f'The field "{name}" is not supported by Step Functions'
