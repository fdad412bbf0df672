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
    """desired: arn, fifo, content_based_deduplication, visibility_timeout_seconds, retention_seconds, dead_letter ({"arn",
    "max_receives"} or None), senders ({"sid", "service", "arn"} of each topic and rule that sends to it), tags.

    Output: url, which AWS assigns.
    """

    kind = "queue"

    def read(self, aws: Aws) -> Actual | None:
        try:
            url = aws.call("sqs", "get_queue_url", QueueName=self.name)["QueueUrl"]
        except NotFound:
            return None
        found = aws.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["All"]).get("Attributes", {})
        attributes = dict(found)
        for name in ("RedrivePolicy", "Policy"):
            if attributes.get(name):
                attributes[name] = canonical(json.loads(str(attributes[name])))
        arn = found.get("QueueArn", "")
        tags = self.tags(aws, arn, lambda: aws.call("sqs", "list_queue_tags", QueueUrl=url).get("Tags", {}))
        return Actual(settable(tags), {"url": url, "attributes": attributes})

    def diff(self, actual: Actual | None, desired: Mapping[str, Any]) -> Decision:
        wanted = self._attributes(desired)
        if actual is None:
            if policy := _policy(desired, []):
                wanted["Policy"] = policy
            params = {"QueueName": self.name, "Attributes": wanted, "tags": dict(desired["tags"])}
            return Decision((Call("sqs", "create_queue", params, {"url": "QueueUrl"}),))
        url, present = actual.view["url"], actual.view["attributes"]
        if "RedrivePolicy" in present:
            # An empty policy removes the one that there is.
            wanted.setdefault("RedrivePolicy", "")
        others = _others(present.get("Policy"))
        if present.get("Policy") or desired.get("senders"):
            wanted["Policy"] = _policy(desired, others)
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
            if "content_based_deduplication" in desired:
                attributes["ContentBasedDeduplication"] = str(desired["content_based_deduplication"]).lower()
        if desired["dead_letter"]:
            target = desired["dead_letter"]
            policy = {"deadLetterTargetArn": target["arn"], "maxReceiveCount": target["max_receives"]}
            attributes["RedrivePolicy"] = canonical(policy)
        return attributes

    def removal(self, aws: Aws) -> tuple[Call, ...]:
        url = aws.call("sqs", "get_queue_url", QueueName=self.name)["QueueUrl"]
        return (Call("sqs", "delete_queue", {"QueueUrl": url}),)


OURS = "stepdeploy-"
"""What the ids of our statements start with."""


def _others(policy: str | None) -> list[Any]:
    """The statements of a queue's policy that are not ours; they are handed back as they are."""
    statements = json.loads(policy)["Statement"] if policy else []
    return [item for item in statements if not str(item.get("Sid", "")).startswith(OURS)]


def _policy(desired: Mapping[str, Any], others: list[Any]) -> str:
    """Lets each sender send, and nobody else of its service: the ARN of a topic or rule holds its account, so the
    condition needs no other (https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html,
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html). "" where there is nothing to say,
    which takes a policy away."""
    ours = [
        {
            "Sid": sender["sid"],
            "Effect": "Allow",
            "Principal": {"Service": sender["service"]},
            "Action": "sqs:SendMessage",
            "Resource": desired["arn"],
            "Condition": {"ArnEquals": {"aws:SourceArn": sender["arn"]}},
        }
        for sender in desired.get("senders", ())
    ]
    return canonical({"Version": "2012-10-17", "Statement": [*others, *ours]}) if others or ours else ""


def _lower_boolean(value: str | None) -> str | None:
    """SQS answers "true" or "True"."""
    return value.lower() if value in ("True", "False") else value
