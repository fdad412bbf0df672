"""Names in `aws-sdk:` integrations: AWS SDK for Java 2 service and action names -> botocore's, and the other way.

https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import OperationModel, OperationNotFoundError, ServiceModel

#: Services whose name in a Resource is not botocore's without hyphens.
_OTHER_NAMES = {
    "cloudwatchlogs": "logs",
    "cloudwatchevents": "events",
    "eventbridge": "events",
    "sfn": "stepfunctions",
    "costexplorer": "ce",
    "cognitoidentityprovider": "cognito-idp",
    "elasticloadbalancing": "elb",
    "elasticloadbalancingv2": "elbv2",
    "databasemigration": "dms",
    "applicationdiscovery": "discovery",
    "elasticsearch": "es",
    "resourcegroupstaggingapi": "resourcegroupstaggingapi",
    "servicequotas": "service-quotas",
    "applicationautoscaling": "application-autoscaling",
}


@cache
def botocore_name(service: str) -> str | None:
    """botocore's name of a service, such as "logs" for "cloudwatchlogs"; None for one that there is not."""
    available = Loader().list_available_services("service-2")
    if service in _OTHER_NAMES:
        return _OTHER_NAMES[service]
    return next((name for name in available if name.replace("-", "") == service.replace("-", "")), None)


@cache
def model(name: str) -> ServiceModel:
    """botocore's model of a service, by botocore's name."""
    return ServiceModel(Loader().load_service_model(name, "service-2"), service_name=name)


@cache
def operation(service: str, action: str) -> OperationModel | None:
    """The operation of "s3", "getObject"; None where there is none of that name."""
    name = botocore_name(service)
    if name is None or not action[:1].islower():
        return None
    try:
        return model(name).operation_model(action[0].upper() + action[1:])
    except OperationNotFoundError:
        return None


@cache
def java_name(name: str) -> str:
    """The class prefix of a service in error names: "DynamoDB" -> "DynamoDb", "SFN" -> "Sfn", "S3" -> "S3"."""
    service_id = re.sub(r"[^A-Za-z0-9 ]", "", str(model(name).service_id))
    words = (word[0].upper() + word[1:] for word in service_id.split())
    return re.sub(r"[A-Z]{2,}(?=[A-Z][a-z]|[^A-Za-z]|$)", lambda run: run[0].capitalize(), "".join(words))


def to_members(shape: Any, value: Any) -> Any:
    """Parameters as Step Functions writes them (LogGroupName) -> as botocore's shape has them (logGroupName)."""
    if shape.type_name == "structure" and isinstance(value, dict) and not getattr(shape, "is_document_type", False):
        names = {name.lower(): name for name in shape.members}
        found = {names.get(key.lower(), key): item for key, item in value.items()}
        return {
            key: to_members(shape.members[key], item) if key in shape.members else item for key, item in found.items()
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [to_members(shape.member, item) for item in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: to_members(shape.value, item) for key, item in value.items()}
    return value


def from_members(shape: Any, value: Any) -> Any:
    """A botocore answer -> as Step Functions writes it: members start with a capital, values are JSON."""
    if shape.type_name == "structure" and isinstance(value, dict) and not getattr(shape, "is_document_type", False):
        return {
            key[0].upper() + key[1:]: from_members(shape.members[key], item)
            for key, item in value.items()
            if key in shape.members
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [from_members(shape.member, item) for item in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: from_members(shape.value, item) for key, item in value.items()}
    return plain(value)


def plain(value: Any) -> Any:
    """A leaf of a botocore answer as JSON: bodies and bytes as text, times in ISO 8601, numbers as numbers."""
    if hasattr(value, "read"):
        value = value.read()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if hasattr(value, "isoformat"):
        return value.isoformat().replace("+00:00", "Z")
    return value
