"""Published versions of a machine, and what an alias serves."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from stepdeploy.arns import version_number
from stepdeploy.engine.model import Aws
from stepdeploy.errors import NotFound
from stepdeploy.resources.machine_alias import MachineAlias, describe
from stepdeploy.rollback import functions_in


def listing(aws: Aws, machine_arn: str, alias: MachineAlias | None, limit: int) -> list[dict[str, Any]]:
    """The newest versions, at most 1,000 (what AWS lists at once): version, alias (name and weight, or None), created,
    functions ("name:version ..."), description, arn."""
    try:
        found = aws.call(
            "stepfunctions", "list_state_machine_versions", stateMachineArn=machine_arn, maxResults=min(limit, 1000)
        )
    except NotFound:
        return []
    arns = [item["stateMachineVersionArn"] for item in found["stateMachineVersions"]]
    actual = alias.read(aws) if alias else None
    routes: Mapping[str, int] = actual.view["routes"] if actual else {}
    with ThreadPoolExecutor(max_workers=8) as pool:
        described = list(pool.map(lambda arn: _describe(aws, arn), arns))
    return [
        {
            "version": version_number(arn),
            "alias": _mark(alias, routes.get(arn)),
            "created": version.get("creationDate"),
            "functions": functions_text(version.get("definition", "")),
            "description": version.get("description", ""),
            "arn": arn,
        }
        for arn, version in zip(arns, described, strict=True)
    ]


def _describe(aws: Aws, arn: str) -> dict[str, Any]:
    return aws.call("stepfunctions", "describe_state_machine", stateMachineArn=arn)


def _mark(alias: MachineAlias | None, weight: int | None) -> str | None:
    if alias is None or weight is None:
        return None
    name = alias.name.rsplit(":", 1)[-1]
    return name if weight == 100 else f"{name} {weight} %"


def functions_text(definition: str) -> str:
    """`NovaSECExtractor:3 Merger:1`: the Lambda versions that a definition calls."""
    return " ".join(f"{name}:{version or '$LATEST'}" for name, version in functions_in(definition))


def served(aws: Aws, machine_arn: str, alias: MachineAlias) -> dict[str, Any] | None:
    """What an alias serves: alias, serves (text), before (history), functions; None where it does not exist."""
    actual = alias.read(aws)
    if actual is None:
        return None
    routes = actual.view["routes"]
    main = max(routes, key=lambda arn: routes[arn])
    history = actual.view["history"]
    return {
        "alias": alias.name,
        "serves": describe(routes),
        "before": " ".join(map(str, history[:5])) or "-",
        "functions": functions_text(_describe(aws, main)["definition"]),
    }
