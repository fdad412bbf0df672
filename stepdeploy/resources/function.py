"""Lambda function and its published versions.

The definition names a version ARN, never `$LATEST`, so that moving the machine's alias back brings the code back too.
Equal source means no upload and no new version: the zip is byte-reproducible and compared by CodeSha256.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stepdeploy.engine.changes import changes
from stepdeploy.engine.model import Actual, Aws, Call, Change, Decision, FileBytes
from stepdeploy.errors import NotFound
from stepdeploy.resources.base import Base, Tagging, settable, short

TAGGING = Tagging("lambda", "Resource", as_list=False)

CONFIGURATION = (
    "runtime", "handler", "role", "memory_mb", "timeout_seconds", "environment", "layers", "description", "tracing",
    "ephemeral_mb",
)  # fmt: skip


class Function(Base):
    """desired: arn, archive (FileBytes), code_sha256 (base64), the fields of CONFIGURATION, architecture,
    reserved_concurrency (or None), dead_letter (ARN of a queue or topic, or None), tags.

    Outputs: version_arn, version.
    """

    kind = "function"

    def read(self, aws: Aws) -> Actual | None:
        try:
            found = self._read_latest(aws) if self.known is None else {}
            versions = list(aws.pages("lambda", "list_versions_by_function", "Versions", FunctionName=self.name))
        except NotFound:
            return None
        if not found:
            found = self._known_latest(aws, versions)
        numbered = [version for version in versions if version["Version"] != "$LATEST"]
        newest = max(numbered, key=lambda version: int(version["Version"]), default=None)
        view = {
            "latest": _view(found["Configuration"]),
            "published": _view(newest) if newest else None,
            "version_arn": newest["FunctionArn"] if newest else None,
            "version": newest["Version"] if newest else None,
            "reserved_concurrency": found.get("Concurrency", {}).get("ReservedConcurrentExecutions"),
        }
        return Actual(settable(found.get("Tags", {})), view)

    def _read_latest(self, aws: Aws) -> dict[str, Any]:
        return aws.call("lambda", "get_function", FunctionName=self.name)

    def _known_latest(self, aws: Aws, versions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """What GetFunction would say, of a function that is on record: its configuration stands in the list of
        versions, its tags in the index, and only a concurrency that somebody sets has to be asked for."""
        arn = self.desired["arn"]
        latest = next((version for version in versions if version["Version"] == "$LATEST"), None)
        if latest is None:
            return self._read_latest(aws)
        found: dict[str, Any] = {
            "Configuration": latest,
            "Tags": self.tags(aws, arn, lambda: aws.call("lambda", "list_tags", Resource=arn).get("Tags", {})),
        }
        if not self.unmanaged("reserved_concurrency"):
            found["Concurrency"] = aws.call("lambda", "get_function_concurrency", FunctionName=self.name)
        return found

    def diff(self, actual: Actual | None, desired: Mapping[str, Any]) -> Decision:
        if actual is None:
            calls = [self._create(desired), *self._concurrency(None, desired), self._publish(desired)]
            return Decision(tuple(calls), (Change("code", None, short(desired["code_sha256"])),))
        latest = actual.view["latest"]
        wanted = _configured(desired)
        before = _configured(latest)
        calls = []
        found: list[Change] = []
        if (latest["code_sha256"], latest["architecture"]) != (desired["code_sha256"], desired["architecture"]):
            calls.append(self._update_code(desired))
            found += changes(
                {"code": short(latest["code_sha256"]), "architecture": latest["architecture"]},
                {"code": short(desired["code_sha256"]), "architecture": desired["architecture"]},
            )
        if before != wanted:
            params = self._configuration(desired)
            if before["dead_letter"] and not wanted["dead_letter"]:
                params["DeadLetterConfig"] = {"TargetArn": ""}
            calls.append(Call("lambda", "update_function_configuration", params))
            found += changes(before, wanted)
        publish = bool(calls) or actual.view["published"] != latest
        before_tags = actual.tags or {}
        calls += TAGGING.calls(desired["arn"], before_tags, desired["tags"])
        calls += self._concurrency(actual.view["reserved_concurrency"], desired)
        found += changes(
            {"tags": before_tags, "reserved_concurrency": actual.view["reserved_concurrency"]},
            {"tags": desired["tags"], "reserved_concurrency": desired["reserved_concurrency"]},
        )
        if not publish:
            known = {"version_arn": actual.view["version_arn"], "version": actual.view["version"]}
            return Decision(tuple(calls), tuple(found), known)
        if not found:
            found.append(Change("version", actual.view["version"], "published from $LATEST"))
        return Decision((*calls, self._publish(desired)), tuple(found))

    def _create(self, desired: Mapping[str, Any]) -> Call:
        archive: FileBytes = desired["archive"]
        params = {
            **self._configuration(desired),
            "Code": {"ZipFile": archive},
            "Architectures": [desired["architecture"]],
            "Tags": dict(desired["tags"]),
        }
        return Call("lambda", "create_function", params)

    def _configuration(self, desired: Mapping[str, Any]) -> dict[str, Any]:
        dead_letter = desired.get("dead_letter")
        return {
            "FunctionName": self.name,
            "Description": desired["description"],
            "Runtime": desired["runtime"],
            "Handler": desired["handler"],
            "Role": desired["role"],
            "MemorySize": desired["memory_mb"],
            "Timeout": desired["timeout_seconds"],
            "Environment": {"Variables": dict(desired["environment"])},
            "Layers": list(desired["layers"]),
            "TracingConfig": {"Mode": desired["tracing"]},
            "EphemeralStorage": {"Size": desired["ephemeral_mb"]},
            **({"DeadLetterConfig": {"TargetArn": dead_letter}} if dead_letter else {}),
        }

    def _update_code(self, desired: Mapping[str, Any]) -> Call:
        params = {"FunctionName": self.name, "ZipFile": desired["archive"], "Architectures": [desired["architecture"]]}
        return Call("lambda", "update_function_code", params)

    def _publish(self, desired: Mapping[str, Any]) -> Call:
        """AWS publishes only what we uploaded: where another deploy came between, the digest differs and it refuses
        (https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html)."""
        return Call(
            "lambda",
            "publish_version",
            {"FunctionName": self.name, "CodeSha256": desired["code_sha256"]},
            {"version_arn": "FunctionArn", "version": "Version"},
        )

    def _concurrency(self, before: int | None, desired: Mapping[str, Any]) -> list[Call]:
        after = desired["reserved_concurrency"]
        if before == after:
            return []
        if after is None:
            return [Call("lambda", "delete_function_concurrency", {"FunctionName": self.name})]
        params = {"FunctionName": self.name, "ReservedConcurrentExecutions": after}
        return [Call("lambda", "put_function_concurrency", params)]

    def removal(self, aws: Aws) -> tuple[Call, ...]:
        """Without a qualifier, DeleteFunction removes all versions."""
        return (Call("lambda", "delete_function", {"FunctionName": self.name}),)


def _configured(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that UpdateFunctionConfiguration sets."""
    return {**{field: facts[field] for field in CONFIGURATION}, "dead_letter": facts.get("dead_letter")}


def _view(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """A function configuration as AWS describes it, in our words."""
    dead_letter = configuration.get("DeadLetterConfig", {}).get("TargetArn")
    return {
        "code_sha256": configuration["CodeSha256"],
        "architecture": (configuration.get("Architectures") or ["x86_64"])[0],
        "runtime": configuration.get("Runtime"),
        "handler": configuration.get("Handler"),
        "role": configuration["Role"],
        "memory_mb": configuration["MemorySize"],
        "timeout_seconds": configuration["Timeout"],
        "environment": configuration.get("Environment", {}).get("Variables", {}),
        "layers": [layer["Arn"] for layer in configuration.get("Layers", [])],
        "description": configuration.get("Description", ""),
        "tracing": configuration.get("TracingConfig", {}).get("Mode", "PassThrough"),
        "ephemeral_mb": configuration.get("EphemeralStorage", {}).get("Size", 512),
        **({"dead_letter": dead_letter} if dead_letter else {}),
    }
