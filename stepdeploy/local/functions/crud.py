"""Functions: create, read, update, delete."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from stepdeploy.local.functions.control import Control, Operation, check_changeable, page, resolve
from stepdeploy.local.functions.describe import configuration, listed
from stepdeploy.local.functions.errors import conflict, constraint, invalid
from stepdeploy.local.functions.model import Code, Function, Snapshot, Version
from stepdeploy.local.functions.names import LATEST, MAX_NAME, Target, is_version
from stepdeploy.local.functions.roles import check_role
from stepdeploy.local.functions.settings import created, layers_of, snapshot, updated
from stepdeploy.local.functions.source import take_code
from stepdeploy.local.functions.tags import check_tags
from stepdeploy.local.functions.validate import check_settings
from stepdeploy.local.functions.versions import publish
from stepdeploy.local.wire import ApiCall


def create_function(control: Control, call: ApiCall) -> dict[str, Any]:
    """CreateFunction."""
    params = call.params
    target = _new_name(control, call)
    check_settings(params)
    tags = dict(params.get("Tags", {}))
    check_tags(tags)
    settings = created(target.name, params)
    check_role(control.world, settings["Role"], call.account)
    layers = layers_of(control, call, params.get("Layers", []))
    _refuse_existing(control, call, target)
    content = snapshot(settings, take_code(control, params["Code"], call.region), layers)
    with control.store.lock:
        _refuse_existing(control, call, target)
        function = Function(target.name, _version(control, content, is_update=False), tags=tags)
        control.region(call).functions[target.name] = function
        control.changed(call.region, target.name)
        version = publish(control, call, function, None) if params.get("Publish") else function.latest
        return configuration(function, version, target.place, control.world.now())


def _new_name(control: Control, call: ApiCall) -> Target:
    target = control.target(call)
    if target.qualifier is not None:
        raise constraint(
            call.params["FunctionName"], "functionName", "Member must not have a version or alias in a new function"
        )
    if len(target.name) > MAX_NAME:
        raise invalid(
            f"1 validation error detected: Value '{target.name}' at 'functionName' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MAX_NAME}"
        )
    return target


def _refuse_existing(control: Control, call: ApiCall, target: Target) -> None:
    if target.name in control.region(call).functions:
        raise conflict(f"Function already exist: {target.name}")


def _version(control: Control, content: Snapshot, *, is_update: bool) -> Version:
    """A new state of $LATEST."""
    now = control.world.now()
    pending = control.world.new_id()
    revision = str(uuid.uuid5(uuid.UUID(pending), "settled"))
    return Version(LATEST, content, now, revision, pending, control.settling(now), is_update)


def update_function_code(control: Control, call: ApiCall) -> dict[str, Any]:
    """UpdateFunctionCode. With DryRun the package is checked and described, and nothing changes."""
    params = call.params
    if params.get("ImageUri"):
        raise invalid("Please don't provide ImageUri when updating a function with packageType Zip.")
    check_settings({name: params[name] for name in ("Architectures",) if name in params})
    with control.store.lock:
        target, function = _changeable(control, call)
    code = take_code(control, params, call.region)
    with control.store.lock:
        target, function = _changeable(control, call)
        content = _with_code(function.latest.snapshot, code, params)
        if params.get("DryRun"):
            described = replace(function.latest, snapshot=content)
            return configuration(function, described, target.place, control.world.now())
        _set_latest(control, call, function, content)
        if not params.get("Publish"):
            return configuration(function, function.latest, target.place, control.world.now())
        version = publish(control, call, function, None)
        return configuration(function, version, target.place, control.world.now(), qualifier=version.number)


def _changeable(control: Control, call: ApiCall) -> tuple[Target, Function]:
    """The function of the call when it may be changed now and the caller's revision is the current one."""
    target, function = control.function(call)
    now = control.world.now()
    check_changeable(target, function.latest, now)
    control.check_version_revision(call.params.get("RevisionId"), function.latest)
    return target, function


def _with_code(before: Snapshot, code: Code, params: dict[str, Any]) -> Snapshot:
    return snapshot(updated(before.settings, _only(params, "Architectures")), code, before.layers)


def _only(params: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: params[name] for name in names if name in params}


