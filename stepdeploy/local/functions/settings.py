"""From the parameters of CreateFunction and UpdateFunctionConfiguration to what a version freezes."""

from __future__ import annotations

from typing import Any

from stepdeploy.local.functions.archive import check_unzipped
from stepdeploy.local.functions.control import Control
from stepdeploy.local.functions.errors import invalid
from stepdeploy.local.functions.layers import find_by_arn
from stepdeploy.local.functions.model import Code, LayerUse, Snapshot
from stepdeploy.local.functions.validate import MAX_LAYERS
from stepdeploy.local.wire import ApiCall

#: Members that are copied as they come.
PLAIN = ("Runtime", "Role", "Handler", "Description", "Timeout", "MemorySize", "KMSKeyArn")


def created(name: str, params: dict[str, Any]) -> dict[str, Any]:
    """The settings of a new function of that name, with Lambda's defaults. Raises ApiError for what it must have and has not."""
    if not params.get("Handler") or not params.get("Runtime"):
        raise invalid("Runtime and Handler are mandatory parameters for functions created with deployment packages.")
    start = {
        "Description": "",
        "Timeout": 3,
        "MemorySize": 128,
        "TracingConfig": {"Mode": "PassThrough"},
        "Architectures": ["x86_64"],
        "EphemeralStorage": {"Size": 512},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"},
    }
    return updated(start, params)


def updated(settings: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
    """Settings with those members of a request that are there. Empty structures take a setting away."""
    result = dict(settings)
    result.update({name: params[name] for name in PLAIN if name in params})
    if "Environment" in params:
        _set(result, "Environment", {"Variables": params["Environment"].get("Variables") or {}}, "Variables")
    if "DeadLetterConfig" in params:
        _set(result, "DeadLetterConfig", dict(params["DeadLetterConfig"]), "TargetArn")
    if "VpcConfig" in params:
        _set(result, "VpcConfig", _network(params["VpcConfig"]), "SubnetIds")
    for name in ("TracingConfig", "EphemeralStorage"):
        if params.get(name):
            result[name] = dict(params[name])
    if params.get("SnapStart"):
        result["SnapStart"] = {"ApplyOn": params["SnapStart"].get("ApplyOn", "None"), "OptimizationStatus": "Off"}
    if "Architectures" in params:
        result["Architectures"] = list(params["Architectures"])
    if "LoggingConfig" in params:
        result["LoggingConfig"] = _logging(result["LoggingConfig"], params["LoggingConfig"])
    if not result.get("KMSKeyArn"):
        result.pop("KMSKeyArn", None)
    return result


def _set(settings: dict[str, Any], name: str, value: dict[str, Any], needed: str) -> None:
    """Keep a structure only where the member that gives it sense is not empty."""
    if value.get(needed):
        settings[name] = value
    else:
        settings.pop(name, None)


def _network(config: dict[str, Any]) -> dict[str, Any]:
    return {
        "SubnetIds": list(config.get("SubnetIds", [])),
        "SecurityGroupIds": list(config.get("SecurityGroupIds", [])),
        "VpcId": "vpc-local",
        "Ipv6AllowedForDualStack": bool(config.get("Ipv6AllowedForDualStack", False)),
    }


def _logging(current: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """JSON logs have levels (INFO unless said otherwise); text logs have none.

    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html.
    """
    merged = {**current, **wanted}
    levels = ("ApplicationLogLevel", "SystemLogLevel")
    if merged["LogFormat"] == "JSON":
        return {**dict.fromkeys(levels, "INFO"), **merged}
    if any(name in wanted for name in levels):
        raise invalid("Log Level is not supported when LogFormat is set to Text.")
    return {name: value for name, value in merged.items() if name not in levels}


def layers_of(control: Control, call: ApiCall, arns: list[str]) -> tuple[LayerUse, ...]:
    """The layer versions of a request. Raises ApiError for too many, two of one layer, or one that does not exist."""
    if len(arns) > MAX_LAYERS:
        raise invalid(f"Cannot reference more than {MAX_LAYERS} layers.")
    seen: dict[str, str] = {}
    found = []
    for arn in arns:
        version = find_by_arn(control, call, arn)
        layer = arn.rsplit(":", 1)[0]
        if layer in seen:
            raise invalid(
                "Two different versions of the same layer are not allowed to be referenced in the same function. "
                f"{seen[layer]} and {arn} are versions of the same layer."
            )
        if version is None:
            raise invalid(f"Layer version {arn} does not exist.")
        seen[layer] = arn
        found.append(LayerUse(arn, version.code))
    return tuple(found)


def snapshot(settings: dict[str, Any], code: Code, layers: tuple[LayerUse, ...]) -> Snapshot:
    """Settings, code and layers together; raises ApiError where they are too large together, or do not go together."""
    check_unzipped(code.unzipped + sum(layer.code.unzipped for layer in layers))
    if settings["SnapStart"]["ApplyOn"] == "PublishedVersions" and settings["Runtime"] == "python3.11":
        raise invalid(f"{settings['Runtime']} is not supported for SnapStart enabled functions.")
    return Snapshot(settings, code, layers)
