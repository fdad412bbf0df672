"""Resource of Task states: an ARN of something that a Task can call."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stepdeploy.asl import integrations
from stepdeploy.asl.model import Part, State
from stepdeploy.asl.placeholders import filled, is_whole
from stepdeploy.asl.registry import Hit, rule

_TASK = "https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html"
_OPTIMIZED = "https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html"
_ARN = re.compile(r"arn:[^:\s]+:[^:\s]+:[^:\s]*:[^:\s]*:\S+")
_SDK = re.compile(r"[A-Za-z0-9]+:[A-Za-z0-9]+(\.waitForTaskToken)?")
_REFERENCE = "REFERENCE"


@rule("ASL080", "error", "Resource is an ARN", source=_TASK, types=("Task",))
def is_arn(state: State) -> Iterator[Hit]:
    text = _resource(state)
    if text and not _ARN.fullmatch(text):
        yield Hit(
            (*state.pointer, "Resource"), "Value is not a valid resource ARN", "As in arn:aws:states:::lambda:invoke."
        )


@rule("ASL081", "error", "Step Functions has the integration", source=_OPTIMIZED, layer="integration", types=("Task",))
def known_integration(state: State) -> Iterator[Hit]:
    text = _resource(state)
    if not text or not _ARN.fullmatch(text):
        return
    _, _, service, _, _, action = text.split(":", 5)
    if service != "states" or _REFERENCE in action or _exists(action):
        return
    message = (
        f"The resource provided {text} is not recognized. The value is not a valid resource ARN, or the resource is not "
        "available in this region."
    )
    yield Hit((*state.pointer, "Resource"), message)


@rule(
    "ASL083",
    "error",
    "A distributed Map reads from and writes to Amazon S3",
    source="https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html",
    layer="integration",
    on="part",
)
def map_resource(part: Part) -> Iterator[Hit]:
    actions = integrations.MAP_RESOURCES.get(part.shape.name)
    text = part.value.get("Resource")
    if actions is None or not isinstance(text, str) or is_whole(text):
        return
    if filled(text, _REFERENCE).rpartition(":::")[2] not in actions:
        names = " or ".join(f"arn:aws:states:::{action}" for action in actions)
        yield Hit((*part.pointer, "Resource"), f"The resource provided {text} is not recognized", f"Use {names}.")


def _exists(action: str) -> bool:
    """Whether what follows `arn:aws:states:::` is an activity, an SDK call or an optimized integration."""
    kind, _, rest = action.partition(":")
    if kind == "activity":
        return bool(rest)
    if kind == "aws-sdk":
        return _SDK.fullmatch(rest) is not None
    return integrations.has(kind, rest)


def _resource(state: State) -> str | None:
    """The Resource with references filled in; None when it is no text or only a reference."""
    resource = state.value.get("Resource")
    if not isinstance(resource, str) or is_whole(resource):
        return None
    return filled(resource, _REFERENCE)
