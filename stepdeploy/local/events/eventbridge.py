"""Event buses: which rules want an event, and what their targets get.

Rules and patterns are moto's (exact, prefix, suffix, anything-but, numeric, exists, equals-ignore-case, wildcard, cidr,
$or). Event: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html. A target that fails is
not tried again; its dead-letter queue gets the event at once.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from stepdeploy.local.events.deliveries import Deliveries
from stepdeploy.local.events.inputs import input_for
from stepdeploy.local.events.targets import Targets, text_attributes

Event = dict[str, Any]


def event_of(
    source: str, detail_type: str, detail: Mapping[str, Any], *, account: str, region: str, resources: list[str]
) -> Event:
    """A new event that happens now."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": detail_type,
        "source": source,
        "account": account,
        "time": iso_time(datetime.now(UTC)),
        "region": region,
        "resources": resources,
        "detail": dict(detail),
    }


def iso_time(at: datetime | float | str) -> str:
    """The time of an event as AWS writes it; text stays as it is."""
    if isinstance(at, str):
        return at
    moment = at if isinstance(at, datetime) else datetime.fromtimestamp(float(at), UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def clean(message: Mapping[str, Any]) -> Event:
    """moto's message as the event that AWS would send."""
    event = {name: value for name, value in message.items() if name not in ("ingestion-time", "archive-arn")}
    return event | {"time": iso_time(event["time"])}


class Buses:
    """Sends events to the targets of rules.

    rules: (region, bus name) -> the rules of that bus, moto's; called in the delivery thread.
    """

    def __init__(self, targets: Targets, deliveries: Deliveries, rules: Callable[[str, str], list[Any]]) -> None:
        self._targets = targets
        self._deliveries = deliveries
        self._rules = rules

    def publish(self, event: Event, bus: str = "default") -> None:
        """Send an event of an AWS service to all rules of a bus that want it."""

        def route() -> None:
            for rule in self._rules(event["region"], bus):
                self.offer(rule, event)

        self._deliveries.put(f"{event['detail-type']} of {event['source']}", route)

    def offer(self, rule: Any, event: Event) -> None:
        """Queue the event for the targets of a rule, if the rule is enabled and wants it."""
        if rule.state != "ENABLED" or not rule.event_pattern.get_pattern():  # without a pattern: a schedule
            return
        if rule.event_pattern.matches_event(event):
            self.fire(rule, event)

    def fire(self, rule: Any, event: Event) -> None:
        """Queue the event for all targets of a rule."""
        for target in list(rule.targets):
            self._deliveries.put(
                f"EventBridge rule {rule.name} to {target['Arn']}", self._delivery(rule, target, event)
            )

    def _delivery(self, rule: Any, target: dict[str, Any], event: Event) -> Callable[[], None]:
        def deliver() -> None:
            try:
                self._targets.send(target["Arn"], input_for(target, event, rule.arn), target)
            except Exception as error:
                dead = (target.get("DeadLetterConfig") or {}).get("Arn")
                if dead:
                    self._bury(dead, rule, target, event, error)
                raise

        return deliver

    def _bury(self, queue: str, rule: Any, target: dict[str, Any], event: Event, error: Exception) -> None:
        """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html"""
        response = getattr(error, "response", {})
        code = response.get("Error", {}).get("Code") or getattr(error, "code", "") or type(error).__name__
        told = {
            "RULE_ARN": rule.arn,
            "TARGET_ARN": target["Arn"],
            "ERROR_CODE": str(code),
            "ERROR_MESSAGE": str(error)[:1024],
        }
        self._targets.queue(queue, json.dumps(event), attributes=text_attributes(told))
