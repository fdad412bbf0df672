"""Read what prune has to know. Reads only."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from stepdeploy.arns import version_number
from stepdeploy.engine.model import Aws
from stepdeploy.errors import NotFound
from stepdeploy.prune.definitions import Calls, calls_of
from stepdeploy.prune.facts import Alias, Function, Layer
from stepdeploy.resources.base import settable, tag_map
from stepdeploy.resources.machine_alias import read_history
from stepdeploy.resources.permission import statements
from stepdeploy.resources.provisioned import configurations
from stepdeploy.resources.warm_up import SID


def machine_versions(aws: Aws, arn: str) -> list[int]:
    """All version numbers, newest first."""
    found = _all(aws, "list_state_machine_versions", "stateMachineVersions", arn)
    return sorted((version_number(item["stateMachineVersionArn"]) or 0 for item in found), reverse=True)


def machine_aliases(aws: Aws, arn: str) -> list[Alias]:
    """All aliases, whoever made them."""
    return [alias for name in alias_arns(aws, arn) if (alias := _alias(aws, name))]


def alias_arns(aws: Aws, arn: str) -> list[str]:
    """The ARNs of all aliases."""
    return [
        item["stateMachineAliasArn"] for item in _all(aws, "list_state_machine_aliases", "stateMachineAliases", arn)
    ]


def _alias(aws: Aws, arn: str) -> Alias | None:
    try:
        found = aws.call("stepfunctions", "describe_state_machine_alias", stateMachineAliasArn=arn)
    except NotFound:
        return None
    serves = [version_number(route["stateMachineVersionArn"]) or 0 for route in found["routingConfiguration"]]
    return Alias(arn.rsplit(":", 1)[-1], tuple(serves), read_history(found.get("description", "")))


def _all(aws: Aws, operation: str, key: str, arn: str) -> Iterator[Mapping[str, Any]]:
    """botocore has no paginator for versions and aliases."""
    more: dict[str, str] = {}
    while True:
        found = aws.call("stepfunctions", operation, stateMachineArn=arn, maxResults=1000, **more)
        yield from found[key]
        if not found.get("nextToken"):
            return
        more = {"nextToken": found["nextToken"]}


def machine_tags(aws: Aws, arn: str) -> dict[str, str]:
    """The tags of a machine."""
    return tag_map(aws.call("stepfunctions", "list_tags_for_resource", resourceArn=arn).get("tags", []), "key", "value")


def definition_calls(aws: Aws, arn: str, functions: Collection[str]) -> Calls:
    """What a version, or a machine's latest revision, calls; nothing where it is gone."""
    try:
        found = aws.call("stepfunctions", "describe_state_machine", stateMachineArn=arn)
    except NotFound:
        return Calls()
    return calls_of(found["definition"], functions)


def function(
    aws: Aws, key: str, name: str, owner_tags: Mapping[str, str], mappings: Collection[str]
) -> Function | None:
    """A function with its versions; None where it does not exist. mappings: the function ARNs that event source mappings
    call."""
    try:
        found = aws.call("lambda", "get_function", FunctionName=name)
        versions = list(aws.pages("lambda", "list_versions_by_function", "Versions", FunctionName=name))
        aliases = list(aws.pages("lambda", "list_aliases", "Aliases", FunctionName=name))
    except NotFound:
        return None
    arn, tags = found["Configuration"]["FunctionArn"], settable(found.get("Tags", {}))
    held: dict[int, str] = {}
    for alias in aliases:
        also = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
        for version in (alias["FunctionVersion"], *also):
            if version.isdigit():
                held.setdefault(int(version), f"the Lambda alias {alias['Name']} names it")
    for mapping in mappings:
        if mapping.startswith(f"{arn}:") and (number := version_number(mapping)):
            held.setdefault(number, "an event source mapping calls it")
    for qualifier in configurations(aws, name):
        if qualifier.isdigit():
            held.setdefault(int(qualifier), "it has provisioned concurrency")
    layers = {item["Version"]: frozenset(layer["Arn"] for layer in item.get("Layers", [])) for item in versions}
    ours = all(tags.get(key) == value for key, value in owner_tags.items())
    return Function(key, name, ours, layers, held)


def mapped_functions(aws: Aws) -> list[str]:
    """The function ARNs of all event source mappings of the region: asked by name, AWS leaves those of a version out."""
    mappings = aws.pages("lambda", "list_event_source_mappings", "EventSourceMappings")
    return [mapping.get("FunctionArn", "") for mapping in mappings]


def callers(aws: Aws, function: str, arn: str, version: int) -> str | None:
    """Who outside of the machines calls a version: a rule, or whoever its own policy lets in. The warm-up's statement says
    nothing: it stays on older versions when the rule moves on."""
    rules = list(aws.pages("events", "list_rule_names_by_target", "RuleNames", TargetArn=f"{arn}:{version}"))
    if rules:
        return f"the rule {rules[0]} calls it"
    others = sorted(sid for sid in statements(aws, function, str(version)) if sid != SID)
    return f"its policy lets somebody call it (statement {others[0] or 'without id'})" if others else None


def layer(aws: Aws, key: str, name: str, arn: str) -> Layer:
    """A layer with its versions."""
    found = aws.pages("lambda", "list_layer_versions", "LayerVersions", LayerName=name)
    return Layer(key, name, arn, tuple(sorted(item["Version"] for item in found)))
