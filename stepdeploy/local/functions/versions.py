"""Published versions (https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from stepdeploy.local.functions.control import Control, Operation, check_changeable, page
from stepdeploy.local.functions.describe import configuration, listed
from stepdeploy.local.functions.errors import constraint, invalid
from stepdeploy.local.functions.model import Function, Version
from stepdeploy.local.wire import ApiCall


def publish(control: Control, call: ApiCall, function: Function, description: str | None) -> Version:
    """Freeze $LATEST as a version; the newest one where nothing changed since. Hold the store's lock.

    description: of the version; None takes that of the function. Numbers are never given twice, also not after the
    function was deleted and made again.
    """
    fingerprint = function.latest.snapshot.fingerprint()
    newest = max(function.versions, key=int, default=None)
    if newest is not None and function.published[newest] == fingerprint:
        return function.versions[newest]
    numbers = control.region(call).function_numbers
    numbers[function.name] = numbers.get(function.name, 0) + 1
    number = str(numbers[function.name])
    now = control.world.now()
    settings = dict(function.latest.snapshot.settings)
    if description is not None:
        settings["Description"] = description
    revision = control.world.new_id()
    version = Version(
        number=number,
        snapshot=replace(function.latest.snapshot, settings=settings),
        modified=now,
        revision=revision,
        pending_revision=revision,
        settles_at=control.settling(now),
    )
    function.versions[number] = version
    function.published[number] = fingerprint
    return version


def publish_version(control: Control, call: ApiCall) -> dict[str, Any]:
    """PublishVersion, with its two guards CodeSha256 and RevisionId."""
    params = call.params
    description = params.get("Description")
    if description is not None and len(description) > 256:
        raise constraint(description, "description", "Member must have length less than or equal to 256")
    with control.store.lock:
        target, function = control.function(call)
        now = control.world.now()
        latest = function.latest
        check_changeable(target, latest, now)
        control.check_version_revision(params.get("RevisionId"), latest)
        wanted, current = params.get("CodeSha256"), latest.snapshot.code.sha256
        if wanted and wanted != current:
            raise invalid(
                f"CodeSHA256 ({wanted}) is different from current CodeSHA256 in $LATEST ({current}). "
                "Please try again with the CodeSHA256 in $LATEST."
            )
        version = publish(control, call, function, description)
        return configuration(function, version, target.place, control.world.now(), qualifier=version.number)


def list_versions_by_function(control: Control, call: ApiCall) -> dict[str, Any]:
    """ListVersionsByFunction: $LATEST, then the published ones, oldest first."""
    with control.store.lock:
        target, function = control.function(call)
        now = control.world.now()
        versions = [function.latest, *(function.versions[number] for number in sorted(function.versions, key=int))]
    chosen, marker = page(versions, lambda version: version.number, call.params)
    shown = [configuration(function, version, target.place, now, qualifier=version.number) for version in chosen]
    return {"Versions": [listed(item) for item in shown], "NextMarker": marker}


WRITES: dict[str, Operation] = {"PublishVersion": publish_version}
READS: dict[str, Operation] = {"ListVersionsByFunction": list_versions_by_function}
