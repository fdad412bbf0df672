"""Tags of functions (https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html)."""

from __future__ import annotations

from typing import Any

from stepdeploy.local.functions.control import Control, Operation, check_changeable
from stepdeploy.local.functions.errors import constraint, invalid, no_function
from stepdeploy.local.functions.model import Function
from stepdeploy.local.functions.names import parse_target
from stepdeploy.local.wire import ApiCall

MAX_TAGS = 50


def check_tags(tags: dict[str, str]) -> None:
    """Raises ApiError for more than 50 tags, or names and values that are too long or reserved."""
    if len(tags) > MAX_TAGS:
        raise invalid("Number of tags exceeds resource tag limit.")
    for key, value in tags.items():
        if not 1 <= len(key) <= 128 or len(value) > 256:
            raise constraint(f"{key}={value}", "tags", "Member must have length less than or equal to 128 and 256")
        if key.lower().startswith("aws:"):
            raise invalid("System tags cannot be added/updated by requester.")


def _tagged(control: Control, call: ApiCall) -> Function:
    """The function that the call's Resource means. Hold the store's lock."""
    arn = call.params["Resource"]
    parts = arn.split(":")
    if len(parts) < 6 or parts[0] != "arn" or parts[2] != "lambda":
        raise constraint(
            arn, "resource", "Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*):lambda:.+"
        )
    if parts[5] != "function":
        raise invalid(f"The embedded AWS of stepdeploy keeps tags of functions only, not of {arn}")
    target = parse_target(arn, None, region=call.region, account=call.account)
    if target.qualifier is not None:
        raise invalid("Tags on function aliases and versions are not supported. Please specify a function ARN.")
    function = control.region(call).functions.get(target.name)
    if function is None:
        raise no_function(arn)
    if call.operation != "ListTags":
        check_changeable(target, function.latest, control.world.now())
    return function


def tag_resource(control: Control, call: ApiCall) -> dict[str, Any]:
    """TagResource."""
    with control.store.lock:
        function = _tagged(control, call)
        tags = {**function.tags, **call.params["Tags"]}
        check_tags(tags)
        function.tags = tags
    return {}


def untag_resource(control: Control, call: ApiCall) -> dict[str, Any]:
    """UntagResource."""
    with control.store.lock:
        function = _tagged(control, call)
        gone = set(call.params["TagKeys"])
        function.tags = {key: value for key, value in function.tags.items() if key not in gone}
    return {}


def list_tags(control: Control, call: ApiCall) -> dict[str, Any]:
    """ListTags."""
    with control.store.lock:
        return {"Tags": dict(_tagged(control, call).tags)}


WRITES: dict[str, Operation] = {"TagResource": tag_resource, "UntagResource": untag_resource}
READS: dict[str, Operation] = {"ListTags": list_tags}
