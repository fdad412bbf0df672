"""aws-sdk:<service>:<action>: any action that botocore has a model of, on the embedded AWS.

https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html. The role's permission is checked on
the ARN where the parameters name the resource (`_resource`); for the other services it is enough that the action is
allowed on any resource.
"""

from __future__ import annotations

from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError, ParamValidationError
from botocore.model import OperationModel

from stepdeploy.interpreter.contract import TaskError
from stepdeploy.interpreter.texts import to_text
from stepdeploy.local.states.integrations import sdk_names
from stepdeploy.local.states.integrations.task import Task, parts

#: Actions whose permission has another name (https://docs.aws.amazon.com/service-authorization/latest/reference/).
_PERMISSIONS = {
    "s3:ListObjects": "s3:ListBucket",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:DeleteObjects": "s3:DeleteObject",
    "s3:CopyObject": "s3:PutObject",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "lambda:Invoke": "lambda:InvokeFunction",
    "bedrock:Converse": "bedrock:InvokeModel",
}


def call(task: Task) -> Any:
    """Make the call; the result is the answer with members that start with a capital."""
    service = task.resource.service.removeprefix("aws-sdk:")
    operation = sdk_names.operation(service, task.resource.action)
    assert operation is not None
    name = str(operation.service_model.service_name)
    _check_permission(task, operation)
    parameters = arguments(operation, task.parameters)
    method = getattr(task.client(name), xform_name(str(operation.name)))
    try:
        answer = method(**parameters)
    except ClientError as error:
        raise sdk_error(name, error) from error
    except ParamValidationError as error:
        raise TaskError(f"{sdk_names.java_name(name)}.SdkClientException", str(error)) from error
    shape = operation.output_shape
    return sdk_names.from_members(shape, answer) if shape is not None else {}


def arguments(operation: OperationModel, parameters: Any) -> dict[str, Any]:
    """The parameters as botocore takes them; a blob given as JSON or text becomes bytes."""
    shape = operation.input_shape
    if shape is None:
        return {}
    found: dict[str, Any] = sdk_names.to_members(shape, parameters)
    for name, value in found.items():
        if name in shape.members and shape.members[name].type_name == "blob":
            found[name] = (value if isinstance(value, str) else to_text(value)).encode()
    return found


def sdk_error(service: str, error: ClientError) -> TaskError:
    """`S3.NoSuchKeyException`; `S3.S3Exception` for a code that the service's model does not have."""
    code, text, status, request_id = parts(error)
    java = sdk_names.java_name(service)
    modelled = sdk_names.model(service).shape_for_error_code(code) is not None
    name = (code if code.endswith("Exception") else f"{code}Exception") if modelled else f"{java}Exception"
    extended = ", Extended Request ID: none" if service == "s3" else ""
    return TaskError(
        f"{java}.{name}", f"{text} (Service: {java}, Status Code: {status}, Request ID: {request_id}{extended})"
    )


def _check_permission(task: Task, operation: OperationModel) -> None:
    service_model = operation.service_model
    action = f"{service_model.signing_name}:{operation.name}"
    action = _PERMISSIONS.get(action, action)
    resource = _resource(task, action)
    allowed = (
        task.roles.allows(task.role, action, resource)
        if resource is not None
        else task.roles.allows_somewhere(task.role, action)
    )
    if not allowed:
        java = sdk_names.java_name(str(service_model.service_name))
        text = task.refusal(action, resource or "*")
        raise TaskError(
            f"{java}.{java}Exception", f"{text} (Service: {java}, Status Code: 403, Request ID: {task.world.new_id()})"
        )


def _resource(task: Task, action: str) -> str | None:
    """The ARN that the call is about, where its parameters tell; None where they do not."""
    given = {name[0].upper() + name[1:]: value for name, value in dict(task.parameters or {}).items()}
    service = action.split(":")[0]
    here = f"arn:{task.partition}:{service}:{task.region}:{task.account}:"
    if service == "s3" and "Bucket" in given:
        bucket = f"arn:{task.partition}:s3:::{given['Bucket']}"
        return f"{bucket}/{given['Key']}" if "Key" in given else bucket
    if service == "dynamodb" and "TableName" in given:
        return f"{here}table/{given['TableName']}"
    if service == "sqs" and "QueueUrl" in given:
        return here + str(given["QueueUrl"]).rsplit("/", 1)[-1]
    if service == "sns" and "TopicArn" in given:
        return str(given["TopicArn"])
    return None
