"""Execution roles: may Step Functions assume them, and what do they allow?

The policies are read from IAM of the embedded AWS: inline, attached, and the permissions boundary; see `policies` for
how they are judged. They are kept for `TTL` seconds: long enough that a Map of thousands does not read them each time,
short enough that a changed policy counts soon. (On AWS, a change takes seconds to reach Step Functions as well.)
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from stepdeploy.local.states import faults, policies
from stepdeploy.local.world import World

TTL = 1.0
NOT_ASSUMABLE = (
    "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the "
    "provided role."
)
NO_LOG_ACCESS = "The state machine IAM Role is not authorized to access the Log Destination"

#: What all editions of https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html ask for, on Resource "*".
LOG_DELIVERY_ACTIONS = (
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
)


@dataclass(frozen=True)
class _Permissions:
    granted: list[policies.Document]
    boundary: list[policies.Document] | None
    read_at: float


class Roles:
    """Reads roles from IAM and answers questions about them. Blocking; may be called from many threads."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._cache: dict[str, _Permissions] = {}
        self._lock = threading.Lock()

    def check_assumable(self, role: str, region: str) -> None:
        """Raises InvalidArn for what is no ARN, AccessDeniedException for a role that is missing or trusts others."""
        if not role.startswith("arn:"):
            raise faults.invalid_arn(f"Invalid ARN prefix: {role}")
        found = self._get(role)
        services = ("states.amazonaws.com", f"states.{region}.amazonaws.com")
        trust = found["AssumeRolePolicyDocument"] if found is not None else {}
        if not any(policies.trusts(trust, service) for service in services):
            raise faults.access_denied(NOT_ASSUMABLE)

    def check_log_delivery(self, role: str) -> None:
        """Raises AccessDeniedException where the role may not set up log delivery. AWS checks this at create, too."""
        if not all(self.allows(role, action, "*") for action in LOG_DELIVERY_ACTIONS):
            raise faults.access_denied(NO_LOG_ACCESS)

    def allows(self, role: str, action: str, resource: str) -> bool:
        """True where the role's policies, and its boundary if it has one, allow the action on the resource."""
        found = self._permissions(role)
        within = found.boundary is None or policies.allows(found.boundary, action, resource)
        return within and policies.allows(found.granted, action, resource)

    def allows_somewhere(self, role: str, action: str) -> bool:
        """True where the role allows the action on any resource at all."""
        found = self._permissions(role)
        within = found.boundary is None or policies.allows_somewhere(found.boundary, action)
        return within and policies.allows_somewhere(found.granted, action)

    def _permissions(self, role: str) -> _Permissions:
        with self._lock:
            known = self._cache.get(role)
            if known is None or time.monotonic() - known.read_at > TTL:
                known = self._cache[role] = self._read(role)
            return known

    def _read(self, role: str) -> _Permissions:
        found = self._get(role)
        if found is None:
            return _Permissions([], None, time.monotonic())
        iam, name = self._world.client("iam"), found["RoleName"]
        inline = [
            iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
            for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
        ]
        attached = [
            self._managed(policy["PolicyArn"])
            for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        ]
        boundary = found.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
        limit = [self._managed(boundary)] if boundary else None
        return _Permissions([*inline, *attached], limit, time.monotonic())

    def _managed(self, arn: str) -> policies.Document:
        """The document of a managed policy; an empty one, which allows nothing, where it does not exist."""
        iam = self._world.client("iam")
        try:
            version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
            document: policies.Document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"][
                "Document"
            ]
        except ClientError:
            return {}
        return document

    def _get(self, role: str) -> dict[str, Any] | None:
        """The role, None where there is none of that ARN (the path is part of the ARN, and has to fit)."""
        try:
            found: dict[str, Any] = self._world.client("iam").get_role(RoleName=role.rsplit("/", 1)[-1])["Role"]
        except ClientError:
            return None
        return found if found["Arn"] == role else None
