"""Event source mapping: Lambda reads an SQS queue and calls a function with what it finds.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html. The function is named without a version: see
stepdeploy/project/senders.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stepdeploy.engine.changes import changes
from stepdeploy.engine.model import Actual, Aws, Call, Decision
from stepdeploy.errors import NotFound
from stepdeploy.resources.base import Base, Tagging, settable

TAGGING = Tagging("lambda", "Resource", as_list=False)
REPORT = "ReportBatchItemFailures"
FIELDS = ("batch_size", "batching_window_seconds", "maximum_concurrency", "report_batch_item_failures", "enabled")


class EventSource(Base):
    """desired: arn (of the queue), FIELDS (maximum_concurrency may be None), tags. `name` is `<function>/<queue>`.

    AWS gives a mapping an id of its own, so it is found by queue and function, which may be mapped once. Tags are read
    where AWS names the mapping's ARN.
    """

    kind = "event_source"

    @property
    def function(self) -> str:
        return self.name.partition("/")[0]

    def read(self, aws: Aws) -> Actual | None:
        mapping = self._find(aws)
        if mapping is None:
            return None
        arn = mapping.get("EventSourceMappingArn")
        tags = settable(aws.call("lambda", "list_tags", Resource=arn).get("Tags", {})) if arn else None
        view = {
            "uuid": mapping["UUID"],
            "mapping_arn": arn,
            "batch_size": mapping.get("BatchSize"),
            "batching_window_seconds": mapping.get("MaximumBatchingWindowInSeconds", 0),
            "maximum_concurrency": (mapping.get("ScalingConfig") or {}).get("MaximumConcurrency"),
            "report_batch_item_failures": REPORT in (mapping.get("FunctionResponseTypes") or []),
            "enabled": mapping["State"] not in ("Disabled", "Disabling"),
        }
        return Actual(tags, view)

    def _find(self, aws: Aws) -> Mapping[str, Any] | None:
        source = {"EventSourceArn": self.desired["arn"], "FunctionName": self.function}
        try:
            for mapping in aws.pages("lambda", "list_event_source_mappings", "EventSourceMappings", **source):
                if mapping["FunctionArn"].endswith(f":function:{self.function}") and mapping["State"] != "Deleting":
                    return dict(mapping)
        except NotFound:
            return None
        return None

    def diff(self, actual: Actual | None, desired: Mapping[str, Any]) -> Decision:
        if actual is None:
            source = {"EventSourceArn": desired["arn"], "FunctionName": self.function, "Tags": dict(desired["tags"])}
            return Decision((Call("lambda", "create_event_source_mapping", {**source, **_parameters(desired)}),))
        wanted = {name: desired[name] for name in FIELDS}
        before = {name: actual.view[name] for name in FIELDS}
        calls: list[Call] = []
        if before != wanted:
            params = {"UUID": actual.view["uuid"], "FunctionName": self.function, **_parameters(desired)}
            calls.append(Call("lambda", "update_event_source_mapping", params))
        found = changes(before, wanted)
        if actual.tags is not None:
            calls += TAGGING.calls(actual.view["mapping_arn"], actual.tags, desired["tags"])
            found = (*found, *changes({"tags": actual.tags}, {"tags": desired["tags"]}))
        return Decision(tuple(calls), found)

    def removal(self, aws: Aws) -> tuple[Call, ...]:
        mapping = self._find(aws)
        return (Call("lambda", "delete_event_source_mapping", {"UUID": mapping["UUID"]}),) if mapping else ()


def _parameters(desired: Mapping[str, Any]) -> dict[str, Any]:
    """An empty ScalingConfig, and an empty list, take away what was there."""
    most = desired["maximum_concurrency"]
    return {
        "BatchSize": desired["batch_size"],
        "MaximumBatchingWindowInSeconds": desired["batching_window_seconds"],
        "ScalingConfig": {"MaximumConcurrency": most} if most else {},
        "FunctionResponseTypes": [REPORT] if desired["report_batch_item_failures"] else [],
        "Enabled": desired["enabled"],
    }
