"""dynamodb:getItem, putItem, updateItem, deleteItem (https://docs.aws.amazon.com/step-functions/latest/dg/connect-ddb.html)."""

from __future__ import annotations

from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError

from stepdeploy.local.states.integrations.sdk_names import operation, to_members
from stepdeploy.local.states.integrations.task import Task, Vendor, client_error, vendor_error, with_metadata

VENDOR = Vendor("DynamoDB", "AmazonDynamoDBException", "AmazonDynamoDBv2")


def item(task: Task) -> Any:
    """The four item actions: parameters and results are DynamoDB's own."""
    action = task.resource.action
    table = str(task.parameters["TableName"])
    arn = (
        table
        if table.startswith("arn:")
        else f"arn:{task.partition}:dynamodb:{task.region}:{task.account}:table/{table}"
    )
    refused = task.denied(f"dynamodb:{action[0].upper()}{action[1:]}", arn)
    if refused is not None:
        raise vendor_error(VENDOR, "AccessDeniedException", refused, 400, task.world.new_id(), modelled=False)
    model = operation("dynamodb", action)
    assert model is not None
    method = getattr(task.client("dynamodb"), xform_name(action))
    try:
        return with_metadata("dynamodb", action, method(**to_members(model.input_shape, task.parameters)))
    except ClientError as error:
        raise client_error(VENDOR, "dynamodb", error) from error
