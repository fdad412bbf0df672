"""sns:publish, sqs:sendMessage and events:putEvents.

https://docs.aws.amazon.com/step-functions/latest/dg/connect-sns.html, .../connect-sqs.html, .../connect-eventbridge.html
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from stepdeploy.interpreter.contract import TaskError
from stepdeploy.interpreter.texts import to_text
from stepdeploy.local.states.integrations.task import Task, Vendor, client_error, vendor_error, with_metadata

SNS = Vendor("SNS", "AmazonSNSException", "AmazonSNS")
SQS = Vendor("SQS", "AmazonSQSException", "AmazonSQS")
EVENTS = Vendor("EventBridge", "AmazonCloudWatchEventsException", "AmazonCloudWatchEvents")


def publish(task: Task) -> Any:
    """sns:publish. A Message that is no string is sent as JSON text."""
    parameters = _texts(task.parameters, "Message")
    target = parameters.get("TopicArn") or parameters.get("TargetArn") or parameters.get("PhoneNumber") or "*"
    refused = task.denied("sns:Publish", target)
    if refused is not None:
        text = refused.replace("sns:Publish", "SNS:Publish")
        raise vendor_error(SNS, "AuthorizationError", text, 403, task.world.new_id(), modelled=True)
    try:
        return with_metadata("sns", "publish", task.client("sns").publish(**parameters))
    except ClientError as error:
        raise client_error(SNS, "sns", error) from error


def send_message(task: Task) -> Any:
    """sqs:sendMessage. A MessageBody that is no string is sent as JSON text."""
    parameters = _texts(task.parameters, "MessageBody")
    name = str(parameters["QueueUrl"]).rsplit("/", 1)[-1]
    arn = f"arn:{task.partition}:sqs:{task.region}:{task.account}:{name}"
    refused = task.denied("sqs:SendMessage", arn)
    if refused is not None:
        raise vendor_error(SQS, "AccessDenied", refused, 403, task.world.new_id(), modelled=False)
    try:
        return with_metadata("sqs", "sendMessage", task.client("sqs").send_message(**parameters))
    except ClientError as error:
        raise client_error(SQS, "sqs", error) from error


def put_events(task: Task) -> Any:
    """events:putEvents. Fails with EventBridge.FailedEntry where one entry was not taken."""
    entries = [_texts(entry, "Detail") for entry in task.parameters["Entries"]]
    for entry in entries:
        _check_bus(task, str(entry.get("EventBusName", "default")))
        # AWS puts the execution and the machine in front of the resources that the state names.
        entry["Resources"] = [task.execution.arn, task.execution.machine, *entry.get("Resources", [])]
    try:
        answer = task.client("events").put_events(Entries=entries)
    except ClientError as error:
        raise client_error(EVENTS, "events", error) from error
    result = with_metadata("events", "putEvents", answer)
    if result.get("FailedEntryCount"):
        failed = {"Entries": result["Entries"], "FailedEntryCount": result["FailedEntryCount"]}
        raise TaskError("EventBridge.FailedEntry", to_text(failed))
    return result


def _check_bus(task: Task, bus: str) -> None:
    arn = bus if bus.startswith("arn:") else f"arn:{task.partition}:events:{task.region}:{task.account}:event-bus/{bus}"
    refused = task.denied("events:PutEvents", arn)
    if refused is not None:
        raise vendor_error(EVENTS, "AccessDeniedException", refused, 400, task.world.new_id(), modelled=False)


def _texts(parameters: dict[str, Any], name: str) -> dict[str, Any]:
    """The parameters, with `name` as JSON text where it is anything but a string."""
    value = parameters.get(name)
    if value is None or isinstance(value, str):
        return dict(parameters)
    return {**parameters, name: to_text(value)}
