"""SQS queue, standard or FIFO, with an optional dead-letter queue."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from stepdeploy.engine.changes import changes
from stepdeploy.engine.model import Actual, Aws, Call, Decision
from stepdeploy.errors import NotFound
from stepdeploy.resources.base import Base, Tagging, canonical, settable

TAGGING = Tagging("sqs", "QueueUrl", "tag_queue", "untag_queue", as_list=False)


class Queue(Base):
    """desired: fifo, visibility_timeout_seconds, retention_seconds, dead_letter ({"arn", "max_receives"} or None), tags.

    Output: url, which AWS assigns.
    """

    kind = "queue"

    def read(self, aws: Aws) -> Actual | None:
        try:
            url = aws.call("sqs", "get_queue_url", QueueName=self.name)["QueueUrl"]
        except NotFound:
            return None
        found = aws.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["All"]).get("Attributes", {})
        tags = aws.call("sqs", "list_queue_tags", QueueUrl=url).get("Tags", {})
        attributes = dict(found)
        if attributes.get("RedrivePolicy"):
            attributes["RedrivePolicy"] = canonical(json.loads(str(attributes["RedrivePolicy"])))
        return Actual(settable(tags), {"url": url, "attributes": attributes})

    def diff(self, actual: Actual | None, desired: Mapping[str, Any]) -> Decision:
        wanted = self._attributes(desired)
        if actual is None:
            params = {"QueueName": self.name, "Attributes": wanted, "tags": dict(desired["tags"])}
            return Decision((Call("sqs", "create_queue", params, {"url": "QueueUrl"}),))
        url, present = actual.view["url"], actual.view["attributes"]
        if "RedrivePolicy" in present:
            # An empty policy removes the one that there is.
            wanted.setdefault("RedrivePolicy", "")
        calls: list[Call] = []
        different = {
            name: value
            for name, value in wanted.items()
            if name != "FifoQueue" and _lower_boolean(present.get(name)) != value
        }
        if different:
            calls.append(Call("sqs", "set_queue_attributes", {"QueueUrl": url, "Attributes": different}))
        before_tags = actual.tags or {}
        calls += TAGGING.calls(url, before_tags, desired["tags"])
        before = {"attributes": {name: present.get(name) for name in different}, "tags": before_tags}
        return Decision(tuple(calls), changes(before, {"attributes": different, "tags": desired["tags"]}), {"url": url})

    def _attributes(self, desired: Mapping[str, Any]) -> dict[str, str]:
        attributes = {
            "VisibilityTimeout": str(desired["visibility_timeout_seconds"]),
            "MessageRetentionPeriod": str(desired["retention_seconds"]),
            "SqsManagedSseEnabled": "true",
        }
        if desired["fifo"]:
            attributes["FifoQueue"] = "true"
        if desired["dead_letter"]:
            target = desired["dead_letter"]
            policy = {"deadLetterTargetArn": target["arn"], "maxReceiveCount": target["max_receives"]}
            attributes["RedrivePolicy"] = canonical(policy)
        return attributes

    def removal(self, aws: Aws) -> tuple[Call, ...]:
        url = aws.call("sqs", "get_queue_url", QueueName=self.name)["QueueUrl"]
        return (Call("sqs", "delete_queue", {"QueueUrl": url}),)


def _lower_boolean(value: str | None) -> str | None:
    """SQS answers "true" or "True"."""
    return value.lower() if value in ("True", "False") else value
