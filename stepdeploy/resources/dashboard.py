"""CloudWatch dashboard, from `definitions/<template>`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from stepdeploy.engine.changes import changes
from stepdeploy.engine.model import Actual, Aws, Call, Decision
from stepdeploy.errors import NotFound
from stepdeploy.resources.base import Base, Tagging, same, tag_list, tag_map
from stepdeploy.resources.rule import json_parameter

TAGGING = Tagging("cloudwatch", "ResourceARN")


class Dashboard(Base):
    """desired: arn, body (JSON data), tags.

    Dashboards have tags since 2025; a server that knows none of them answers with an empty list. One without any tag
    counts as ours and stays without, so that such a server is not asked for the same thing again and again.
    """

    kind = "dashboard"

    def read(self, aws: Aws) -> Actual | None:
        listed = aws.pages("cloudwatch", "list_dashboards", "DashboardEntries", DashboardNamePrefix=self.name)
        if all(entry["DashboardName"] != self.name for entry in listed):
            return None
        body = aws.call("cloudwatch", "get_dashboard", DashboardName=self.name)["DashboardBody"]
        try:
            tags = aws.call("cloudwatch", "list_tags_for_resource", ResourceARN=self.desired["arn"]).get("Tags", [])
        except NotFound:
            tags = []
        return Actual(tag_map(tags) or None, {"body": json.loads(body)})

    def diff(self, actual: Actual | None, desired: Mapping[str, Any]) -> Decision:
        put = {"DashboardName": self.name, "DashboardBody": json_parameter(desired["body"])}
        if actual is None:
            return Decision((Call("cloudwatch", "put_dashboard", {**put, "Tags": tag_list(desired["tags"])}),))
        calls: list[Call] = []
        if not same(actual.view["body"], desired["body"]):
            calls.append(Call("cloudwatch", "put_dashboard", put))
        found = changes(actual.view, {"body": desired["body"]})
        if actual.tags is not None:
            calls += TAGGING.calls(desired["arn"], actual.tags, desired["tags"])
            found = (*found, *changes({"tags": actual.tags}, {"tags": desired["tags"]}))
        return Decision(tuple(calls), found)

    def removal(self, aws: Aws) -> tuple[Call, ...]:
        return (Call("cloudwatch", "delete_dashboards", {"DashboardNames": [self.name]}),)
