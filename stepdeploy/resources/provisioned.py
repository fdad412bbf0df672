"""Provisioned concurrency: execution environments that are kept ready, and paid for, all the time.

It belongs to a version (https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html), so each release
moves it: `Provisioned` makes the new version ready before the alias moves to it, and `Replaced` takes it off the versions
before, after the alias has moved. While both are ready both are paid for; without that, a release would begin cold.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stepdeploy.engine.model import Actual, Aws, Call, Change, Decision
from stepdeploy.errors import NotFound
from stepdeploy.references import Ref
from stepdeploy.resources.base import Base


class Provisioned(Base):
    """desired: version (Ref), count. `name` is the function's."""

    kind = "provisioned"

    def read(self, aws: Aws) -> Actual | None:
        found = configurations(aws, self.name)
        return Actual(None, {"versions": found}) if found else None

    def diff(self, actual: Actual | None, desired: Mapping[str, Any]) -> Decision:
        version, count = desired["version"], desired["count"]
        before = None if actual is None or isinstance(version, Ref) else actual.view["versions"].get(version)
        if before == count:
            return Decision()
        params = {"FunctionName": self.name, "Qualifier": version, "ProvisionedConcurrentExecutions": count}
        call = Call("lambda", "put_provisioned_concurrency_config", params)
        return Decision((call,), (Change("provisioned_concurrency", before, count),))

    def removal(self, aws: Aws) -> tuple[Call, ...]:
        return tuple(_delete(self.name, version) for version in configurations(aws, self.name))


class Replaced(Base):
    """desired: version (Ref) that keeps its provisioned concurrency. `name` is the function's."""

    kind = "provisioned_before"

    def read(self, aws: Aws) -> Actual | None:
        return Actual(None, {"versions": configurations(aws, self.name)})

    def diff(self, actual: Actual | None, desired: Mapping[str, Any]) -> Decision:
        versions: Mapping[str, int | None] = actual.view["versions"] if actual else {}
        old = {version: count for version, count in versions.items() if version != desired["version"]}
        changes = tuple(Change(f"version {version}", count, None) for version, count in old.items())
        return Decision(tuple(_delete(self.name, version) for version in old), changes)

    def removal(self, aws: Aws) -> tuple[Call, ...]:
        return ()


def _delete(function: str, version: str) -> Call:
    return Call("lambda", "delete_provisioned_concurrency_config", {"FunctionName": function, "Qualifier": version})


def configurations(aws: Aws, function: str) -> dict[str, int | None]:
    """Version -> how many environments it asks for; None where AWS could not make them."""
    try:
        found = list(
            aws.pages(
                "lambda", "list_provisioned_concurrency_configs", "ProvisionedConcurrencyConfigs", FunctionName=function
            )
        )
    except NotFound:
        return {}
    return {
        item["FunctionArn"].rsplit(":", 1)[-1]: (
            None if item["Status"] == "FAILED" else item["RequestedProvisionedConcurrentExecutions"]
        )
        for item in found
    }
