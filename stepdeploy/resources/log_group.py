"""CloudWatch log group with retention, made before the first run so that AWS does not make one that never expires."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stepdeploy.engine.changes import changes
from stepdeploy.engine.model import Actual, Aws, Call, Decision
from stepdeploy.resources.base import Base, Tagging, settable

TAGGING = Tagging("logs", "resourceArn", tags="tags", keys="tagKeys", as_list=False)


class LogGroup(Base):
    """desired: arn (without `:*`), retention_days, tags.

    A group without any tag counts as ours: Lambda itself makes one, when a function runs that has none
    (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html). Whether the function is ours, its own
    tags tell.
    """

    kind = "log_group"

    def read(self, aws: Aws) -> Actual | None:
        groups = aws.pages("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=self.name)
        group = next((group for group in groups if group["logGroupName"] == self.name), None)
        if group is None:
            return None
        arn = self.desired["arn"]
        tags = self.tags(aws, arn, lambda: aws.call("logs", "list_tags_for_resource", resourceArn=arn).get("tags", {}))
        return Actual(settable(tags) or None, {"retention_days": group.get("retentionInDays")})

    def diff(self, actual: Actual | None, desired: Mapping[str, Any]) -> Decision:
        retention = Call(
            "logs",
            "put_retention_policy",
            {"logGroupName": self.name, "retentionInDays": desired["retention_days"]},
        )
        if actual is None:
            create = Call("logs", "create_log_group", {"logGroupName": self.name, "tags": dict(desired["tags"])})
            return Decision((create, retention))
        calls: list[Call] = []
        if actual.view["retention_days"] != desired["retention_days"]:
            calls.append(retention)
        before_tags = actual.tags or {}
        calls += TAGGING.calls(desired["arn"], before_tags, desired["tags"])
        wanted = {"retention_days": desired["retention_days"], "tags": desired["tags"]}
        return Decision(tuple(calls), changes({**actual.view, "tags": before_tags}, wanted))

    def removal(self, aws: Aws) -> tuple[Call, ...]:
        return (Call("logs", "delete_log_group", {"logGroupName": self.name}),)
