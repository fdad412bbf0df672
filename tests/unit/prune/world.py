"""A small AWS to prune: one machine with its versions, aliases and executions, two functions, a layer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from stepdeploy.arns import Place
from stepdeploy.prune import Scope
from tests.unit.fake_aws import GONE, FakeAws

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PLACE = Place("aws", "eu-west-1", "111122223333")
MACHINE = PLACE.state_machine("M-test")
OWNER = {"stepdeploy:project": "p", "stepdeploy:environment": "test"}


def definition(*functions: str, **more: Any) -> str:
    """A definition that calls `name:7`, in this order."""
    states = {
        f"S{index}": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True,
                      "Parameters": {"FunctionName": PLACE.function(name), **more}}
        for index, name in enumerate(functions)
    }  # fmt: skip
    return json.dumps({"StartAt": "S0", "States": states})


@dataclass
class World:
    """versions: number -> definition; 0 is the machine's latest revision. aliases: name -> (routes, description).
    executions: (name, status, version or None, hours since the end, definition). functions: name -> version -> layers.
    lambda_aliases, provisioned, mapped, rules, policies: function -> versions. tags: of machine and functions."""

    versions: Mapping[int, str]
    aliases: Mapping[str, tuple[Mapping[int, int], str]] = field(default_factory=dict)
    executions: Sequence[tuple[str, str, int | None, float, str]] = ()
    functions: Mapping[str, Mapping[str, Sequence[int]]] = field(default_factory=dict)
    lambda_aliases: Mapping[str, Sequence[str]] = field(default_factory=dict)
    provisioned: Mapping[str, Sequence[str]] = field(default_factory=dict)
    mapped: Sequence[str] = ()
    rules: Mapping[str, Sequence[str]] = field(default_factory=dict)
    policies: Mapping[str, Sequence[str]] = field(default_factory=dict)
    layer_versions: Sequence[int] = ()
    tags: Mapping[str, str] = field(default_factory=lambda: OWNER)
    type: str = "STANDARD"

    def aws(self) -> FakeAws:
        return FakeAws(
            {
                "stepfunctions:describe_state_machine": self._describe,
                "stepfunctions:list_state_machine_versions": self._versions,
                "stepfunctions:list_state_machine_aliases": {
                    "stateMachineAliases": [
                        {"stateMachineAliasArn": f"{MACHINE}:{name}", "creationDate": NOW} for name in self.aliases
                    ]
                },
                "stepfunctions:describe_state_machine_alias": self._alias,
                "stepfunctions:list_tags_for_resource": {
                    "tags": [{"key": key, "value": value} for key, value in self.tags.items()]
                },
                "stepfunctions:list_executions": self._executions,
                "stepfunctions:describe_state_machine_for_execution": self._executed,
                "lambda:get_function": self._function,
                "lambda:list_versions_by_function": self._function_versions,
                "lambda:list_aliases": self._lambda_aliases,
                "lambda:list_event_source_mappings": {
                    "EventSourceMappings": [{"FunctionArn": PLACE.function(name)} for name in self.mapped]
                },
                "lambda:list_provisioned_concurrency_configs": self._provisioned,
                "lambda:get_policy": self._policy,
                "lambda:list_layer_versions": {"LayerVersions": [{"Version": n} for n in self.layer_versions]},
                "events:list_rule_names_by_target": self._rules,
            }
        )

    def _describe(self, stateMachineArn: str) -> Any:
        tail = stateMachineArn.rsplit(":", 1)[-1]
        number = int(tail) if tail.isdigit() else 0
        if number not in self.versions:
            return GONE
        return {"definition": self.versions[number], "type": self.type, "status": "ACTIVE"}

    def _versions(self, stateMachineArn: str, maxResults: int, nextToken: str = "0") -> Any:
        """Two a page."""
        numbers = sorted((number for number in self.versions if number), reverse=True)
        start = int(nextToken)
        page = [{"stateMachineVersionArn": f"{stateMachineArn}:{n}", "creationDate": NOW} for n in numbers[start:][:2]]
        more = {"nextToken": str(start + 2)} if len(numbers) > start + 2 else {}
        return {"stateMachineVersions": page, **more}

    def _alias(self, stateMachineAliasArn: str) -> Any:
        routes, description = self.aliases[stateMachineAliasArn.rsplit(":", 1)[-1]]
        routed = [{"stateMachineVersionArn": f"{MACHINE}:{n}", "weight": weight} for n, weight in routes.items()]
        return {"routingConfiguration": routed, "description": description}

    def _executions(self, stateMachineArn: str, statusFilter: str) -> Any:
        items = [
            {
                "executionArn": f"arn:aws:states:eu-west-1:111122223333:execution:M-test:{name}",
                "stateMachineArn": MACHINE,
                "name": name,
                "status": status,
                "startDate": NOW - timedelta(hours=ago + 1),
                **({"stopDate": NOW - timedelta(hours=ago)} if status not in ("RUNNING", "PENDING_REDRIVE") else {}),
                **({"stateMachineVersionArn": f"{MACHINE}:{version}"} if version else {}),
            }
            for name, status, version, ago, _ in self.executions
            if status == statusFilter
        ]
        return {"executions": items}

    def _executed(self, executionArn: str) -> Any:
        name = executionArn.rsplit(":", 1)[-1]
        ran = next(text for known, _, _, _, text in self.executions if known == name)
        return {"definition": ran, "revisionId": str(hash(ran))}

    def _function(self, FunctionName: str) -> Any:
        if FunctionName not in self.functions:
            return GONE
        return {"Configuration": {"FunctionArn": PLACE.function(FunctionName)}, "Tags": dict(self.tags)}

    def _function_versions(self, FunctionName: str) -> Any:
        def layers(numbers: Sequence[int]) -> list[dict[str, str]]:
            return [{"Arn": f"{PLACE.layer('Deps-test')}:{number}"} for number in numbers]

        found = {"$LATEST": (), **self.functions[FunctionName]}
        return {"Versions": [{"Version": version, "Layers": layers(numbers)} for version, numbers in found.items()]}

    def _lambda_aliases(self, FunctionName: str) -> Any:
        return {
            "Aliases": [
                {"Name": "hand", "FunctionVersion": first, "RoutingConfig": {"AdditionalVersionWeights": {second: 0.1}}}
                for first, second in (text.split("+") for text in self.lambda_aliases.get(FunctionName, ()))
            ]
        }

    def _provisioned(self, FunctionName: str) -> Any:
        configs = [
            {"FunctionArn": f"{PLACE.function(FunctionName)}:{version}", "Status": "READY",
             "RequestedProvisionedConcurrentExecutions": 1}
            for version in self.provisioned.get(FunctionName, ())
        ]  # fmt: skip
        return {"ProvisionedConcurrencyConfigs": configs}

    def _policy(self, FunctionName: str, Qualifier: str) -> Any:
        sids = self.policies.get(f"{FunctionName}:{Qualifier}")
        return {"Policy": json.dumps({"Statement": [{"Sid": sid} for sid in sids]})} if sids else GONE

    def _rules(self, TargetArn: str) -> Any:
        name = TargetArn.partition(":function:")[2]
        return {"RuleNames": list(self.rules.get(name, ()))}


def scope(keep: int = 2, **more: Any) -> Scope:
    """Of a project with the machine `main`, the functions F-test and G-test, and the layer Deps-test."""
    record = {"state_machine:main": "M-test", "function:f": "F-test", "function:g": "G-test", "layer:deps": "Deps-test"}
    base = Scope(PLACE, "p", "test", OWNER, record, ("main",), keep, NOW)
    return replace(base, **more)
