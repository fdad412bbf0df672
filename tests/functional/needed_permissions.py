"""What IAM would ask of each AWS call: a session that notes its calls, and the resource that each of them is judged by.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from stepdeploy.arns import Place
from stepdeploy.aws.session import Session
from tests.unit.doctor.calls_in_code import iam_actions

Noted = tuple[str, str, dict[str, Any]]
Statement = Mapping[str, Any]


class NotingSession(Session):
    """Notes every call that goes out, also those that wait for something."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.noted: list[Noted] = []

    def _once(self, service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        self.noted.append((service, operation, dict(params)))
        return super()._once(service, operation, params)

    def pages(self, service: str, operation: str, key: str, **params: Any) -> Iterator[Any]:
        self.noted.append((service, operation, dict(params)))
        return super().pages(service, operation, key, **params)


def refused(noted: Sequence[Noted], policy: Sequence[Statement], place: Place) -> list[str]:
    """`action on resource` of every call that `policy` does not allow."""
    return sorted(
        {
            f"{action} on {resource}"
            for service, operation, params in noted
            for action in iam_actions((service, operation))
            for resource in judged_by(service, operation, params, place)
            if not any(_allows(statement, action, resource) for statement in policy)
        }
    )


def _allows(statement: Statement, action: str, resource: str) -> bool:
    return action in statement["Action"] and any(fnmatchcase(resource, pattern) for pattern in statement["Resource"])


def judged_by(service: str, operation: str, params: Mapping[str, Any], place: Place) -> list[str]:
    """The ARNs that a call is judged by; `*` where the action knows no resource."""
    for name in ("Resource", "ResourceArn", "ResourceARN", "resourceArn", "TopicArn"):
        if name in params:
            return [str(params[name])]
    return list(_BY_SERVICE[service](operation, params, place))


def _lambda(operation: str, params: Mapping[str, Any], place: Place) -> Iterator[str]:
    if operation.endswith("event_source_mapping") and "UUID" in params:
        yield place.arn("lambda", f"event-source-mapping:{params['UUID']}")
    elif "LayerName" in params and operation != "list_layer_versions":
        version = params.get("VersionNumber")
        yield place.layer(params["LayerName"]) + (f":{version}" if version else "")
    elif "FunctionName" in params and "event_source" not in operation:
        qualifier = params.get("Qualifier")
        yield place.function(params["FunctionName"]) + (f":{qualifier}" if qualifier else "")
    else:
        yield "*"


def _states(operation: str, params: Mapping[str, Any], place: Place) -> Iterator[str]:
    """Versions and aliases are judged by their machine."""
    if "executionArn" in params:
        yield params["executionArn"]
        return
    arns = [
        params[name] for name in ("stateMachineArn", "stateMachineAliasArn", "stateMachineVersionArn") if name in params
    ]
    arns += [route["stateMachineVersionArn"] for route in params.get("routingConfiguration", ())]
    yield from (":".join(arn.split(":")[:7]) for arn in arns[:1] or [place.state_machine(params["name"])])


def _iam(operation: str, params: Mapping[str, Any], place: Place) -> Iterator[str]:
    yield place.role(params["RoleName"])


def _logs(operation: str, params: Mapping[str, Any], place: Place) -> Iterator[str]:
    yield f"{place.log_group(params['logGroupName'])}:*" if "logGroupName" in params else "*"


def _dynamodb(operation: str, params: Mapping[str, Any], place: Place) -> Iterator[str]:
    asked = [params, *(item for entry in params.get("TransactItems", ()) for item in entry.values())]
    yield from (place.table(one["TableName"]) for one in asked if "TableName" in one)


def _s3(operation: str, params: Mapping[str, Any], place: Place) -> Iterator[str]:
    yield place.bucket(params["Bucket"]) + ("/*" if operation == "delete_objects" else "")


def _sns(operation: str, params: Mapping[str, Any], place: Place) -> Iterator[str]:
    yield place.topic(params["Name"]) if "Name" in params else "*"


def _sqs(operation: str, params: Mapping[str, Any], place: Place) -> Iterator[str]:
    yield place.queue(params.get("QueueName") or params["QueueUrl"].rpartition("/")[2])


def _events(operation: str, params: Mapping[str, Any], place: Place) -> Iterator[str]:
    name, bus = params.get("Rule") or params.get("Name"), params.get("EventBusName", "default")
    yield "*" if name is None else place.rule(name if bus == "default" else f"{bus}/{name}")


def _cloudwatch(operation: str, params: Mapping[str, Any], place: Place) -> Iterator[str]:
    if operation == "describe_alarms":
        yield place.alarm("*")
    elif "AlarmName" in params or "AlarmNames" in params:
        yield from (place.alarm(name) for name in params.get("AlarmNames") or [params["AlarmName"]])
    elif "DashboardName" in params or "DashboardNames" in params:
        yield from (place.dashboard(name) for name in params.get("DashboardNames") or [params["DashboardName"]])
    else:
        yield "*"


def _any(operation: str, params: Mapping[str, Any], place: Place) -> Iterator[str]:
    yield "*"


def _nothing(operation: str, params: Mapping[str, Any], place: Place) -> Iterator[str]:
    yield from ()


_BY_SERVICE = {
    "lambda": _lambda, "stepfunctions": _states, "iam": _iam, "logs": _logs, "dynamodb": _dynamodb, "s3": _s3, "sns": _sns,
    "sqs": _sqs, "events": _events, "cloudwatch": _cloudwatch, "sts": _nothing, "resourcegroupstaggingapi": _any,
}  # fmt: skip
