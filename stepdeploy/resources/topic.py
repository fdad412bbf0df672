"""SNS topic and its subscriptions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from stepdeploy.engine.changes import changes
from stepdeploy.engine.model import Actual, Aws, Call, Decision
from stepdeploy.errors import NotFound
from stepdeploy.resources.base import Base, Tagging, tag_list, tag_map

TAGGING = Tagging("sns", "ResourceArn")


class Topic(Base):
    """desired: arn, display_name, subscriptions ([[protocol, endpoint], ...]), wired (the same, of those that are resources
    of their own: stepdeploy/resources/subscription.py), tags.

    A subscription that the settings no longer name is left alone: it may be somebody's own (an address that was
    confirmed by hand), and SNS keeps no tag on it.
    """

    kind = "topic"

    def read(self, aws: Aws) -> Actual | None:
        arn = self.desired["arn"]
        try:
            attributes = aws.call("sns", "get_topic_attributes", TopicArn=arn)["Attributes"]
        except NotFound:
            return None
        subscriptions: Iterable[Any] = ()
        if not (self.unmanaged("subscriptions") and self.unmanaged("wired")):
            subscriptions = aws.pages("sns", "list_subscriptions_by_topic", "Subscriptions", TopicArn=arn)

        def read() -> dict[str, str]:
            return tag_map(aws.call("sns", "list_tags_for_resource", ResourceArn=arn).get("Tags", []))

        view = {
            "display_name": attributes.get("DisplayName", ""),
            "subscriptions": [[item["Protocol"], item["Endpoint"]] for item in subscriptions],
        }
        return Actual(self.tags(aws, arn, read), view)

    def diff(self, actual: Actual | None, desired: Mapping[str, Any]) -> Decision:
        arn = desired["arn"]
        calls: list[Call] = []
        if actual is None:
            attributes = {"DisplayName": desired["display_name"]} if desired["display_name"] else {}
            params = {"Name": self.name, "Attributes": attributes, "Tags": tag_list(desired["tags"])}
            calls.append(Call("sns", "create_topic", params))
        elif actual.view["display_name"] != desired["display_name"]:
            params = {"TopicArn": arn, "AttributeName": "DisplayName", "AttributeValue": desired["display_name"]}
            calls.append(Call("sns", "set_topic_attributes", params))
        present = actual.view["subscriptions"] if actual else []
        for protocol, endpoint in desired["subscriptions"]:
            if [protocol, endpoint] not in present:
                calls.append(Call("sns", "subscribe", {"TopicArn": arn, "Protocol": protocol, "Endpoint": endpoint}))
        if actual is None:
            return Decision(tuple(calls))
        before_tags = actual.tags or {}
        calls += TAGGING.calls(arn, before_tags, desired["tags"])
        known = [*desired["subscriptions"], *desired.get("wired", [])]
        kept = [item for item in present if item not in known]
        wanted = {
            "display_name": desired["display_name"],
            "subscriptions": [*present, *(item for item in desired["subscriptions"] if item not in present)],
            "tags": desired["tags"],
        }
        notes = tuple(
            f"{self.address}: the subscription {item[0]}:{item[1]} is not in the settings; kept" for item in kept
        )
        return Decision(tuple(calls), changes({**actual.view, "tags": before_tags}, wanted), notes=notes)

    def removal(self, aws: Aws) -> tuple[Call, ...]:
        return (Call("sns", "delete_topic", {"TopicArn": self.desired["arn"]}),)
