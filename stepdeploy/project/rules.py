"""EventBridge rules and their targets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stepdeploy.project.context import Context
from stepdeploy.project.senders import rule_name
from stepdeploy.resources.base import Base
from stepdeploy.resources.rule import Rule


def rules(project: Context) -> Iterator[Base]:
    """After their targets, and after what lets them in; a rule that starts a machine after that machine's alias."""
    for key, raw in project.section("rules").items():
        targets: dict[str, Any] = {}
        needs: set[str] = {f"queue:{raw['dead_letter']}"} if "dead_letter" in raw else set()
        for target in raw["targets"]:
            name, members, more = _target(project, key, raw, target)
            targets[name] = members
            needs |= more
        desired = {
            "arn": project.arn("rule", key),
            "description": raw.get("description", ""),
            "pattern": raw.get("pattern"),
            "schedule": raw.get("schedule"),
            "enabled": raw.get("enabled", True),
            "targets": targets,
            "tags": project.tags,
        }
        yield Rule(key, rule_name(project, key), desired, frozenset(needs))


def _target(
    project: Context, rule: str, raw: Mapping[str, Any], target: Mapping[str, Any]
) -> tuple[str, dict[str, Any], set[str]]:
    """Id, PutTargets' members, and what comes first."""
    kind = next(kind for kind in ("queue", "function", "state_machine") if kind in target)
    key = target[kind]
    needs = {f"{kind}:{key}"}
    members: dict[str, Any] = {"Arn": project.arn(kind, key)}
    if kind == "function":
        needs.add(f"permission:rule-{rule}-to-{key}")
    if kind == "state_machine":
        members["Arn"] = str(project.names.attribute("state_machine", key, "alias_arn"))
        role = raw.get("role", rule)
        members["RoleArn"] = project.arn("role", role)
        alias = project.settings.state_machines[key].alias
        needs = {f"alias:{key}" if alias else f"state_machine:{key}", f"role:{role}"}
    if "message_group" in target:
        members["SqsParameters"] = {"MessageGroupId": target["message_group"]}
    if "input" in target:
        members["Input"] = target["input"]
    if "dead_letter" in raw:
        members["DeadLetterConfig"] = {"Arn": project.arn("queue", raw["dead_letter"])}
    return _target_id(kind, key), members, needs


def _target_id(kind: str, key: str) -> str:
    """At most 64 characters (https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_Target.html)."""
    return f"{kind.replace('_', '-')}-{key}"[:64]