def _set_latest(control: Control, call: ApiCall, function: Function, content: Snapshot) -> None:
    function.before, function.latest = function.latest, _version(control, content, is_update=True)
    control.changed(call.region, function.name)


def update_function_configuration(control: Control, call: ApiCall) -> dict[str, Any]:
    """UpdateFunctionConfiguration: what is not named stays."""
    params = call.params
    check_settings(params)
    with control.store.lock:
        _changeable(control, call)
    if "Role" in params:
        check_role(control.world, params["Role"], call.account)
    layers = layers_of(control, call, params["Layers"]) if "Layers" in params else None
    with control.store.lock:
        target, function = _changeable(control, call)
        before = function.latest.snapshot
        kept = before.layers if layers is None else layers
        _set_latest(control, call, function, snapshot(updated(before.settings, params), before.code, kept))
        return configuration(function, function.latest, target.place, control.world.now())


def get_function(control: Control, call: ApiCall) -> dict[str, Any]:
    """GetFunction. Code.Location is a file address here; on AWS it is a presigned S3 one."""
    with control.store.lock:
        target, function = control.function(call)
        version = resolve(function, target)
        shown = configuration(function, version, target.place, control.world.now(), qualifier=target.qualifier)
        location = control.code.zip_path(version.snapshot.code).as_uri()
        reserved = function.reserved
        return {
            "Configuration": shown,
            "Code": {"RepositoryType": "S3", "Location": location},
            "Tags": dict(function.tags) or None,
            "Concurrency": None if reserved is None else {"ReservedConcurrentExecutions": reserved},
        }


def get_function_configuration(control: Control, call: ApiCall) -> dict[str, Any]:
    """GetFunctionConfiguration."""
    with control.store.lock:
        target, function = control.function(call)
        version = resolve(function, target)
        return configuration(function, version, target.place, control.world.now(), qualifier=target.qualifier)


def list_functions(control: Control, call: ApiCall) -> dict[str, Any]:
    """ListFunctions, with FunctionVersion=ALL also all published versions."""
    everything = call.params.get("FunctionVersion")
    if everything not in (None, "ALL"):
        raise constraint(everything, "functionVersion", "Member must satisfy enum value set: [ALL]")
    now = control.world.now()
    place = control.place(call)
    shown = []
    with control.store.lock:
        for function in sorted(control.region(call).functions.values(), key=lambda item: item.name):
            versions = [function.latest, *(function.versions.values() if everything else ())]
            for version in versions:
                qualifier = version.number if everything else None
                shown.append(listed(configuration(function, version, place, now, qualifier=qualifier)))
    chosen, marker = page(shown, lambda item: str(item["FunctionArn"]), call.params)
    return {"Functions": chosen, "NextMarker": marker}


def delete_function(control: Control, call: ApiCall) -> dict[str, Any]:
    """DeleteFunction: the whole function, or with a qualifier one version. Its log group stays, as on AWS."""
    with control.store.lock:
        target, function = control.function(call)
        if target.qualifier is None:
            del control.region(call).functions[target.name]
        else:
            _delete_version(function, target)
        control.changed(call.region, target.name)
    return {}


def _delete_version(function: Function, target: Target) -> None:
    number = target.qualifier or ""
    if number == LATEST:
        raise invalid("$LATEST version cannot be deleted without deleting the function.")
    if not is_version(number):
        raise invalid(f"Deletion of aliases is not currently supported: {number}")
    using = sorted(alias.name for alias in function.aliases.values() if number in (alias.version, *alias.weights))
    if using:
        raise conflict(f"Unable to delete version because the following aliases reference it: [{', '.join(using)}]")
    function.versions.pop(number, None)  # a version that does not exist is no error
    function.published.pop(number, None)
    function.provisioned.pop(number, None)
    function.event_config.pop(number, None)
    function.policies.pop(number, None)


WRITES: dict[str, Operation] = {
    "CreateFunction": create_function,
    "UpdateFunctionCode": update_function_code,
    "UpdateFunctionConfiguration": update_function_configuration,
    "DeleteFunction": delete_function,
}
READS: dict[str, Operation] = {
    "GetFunction": get_function,
    "GetFunctionConfiguration": get_function_configuration,
    "ListFunctions": list_functions,
}
