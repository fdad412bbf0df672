"""Topic -> subscription: queues and functions get the message, in the shapes that AWS documents.

https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html (queues),
https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html (functions). Signatures are no real ones. Web, e-mail and other
endpoints get nothing, which is said in the log once for each subscription.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from stepdeploy.local.events.deliveries import Deliveries
from stepdeploy.local.events.targets import Targets

log = logging.getLogger(__name__)

_NO_SIGNATURE = "RU1CRURERUQ="  # base64, as a signature is; nobody could have signed for AWS
_SAMPLE_CERTIFICATE = "SimpleNotificationService-0000000000000000000000.pem"


@dataclass(frozen=True)
class Message:
    """A published message as one subscription gets it. attributes: {name: {"Type", "Value"}}."""

    topic: str
    subscription: str
    id: str
    text: str
    subject: str | None = None
    attributes: dict[str, dict[str, Any]] = field(default_factory=dict)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def _common(self) -> dict[str, Any]:
        made: dict[str, Any] = {
            "Type": "Notification",
            "MessageId": self.id,
            "TopicArn": self.topic,
            "Subject": self.subject,
            "Message": self.text,
            "Timestamp": f"{self.at:%Y-%m-%dT%H:%M:%S}.{self.at.microsecond // 1000:03d}Z",
            "SignatureVersion": "1",
            "Signature": _NO_SIGNATURE,
        }
        return made

    def _addresses(self) -> tuple[str, str]:
        host = f"https://sns.{self.topic.split(':')[3]}.amazonaws.com"
        return f"{host}/{_SAMPLE_CERTIFICATE}", f"{host}/?Action=Unsubscribe&SubscriptionArn={self.subscription}"

    def for_queue(self) -> str:
        """The body of the SQS message, where raw delivery is off."""
        certificate, unsubscribe = self._addresses()
        made = self._common() | {"SigningCertURL": certificate, "UnsubscribeURL": unsubscribe}
        if self.subject is None:
            del made["Subject"]
        if self.attributes:
            made["MessageAttributes"] = self.attributes
        return json.dumps(made, indent=2)

    def for_function(self) -> str:
        """The event of the function: URLs are spelt `Url` there, and absent values are null."""
        certificate, unsubscribe = self._addresses()
        sns = self._common() | {
            "SigningCertUrl": certificate,
            "UnsubscribeUrl": unsubscribe,
            "MessageAttributes": self.attributes,
        }
        record = {
            "EventSource": "aws:sns",
            "EventVersion": "1.0",
            "EventSubscriptionArn": self.subscription,
            "Sns": sns,
        }
        return json.dumps({"Records": [record]})

    def raw_attributes(self) -> dict[str, dict[str, Any]]:
        """The attributes as SendMessage takes them, for raw delivery; SQS takes at most ten."""
        made = {}
        for name, value in self.attributes.items():
            kind = "BinaryValue" if value["Type"].startswith("Binary") else "StringValue"
            made[name] = {"DataType": value["Type"], kind: value["Value"]}
        return made


class Topics:
    """What a subscription does with a published message."""

    def __init__(self, targets: Targets, deliveries: Deliveries) -> None:
        self._targets = targets
        self._deliveries = deliveries
        self._silent: set[str] = set()

    def published(self, subscription: Any, message: Message, group: str | None, deduplication: str | None) -> None:
        """Queue the delivery. subscription: moto's. group, deduplication: of a FIFO topic."""
        endpoint, protocol = str(subscription.endpoint), str(subscription.protocol)
        if protocol == "sqs":
            send = self._to_queue(subscription, message, group, deduplication)
        elif protocol == "lambda":
            send = self._to_function(endpoint, message)
        else:
            self._say_once(subscription)
            return
        dead = _dead_letter_queue(subscription)

        def deliver() -> None:
            try:
                send()
            except Exception:
                if dead:
                    self._targets.queue(dead, message.for_queue())
                raise

        self._deliveries.put(f"SNS {message.topic} to {endpoint}", deliver)

    def _to_queue(
        self, subscription: Any, message: Message, group: str | None, deduplication: str | None
    ) -> Callable[[], None]:
        raw = str(subscription.attributes.get("RawMessageDelivery", "")).lower() == "true"
        text = message.text if raw else message.for_queue()
        attributes = message.raw_attributes() if raw else {}
        fifo = subscription.endpoint.endswith(".fifo")
        return lambda: self._targets.queue(
            subscription.endpoint,
            text,
            group=group,
            deduplication=(deduplication or message.id) if fifo else None,
            attributes=attributes,
        )

    def _to_function(self, endpoint: str, message: Message) -> Callable[[], None]:
        text = message.for_function()
        return lambda: self._targets.send(endpoint, text)

    def _say_once(self, subscription: Any) -> None:
        if subscription.arn not in self._silent:
            self._silent.add(subscription.arn)
            log.info(
                "The embedded AWS does not deliver to %s endpoints: %s gets nothing of %s",
                subscription.protocol,
                subscription.endpoint,
                subscription.topic.arn,
            )


def wanted(subscription: Any, message: str, attributes: dict[str, Any] | None) -> bool:
    """Does the subscription's filter policy let the message pass? Evaluated by moto; what it cannot, does not pass."""
    matcher = subscription._filter_policy_matcher
    if matcher is None:
        return True
    try:
        return bool(matcher.matches(attributes, message))
    except Exception as error:
        log.warning("The filter policy of %s cannot be evaluated: %s", subscription.arn, error)
        return False


def text_for(protocol: str, message: str) -> str | None:
    """The text of a message with MessageStructure "json" for a protocol; None: AWS would refuse it.

    https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
    """
    try:
        texts = json.loads(message)
        found = texts.get(protocol, texts["default"])
    except (ValueError, AttributeError, KeyError):
        return None
    return found if isinstance(found, str) else None


def _dead_letter_queue(subscription: Any) -> str:
    """https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html"""
    policy = subscription.attributes.get("RedrivePolicy")
    try:
        return str(json.loads(policy)["deadLetterTargetArn"]) if policy else ""
    except (ValueError, TypeError, KeyError):
        return ""
