"""Reserved and provisioned concurrency, and the account's settings.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html. Reserved concurrency is enforced;
provisioned concurrency is kept and shown as READY.
"""

from __future__ import annotations

from typing import Any

from stepdeploy.local.functions.archive import MAX_UNZIPPED, MAX_ZIPPED
from stepdeploy.local.functions.control import Control, Operation, page, resolve
from stepdeploy.local.functions.errors import constraint, invalid
from stepdeploy.local.functions.model import Function, Region
from stepdeploy.local.functions.names import LATEST, Target, is_alias
from stepdeploy.local.functions.times import iso
from stepdeploy.local.wire import ApiCall, ApiError

ACCOUNT_CONCURRENCY = 1000
MIN_UNRESERVED = 100
MAX_STORAGE = 300 * 1024**3


def _reserved(region: Region, without: str) -> int:
    """Reserved by all functions of the region but one."""
    return sum(function.reserved or 0 for function in region.functions.values() if function.name != without)


def put_function_concurrency(control: Control, call: ApiCall) -> dict[str, Any]:
    """PutFunctionConcurrency."""
    wanted = call.params["ReservedConcurrentExecutions"]
    if wanted < 0:
        raise constraint(wanted, "reservedConcurrentExecutions", "Member must have value greater than or equal to 0")
    with control.store.lock:
        _, function = control.function(call)
        others = _reserved(control.region(call), function.name)
        if wanted > 0 and ACCOUNT_CONCURRENCY - others - wanted < MIN_UNRESERVED:
            raise invalid(
                "Specified ReservedConcurrentExecutions for function decreases account's "
                f"UnreservedConcurrentExecution below its minimum value of [{MIN_UNRESERVED}]."
            )
        function.reserved = wanted
    return {"ReservedConcurrentExecutions": wanted}


def get_function_concurrency(control: Control, call: ApiCall) -> dict[str, Any]:
    """GetFunctionConcurrency: empty where nothing is reserved."""
    with control.store.lock:
        return {"ReservedConcurrentExecutions": control.function(call)[1].reserved}


def delete_function_concurrency(control: Control, call: ApiCall) -> dict[str, Any]:
    """DeleteFunctionConcurrency."""
    with control.store.lock:
        control.function(call)[1].reserved = None
    return {}


def _provisioned_target(control: Control, call: ApiCall) -> tuple[Target, Function]:
    target, function = control.function(call)
    if target.qualifier in (None, LATEST):
        raise invalid("Provisioned Concurrency Configs cannot be applied to unpublished function versions.")
    resolve(function, target)
    return target, function


def put_provisioned_concurrency_config(control: Control, call: ApiCall) -> dict[str, Any]:
    """PutProvisionedConcurrencyConfig."""
    wanted = call.params["ProvisionedConcurrentExecutions"]
    if wanted < 1:
        raise constraint(wanted, "provisionedConcurrentExecutions", "Member must have value greater than or equal to 1")
    with control.store.lock:
        target, function = _provisioned_target(control, call)
        if function.latest.snapshot.settings["SnapStart"]["ApplyOn"] == "PublishedVersions":
            raise invalid("Provisioned Concurrency is not supported with SnapStart enabled functions.")
        if function.reserved is not None and wanted > function.reserved:
            raise invalid(
                "Requested Provisioned Concurrency should not be greater than the "
                "reservedConcurrentExecution for function"
            )
        stored = {
            "RequestedProvisionedConcurrentExecutions": wanted,
            "AvailableProvisionedConcurrentExecutions": wanted,
            "AllocatedProvisionedConcurrentExecutions": wanted,
            "Status": "READY",
            "LastModified": iso(control.world.now()),
        }
        function.provisioned[target.qualifier or ""] = stored
        return {
            **stored,
            "Status": "IN_PROGRESS",
            "AvailableProvisionedConcurrentExecutions": 0,
            "AllocatedProvisionedConcurrentExecutions": 0,
        }


def get_provisioned_concurrency_config(control: Control, call: ApiCall) -> dict[str, Any]:
    """GetProvisionedConcurrencyConfig."""
    with control.store.lock:
        target, function = _provisioned_target(control, call)
        found = function.provisioned.get(target.qualifier or "")
    if found is None:
        raise ApiError(
            "ProvisionedConcurrencyConfigNotFoundException",
            "No Provisioned Concurrency Config found for this function",
            404,
        )
    return dict(found)


def list_provisioned_concurrency_configs(control: Control, call: ApiCall) -> dict[str, Any]:
    """ListProvisionedConcurrencyConfigs."""
    with control.store.lock:
        target, function = control.function(call)
        configs = [{"FunctionArn": f"{target.arn}:{key}", **one} for key, one in function.provisioned.items()]
    chosen, marker = page(configs, lambda one: str(one["FunctionArn"]), call.params)
    return {"ProvisionedConcurrencyConfigs": chosen, "NextMarker": marker}


def delete_provisioned_concurrency_config(control: Control, call: ApiCall) -> dict[str, Any]:
    """DeleteProvisionedConcurrencyConfig: succeeds also where there is none."""
    with control.store.lock:
        target, function = control.function(call)
        if target.qualifier is not None and is_alias(target.qualifier):
            resolve(function, target)
        function.provisioned.pop(target.qualifier or "", None)
    return {}


def get_account_settings(control: Control, call: ApiCall) -> dict[str, Any]:
    """GetAccountSettings: the default quotas of an account and what is used of them."""
    with control.store.lock:
        region = control.region(call)
        versions = [one for item in region.functions.values() for one in (item.latest, *item.versions.values())]
        used = sum(version.snapshot.code.size for version in versions)
        used += sum(layer.code.size for layers in region.layers.values() for layer in layers.values())
        return {
            "AccountLimit": {
                "TotalCodeSize": MAX_STORAGE,
                "CodeSizeZipped": MAX_ZIPPED,
                "CodeSizeUnzipped": MAX_UNZIPPED,
                "ConcurrentExecutions": ACCOUNT_CONCURRENCY,
                "UnreservedConcurrentExecutions": ACCOUNT_CONCURRENCY - _reserved(region, ""),
            },
            "AccountUsage": {"TotalCodeSize": used, "FunctionCount": len(region.functions)},
        }


WRITES: dict[str, Operation] = {
    "PutFunctionConcurrency": put_function_concurrency,
    "DeleteFunctionConcurrency": delete_function_concurrency,
    "PutProvisionedConcurrencyConfig": put_provisioned_concurrency_config,
    "DeleteProvisionedConcurrencyConfig": delete_provisioned_concurrency_config,
}
READS: dict[str, Operation] = {
    "GetFunctionConcurrency": get_function_concurrency,
    "GetProvisionedConcurrencyConfig": get_provisioned_concurrency_config,
    "ListProvisionedConcurrencyConfigs": list_provisioned_concurrency_configs,
    "GetAccountSettings": get_account_settings,
}
