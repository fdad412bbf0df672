"""Reads all resources of each kind through AWS's APIs: (name, facts) of each, versions and what belongs to them included."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from stepdeploy.engine.model import plain
from stepdeploy.engine.packed import unpack

Client = Callable[[str], Any]
"""Service -> a boto3 client of the embedded AWS."""

#: Of the lock and of release records in the tool's own table.
_OF_A_RUN = frozenset(["since", "expires", "serial", "pid", "time", "token"])


def _or_none(ask: Callable[..., Any], **params: Any) -> Any:
    """The answer, or the error's code: that there is none is a fact too."""
    try:
        return ask(**params)
    except ClientError as error:
        return error.response["Error"]["Code"]


def _pages(client: Any, operation: str, key: str, **params: Any) -> list[Any]:
    pages = client.get_paginator(operation).paginate(**params)
    return [item for page in pages for item in page.get(key) or ()]


# Kinds ----------------------------------------------------------------------------------------------------------------


def _roles(client: Client) -> Iterator[tuple[str, Any]]:
    iam = client("iam")
    for role in _pages(iam, "list_roles", "Roles"):
        name = role["RoleName"]
        inline = {
            policy: iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
            for policy in _pages(iam, "list_role_policies", "PolicyNames", RoleName=name)
        }
        attached = _pages(iam, "list_attached_role_policies", "AttachedPolicies", RoleName=name)
        yield name, {**iam.get_role(RoleName=name)["Role"], "inline": inline, "attached": attached}


def _functions(client: Client) -> Iterator[tuple[str, Any]]:
    api = client("lambda")
    for function in _pages(api, "list_functions", "Functions"):
        name = function["FunctionName"]
        versions = _pages(api, "list_versions_by_function", "Versions", FunctionName=name)
        yield name, api.get_function(FunctionName=name)
        for version in versions:
            number = version["Version"]
            of = {"FunctionName": name} if number == "$LATEST" else {"FunctionName": name, "Qualifier": number}
            yield (
                f"{name}:{number}",
                {
                    **version,
                    "policy": _document(_or_none(api.get_policy, **of)),
                    "invoke_config": _or_none(api.get_function_event_invoke_config, **of),
                },
            )
        provisioned = _pages(
            api, "list_provisioned_concurrency_configs", "ProvisionedConcurrencyConfigs", FunctionName=name
        )
        yield f"{name} provisioned", provisioned
        yield f"{name} aliases", _pages(api, "list_aliases", "Aliases", FunctionName=name)


def _document(answer: Any) -> Any:
    """The statements of a function's policy."""
    return json.loads(answer["Policy"]) if isinstance(answer, dict) else answer


def _layers(client: Client) -> Iterator[tuple[str, Any]]:
    api = client("lambda")
    for layer in _pages(api, "list_layers", "Layers"):
        for version in _pages(api, "list_layer_versions", "LayerVersions", LayerName=layer["LayerName"]):
            of = {"LayerName": layer["LayerName"], "VersionNumber": version["Version"]}
            yield f"{layer['LayerName']}:{version['Version']}", api.get_layer_version(**of)


def _mappings(client: Client) -> Iterator[tuple[str, Any]]:
    for number, mapping in enumerate(_pages(client("lambda"), "list_event_source_mappings", "EventSourceMappings"), 1):
        ends = (mapping[key].rpartition(":")[2] for key in ("EventSourceArn", "FunctionArn"))
        yield f"{' -> '.join(ends)} {number}", mapping  # the embedded AWS keeps no tags of it


def _machines(client: Client) -> Iterator[tuple[str, Any]]:
    api = client("stepfunctions")
    for machine in _pages(api, "list_state_machines", "stateMachines"):
        arn, name = machine["stateMachineArn"], machine["name"]
        live = api.describe_state_machine(stateMachineArn=arn)
        yield name, {**live, "tags": api.list_tags_for_resource(resourceArn=arn)["tags"]}
        for version in api.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"]:
            described = api.describe_state_machine(stateMachineArn=version["stateMachineVersionArn"])
            is_live = described.get("revisionId") == live.get("revisionId")
            yield version["stateMachineVersionArn"].rpartition(":stateMachine:")[2], {**described, "is_live": is_live}
        for alias in api.list_state_machine_aliases(stateMachineArn=arn)["stateMachineAliases"]:
            of = alias["stateMachineAliasArn"]
            yield of.rpartition(":stateMachine:")[2], api.describe_state_machine_alias(stateMachineAliasArn=of)


def _tables(client: Client) -> Iterator[tuple[str, Any]]:
    api = client("dynamodb")
    for name in _pages(api, "list_tables", "TableNames"):
        table = api.describe_table(TableName=name)["Table"]
        recovery = api.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        yield (
            name,
            {
                **table,
                "ttl": api.describe_time_to_live(TableName=name)["TimeToLiveDescription"],
                "recovery": recovery,
                "tags": _pages(api, "list_tags_of_resource", "Tags", ResourceArn=table["TableArn"]),
            },
        )


