"""botocore's own models of the AWS APIs: do parameters and answers have their shape?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from botocore import xform_name
from botocore.session import Session
from botocore.validate import ParamValidator


@cache
def service_model(service: str) -> Any:
    return Session().get_service_model(service)


@cache
def operation_model(service: str, operation: str) -> Any:
    model = service_model(service)
    name = next(name for name in model.operation_names if xform_name(name) == operation)
    return model.operation_model(name)


def parameter_problems(service: str, operation: str, params: Mapping[str, Any]) -> str:
    """What botocore would refuse; "" where the call is sound."""
    shape = operation_model(service, operation).input_shape
    report = ParamValidator().validate(params, shape)
    return str(report.generate_report()) if report.has_errors() else ""


def answer_problems(service: str, operation: str, answer: Mapping[str, Any]) -> list[str]:
    """Members of an answer that AWS's model does not have, or has with another type."""
    return list(_wrong(answer, operation_model(service, operation).output_shape, operation))


_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "string": (str, dict), "integer": int, "long": int, "boolean": bool, "float": (int, float), "double": (int, float),
    "list": list, "map": dict, "structure": dict, "blob": bytes,
}  # fmt: skip


def _wrong(value: Any, shape: Any, path: str) -> Iterator[str]:
    if shape.type_name in _TYPES and not isinstance(value, _TYPES[shape.type_name]):
        yield f"{path} is {value!r}, not {shape.type_name}"
    elif shape.type_name == "structure":
        for name, item in value.items():
            if name in shape.members:
                yield from _wrong(item, shape.members[name], f"{path}.{name}")
            else:
                yield f"{path}.{name} is not in the model"
    elif shape.type_name == "list":
        for index, item in enumerate(value):
            yield from _wrong(item, shape.member, f"{path}[{index}]")
    elif shape.type_name == "map":
        for name, item in value.items():
            yield from _wrong(item, shape.value, f"{path}.{name}")
