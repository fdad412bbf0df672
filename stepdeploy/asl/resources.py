"""What a Task's Resource says: `arn:aws:states:::dynamodb:getItem.waitForTaskToken` and its like."""

from __future__ import annotations

from typing import Any, NamedTuple

from stepdeploy.asl.model import State
from stepdeploy.asl.placeholders import filled, is_whole

_REFERENCE = "REFERENCE"


class Called(NamedTuple):
    """kind: sdk, optimized, activity, lambda (its ARN) or other. service, action: as in the ARN. pattern: what waits."""

    kind: str
    service: str = ""
    action: str = ""
    pattern: str = ""

    @property
    def waits_for_token(self) -> bool:
        """Whether the Task goes on when somebody sends back its token."""
        return self.pattern == ".waitForTaskToken"


def resource_text(value: Any) -> str | None:
    """A Resource with its references filled in; None when it is no text or only a reference."""
    return filled(value, _REFERENCE) if isinstance(value, str) and not is_whole(value) else None


def called(state: State) -> Called:
    """What a Task calls."""
    text = resource_text(state.value.get("Resource")) or ""
    parts = text.split(":", 5)
    if len(parts) < 6:
        return Called("other")
    service, rest = parts[2], parts[5]
    if service == "lambda" and rest.startswith("function:"):
        return Called("lambda", "lambda", rest)
    if service != "states":
        return Called("other")
    name, _, action = rest.partition(":")
    if name == "activity":
        return Called("activity")
    kind = "optimized"
    if name == "aws-sdk":
        kind = "sdk"
        name, _, action = action.partition(":")
    action, dot, pattern = action.partition(".")
    return Called(kind, name, action, dot + pattern) if _REFERENCE not in name + action else Called("other")