def _items(client: Client) -> Iterator[tuple[str, Any]]:
    """Items by their keys; release records by their number in time, oldest first."""
    api = client("dynamodb")
    for table in _pages(api, "list_tables", "TableNames"):
        scanned = _pages(api, "scan", "Items", TableName=table)
        items = [_lasting({key: _value(value) for key, value in item.items()}) for item in scanned]
        records = sorted(
            (item for item in items if str(item.get("pk")).startswith("machine:")), key=lambda item: item["sk"]
        )
        for number, item in enumerate(records, 1):
            yield f"{table} {item['pk']} {number}", {key: value for key, value in item.items() if key != "sk"}
        for item in items:
            if item.get("sk") == "intended":
                # What an unfinished deploy means to make: a second attempt knows values that the first one did not.
                item["facts"] = sorted(item["facts"])
            if item not in records:
                yield f"{table} {item.get('pk', '')} {item.get('sk', json.dumps(item, sort_keys=True))}", item


def _value(value: Mapping[str, Any]) -> Any:
    """A DynamoDB value as JSON: packed facts unpacked, JSON text parsed, what is of one run taken out."""
    ((kind, content),) = value.items()
    if kind == "B":
        return plain(unpack(bytes(content)))
    if kind == "S" and content.startswith(("{", "[")):
        content = json.loads(content)
    return _lasting(content)


def _lasting(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: value for key, value in content.items() if key not in _OF_A_RUN}
    return content


def _buckets(client: Client) -> Iterator[tuple[str, Any]]:
    api = client("s3")
    asked = (
        "get_bucket_versioning", "get_bucket_tagging", "get_public_access_block", "get_bucket_encryption",
        "get_bucket_lifecycle_configuration", "get_bucket_notification_configuration", "get_bucket_policy",
        "get_bucket_location",
    )  # fmt: skip
    for bucket in api.list_buckets()["Buckets"]:
        name = bucket["Name"]
        facts = {operation: _or_none(getattr(api, operation), Bucket=name) for operation in asked}
        objects = [item["Key"] for item in _pages(api, "list_object_versions", "Versions", Bucket=name)]
        yield name, {**facts, "objects": objects}


def _queues(client: Client) -> Iterator[tuple[str, Any]]:
    api = client("sqs")
    for url in _pages(api, "list_queues", "QueueUrls"):
        attributes = api.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        if "Policy" in attributes:
            attributes["Policy"] = json.loads(attributes["Policy"])
        yield url.rpartition("/")[2], {**attributes, "tags": api.list_queue_tags(QueueUrl=url).get("Tags")}


def _topics(client: Client) -> Iterator[tuple[str, Any]]:
    api = client("sns")
    for topic in _pages(api, "list_topics", "Topics"):
        arn = topic["TopicArn"]
        attributes = api.get_topic_attributes(TopicArn=arn)["Attributes"]
        yield arn.rpartition(":")[2], {**attributes, "tags": api.list_tags_for_resource(ResourceArn=arn)["Tags"]}
        for one in _pages(api, "list_subscriptions_by_topic", "Subscriptions", TopicArn=arn):
            of = api.get_subscription_attributes(SubscriptionArn=one["SubscriptionArn"])["Attributes"]
            yield f"{arn.rpartition(':')[2]} -> {one['Protocol']} {one['Endpoint']}", of


def _alarms(client: Client) -> Iterator[tuple[str, Any]]:
    api = client("cloudwatch")
    for alarm in _pages(api, "describe_alarms", "MetricAlarms"):
        tags = api.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"]
        yield alarm["AlarmName"], {**alarm, "tags": tags}


def _dashboards(client: Client) -> Iterator[tuple[str, Any]]:
    api = client("cloudwatch")
    for entry in _pages(api, "list_dashboards", "DashboardEntries"):
        found = api.get_dashboard(DashboardName=entry["DashboardName"])
        tags = _or_none(api.list_tags_for_resource, ResourceARN=found["DashboardArn"])
        yield entry["DashboardName"], {"body": json.loads(found["DashboardBody"]), "tags": tags}


def _rules(client: Client) -> Iterator[tuple[str, Any]]:
    api = client("events")
    for rule in api.list_rules()["Rules"]:
        targets = api.list_targets_by_rule(Rule=rule["Name"])["Targets"]
        tags = api.list_tags_for_resource(ResourceARN=rule["Arn"])["Tags"]
        yield rule["Name"], {**rule, "targets": targets, "tags": tags}


def _log_groups(client: Client) -> Iterator[tuple[str, Any]]:
    api = client("logs")
    for group in _pages(api, "describe_log_groups", "logGroups"):
        tags = api.list_tags_for_resource(resourceArn=group["arn"].removesuffix(":*"))["tags"]
        yield group["logGroupName"], {**group, "tags": tags}
    for policy in api.describe_resource_policies()["resourcePolicies"]:
        yield f"policy {policy['policyName']}", policy


KINDS: Mapping[str, Callable[[Client], Iterator[tuple[str, Any]]]] = {
    "role": _roles, "function": _functions, "layer": _layers, "event source": _mappings, "machine": _machines,
    "table": _tables, "item": _items, "bucket": _buckets, "queue": _queues, "topic": _topics, "alarm": _alarms,
    "dashboard": _dashboards, "rule": _rules, "log group": _log_groups,
}  # fmt: skip
