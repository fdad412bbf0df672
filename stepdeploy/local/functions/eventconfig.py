"""How asynchronous invocations are retried and where their results go.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html.
"""

from __future__ import annotations

from typing import Any

from stepdeploy.local.functions.control import Control, Operation, page, resolve
from stepdeploy.local.functions.errors import constraint, invalid, not_found
from stepdeploy.local.functions.model import Function
from stepdeploy.local.functions.names import LATEST, Target
from stepdeploy.local.wire import ApiCall

MEMBERS = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")
#: Services that the embedded AWS can send a result to.
DESTINATIONS = ("sqs", "sns", "lambda", "events")
_RANGES = {"MaximumRetryAttempts": (0, 2), "MaximumEventAgeInSeconds": (60, 21600)}


def _check(params: dict[str, Any]) -> None:
    for name, (least, most) in _RANGES.items():
        value = params.get(name)
        if value is not None and not least <= value <= most:
            bound = f"greater than or equal to {least}" if value < least else f"less than or equal to {most}"
            raise constraint(value, name[0].lower() + name[1:], f"Member must have value {bound}")
    if not any(params.get(name) is not None for name in MEMBERS):
        raise invalid("You must specify at least one of error handling or destination setting.")
    for side in ("OnSuccess", "OnFailure"):
        arn = params.get("DestinationConfig", {}).get(side, {}).get("Destination")
        if arn and (arn.count(":") < 5 or arn.split(":")[2] not in DESTINATIONS):
            raise invalid(f"The provided destination config DestinationConfig is invalid: {arn}")


def _shown(config: dict[str, Any], target: Target, qualifier: str) -> dict[str, Any]:
    return {**config, "FunctionArn": f"{target.arn}:{qualifier}"}


def _store(control: Control, call: ApiCall, *, keep: bool) -> dict[str, Any]:
    """Put (all members anew) or update (what is not named stays)."""
    _check(call.params)
    with control.store.lock:
        target, function = control.function(call)
        resolve(function, target)
        qualifier = target.qualifier or LATEST
        before = function.event_config.get(qualifier)
        if keep and before is None:
            raise _missing(target, qualifier)
        given = {name: call.params[name] for name in MEMBERS if name in call.params}
        destinations: dict[str, Any] = {"DestinationConfig": {"OnSuccess": {}, "OnFailure": {}}}
        config = {**destinations, **(before or {} if keep else {}), **given, "LastModified": control.world.now()}
        function.event_config[qualifier] = config
        return _shown(config, target, qualifier)


def _missing(target: Target, qualifier: str) -> Exception:
    return not_found(f"The function {target.arn}:{qualifier} doesn't have an EventInvokeConfig")


def put_function_event_invoke_config(control: Control, call: ApiCall) -> dict[str, Any]:
    """PutFunctionEventInvokeConfig."""
    return _store(control, call, keep=False)


def update_function_event_invoke_config(control: Control, call: ApiCall) -> dict[str, Any]:
    """UpdateFunctionEventInvokeConfig."""
    return _store(control, call, keep=True)


def _existing(control: Control, call: ApiCall) -> tuple[Target, Function, str]:
    target, function = control.function(call)
    qualifier = target.qualifier or LATEST
    if qualifier not in function.event_config:
        raise _missing(target, qualifier)
    return target, function, qualifier


def get_function_event_invoke_config(control: Control, call: ApiCall) -> dict[str, Any]:
    """GetFunctionEventInvokeConfig."""
    with control.store.lock:
        target, function, qualifier = _existing(control, call)
        return _shown(function.event_config[qualifier], target, qualifier)


def list_function_event_invoke_configs(control: Control, call: ApiCall) -> dict[str, Any]:
    """ListFunctionEventInvokeConfigs."""
    with control.store.lock:
        target, function = control.function(call)
        configs = [_shown(config, target, key) for key, config in sorted(function.event_config.items())]
    chosen, marker = page(configs, lambda one: str(one["FunctionArn"]), call.params)
    return {"FunctionEventInvokeConfigs": chosen, "NextMarker": marker}


def delete_function_event_invoke_config(control: Control, call: ApiCall) -> dict[str, Any]:
    """DeleteFunctionEventInvokeConfig."""
    with control.store.lock:
        _, function, qualifier = _existing(control, call)
        del function.event_config[qualifier]
    return {}


WRITES: dict[str, Operation] = {
    "PutFunctionEventInvokeConfig": put_function_event_invoke_config,
    "UpdateFunctionEventInvokeConfig": update_function_event_invoke_config,
    "DeleteFunctionEventInvokeConfig": delete_function_event_invoke_config,
}
READS: dict[str, Operation] = {
    "GetFunctionEventInvokeConfig": get_function_event_invoke_config,
    "ListFunctionEventInvokeConfigs": list_function_event_invoke_configs,
}
