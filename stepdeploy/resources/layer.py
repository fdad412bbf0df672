"""Lambda layer with the dependencies. Versions are immutable; older ones stay, since older functions name them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stepdeploy.engine.changes import changes
from stepdeploy.engine.model import Actual, Aws, Call, Decision, FileBytes
from stepdeploy.errors import NotFound
from stepdeploy.resources.base import Base, short


class Layer(Base):
    """desired: archive (FileBytes), code_sha256 (base64), description, runtime, architecture.

    Outputs: version_arn. Layers bear no tags on AWS; the environment's suffix in the name tells them apart.
    """

    kind = "layer"

    def read(self, aws: Aws) -> Actual | None:
        # Newest first (https://docs.aws.amazon.com/lambda/latest/api/API_ListLayerVersions.html).
        versions = aws.call("lambda", "list_layer_versions", LayerName=self.name, MaxItems=1).get("LayerVersions", [])
        if not versions:
            return None
        number = versions[0]["Version"]
        try:
            newest = aws.call("lambda", "get_layer_version", LayerName=self.name, VersionNumber=number)
        except NotFound:
            return None
        view = {
            "code_sha256": newest["Content"]["CodeSha256"],
            "version_arn": newest["LayerVersionArn"],
            "runtimes": newest.get("CompatibleRuntimes", []),
            "architectures": newest.get("CompatibleArchitectures", []),
        }
        return Actual(None, view)

    def diff(self, actual: Actual | None, desired: Mapping[str, Any]) -> Decision:
        wanted = {
            "code_sha256": desired["code_sha256"],
            "runtimes": [desired["runtime"]],
            "architectures": [desired["architecture"]],
        }
        if actual and all(actual.view[key] == value for key, value in wanted.items()):
            return Decision(outputs={"version_arn": actual.view["version_arn"]})
        archive: FileBytes = desired["archive"]
        publish = Call(
            "lambda",
            "publish_layer_version",
            {
                "LayerName": self.name,
                "Description": desired["description"],
                "Content": {"ZipFile": archive},
                "CompatibleRuntimes": wanted["runtimes"],
                "CompatibleArchitectures": wanted["architectures"],
            },
            {"version_arn": "LayerVersionArn"},
        )
        code = changes(
            {"code": short(actual.view["code_sha256"] if actual else None)}, {"code": short(desired["code_sha256"])}
        )
        platform = ("runtimes", "architectures")
        more = (
            changes({key: actual.view[key] for key in platform}, {key: wanted[key] for key in platform})
            if actual
            else ()
        )
        return Decision((publish,), (*code, *more))

    def removal(self, aws: Aws) -> tuple[Call, ...]:
        versions = aws.pages("lambda", "list_layer_versions", "LayerVersions", LayerName=self.name)
        numbers = [version["Version"] for version in versions]
        params = [{"LayerName": self.name, "VersionNumber": number} for number in numbers]
        return tuple(Call("lambda", "delete_layer_version", item) for item in params)
