"""EventBridge rule and its targets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from stepdeploy.engine.changes import changes
from stepdeploy.engine.model import Actual, Aws, Call, Decision, JsonText, is_known
from stepdeploy.errors import NotFound
from stepdeploy.resources.base import Base, Tagging, canonical, same, tag_list, tag_map

TAGGING = Tagging("events", "ResourceARN")


class Rule(Base):
    """desired: arn, description, pattern (JSON data or None), schedule ("rate(5 minutes)" or None), enabled, targets (id ->
    PutTargets' members apart from Id, Input as JSON data), tags. `name` is that of the rule, or `<bus>/<rule>` on a bus
    other than the default one. The rule is ours, so a target that is not wanted is removed."""

    kind = "rule"

    @property
    def bus(self) -> str:
        return self.name.rpartition("/")[0] or "default"

    @property
    def rule(self) -> str:
        return self.name.rpartition("/")[2]

    def read(self, aws: Aws) -> Actual | None:
        try:
            found = aws.call("events", "describe_rule", Name=self.rule, EventBusName=self.bus)
        except NotFound:
            return None
        arn = self.desired["arn"]

        def tags() -> dict[str, str]:
            return tag_map(aws.call("events", "list_tags_for_resource", ResourceARN=arn).get("Tags", []))

        pattern = found.get("EventPattern")
        view = {
            "description": found.get("Description") or "",
            "pattern": json.loads(pattern) if pattern else None,
            "schedule": found.get("ScheduleExpression") or None,
            "enabled": found.get("State") != "DISABLED",
            "targets": self._targets(aws),
        }
        return Actual(self.tags(aws, arn, tags), view)

    def _targets(self, aws: Aws) -> dict[str, Any]:
        """Id -> target. A rule has five at most, so that one page holds them all
        (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html)."""
        found = aws.call("events", "list_targets_by_rule", Rule=self.rule, EventBusName=self.bus).get("Targets", [])
        return {target["Id"]: _parsed(target) for target in found}

    def diff(self, actual: Actual | None, desired: Mapping[str, Any]) -> Decision:
        wanted = {name: desired[name] for name in ("description", "pattern", "schedule", "enabled", "targets")}
        if actual is None:
            return Decision((self._put(desired, new=True), *self._move_targets({}, wanted["targets"])))
        before = {name: actual.view[name] for name in wanted}
        calls: list[Call] = []
        if any(not same(before[name], wanted[name]) for name in wanted if name != "targets"):
            calls.append(self._put(desired, new=False))
        calls += self._move_targets(before["targets"], wanted["targets"])
        before_tags = actual.tags or {}
        calls += TAGGING.calls(desired["arn"], before_tags, desired["tags"])
        found = changes({**before, "tags": before_tags}, {**wanted, "tags": desired["tags"]})
        return Decision(tuple(calls), found)

    def _put(self, desired: Mapping[str, Any], *, new: bool) -> Call:
        """PutRule replaces the rule: what is left out is taken away. It overlooks tags of a rule that exists."""
        params: dict[str, Any] = {
            "Name": self.rule,
            "EventBusName": self.bus,
            "State": "ENABLED" if desired["enabled"] else "DISABLED",
            "Description": desired["description"],
        }
        if desired["pattern"] is not None:
            params["EventPattern"] = json_parameter(desired["pattern"])
        if desired["schedule"] is not None:
            params["ScheduleExpression"] = desired["schedule"]
        if new:
            params["Tags"] = tag_list(desired["tags"])
        return Call("events", "put_rule", params)

    def _move_targets(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Call]:
        calls = []
        if stale := sorted(name for name in before if name not in after):
            calls.append(self._remove_targets(stale))
        changed = [
            {"Id": name, **_written(target)}
            for name, target in after.items()
            if name not in before or not same(before[name], target)
        ]
        if changed:
            params = {"Rule": self.rule, "EventBusName": self.bus, "Targets": changed}
            calls.append(Call("events", "put_targets", params))
        return calls

    def _remove_targets(self, ids: list[str]) -> Call:
        return Call("events", "remove_targets", {"Rule": self.rule, "EventBusName": self.bus, "Ids": ids})

    def removal(self, aws: Aws) -> tuple[Call, ...]:
        """A rule that has targets cannot be deleted."""
        ids = sorted(self._targets(aws))
        delete = Call("events", "delete_rule", {"Name": self.rule, "EventBusName": self.bus})
        return (self._remove_targets(ids), delete) if ids else (delete,)


def _parsed(target: Mapping[str, Any]) -> dict[str, Any]:
    """A target as AWS lists it, without its id and with its input as data."""
    found = {name: value for name, value in target.items() if name != "Id"}
    if "Input" in found:
        found["Input"] = json.loads(found["Input"])
    return found


def _written(target: Mapping[str, Any]) -> dict[str, Any]:
    return {**target, "Input": json_parameter(target["Input"])} if "Input" in target else dict(target)


def json_parameter(value: Any) -> Any:
    """JSON data as a parameter that takes text; the shortest text, since AWS limits its length (a pattern 4,096
    characters, an input 8,192)."""
    return canonical(value) if is_known(value) else JsonText(value)
