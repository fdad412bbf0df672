"""What a Task does, and the machine's role is not allowed."""

from __future__ import annotations

from collections.abc import Iterator

from stepdeploy.asl.model import Document
from stepdeploy.asl.permissions import needs
from stepdeploy.asl.policies import allowed, statements
from stepdeploy.asl.registry import Hit, rule


@rule(
    "ASL102",
    "error",
    "The machine's role allows what each Task does",
    source="https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html",
    code="",
    layer="integration",
    on="document",
)
def role_permissions(document: Document) -> Iterator[Hit]:
    if document.options.role_policy is None:
        return
    policy = list(statements(document.options.role_policy))
    for need in dict.fromkeys(needs(document)):
        if not allowed(policy, need.action, need.resource):
            on = "" if need.resource == "*" else f" on {need.resource}"
            message = f"The machine's role does not allow {need.action}{on}"
            yield Hit(need.pointer, message, "Add it to the role's policy.", warning=not need.sure)
