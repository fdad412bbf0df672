"""Sends a text to what an ARN names: queue, topic, function, state machine, event bus or log group."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping
from typing import Any

from stepdeploy.local.world import World


class UnknownTarget(Exception):
    """The embedded AWS delivers nothing to such an ARN."""


class Targets:
    """Each method blocks until the receiving service has taken the text, and raises what that service raises."""

    def __init__(self, world: World) -> None:
        self._world = world

    def send(self, arn: str, text: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Send to any target. parameters: what a rule's target says besides its ARN (`SqsParameters`, ...)."""
        service, region = arn.split(":")[2:4]
        if service == "sqs":
            group = (parameters or {}).get("SqsParameters", {}).get("MessageGroupId")
            self.queue(arn, text, group=group)
        elif service == "lambda":
            self._world.functions.invoke(arn, None, text.encode(), kind="Event")
        elif service == "states":
            self._world.client("stepfunctions", region).start_execution(stateMachineArn=arn, input=text)
        elif service == "sns":
            self._world.client("sns", region).publish(TopicArn=arn, Message=text)
        elif service == "events" and ":event-bus/" in arn:
            self._bus(arn, text, region)
        elif service == "logs":
            group = arn.split(":log-group:", 1)[1].removesuffix(":*")
            lines = [(int(time.time() * 1000), text)]
            self._world.write_logs(group, str(uuid.uuid4()), lines, region=region)
        else:
            raise UnknownTarget(f"The embedded AWS of stepdeploy does not deliver to {arn}")

    def queue(
        self,
        arn: str,
        text: str,
        *,
        group: str | None = None,
        deduplication: str | None = None,
        attributes: Mapping[str, Any] | None = None,
    ) -> None:
        """Send to an SQS queue. attributes: as SendMessage's MessageAttributes."""
        client = self._world.client("sqs", arn.split(":")[3])
        address = client.get_queue_url(QueueName=arn.rsplit(":", 1)[-1])["QueueUrl"]
        wanted = {"MessageGroupId": group, "MessageDeduplicationId": deduplication, "MessageAttributes": attributes}
        given = {name: value for name, value in wanted.items() if value}
        client.send_message(QueueUrl=address, MessageBody=text, **given)

    def _bus(self, arn: str, text: str, region: str) -> None:
        event = json.loads(text)
        entry = {
            "EventBusName": arn.rsplit("/", 1)[1],
            "Source": event["source"],
            "DetailType": event["detail-type"],
            "Detail": json.dumps(event["detail"]),
            "Resources": event.get("resources", []),
        }
        self._world.client("events", region).put_events(Entries=[entry])


def text_attributes(values: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Message attributes of type String, for `Targets.queue`."""
    return {name: {"DataType": "String", "StringValue": value} for name, value in values.items() if value}
