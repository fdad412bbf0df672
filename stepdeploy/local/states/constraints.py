"""The length, range and enum limits of botocore's model, which botocore's own validator leaves to the server.

botocore checks required members, types and minima; AWS checks maxima and enums, and answers ValidationException with the
texts used here (recorded answers of real AWS).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stepdeploy.local.states import faults
from stepdeploy.local.wire import ApiCall, service_model


def check(call: ApiCall) -> None:
    """Raise ValidationException where a parameter breaks a limit of the model."""
    shape = service_model(call.service).operation_model(call.operation).input_shape
    found = list(_problems(shape, call.params, "")) if shape is not None else []
    if found:
        plural = "s" if len(found) > 1 else ""
        raise faults.validation(f"{len(found)} validation error{plural} detected: {'; '.join(found)}")


def _problems(shape: Any, value: Any, path: str) -> Iterator[str]:
    constraint = _broken(shape, value)
    if constraint is not None:
        shown = "Value" if shape.metadata.get("sensitive") else f"Value '{_show(value)}'"
        yield f"{shown} at '{path}' failed to satisfy constraint: Member must {constraint}"
    if shape.type_name == "structure":
        for name, item in value.items():
            yield from _problems(shape.members[name], item, f"{path}.{name}" if path else name)
    elif shape.type_name == "list":
        for index, item in enumerate(value, start=1):
            yield from _problems(shape.member, item, f"{path}.{index}.member")


def _broken(shape: Any, value: Any) -> str | None:
    """The constraint that `value` breaks, in AWS's words."""
    most = shape.metadata.get("max")
    if shape.type_name in ("string", "list") and most is not None and len(value) > most:
        return f"have length less than or equal to {most}"
    if shape.type_name in ("integer", "long", "float") and most is not None and value > most:
        return f"have value less than or equal to {most}"
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed:
        return f"satisfy enum value set: [{', '.join(allowed)}]"
    return None


def _show(value: Any) -> str:
    """A value as AWS's Java service prints it: structures as `Name(member=value, ...)`, lists in brackets."""
    if isinstance(value, list):
        return f"[{', '.join(_show(item) for item in value)}]"
    if isinstance(value, dict):
        return f"({', '.join(f'{name}={_show(item)}' for name, item in value.items())})"
    return str(value)
