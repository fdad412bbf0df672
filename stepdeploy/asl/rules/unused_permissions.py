"""What the machine's role is allowed, and no Task does."""

from __future__ import annotations

from collections.abc import Iterator

from stepdeploy.asl.model import Document
from stepdeploy.asl.permissions import Need, needs
from stepdeploy.asl.policies import Statement, overlap, statements
from stepdeploy.asl.registry import Hit, rule

_NOT_OF_TASKS = ("logs:*", "xray:*", "kms:*", "sts:*", "iam:PassRole", "cloudwatch:*", "secretsmanager:*")
"""Actions that logging, tracing, encryption and services called on the role's behalf need."""
_OF_MAPS = (
    *("states:DescribeExecution", "states:StopExecution", "states:RedriveExecution", "s3:ListMultipartUploadParts"),
    *("s3:AbortMultipartUpload", "s3:ListBucket", "s3:GetBucketLocation", "s3:GetObject", "s3:PutObject"),
)
"""Actions that a distributed Map may use besides."""


@rule(
    "ASL103",
    "warning",
    "The machine's role allows nothing that no Task does",
    source="https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html",
    code="",
    layer="integration",
    on="document",
)
def unused_permissions(document: Document) -> Iterator[Hit]:
    if document.options.role_policy is None:
        return
    wanted = list(needs(document))
    wanted += [Need(action, "*", ()) for action in _NOT_OF_TASKS]
    if any(part.value.get("Mode") == "DISTRIBUTED" for part in document.parts if part.shape.name == "ProcessorConfig"):
        wanted += [Need(action, "*", ()) for action in _OF_MAPS]
    for statement in statements(document.options.role_policy):
        if statement.allows and not statement.other_actions:
            yield from _unused(statement, wanted)


def _unused(statement: Statement, wanted: list[Need]) -> Iterator[Hit]:
    for action in statement.actions:
        if not any(overlap(action.lower(), need.action.lower()) for need in wanted):
            yield Hit((), f"'{statement.name}' of the role allows {action}, which no Task needs", "Take it out.")
    used = [
        need for need in wanted if any(overlap(action.lower(), need.action.lower()) for action in statement.actions)
    ]
    if not used or statement.other_resources:
        return
    for resource in statement.resources:
        if not any(overlap(resource, need.resource) for need in used):
            message = f"'{statement.name}' of the role allows {statement.actions[0]} on {resource}, which no Task calls"
            yield Hit((), message, "Take it out.")
