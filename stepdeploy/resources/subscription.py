"""A topic's subscription that is wiring: to a function, to a queue, or with a filter.

Plain addresses of people and sites are the topic's own (stepdeploy/resources/topic.py) and are kept when they leave the
settings, since somebody may have confirmed them by hand. What is here is ours alone, and goes with the settings.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from stepdeploy.engine.changes import changes
from stepdeploy.engine.model import Actual, Aws, Call, Decision
from stepdeploy.errors import NotFound
from stepdeploy.resources.base import Base
from stepdeploy.resources.rule import json_parameter

SCOPE = "MessageAttributes"
"""What SNS matches a filter against when it is not told."""


class Subscription(Base):
    """desired: arn (of the topic), filter_policy (JSON data or None), filter_policy_scope ("MessageAttributes" or
    "MessageBody"). `name` is `<topic>|<protocol>|<endpoint>`: SNS knows a subscription by these three."""

    kind = "subscription"

    @property
    def protocol(self) -> str:
        return self.name.split("|", 2)[1]

    @property
    def endpoint(self) -> str:
        return self.name.split("|", 2)[2]

    def read(self, aws: Aws) -> Actual | None:
        arn = self._find(aws)
        if arn is None:
            return None
        if not arn.startswith("arn:"):
            return Actual(None, {"arn": None, "filter_policy": None, "filter_policy_scope": SCOPE})
        found = aws.call("sns", "get_subscription_attributes", SubscriptionArn=arn)["Attributes"]
        policy = json.loads(found.get("FilterPolicy") or "{}") or None
        scope = found.get("FilterPolicyScope") or SCOPE
        return Actual(None, {"arn": arn, "filter_policy": policy, "filter_policy_scope": scope})

    def _find(self, aws: Aws) -> str | None:
        """The subscription's ARN, or the words that SNS has in its place until the address is confirmed."""
        try:
            listed = aws.pages("sns", "list_subscriptions_by_topic", "Subscriptions", TopicArn=self.desired["arn"])
            for item in listed:
                if (item["Protocol"], item["Endpoint"]) == (self.protocol, self.endpoint):
                    return str(item["SubscriptionArn"])
        except NotFound:
            return None
        return None

    def diff(self, actual: Actual | None, desired: Mapping[str, Any]) -> Decision:
        # What the filter looks at counts only where there is one.
        names = ("filter_policy", "filter_policy_scope") if desired["filter_policy"] else ("filter_policy",)
        wanted = {name: desired[name] for name in names}
        if actual is None:
            return Decision((self._subscribe(desired),))
        if actual.view["arn"] is None:
            note = f"{self.address}: {self.endpoint} has not confirmed yet; what it filters shows after that"
            return Decision(notes=(note,))
        found = changes({name: actual.view[name] for name in wanted}, wanted)
        calls = [self._set(actual.view["arn"], *pair) for pair in _moves(actual.view, wanted)]
        return Decision(tuple(calls), found)

    def _subscribe(self, desired: Mapping[str, Any]) -> Call:
        attributes: dict[str, Any] = {}
        if desired["filter_policy"]:
            attributes["FilterPolicyScope"] = desired["filter_policy_scope"]
            attributes["FilterPolicy"] = json_parameter(desired["filter_policy"])
        params = {
            "TopicArn": desired["arn"],
            "Protocol": self.protocol,
            "Endpoint": self.endpoint,
            "Attributes": attributes,
            "ReturnSubscriptionArn": True,
        }
        return Call("sns", "subscribe", params)

    def _set(self, arn: str, name: str, value: Any) -> Call:
        params = {"SubscriptionArn": arn, "AttributeName": name, "AttributeValue": value}
        return Call("sns", "set_subscription_attributes", params)

    def removal(self, aws: Aws) -> tuple[Call, ...]:
        """One that is not confirmed cannot be removed; SNS drops it after two days by itself."""
        arn = self._find(aws) or ""
        return (Call("sns", "unsubscribe", {"SubscriptionArn": arn}),) if arn.startswith("arn:") else ()


def _moves(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Attributes to set, in order: a nested policy is refused while the scope is MessageAttributes, so the scope is widened
    before the policy comes and narrowed after it. An empty policy takes away the one that there is
    (https://docs.aws.amazon.com/sns/latest/dg/sns-message-filtering-scope.html)."""
    moves: list[tuple[str, Any]] = []
    if before["filter_policy"] != after["filter_policy"]:
        moves.append(("FilterPolicy", json_parameter(after["filter_policy"] or {})))
    scope = after.get("filter_policy_scope", before["filter_policy_scope"])
    if before["filter_policy_scope"] != scope:
        moves.insert(0 if scope != SCOPE else len(moves), ("FilterPolicyScope", scope))
    return moves
