"""`read` and `removal` of the kinds that wire things together, and of what leaves. Answers have botocore's shapes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from stepdeploy.arns import Place
from stepdeploy.errors import AccessDenied
from stepdeploy.resources.base import Base
from stepdeploy.resources.bucket import Bucket
from stepdeploy.resources.gone import Gone, leaving
from stepdeploy.resources.inventory import Inventory
from stepdeploy.resources.permission import sid_of
from stepdeploy.resources.queue import Queue
from stepdeploy.resources.recorded import KINDS as RECORDED
from stepdeploy.resources.recorded import arn_of
from tests.unit.fake_aws import GONE, FakeAws
from tests.unit.resources.test_more_cases import KINDS

PLACE = Place("aws", "eu-west-1", "111122223333")
ARN = "arn:aws:x:eu-west-1:111122223333:thing"
FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:Thing-test"
TAGS = [{"Key": "Team", "Value": "a"}, {"Key": "aws:cloudformation:stack-name", "Value": "s"}]
OURS = {"stepdeploy:project": "p", "stepdeploy:environment": "test"}
FIRST_READ = {
    "permission": "lambda:get_policy", "rule": "events:describe_rule", "warm_up": "events:describe_rule",
    "event_source": "lambda:list_event_source_mappings", "subscription": "sns:list_subscriptions_by_topic",
    "invoke_config": "lambda:get_function_event_invoke_config",
    "provisioned": "lambda:list_provisioned_concurrency_configs",
}  # fmt: skip


def thing(kind: str) -> Base:
    made, name = KINDS[kind]
    return made("thing", name, {"arn": ARN})


def read(kind: str, answers: Mapping[str, Any]) -> tuple[Any, Any]:
    found = thing(kind).read(FakeAws(answers))
    assert found is not None
    return found.tags, found.view


def removal(kind: str, answers: Mapping[str, Any]) -> list[str]:
    return [call.operation for call in thing(kind).removal(FakeAws(answers))]


@pytest.mark.parametrize("kind", FIRST_READ)
def test_what_is_not_there_reads_as_none(kind: str) -> None:
    assert thing(kind).read(FakeAws({FIRST_READ[kind]: GONE})) is None


@pytest.mark.parametrize("kind", FIRST_READ)
def test_a_missing_permission_is_not_taken_for_absence(kind: str) -> None:
    with pytest.raises(AccessDenied):
        thing(kind).read(FakeAws({FIRST_READ[kind]: AccessDenied("no")}))


def policy(*statements: Mapping[str, Any]) -> dict[str, Any]:
    return {"Policy": json.dumps({"Version": "2012-10-17", "Statement": statements})}


def test_permission_is_found_by_its_id_among_others() -> None:
    ours = {
        "Sid": "stepdeploy-topic-news-to-thing",
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": FUNCTION,
        "Condition": {"StringEquals": {"AWS:SourceAccount": "111122223333"}, "ArnLike": {"AWS:SourceArn": ARN}},
    }
    theirs = {**ours, "Sid": "theirs", "Principal": "*"}
    assert read("permission", {"lambda:get_policy": policy(theirs, ours)}) == (
        None,
        {
            "principal": "s3.amazonaws.com", "source_arn": ARN, "source_account": "111122223333",
            "action": "lambda:InvokeFunction", "alone": True,
        },
    )  # fmt: skip
    assert thing("permission").read(FakeAws({"lambda:get_policy": policy(theirs)})) is None
    wide = {**ours, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}
    assert read("permission", {"lambda:get_policy": policy(wide)})[1]["alone"] is False


def test_an_id_that_would_be_too_long_stays_told_apart() -> None:
    long = "x" * 120
    assert sid_of("a") == "stepdeploy-a"
    assert len(sid_of(long)) == 100
    assert sid_of(long) != sid_of(long + "y")


def test_rule_with_its_targets() -> None:
    target = {"Id": "function-f", "Arn": FUNCTION, "Input": '{"a": 1}'}
    answers = {
        "events:describe_rule": {"Name": "Thing-test", "EventPattern": '{"source": ["s"]}', "State": "DISABLED"},
        "events:list_tags_for_resource": {"Tags": TAGS},
        "events:list_targets_by_rule": {"Targets": [target]},
    }
    assert read("rule", answers) == (
        {"Team": "a"},
        {
            "description": "", "pattern": {"source": ["s"]}, "schedule": None, "enabled": False,
            "targets": {"function-f": {"Arn": FUNCTION, "Input": {"a": 1}}},
        },
    )  # fmt: skip
    assert removal("rule", answers) == ["remove_targets", "delete_rule"]
    assert removal("rule", {"events:list_targets_by_rule": {}}) == ["delete_rule"]


def warm(target: str, permitted: Mapping[str, bool]) -> dict[str, Any]:
    def get_policy(FunctionName: str, Qualifier: str) -> Any:
        return policy({"Sid": "stepdeploy-warm-up"}) if permitted.get(Qualifier) else GONE

    return {
        "events:describe_rule": {"ScheduleExpression": "rate(5 minutes)", "State": "ENABLED"},
        "events:list_tags_for_resource": {},
        "events:list_targets_by_rule": {"Targets": [{"Id": "warm-up", "Arn": target, "Input": '{"action":"warmup"}'}]},
        "lambda:list_versions_by_function": {"Versions": [{"Version": name} for name in ("$LATEST", "2", "10", "9")]},
        "lambda:get_policy": get_policy,
    }


def test_warm_up_knows_the_permissions_of_its_target_and_of_the_newest_version() -> None:
    view = read("warm_up", warm(f"{FUNCTION}:9", {"2": True, "9": True, "10": False}))[1]
    assert (view["target"], view["permitted"]) == (f"{FUNCTION}:9", ["9"])
    assert read("warm_up", warm(f"{FUNCTION}:9", {"10": True}))[1]["permitted"] == ["10"]
    assert removal("warm_up", warm(f"{FUNCTION}:9", {"9": True})) == [
        "remove_permission", "remove_targets", "delete_rule",
    ]  # fmt: skip
    assert removal("warm_up", warm(f"{FUNCTION}:9", {})) == ["remove_targets", "delete_rule"]


def mapping(**more: Any) -> dict[str, Any]:
    found = {"UUID": "u", "FunctionArn": FUNCTION, "BatchSize": 5, "State": "Enabled", **more}
    return {"lambda:list_event_source_mappings": {"EventSourceMappings": [found]}}


def test_event_source_with_and_without_tags() -> None:
    full = mapping(
        EventSourceMappingArn=ARN,
        MaximumBatchingWindowInSeconds=3,
        ScalingConfig={"MaximumConcurrency": 2},
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    assert read("event_source", {**full, "lambda:list_tags": {"Tags": {"Team": "a", "aws:x": "y"}}}) == (
        {"Team": "a"},
        {
            "uuid": "u", "mapping_arn": ARN, "batch_size": 5, "batching_window_seconds": 3, "maximum_concurrency": 2,
            "report_batch_item_failures": True, "enabled": True,
        },
    )  # fmt: skip
    tags, view = read("event_source", mapping(State="Disabling"))
    assert tags is None
    assert (view["maximum_concurrency"], view["report_batch_item_failures"], view["enabled"]) == (None, False, False)


@pytest.mark.parametrize("more", [{"State": "Deleting"}, {"FunctionArn": f"{FUNCTION}:3"}])
def test_a_mapping_that_goes_or_calls_a_version_is_none_of_ours(more: Mapping[str, str]) -> None:
    assert thing("event_source").read(FakeAws(mapping(**more))) is None
    assert thing("event_source").removal(FakeAws(mapping(**more))) == ()


def listed(arn: str) -> dict[str, Any]:
    item = {"Protocol": "lambda", "Endpoint": FUNCTION, "SubscriptionArn": arn}
    other = {"Protocol": "email", "Endpoint": FUNCTION, "SubscriptionArn": "x"}
    return {"sns:list_subscriptions_by_topic": [{"Subscriptions": [other]}, {"Subscriptions": [item]}]}


def test_subscription_is_found_by_protocol_and_endpoint_on_any_page() -> None:
    attributes = {"FilterPolicy": '{"a": ["b"]}', "FilterPolicyScope": "MessageBody"}
    answers = {**listed(f"{ARN}:1"), "sns:get_subscription_attributes": {"Attributes": attributes}}
    assert read("subscription", answers)[1] == {
        "arn": f"{ARN}:1", "filter_policy": {"a": ["b"]}, "filter_policy_scope": "MessageBody",
    }  # fmt: skip
    plain = {**listed(f"{ARN}:1"), "sns:get_subscription_attributes": {"Attributes": {}}}
    assert read("subscription", plain)[1]["filter_policy"] is None
    assert removal("subscription", listed(f"{ARN}:1")) == ["unsubscribe"]


@pytest.mark.parametrize("words", ["PendingConfirmation", "pending confirmation"])
def test_a_subscription_that_is_not_confirmed_cannot_be_asked_or_removed(words: str) -> None:
    assert read("subscription", listed(words))[1]["arn"] is None
    assert removal("subscription", listed(words)) == []


def test_invoke_config_without_a_destination() -> None:
    label = "lambda:get_function_event_invoke_config"
    assert read("invoke_config", {label: {"MaximumRetryAttempts": 0}}) == (None, {"on_failure": None})
    full = {"DestinationConfig": {"OnSuccess": {}, "OnFailure": {"Destination": ARN}}}
    assert read("invoke_config", {label: full}) == (None, {"on_failure": ARN})
    assert removal("invoke_config", {}) == ["delete_function_event_invoke_config"]


def test_provisioned_concurrency_of_all_versions() -> None:
    configs = [
        {"FunctionArn": f"{FUNCTION}:2", "RequestedProvisionedConcurrentExecutions": 1, "Status": "READY"},
        {"FunctionArn": f"{FUNCTION}:3", "RequestedProvisionedConcurrentExecutions": 4, "Status": "FAILED"},
    ]
    answers = {"lambda:list_provisioned_concurrency_configs": {"ProvisionedConcurrencyConfigs": configs}}
    assert read("provisioned", answers) == (None, {"versions": {"2": 1, "3": None}})
    assert read("provisioned_before", answers) == (None, {"versions": {"2": 1, "3": None}})
    assert removal("provisioned", answers) == ["delete_provisioned_concurrency_config"] * 2
    assert removal("provisioned_before", {}) == []


def test_dashboard_by_its_whole_name() -> None:
    longer = {"DashboardEntries": [{"DashboardName": "Thing-test-2"}]}
    assert thing("dashboard").read(FakeAws({"cloudwatch:list_dashboards": longer})) is None
    answers: dict[str, Any] = {
        "cloudwatch:list_dashboards": {"DashboardEntries": [{"DashboardName": "Thing-test"}]},
        "cloudwatch:get_dashboard": {"DashboardBody": '{"widgets": []}'},
        "cloudwatch:list_tags_for_resource": {"Tags": TAGS},
    }
    assert read("dashboard", answers) == ({"Team": "a"}, {"body": {"widgets": []}})
    for answer in ({}, GONE):
        assert read("dashboard", {**answers, "cloudwatch:list_tags_for_resource": answer})[0] is None
    assert removal("dashboard", {}) == ["delete_dashboards"]


def test_bucket_is_asked_for_notifications_where_the_settings_speak_of_them() -> None:
    absent = ("get_bucket_tagging", "get_public_access_block", "get_bucket_encryption")
    theirs = {"TopicConfigurations": [{"TopicArn": ARN, "Events": ["s3:ObjectCreated:*"]}]}
    expire = {"ID": "stepdeploy-expire-a/", "Filter": {"Prefix": "a/"}, "Expiration": {"Days": 3}, "Status": "Enabled"}
    answers: dict[str, Any] = {
        **{f"s3:{name}": GONE for name in absent},
        "s3:get_bucket_versioning": {},
        "s3:get_bucket_lifecycle_configuration": {"Rules": [expire]},
        "s3:get_bucket_notification_configuration": {**theirs, "EventBridgeConfiguration": {}},
    }
    found = Bucket("thing", "Thing-test", {"event_bridge": True}).read(FakeAws(answers))
    assert found is not None
    assert found.view["expire"] == [{"prefix": "a/", "days": 3}]
    assert (found.view["event_bridge"], found.view["other_notifications"]) == (True, theirs)
    assert found.view["other_rules"] == []


def test_queue_policy_is_compared_whatever_the_order_of_its_keys() -> None:
    answers = {
        "sqs:get_queue_url": {"QueueUrl": "u"},
        "sqs:get_queue_attributes": {"Attributes": {"Policy": '{"Version": "2012-10-17", "Statement": []}'}},
        "sqs:list_queue_tags": {},
    }
    found = Queue("thing", "Thing-test", {}).read(FakeAws(answers))
    assert found is not None
    assert found.view["attributes"]["Policy"] == '{"Statement":[],"Version":"2012-10-17"}'


# What leaves ----------------------------------------------------------------------------------------------------------


def test_every_recorded_kind_has_an_arn() -> None:
    names = {"subscription": "T|sqs|x", "event_source": "F/q", "permission": "F:s"}
    arns = {kind: arn_of(PLACE, f"{kind}:k", names.get(kind, "N")) for kind in RECORDED}
    assert arns["subscription"] == PLACE.topic("T")
    assert arns["event_source"] == PLACE.queue("q")
    assert arns["permission"] == PLACE.function("F")
    assert arns["rule"] == "arn:aws:events:eu-west-1:111122223333:rule/N"
    assert arns["dashboard"] == "arn:aws:cloudwatch::111122223333:dashboard/N"
    assert len(arns) == len(RECORDED)


def gone(tags: list[dict[str, str]]) -> tuple[Gone, dict[str, Any]]:
    made = leaving({"rule:old@Old": "Old"}, {}, PLACE, OURS)[0]
    answers = {
        "events:describe_rule": {"Name": "Old", "ScheduleExpression": "rate(1 day)"},
        "events:list_tags_for_resource": {"Tags": tags},
        "events:list_targets_by_rule": {},
    }
    return made, answers


def test_what_leaves_is_removed_where_it_bears_our_tags() -> None:
    made, answers = gone([{"Key": key, "Value": value} for key, value in OURS.items()])
    decision = made.diff(made.read(FakeAws(answers)), made.desired)
    assert [call.operation for call in decision.calls] == ["delete_rule"]
    assert decision.removes
    assert made.address == "rule:old@Old"


def test_what_leaves_and_is_not_ours_is_left_alone_and_told() -> None:
    made, answers = gone(TAGS)
    decision = made.diff(made.read(FakeAws(answers)), made.desired)
    assert decision.calls == ()
    assert decision.notes == ("rule:old@Old (Old) is left alone: it does not bear our tags",)


def test_what_left_already_takes_no_call() -> None:
    made, _ = gone([])
    assert made.read(FakeAws({"events:describe_rule": GONE})) is None
    assert made.diff(None, made.desired).calls == ()


def test_data_functions_and_queues_never_leave() -> None:
    record = {f"{kind}:x": "X" for kind in ("table", "bucket", "function", "role", "queue", "topic", "log_group")}
    assert leaving(record, {}, PLACE, OURS) == []


@pytest.mark.parametrize(("forget", "left"), [(False, {"rule:old", "table:t"}), (True, {"table:t"})])
def test_the_inventory_forgets_only_what_is_gone(forget: bool, left: set[str]) -> None:
    desired = {"resources": {"table:t": "T"}, "leaving": ["rule:old"], "forget": forget}
    inventory = Inventory("after", "I", desired)
    item = {"resources": {"S": json.dumps({"rule:old": "Old"})}}
    actual = inventory.read(FakeAws({"dynamodb:get_item": {"Item": item}}))
    decision = inventory.diff(actual, desired)
    assert set(json.loads(decision.calls[0].params["Item"]["resources"]["S"])) == left
    assert decision.notes == ()
