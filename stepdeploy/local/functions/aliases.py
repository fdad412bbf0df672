"""Aliases: names that point to one version, or split calls between two.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html.
"""

from __future__ import annotations

import re
from typing import Any

from stepdeploy.local.functions.control import Control, Operation, check_revision, page
from stepdeploy.local.functions.errors import conflict, constraint, invalid, no_function, not_found
from stepdeploy.local.functions.model import Alias, Function
from stepdeploy.local.functions.names import LATEST, Target, is_alias
from stepdeploy.local.wire import ApiCall

_NAME_RULE = "Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)"


def _shown(alias: Alias, target: Target) -> dict[str, Any]:
    return {
        "AliasArn": f"{target.arn}:{alias.name}",
        "Name": alias.name,
        "FunctionVersion": alias.version,
        "Description": alias.description,
        "RevisionId": alias.revision,
        "RoutingConfig": {"AdditionalVersionWeights": dict(alias.weights)} if alias.weights else None,
    }


def _check(function: Function, target: Target, version: str, weights: dict[str, float]) -> None:
    """Raises ApiError where the versions do not exist or the weights are none."""
    for number in (version, *weights):
        if function.version(number) is None:
            raise no_function(f"{target.arn}:{number}")
    if len(weights) > 1:
        raise invalid("Number of items in AdditionalVersionWeights cannot be greater than 1")
    for number, weight in weights.items():
        if not re.fullmatch(r"[0-9]+", number) or not 0.0 <= weight <= 1.0:
            raise constraint(
                f"{{{number}={weight}}}",
                "routingConfig.additionalVersionWeights",
                "Map value must satisfy constraint: [Member must have value less than or equal to 1.0, "
                "Member must have value greater than or equal to 0.0, Member must not be null]",
            )
        if number == version:
            raise invalid(
                f"Invalid function version {number}. "
                f"Function version {number} is already included in routing configuration."
            )
        if version == LATEST:
            raise invalid("$LATEST is not supported for an alias pointing to more than 1 version")


def _weights(params: dict[str, Any]) -> dict[str, float]:
    return dict(params.get("RoutingConfig", {}).get("AdditionalVersionWeights") or {})


def _find(function: Function, target: Target, name: str) -> Alias:
    alias = function.aliases.get(name)
    if alias is None:
        raise not_found(f"Cannot find alias arn: {target.arn}:{name}")
    return alias


def create_alias(control: Control, call: ApiCall) -> dict[str, Any]:
    """CreateAlias."""
    params = call.params
    name = params["Name"]
    if not is_alias(name):
        raise constraint(name, "name", _NAME_RULE)
    with control.store.lock:
        target, function = control.function(call)
        if name in function.aliases:
            raise conflict(f"Alias already exists: {target.arn}:{name}")
        weights = _weights(params)
        _check(function, target, params["FunctionVersion"], weights)
        alias = Alias(name, params["FunctionVersion"], params.get("Description", ""), weights, control.world.new_id())
        function.aliases[name] = alias
        return _shown(alias, target)


def update_alias(control: Control, call: ApiCall) -> dict[str, Any]:
    """UpdateAlias: what is not named stays."""
    params = call.params
    with control.store.lock:
        target, function = control.function(call)
        before = _find(function, target, params["Name"])
        check_revision(params.get("RevisionId"), before.revision)
        alias = Alias(
            before.name,
            params.get("FunctionVersion", before.version),
            params.get("Description", before.description),
            _weights(params) if "RoutingConfig" in params else before.weights,
            control.world.new_id(),
        )
        _check(function, target, alias.version, alias.weights)
        function.aliases[alias.name] = alias
        return _shown(alias, target)


def get_alias(control: Control, call: ApiCall) -> dict[str, Any]:
    """GetAlias."""
    with control.store.lock:
        target, function = control.function(call)
        return _shown(_find(function, target, call.params["Name"]), target)


def list_aliases(control: Control, call: ApiCall) -> dict[str, Any]:
    """ListAliases, perhaps only those whose main version is FunctionVersion."""
    wanted = call.params.get("FunctionVersion")
    with control.store.lock:
        target, function = control.function(call)
        aliases = sorted(
            (alias for alias in function.aliases.values() if wanted in (None, alias.version)),
            key=lambda alias: alias.name,
        )
    chosen, marker = page(aliases, lambda alias: alias.name, call.params)
    return {"Aliases": [_shown(alias, target) for alias in chosen], "NextMarker": marker}


def delete_alias(control: Control, call: ApiCall) -> dict[str, Any]:
    """DeleteAlias: succeeds also for an alias that does not exist."""
    with control.store.lock:
        _, function = control.function(call)
        name = call.params["Name"]
        function.aliases.pop(name, None)
        for hanging in (function.policies, function.provisioned, function.event_config):
            hanging.pop(name, None)
    return {}


WRITES: dict[str, Operation] = {
    "CreateAlias": create_alias,
    "UpdateAlias": update_alias,
    "DeleteAlias": delete_alias,
}
READS: dict[str, Operation] = {"GetAlias": get_alias, "ListAliases": list_aliases}
