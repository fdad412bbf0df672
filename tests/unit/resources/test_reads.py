"""`read` of every kind: what AWS answers, in our words. Answers have the shape of botocore's models."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import pytest

from stepdeploy.errors import AccessDenied, NotFound
from stepdeploy.resources.base import Base
from tests.unit.fake_aws import GONE, FakeAws
from tests.unit.resources.case_files import KINDS
from tests.unit.resources.shapes import parameter_problems

ARN = "arn:aws:x:eu-west-1:111122223333:thing"
MACHINE = "arn:aws:states:eu-west-1:111122223333:stateMachine:Thing-test"
TAGS = [{"Key": "Team", "Value": "a"}, {"Key": "aws:cloudformation:stack-name", "Value": "s"}]
FIRST_READ = {
    "role": "iam:get_role", "table": "dynamodb:describe_table", "bucket": "s3:get_bucket_versioning",
    "topic": "sns:get_topic_attributes", "queue": "sqs:get_queue_url", "function": "lambda:get_function",
    "state_machine": "stepfunctions:describe_state_machine", "inventory": "dynamodb:get_item",
    "machine_alias": "stepfunctions:describe_state_machine_alias",
}  # fmt: skip
"""The call that says NotFound where a resource is not there; the other kinds find an empty list."""


def thing(kind: str) -> Base:
    return KINDS[kind]("thing", "Thing-test", {"arn": ARN})


def read(kind: str, answers: Mapping[str, Any]) -> tuple[Any, Any]:
    found = thing(kind).read(FakeAws(answers))
    assert found is not None
    return found.tags, found.view


@pytest.mark.parametrize("kind", FIRST_READ)
def test_what_is_not_there_reads_as_none(kind: str) -> None:
    assert thing(kind).read(FakeAws({FIRST_READ[kind]: GONE})) is None


@pytest.mark.parametrize(
    ("kind", "answers"),
    [
        ("log_group", {"logs:describe_log_groups": {"logGroups": []}}),
        ("alarm", {"cloudwatch:describe_alarms": {"MetricAlarms": []}}),
        ("layer", {"lambda:list_layer_versions": {"LayerVersions": []}}),
        ("inventory", {"dynamodb:get_item": {}}),
        ("state_machine", {"stepfunctions:describe_state_machine": {"status": "DELETING"}}),
    ],
)
def test_an_answer_without_the_resource_reads_as_none(kind: str, answers: Mapping[str, Any]) -> None:
    assert thing(kind).read(FakeAws(answers)) is None


@pytest.mark.parametrize("kind", FIRST_READ)
def test_a_missing_permission_is_not_taken_for_absence(kind: str) -> None:
    with pytest.raises(AccessDenied):
        thing(kind).read(FakeAws({FIRST_READ[kind]: AccessDenied("no")}))


@pytest.mark.parametrize("encode", [lambda item: item, lambda item: quote(json.dumps(item))], ids=["data", "text"])
def test_role(encode: Any) -> None:
    trust, policy = {"Version": "2012-10-17"}, {"Statement": []}
    tags, view = read(
        "role",
        {
            "iam:get_role": {"Role": {"AssumeRolePolicyDocument": encode(trust), "Tags": TAGS}},
            "iam:get_role_policy": {"PolicyDocument": encode(policy)},
        },
    )
    assert (tags, view) == ({"Team": "a"}, {"trust": trust, "policy": policy})


def test_a_role_whose_policy_was_never_put() -> None:
    role = {"Role": {"AssumeRolePolicyDocument": {}}}
    assert read("role", {"iam:get_role": role, "iam:get_role_policy": GONE}) == ({}, {"trust": {}, "policy": None})


def groups(*names: str) -> dict[str, Any]:
    return {"logGroups": [{"logGroupName": name, "retentionInDays": 7} for name in names]}


def test_a_log_group_is_the_one_of_its_exact_name_on_any_page() -> None:
    pages = [groups("Thing-test-2", "Thing-test2"), groups("Thing-test")]
    answers = {"logs:describe_log_groups": pages, "logs:list_tags_for_resource": {"tags": {"Team": "a"}}}
    assert read("log_group", answers) == ({"Team": "a"}, {"retention_days": 7})
    assert thing("log_group").read(FakeAws({"logs:describe_log_groups": groups("Thing-test-2")})) is None


def test_a_log_group_that_lambda_made_bears_no_tags_at_all() -> None:
    answers = {
        "logs:describe_log_groups": {"logGroups": [{"logGroupName": "Thing-test"}]},
        "logs:list_tags_for_resource": {"tags": {}},
    }
    assert read("log_group", answers) == (None, {"retention_days": None})


@pytest.mark.parametrize(
    ("status", "attribute", "changing"),
    [
        ("ENABLED", "expires", False),
        ("ENABLING", "expires", True),
        ("DISABLED", None, False),
        ("DISABLING", None, True),
    ],
)
def test_table(status: str, attribute: str | None, changing: bool) -> None:
    answers = {
        "dynamodb:describe_table": {
            "Table": {
                "KeySchema": [
                    {"AttributeName": "at", "KeyType": "RANGE"},
                    {"AttributeName": "id", "KeyType": "HASH"},
                ]
            }
        },
        "dynamodb:describe_time_to_live": {
            "TimeToLiveDescription": {"TimeToLiveStatus": status, "AttributeName": "expires"}
        },
        "dynamodb:describe_continuous_backups": {
            "ContinuousBackupsDescription": {
                "ContinuousBackupsStatus": "ENABLED",
                "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "ENABLED"},
            }
        },
        "dynamodb:list_tags_of_resource": [{"Tags": TAGS}, {"Tags": [{"Key": "More", "Value": "b"}]}],
    }
    tags, view = read("table", answers)
    assert tags == {"Team": "a", "More": "b"}
    assert view == {
        "hash_key": "id", "range_key": "at", "ttl_attribute": attribute, "ttl_changing": changing,
        "point_in_time_recovery": True,
    }  # fmt: skip


BLOCKED = {
    "BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True,
}  # fmt: skip


def test_a_bare_bucket() -> None:
    answers: dict[str, Any] = {f"s3:{name}": GONE for name in (
        "get_bucket_tagging", "get_public_access_block", "get_bucket_encryption", "get_bucket_lifecycle_configuration",
    )}  # fmt: skip
    assert read("bucket", {**answers, "s3:get_bucket_versioning": {}}) == (
        {},
        {
            "versioned": False, "encryption": None, "public_access_blocked": False, "expire_noncurrent_days": None,
            "other_rules": [],
        },
    )  # fmt: skip


def test_a_whole_bucket() -> None:
    ours = {"ID": "stepdeploy-noncurrent", "Status": "Enabled", "NoncurrentVersionExpiration": {"NoncurrentDays": 9}}
    theirs = {"ID": "theirs", "Status": "Enabled", "NoncurrentVersionExpiration": {"NoncurrentDays": 5}}
    encryption = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}
    answers = {
        "s3:get_bucket_versioning": {"Status": "Enabled"},
        "s3:get_bucket_tagging": {"TagSet": TAGS},
        "s3:get_public_access_block": {"PublicAccessBlockConfiguration": BLOCKED},
        "s3:get_bucket_encryption": {"ServerSideEncryptionConfiguration": {"Rules": [encryption]}},
        "s3:get_bucket_lifecycle_configuration": {"Rules": [theirs, ours]},
    }
    assert read("bucket", answers) == (
        {"Team": "a"},
        {
            "versioned": True, "encryption": "AES256", "public_access_blocked": True, "expire_noncurrent_days": 9,
            "other_rules": [theirs],
        },
    )  # fmt: skip


def test_topic_with_more_subscriptions_than_a_page_holds() -> None:
    pages = [
        {"Subscriptions": [{"Protocol": "email", "Endpoint": "a", "SubscriptionArn": "PendingConfirmation"}]},
        {"Subscriptions": [{"Protocol": "sms", "Endpoint": "b", "SubscriptionArn": ARN}]},
    ]
    answers = {
        "sns:get_topic_attributes": {"Attributes": {"TopicArn": ARN}},
        "sns:list_subscriptions_by_topic": pages,
        "sns:list_tags_for_resource": {"Tags": TAGS},
    }
    assert read("topic", answers) == (
        {"Team": "a"}, {"display_name": "", "subscriptions": [["email", "a"], ["sms", "b"]]},
    )  # fmt: skip


def test_queue_policies_are_compared_whatever_the_order_of_their_keys() -> None:
    answers = {
        "sqs:get_queue_url": {"QueueUrl": "u"},
        "sqs:get_queue_attributes": {
            "Attributes": {
                "VisibilityTimeout": "30",
                "RedrivePolicy": '{"maxReceiveCount": 3, "deadLetterTargetArn": "d"}',
            }
        },
        "sqs:list_queue_tags": {"Tags": {"Team": "a", "aws:x": "y"}},
    }
    tags, view = read("queue", answers)
    assert tags == {"Team": "a"}
    assert view["attributes"]["RedrivePolicy"] == '{"deadLetterTargetArn":"d","maxReceiveCount":3}'
    assert read("queue", {**answers, "sqs:get_queue_attributes": {}, "sqs:list_queue_tags": {}}) == (
        {}, {"url": "u", "attributes": {}},
    )  # fmt: skip


def test_alarm_leaves_out_what_aws_fills_with_nothing() -> None:
    alarm = {
        "AlarmName": "Thing-test", "StateValue": "OK", "AlarmDescription": "", "Threshold": 0.0, "Period": 60,
        "Dimensions": [{"Name": "n", "Value": "v"}], "OKActions": [], "ActionsEnabled": True,
    }  # fmt: skip
    answers = {
        "cloudwatch:describe_alarms": {"MetricAlarms": [alarm]},
        "cloudwatch:list_tags_for_resource": {"Tags": TAGS},
    }
    assert read("alarm", answers) == (
        {"Team": "a"}, {"Threshold": 0.0, "Period": 60, "Dimensions": [{"Name": "n", "Value": "v"}]},
    )  # fmt: skip


def test_layer() -> None:
    answers = {
        "lambda:list_layer_versions": {"LayerVersions": [{"Version": 12}]},
        "lambda:get_layer_version": {"Content": {"CodeSha256": "c"}, "LayerVersionArn": f"{ARN}:12"},
    }
    view = {"code_sha256": "c", "version_arn": f"{ARN}:12", "runtimes": [], "architectures": []}
    assert read("layer", answers) == (None, view)
    assert thing("layer").read(FakeAws({**answers, "lambda:get_layer_version": GONE})) is None


def configuration(version: str, **more: Any) -> dict[str, Any]:
    return {
        "Version": version, "FunctionArn": f"{ARN}:{version}", "CodeSha256": "c", "Role": "r", "MemorySize": 128,
        "Timeout": 3, "Runtime": "python3.13", "Handler": "h.f", **more,
    }  # fmt: skip


def test_function_of_many_versions() -> None:
    """The newest is the greatest number, on whatever page it stands: not text order, in which 9 is after 10."""
    pages = [
        {"Versions": [configuration("$LATEST"), configuration("9")]},
        {"Versions": [configuration("10", Environment={"Variables": {"A": "1"}})]},
    ]
    answers = {
        "lambda:get_function": {
            "Configuration": configuration("$LATEST", Layers=[{"Arn": "l"}], TracingConfig={"Mode": "Active"}),
            "Tags": {"Team": "a", "aws:x": "y"},
            "Concurrency": {"ReservedConcurrentExecutions": 0},
        },
        "lambda:list_versions_by_function": pages,
    }
    tags, view = read("function", answers)
    assert tags == {"Team": "a"}
    assert (view["version"], view["version_arn"], view["reserved_concurrency"]) == ("10", f"{ARN}:10", 0)
    assert view["published"]["environment"] == {"A": "1"}
    assert view["latest"] == {
        "code_sha256": "c", "architecture": "x86_64", "runtime": "python3.13", "handler": "h.f", "role": "r",
        "memory_mb": 128, "timeout_seconds": 3, "environment": {}, "layers": ["l"], "description": "",
        "tracing": "Active", "ephemeral_mb": 512,
    }  # fmt: skip


def test_a_function_without_a_version() -> None:
    answers = {
        "lambda:get_function": {"Configuration": configuration("$LATEST")},
        "lambda:list_versions_by_function": {"Versions": [configuration("$LATEST")]},
    }
    tags, view = read("function", answers)
    assert (tags, view["published"], view["version"], view["version_arn"]) == ({}, None, None, None)


def machine_answers(live: str | None, newest: str | None) -> dict[str, Any]:
    """live, newest: revisionId of the machine and of its newest version; AWS leaves the first one out (None)."""

    def describe(stateMachineArn: str) -> dict[str, Any]:
        revision = newest if stateMachineArn == f"{MACHINE}:4" else live
        found = {
            "type": "STANDARD", "status": "ACTIVE", "roleArn": "r", "definition": '{"States": {}}',
            "loggingConfiguration": {"level": "OFF", "includeExecutionData": False},
        }  # fmt: skip
        return found if revision is None else {**found, "revisionId": revision}

    return {
        "stepfunctions:describe_state_machine": describe,
        "stepfunctions:list_tags_for_resource": {"tags": [{"key": "Team", "value": "a"}]},
        "stepfunctions:list_state_machine_versions": {
            "stateMachineVersions": [{"stateMachineVersionArn": f"{MACHINE}:4"}]
        },
    }


@pytest.mark.parametrize(
    ("live", "newest", "published", "revision"),
    [
        ("b", "b", True, "b"),
        ("b", "a", False, "b"),
        (None, None, True, "INITIAL"),
        ("b", None, False, "b"),
        (None, "a", False, "INITIAL"),
    ],
)
def test_state_machine(live: str | None, newest: str | None, published: bool, revision: str) -> None:
    tags, view = read("state_machine", machine_answers(live, newest))
    assert tags == {"Team": "a"}
    assert view == {
        "type": "STANDARD", "definition": {"States": {}}, "role": "r", "tracing": False, "revision": revision,
        "logging": {"level": "OFF", "include_execution_data": False, "log_group_arn": None},
        "version_arn": f"{MACHINE}:4" if published else None,
    }  # fmt: skip


def test_state_machine_without_a_version_and_with_a_log() -> None:
    answers = machine_answers("b", None)
    answers["stepfunctions:list_state_machine_versions"] = {"stateMachineVersions": []}
    answers["stepfunctions:describe_state_machine"] = {
        "type": "EXPRESS", "status": "ACTIVE", "roleArn": "r", "definition": "{}",
        "tracingConfiguration": {"enabled": True},
        "loggingConfiguration": {
            "level": "ALL", "includeExecutionData": True,
            "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": "arn:group:*"}}],
        },
    }  # fmt: skip
    _, view = read("state_machine", answers)
    assert view["version_arn"] is None and view["tracing"] is True
    assert view["logging"] == {"level": "ALL", "include_execution_data": True, "log_group_arn": "arn:group"}


@pytest.mark.parametrize(
    ("description", "history"),
    [
        ("stepdeploy before 2<1", (2, 1)),
        ("stepdeploy: the first version", ()),
        ("moved by hand", ()),
        ("stepdeploy before two", ()),
        ("stepdeploy before ", ()),
        ("", ()),
    ],
)
def test_alias(description: str, history: tuple[int, ...]) -> None:
    routes = [
        {"stateMachineVersionArn": f"{MACHINE}:3", "weight": 90},
        {"stateMachineVersionArn": f"{MACHINE}:2", "weight": 10},
    ]
    answer = {"routingConfiguration": routes, "description": description}
    tags, view = read("machine_alias", {"stepfunctions:describe_state_machine_alias": answer})
    assert tags is None
    assert view == {"routes": {f"{MACHINE}:3": 90, f"{MACHINE}:2": 10}, "history": history, "description": description}


def test_inventory_is_read_consistently() -> None:
    aws = FakeAws({"dynamodb:get_item": {"Item": {"resources": {"S": '{"role:a": "A"}'}}}})
    found = thing("inventory").read(aws)
    assert found is not None and found.view == {"resources": {"role:a": "A"}}
    assert aws.made[0][1]["ConsistentRead"] is True


def removal(kind: str, answers: Mapping[str, Any]) -> list[Any]:
    return [(call.operation, dict(call.params)) for call in thing(kind).removal(FakeAws(answers))]


def test_a_bucket_is_emptied_of_all_versions_a_thousand_at_a_time() -> None:
    versions = [{"Key": f"k{number}", "VersionId": "v"} for number in range(1500)]
    last = {"Versions": versions[1000:], "DeleteMarkers": [{"Key": "k0", "VersionId": "m"}]}
    pages = [{"Versions": versions[:1000]}, last]
    aws = FakeAws({})
    aws.pages = lambda service, operation, key, **params: iter(  # type: ignore[method-assign]
        [item for page in pages for item in page.get(key, [])]
    )
    calls = thing("bucket").removal(aws)
    assert [call.operation for call in calls] == ["delete_objects", "delete_objects", "delete_bucket"]
    deleted = [item for call in calls[:2] for item in call.params["Delete"]["Objects"]]
    assert [len(call.params["Delete"]["Objects"]) for call in calls[:2]] == [1000, 501]
    assert deleted[-1] == {"Key": "k0", "VersionId": "m"}


def test_a_role_is_removed_with_the_policy_that_it_has() -> None:
    ours = {"iam:list_role_policies": {"PolicyNames": ["stepdeploy"]}}
    assert [name for name, _ in removal("role", ours)] == ["delete_role_policy", "delete_role"]
    assert [name for name, _ in removal("role", {"iam:list_role_policies": {"PolicyNames": []}})] == ["delete_role"]


def test_all_versions_of_a_layer_are_removed() -> None:
    pages = [{"LayerVersions": [{"Version": 3}]}, {"LayerVersions": [{"Version": 1}]}]
    calls = removal("layer", {"lambda:list_layer_versions": pages})
    assert [params["VersionNumber"] for _, params in calls] == [3, 1]


def test_a_queue_that_is_gone_has_no_removal() -> None:
    with pytest.raises(NotFound):
        removal("queue", {"sqs:get_queue_url": GONE})
    assert removal("queue", {"sqs:get_queue_url": {"QueueUrl": "u"}}) == [("delete_queue", {"QueueUrl": "u"})]


@pytest.mark.parametrize(
    "kind", ["log_group", "table", "topic", "alarm", "function", "state_machine", "machine_alias", "inventory"]
)
def test_the_others_are_removed_by_one_call_that_aws_takes(kind: str) -> None:
    (call,) = thing(kind).removal(FakeAws({}))
    assert call.operation.startswith("delete_")
    assert parameter_problems(call.service, call.operation, call.params) == ""


def test_a_kind_must_say_how_it_is_read_compared_and_removed() -> None:
    bare = Base("k", "n", {})
    for attempt in (lambda: bare.read(FakeAws({})), lambda: bare.diff(None, {}), lambda: bare.removal(FakeAws({}))):
        with pytest.raises(TypeError, match="Base has no"):
            attempt()
