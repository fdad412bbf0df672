"""A rule that calls a function every few minutes, so that an execution environment stays warm.

Environments belong to a version (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html), and the
machine calls a version, so that version is what has to be called: the rule moves with each release, and each version gets
a statement of its own in its policy.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from stepdeploy.engine.changes import changes
from stepdeploy.engine.model import Actual, Aws, Call, Change, Decision
from stepdeploy.errors import NotFound
from stepdeploy.resources.base import Base, Tagging, canonical, tag_list, tag_map
from stepdeploy.resources.permission import statements

TAGGING = Tagging("events", "ResourceARN")
SID = "stepdeploy-warm-up"
TARGET = "warm-up"
INPUT = canonical({"action": "warmup"})
"""What handlers answer at once (docs/architecture.md, Pipeline Lambdas)."""


class WarmUp(Base):
    """desired: arn (of the rule), minutes, function (its name), version_arn (Ref), version (Ref), tags."""

    kind = "warm_up"

    def read(self, aws: Aws) -> Actual | None:
        try:
            rule = aws.call("events", "describe_rule", Name=self.name)
        except NotFound:
            return None
        arn = self.desired["arn"]

        def tags() -> dict[str, str]:
            return tag_map(aws.call("events", "list_tags_for_resource", ResourceARN=arn).get("Tags", []))

        targets = aws.call("events", "list_targets_by_rule", Rule=self.name).get("Targets", [])
        target: Mapping[str, Any] = next((item for item in targets if item["Id"] == TARGET), {})
        view = {
            "schedule": rule.get("ScheduleExpression") if rule.get("State") != "DISABLED" else None,
            "target": target.get("Arn"),
            "input": json.loads(target.get("Input", "null")),
            "permitted": _permitted(aws, target.get("Arn")),
        }
        return Actual(self.tags(aws, arn, tags), view)

    def diff(self, actual: Actual | None, desired: Mapping[str, Any]) -> Decision:
        schedule = rate(desired["minutes"])
        wanted = {"schedule": schedule, "target": desired["version_arn"], "input": {"action": "warmup"}}
        before = {name: actual.view[name] for name in wanted} if actual else {}
        calls: list[Call] = []
        if actual is None or before["schedule"] != schedule:
            tags = {} if actual else {"Tags": tag_list(desired["tags"])}
            params = {"Name": self.name, "ScheduleExpression": schedule, "State": "ENABLED", **tags}
            calls.append(Call("events", "put_rule", params))
        if actual is None or (before["target"], before["input"]) != (wanted["target"], wanted["input"]):
            target = {"Id": TARGET, "Arn": desired["version_arn"], "Input": INPUT}
            calls.append(Call("events", "put_targets", {"Rule": self.name, "Targets": [target]}))
        # The target first: a deploy that stops between the two finds the target without permission, and gives it.
        permit = actual is None or desired["version"] not in actual.view["permitted"]
        if permit:
            calls.append(self._permit(desired))
        if actual is None:
            return Decision(tuple(calls))
        before_tags = actual.tags or {}
        calls += TAGGING.calls(desired["arn"], before_tags, desired["tags"])
        found = changes({**before, "tags": before_tags}, {**wanted, "tags": desired["tags"]})
        more = (Change("permission", None, desired["version"]),) if permit else ()
        return Decision(tuple(calls), (*found, *more))

    def _permit(self, desired: Mapping[str, Any]) -> Call:
        params = {
            "FunctionName": desired["function"],
            "Qualifier": desired["version"],
            "StatementId": SID,
            "Action": "lambda:InvokeFunction",
            "Principal": "events.amazonaws.com",
            "SourceArn": desired["arn"],
        }
        return Call("lambda", "add_permission", params)

    def removal(self, aws: Aws) -> tuple[Call, ...]:
        targets = aws.call("events", "list_targets_by_rule", Rule=self.name).get("Targets", [])
        calls = [
            Call("lambda", "remove_permission", {"FunctionName": name, "Qualifier": version, "StatementId": SID})
            for target in targets
            for name, version in [_function_of(target["Arn"])]
            if version in _permitted(aws, target["Arn"])
        ]
        if targets:
            ids = [target["Id"] for target in targets]
            calls.append(Call("events", "remove_targets", {"Rule": self.name, "Ids": ids}))
        return (*calls, Call("events", "delete_rule", {"Name": self.name}))


def rate(minutes: int) -> str:
    """A rate expression; one minute is singular
    (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html)."""
    return "rate(1 minute)" if minutes == 1 else f"rate({minutes} minutes)"


def _function_of(arn: str) -> tuple[str, str]:
    """Name and version of `arn:...:function:<name>:<version>`."""
    parts = arn.split(":")
    return parts[6], parts[7] if len(parts) > 7 else ""


def _permitted(aws: Aws, target: str | None) -> list[str]:
    """The versions that may be called by the rule, of those that may be wanted: the target's, and the newest. Each other
    one would take a call to read."""
    if target is None:
        return []
    name, version = _function_of(target)
    try:
        versions = list(aws.pages("lambda", "list_versions_by_function", "Versions", FunctionName=name))
    except NotFound:
        return []
    numbers = [item["Version"] for item in versions if item["Version"] != "$LATEST"]
    asked = {version, max(numbers, key=int, default=version)} - {""}
    return sorted(number for number in asked if SID in statements(aws, name, number))
