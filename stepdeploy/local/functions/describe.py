"""A function as the API shows it (https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from stepdeploy.arns import Place
from stepdeploy.local.functions.model import Function, Version
from stepdeploy.local.functions.names import LATEST
from stepdeploy.local.functions.times import iso

#: A runtime that has not been patched since: the runtime here is the machine's own Python.
RUNTIME_VERSION = "0" * 64
_STATES = ("State", "StateReason", "StateReasonCode", "LastUpdateStatus", "LastUpdateStatusReason")


def configuration(
    function: Function, version: Version, place: Place, now: datetime, *, qualifier: str | None = None
) -> dict[str, Any]:
    """FunctionConfiguration of one version. qualifier: what the ARN ends in; None for the unqualified ARN."""
    arn = place.function(function.name)
    snapshot = version.snapshot
    shown: dict[str, Any] = {
        **snapshot.settings,
        "FunctionName": function.name,
        "FunctionArn": f"{arn}:{qualifier}" if qualifier else arn,
        "CodeSize": snapshot.code.size,
        "CodeSha256": snapshot.code.sha256,
        "LastModified": iso(version.modified),
        "Version": version.number,
        "RevisionId": version.revision_at(now),
        "PackageType": "Zip",
        "RuntimeVersionConfig": {
            "RuntimeVersionArn": f"arn:{place.partition}:lambda:{place.region}::runtime:{RUNTIME_VERSION}"
        },
        **_state(version, now),
    }
    if snapshot.layers:
        shown["Layers"] = [{"Arn": layer.arn, "CodeSize": layer.code.size} for layer in snapshot.layers]
    if version.number != LATEST and snapshot.settings["SnapStart"]["ApplyOn"] == "PublishedVersions":
        shown["SnapStart"] = {"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"}
    return shown


def _state(version: Version, now: datetime) -> dict[str, str]:
    """https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html."""
    if version.settled(now):
        return {"State": "Active", "LastUpdateStatus": "Successful"}
    if version.is_update:
        return {
            "State": "Active",
            "LastUpdateStatus": "InProgress",
            "LastUpdateStatusReason": "The function is being created.",
            "LastUpdateStatusReasonCode": "Creating",
        }
    return {"State": "Pending", "StateReason": "The function is being created.", "StateReasonCode": "Creating"}


def listed(shown: dict[str, Any]) -> dict[str, Any]:
    """The members that the List operations leave out are gone."""
    hidden = (*_STATES, "LastUpdateStatusReasonCode", "RuntimeVersionConfig")
    return {name: value for name, value in shown.items() if name not in hidden}
