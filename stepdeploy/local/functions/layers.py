"""Layers: zips that functions share (https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html)."""

from __future__ import annotations

import re
from typing import Any

from stepdeploy.local.functions.archive import CodeStore
from stepdeploy.local.functions.control import Control, Operation, page
from stepdeploy.local.functions.errors import constraint, not_found
from stepdeploy.local.functions.model import LayerVersion
from stepdeploy.local.functions.source import take_code
from stepdeploy.local.functions.times import iso
from stepdeploy.local.wire import ApiCall

_NAME = r"[a-zA-Z0-9-_]{1,64}"
_ARN = re.compile(r"arn:aws[a-zA-Z-]*:lambda:[a-z0-9-]+:\d{12}:layer:(?P<name>[a-zA-Z0-9-_]+)(:(?P<number>\d+))?")


def find_by_arn(control: Control, call: ApiCall, arn: str) -> LayerVersion | None:
    """The layer version with that ARN, None where it does not exist. Raises ApiError for what is no such ARN."""
    found = _ARN.fullmatch(arn)
    if found is None or found["number"] is None:
        raise constraint(
            arn, "layers", "Member must satisfy regular expression pattern: " + _ARN.pattern.replace("?P<name>", "")
        )
    with control.store.lock:
        version = control.region(call).layers.get(found["name"], {}).get(int(found["number"]))
        return version if version is not None and version.arn == arn else None


def _layer_name(identifier: str) -> str:
    """A layer's name from its name or ARN."""
    found = _ARN.fullmatch(identifier)
    name = found["name"] if found else identifier
    if not re.fullmatch(_NAME, name):
        raise constraint(identifier, "layerName", f"Member must satisfy regular expression pattern: {_NAME}")
    return name


def _shown(control: Control, version: LayerVersion, *, content: bool) -> dict[str, Any]:
    """Output members; with content also where the zip is."""
    shown: dict[str, Any] = {
        "LayerVersionArn": version.arn,
        "Version": version.number,
        "Description": version.description,
        "CreatedDate": iso(version.created),
        "CompatibleRuntimes": list(version.runtimes) or None,
        "CompatibleArchitectures": list(version.architectures) or None,
        "LicenseInfo": version.license,
    }
    if content:
        shown["LayerArn"] = version.arn.rsplit(":", 1)[0]
        shown["Content"] = content_of(control.code, version)
    return shown


def content_of(code: CodeStore, version: LayerVersion) -> dict[str, Any]:
    """LayerVersionContentOutput. Location is a file address here; on AWS it is a presigned S3 one."""
    package = version.code
    return {"Location": code.zip_path(package).as_uri(), "CodeSha256": package.sha256, "CodeSize": package.size}


def publish_layer_version(control: Control, call: ApiCall) -> dict[str, Any]:
    """PublishLayerVersion. A number is never given twice, also after deletion."""
    params = call.params
    name = _layer_name(params["LayerName"])
    if len(params.get("Description", "")) > 256:
        raise constraint(params["Description"], "description", "Member must have length less than or equal to 256")
    code = take_code(control, params["Content"], call.region)
    with control.store.lock:
        region = control.region(call)
        number = region.layer_numbers.get(name, 0) + 1
        region.layer_numbers[name] = number
        version = LayerVersion(
            arn=control.place(call).arn("lambda", f"layer:{name}:{number}"),
            number=number,
            code=code,
            created=control.world.now(),
            description=params.get("Description", ""),
            license=params.get("LicenseInfo"),
            runtimes=tuple(params.get("CompatibleRuntimes", ())),
            architectures=tuple(params.get("CompatibleArchitectures", ())),
        )
        region.layers.setdefault(name, {})[number] = version
    return _shown(control, version, content=True)


def get_layer_version(control: Control, call: ApiCall) -> dict[str, Any]:
    """GetLayerVersion."""
    name, number = _layer_name(call.params["LayerName"]), call.params["VersionNumber"]
    with control.store.lock:
        version = control.region(call).layers.get(name, {}).get(number)
    if version is None:
        raise not_found("The resource you requested does not exist.")
    return _shown(control, version, content=True)


def get_layer_version_by_arn(control: Control, call: ApiCall) -> dict[str, Any]:
    """GetLayerVersionByArn."""
    version = find_by_arn(control, call, call.params["Arn"])
    if version is None:
        raise not_found("The resource you requested does not exist.")
    return _shown(control, version, content=True)


def list_layer_versions(control: Control, call: ApiCall) -> dict[str, Any]:
    """ListLayerVersions: newest first."""
    with control.store.lock:
        versions = control.region(call).layers.get(_layer_name(call.params["LayerName"]), {})
        newest_first = [versions[number] for number in sorted(versions, reverse=True)]
    fitting = [version for version in newest_first if _fits(version, call.params)]
    chosen, marker = page(fitting, lambda version: str(version.number), call.params)
    return {"LayerVersions": [_shown(control, version, content=False) for version in chosen], "NextMarker": marker}


def list_layers(control: Control, call: ApiCall) -> dict[str, Any]:
    """ListLayers: each layer with its newest version."""
    with control.store.lock:
        layers = {name: versions[max(versions)] for name, versions in control.region(call).layers.items() if versions}
    fitting = sorted((name, version) for name, version in layers.items() if _fits(version, call.params))
    chosen, marker = page(fitting, lambda pair: pair[0], call.params)
    shown = [
        {
            "LayerName": name,
            "LayerArn": version.arn.rsplit(":", 1)[0],
            "LatestMatchingVersion": _shown(control, version, content=False),
        }
        for name, version in chosen
    ]
    return {"Layers": shown, "NextMarker": marker}


def _fits(version: LayerVersion, params: dict[str, Any]) -> bool:
    runtime, architecture = params.get("CompatibleRuntime"), params.get("CompatibleArchitecture")
    return (runtime is None or runtime in version.runtimes) and (
        architecture is None or architecture in version.architectures
    )


def delete_layer_version(control: Control, call: ApiCall) -> dict[str, Any]:
    """DeleteLayerVersion: succeeds also for one that does not exist. Functions that use it go on working."""
    name = _layer_name(call.params["LayerName"])
    with control.store.lock:
        layers = control.region(call).layers
        layers.get(name, {}).pop(call.params["VersionNumber"], None)
        if name in layers and not layers[name]:
            del layers[name]
    return {}


WRITES: dict[str, Operation] = {
    "PublishLayerVersion": publish_layer_version,
    "DeleteLayerVersion": delete_layer_version,
}
READS: dict[str, Operation] = {
    "GetLayerVersion": get_layer_version,
    "GetLayerVersionByArn": get_layer_version_by_arn,
    "ListLayerVersions": list_layer_versions,
    "ListLayers": list_layers,
}
