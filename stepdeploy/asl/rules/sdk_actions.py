"""Services and actions of `aws-sdk:` integrations."""

from __future__ import annotations

from collections.abc import Iterator

from stepdeploy.asl import resources, services
from stepdeploy.asl.model import State
from stepdeploy.asl.registry import Hit, rule


@rule(
    "ASL086",
    "error",
    "An SDK integration names a service and an action that there are",
    source="https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html",
    layer="integration",
    types=("Task",),
)
def sdk_action(state: State) -> Iterator[Hit]:
    called = resources.called(state)
    if called.kind != "sdk" or not called.action:
        return
    pointer = (*state.pointer, "Resource")
    service = services.service(called.service)
    if service is None:
        # AWS drops services from its models that Step Functions may go on calling: no error without a likely name.
        near = services.near(called.service, services.names())
        hint = f"Did you mean {near!r}?" if near else "Names are those of the AWS SDK for Java 2, in lower case."
        yield Hit(pointer, f"The service '{called.service}' is not known", hint, warning=near is None)
    elif service.operation(called.action) is None:
        near = services.near(called.action, service.actions)
        action_hint = f"Did you mean {near!r}?" if near else None
        message = f"The service '{called.service}' has no action '{called.action}'"
        yield Hit(pointer, message, action_hint, warning=near is None)
    elif called.action[:1].isupper():
        message = f"The action '{called.action}' must begin with a small letter"
        yield Hit(pointer, message, f"Did you mean {called.action[0].lower() + called.action[1:]!r}?")
