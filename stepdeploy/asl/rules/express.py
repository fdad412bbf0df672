"""What an EXPRESS machine cannot do."""

from __future__ import annotations

from collections.abc import Iterator

from stepdeploy.asl.model import Document, State
from stepdeploy.asl.registry import Hit, rule
from stepdeploy.asl.rules.maps import is_distributed

_TYPES = "https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html"


@rule(
    "ASL100",
    "error",
    "EXPRESS machines do not wait: no .sync, no .waitForTaskToken, no activities",
    source=_TYPES,
    layer="integration",
    on="document",
)
def waits(document: Document) -> Iterator[Hit]:
    if document.machine_type != "EXPRESS":
        return
    for state in document.states:
        reason = _waiting(state)
        if reason:
            hint = "Use a STANDARD machine, or an integration that answers at once."
            yield Hit((*state.pointer, "Resource"), f"Express state machine does not support {reason}", hint)


@rule("ASL101", "error", "EXPRESS machines have no distributed Map", source=_TYPES, on="document")
def distributed(document: Document) -> Iterator[Hit]:
    if document.machine_type != "EXPRESS":
        return
    for state in document.states:
        if state.type == "Map" and is_distributed(state):
            yield Hit(state.pointer, "Express state machine does not support Map states of mode DISTRIBUTED")


def _waiting(state: State) -> str | None:
    resource = state.value.get("Resource")
    if state.type != "Task" or not isinstance(resource, str):
        return None
    for pattern in (".sync", ".waitForTaskToken"):
        if resource.removesuffix(":2").endswith(pattern):
            return f"'{pattern}' service integration"
    return "Activity ARN" if ":activity:" in resource else None
