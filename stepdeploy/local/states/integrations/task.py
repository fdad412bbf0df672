"""What an integration gets to work with, and the errors that it reports.

Integrations are blocking functions `Task -> JSON value`; they run in a thread of the pool.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from stepdeploy.interpreter.contract import TaskError
from stepdeploy.local.states.integrations import sdk_names
from stepdeploy.local.states.integrations.resources import Resource
from stepdeploy.local.states.names import region_of
from stepdeploy.local.states.records import Execution
from stepdeploy.local.states.roles import Roles
from stepdeploy.local.world import World


@dataclass(frozen=True)
class Vendor:
    """How an optimised integration names its errors, after the AWS SDK for Java 1 that it is built on.

    prefix: "DynamoDB" of "DynamoDB.ResourceNotFoundException". base: the error for codes that the service's model does
    not have. service: the name in "(Service: ...)".
    """

    prefix: str
    base: str
    service: str


@dataclass(frozen=True)
class Task:
    """One call of a service. role: ARN of the role it is made with."""

    world: World
    roles: Roles
    execution: Execution
    resource: Resource
    parameters: Any
    role: str

    @property
    def region(self) -> str:
        return region_of(self.execution.arn)

    @property
    def account(self) -> str:
        return self.execution.arn.split(":")[4]

    @property
    def partition(self) -> str:
        return self.execution.arn.split(":")[1]

    def client(self, service: str) -> Any:
        return self.world.client(service, self.region)

    def denied(self, action: str, resource: str) -> str | None:
        """Why the role may not do `action` on `resource`, in AWS's words; None where it may."""
        if self.roles.allows(self.role, action, resource):
            return None
        return self.refusal(action, resource)

    def refusal(self, action: str, resource: str) -> str:
        """AWS's words for a missing permission."""
        role = self.role.rsplit("/", 1)[-1]
        user = f"arn:{self.partition}:sts::{self.account}:assumed-role/{role}/{self.execution.name[:64]}"
        return (
            f"User: {user} is not authorized to perform: {action} on resource: {resource} "
            f"because no identity-based policy allows the {action} action"
        )


def vendor_error(vendor: Vendor, code: str, text: str, status: int, request_id: str, *, modelled: bool) -> TaskError:
    """An error of an optimised integration."""
    name = code if code.endswith("Exception") else f"{code}Exception"
    cause = (
        f"{text} (Service: {vendor.service}; Status Code: {status}; Error Code: {code}; "
        f"Request ID: {request_id}; Proxy: null)"
    )
    return TaskError(f"{vendor.prefix}.{name if modelled else vendor.base}", cause)


def client_error(vendor: Vendor, service: str, error: ClientError) -> TaskError:
    """A botocore error of an optimised integration. service: botocore's name."""
    code, text, status, request_id = parts(error)
    modelled = sdk_names.model(service).shape_for_error_code(code) is not None
    return vendor_error(vendor, code, text, status, request_id, modelled=modelled)


def parts(error: ClientError) -> tuple[str, str, int, str]:
    """Code, message, HTTP status and request id of a botocore error."""
    answer: dict[str, Any] = dict(error.response)
    detail, metadata = answer.get("Error", {}), answer.get("ResponseMetadata", {})
    return (
        str(detail.get("Code", "Unknown")),
        str(detail.get("Message", "")),
        int(metadata.get("HTTPStatusCode", 400)),
        str(metadata.get("RequestId", "")),
    )


def with_metadata(service: str, action: str, answer: dict[str, Any]) -> dict[str, Any]:
    """A botocore answer as the result of an optimised integration, with the Sdk...Metadata that AWS adds."""
    operation = sdk_names.operation(service, action)
    assert operation is not None
    result: dict[str, Any] = {}
    if operation.output_shape is not None:
        result = sdk_names.from_members(operation.output_shape, answer)
    return result | sdk_metadata(answer.get("ResponseMetadata", {}))


def sdk_metadata(metadata: dict[str, Any]) -> dict[str, Any]:
    """SdkHttpMetadata and SdkResponseMetadata, from botocore's ResponseMetadata."""
    headers = {str(name): str(value) for name, value in metadata.get("HTTPHeaders", {}).items()}
    return {
        "SdkHttpMetadata": {
            "AllHttpHeaders": {name: [value] for name, value in headers.items()},
            "HttpHeaders": headers,
            "HttpStatusCode": metadata.get("HTTPStatusCode", 200),
        },
        "SdkResponseMetadata": {"RequestId": metadata.get("RequestId", "")},
    }
