"""A project of rules, queues, topics and two machines: deploy, deliver, change, take away, destroy. Tests run in order."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from stepdeploy.app import App
from stepdeploy.errors import InvalidProject
from tests.conftest import ROOT, Tool

BUCKET = "stepdeploy-events-inbox-local-123456789012"
LAMBDA = "arn:aws:lambda:eu-west-1:123456789012:function"


@pytest.fixture(scope="module")
def events(make_tool: Callable[[Path], Tool]) -> Tool:
    return make_tool(ROOT / "tests" / "projects" / "events")


def client(tool: Tool, service: str) -> Any:
    """A bare boto3 client, as any script would make it."""
    return boto3.client(
        service,
        endpoint_url=tool.json("local", "status")["endpoint"],
        region_name="eu-west-1",
        aws_access_key_id="x",
        aws_secret_access_key="y",
        config=Config(retries={"total_max_attempts": 1}),
    )


def edit(tool: Tool, name: str, change: Callable[[Any], Any]) -> None:
    path = tool.project / name
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))


def nothing_to_do(tool: Tool) -> None:
    app = App(project=tool.project)
    plan = app.releases.plan()
    assert plan.actions == (), [call.label for action in plan.actions for call in action.calls]
    assert app.aws.writes == {}


def eventually(look: Callable[[], Any], seconds: float = 15) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)
    return found


def actions_of(tool: Tool) -> dict[str, tuple[str, list[str]]]:
    """Address -> verb and calls of what a deploy would do."""
    plan = App(project=tool.project).releases.plan()
    actions = [action for action in plan.actions if not action.quiet]
    return {action.address: (action.verb, [call.label for call in action.calls]) for action in actions}


def test_two_machines_that_start_one_another_deploy_at_the_first_try(events: Tool) -> None:
    events.ok("deploy", "--yes")
    ran = events.json("start-execution", "--machine", "parent", "--input", '{"name": "Ada"}', "--wait")
    assert ran["output"] == {"child": {"hello": "Ada", "version": "1"}, "machine": "Child-local"}


def test_a_second_deploy_makes_no_mutating_call(events: Tool) -> None:
    nothing_to_do(events)


def test_a_rule_fills_a_queue_and_the_queue_calls_the_function(events: Tool) -> None:
    entry = {"Source": "shop", "DetailType": "OrderPlaced", "Detail": json.dumps({"id": "17"})}
    assert client(events, "events").put_events(Entries=[entry])["FailedEntryCount"] == 0
    s3 = client(events, "s3")
    found = eventually(lambda: s3.list_objects_v2(Bucket=BUCKET, Prefix="orders/").get("Contents"))
    assert [item["Key"] for item in found] == ["orders/17.json"]


def test_a_topic_calls_the_function_and_the_filtered_queue_gets_only_what_it_asked_for(events: Tool) -> None:
    sns, sqs = client(events, "sns"), client(events, "sqs")
    topic = "arn:aws:sns:eu-west-1:123456789012:News-local"
    for kind in ("quiet", "loud"):
        attributes = {"kind": {"DataType": "String", "StringValue": kind}}
        sns.publish(TopicArn=topic, Message=f"{kind} news", MessageAttributes=attributes)
    logs = client(events, "logs")
    group = "/aws/lambda/Notify-local"
    told = eventually(lambda: logs.filter_log_events(logGroupName=group, filterPattern='"quiet news"')["events"])
    assert told[0]["message"].startswith("told")
    url = sqs.get_queue_url(QueueName="copies-local")["QueueUrl"]
    got = eventually(lambda: sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"))
    assert [json.loads(item["Body"])["Message"] for item in got] == ["loud news"]


def test_who_may_send_is_written_down_and_nobody_else(events: Tool) -> None:
    sqs = client(events, "sqs")
    url = sqs.get_queue_url(QueueName="jobs-local.fifo")["QueueUrl"]
    policy = json.loads(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"])
    assert [(item["Sid"], item["Principal"]["Service"]) for item in policy["Statement"]] == [
        ("stepdeploy-rule-orders", "events.amazonaws.com")
    ]
    policy = json.loads(client(events, "lambda").get_policy(FunctionName="Notify-local")["Policy"])
    assert {item["Sid"] for item in policy["Statement"]} == {
        "stepdeploy-topic-news-to-notify", "stepdeploy-rule-orders-to-notify", "stepdeploy-inbox",
    }  # fmt: skip


def test_a_new_version_is_made_ready_before_the_alias_moves_and_the_old_one_let_go_after(events: Tool) -> None:
    handler = events.project / "lambdas" / "work" / "handler.py"
    handler.write_text(handler.read_text().replace('"hello"', '"hi"'))
    planned = App(project=events.project).releases.plan()
    needs = {action.address: action.needs for action in planned.actions}
    assert "provisioned:work" in needs["alias:child"] and "warm_up:work" in needs["alias:child"]
    assert "alias:child" in needs["provisioned_before:work"]
    assert "state_machine:parent" not in needs and "subscription:news-lambda-notify" not in needs

    events.ok("deploy", "--yes")
    functions, rules = client(events, "lambda"), client(events, "events")
    ready = functions.list_provisioned_concurrency_configs(FunctionName="Work-local")["ProvisionedConcurrencyConfigs"]
    assert [item["FunctionArn"] for item in ready] == [f"{LAMBDA}:Work-local:2"]
    target = rules.list_targets_by_rule(Rule="Work-local-warm-up")["Targets"][0]
    assert (target["Arn"], target["Input"]) == (f"{LAMBDA}:Work-local:2", '{"action":"warmup"}')
    policy = functions.get_policy(FunctionName="Work-local", Qualifier="2")["Policy"]
    assert json.loads(policy)["Statement"][0]["Sid"] == "stepdeploy-warm-up"
    nothing_to_do(events)


def test_a_rollback_brings_the_childs_function_back_and_leaves_the_wiring(events: Tool) -> None:
    events.ok("rollback", "--machine", "child", "--yes")
    ran = events.json("start-execution", "--machine", "parent", "--input", '{"name": "Bo"}', "--wait")
    assert ran["output"]["child"] == {"hello": "Bo", "version": "1"}
    assert list(actions_of(events)) == ["alias:child"]
    events.ok("deploy", "--yes")


def test_what_somebody_turned_off_is_turned_on_again(events: Tool) -> None:
    rules = client(events, "events")
    rules.disable_rule(Name="Orders-local")
    rules.remove_targets(Rule="Orders-local", Ids=["function-notify"])
    client(events, "lambda").remove_permission(FunctionName="Notify-local", StatementId="stepdeploy-inbox")
    assert actions_of(events) == {
        "permission:inbox": ("create", ["lambda:AddPermission"]),
        "rule:orders": ("update", ["events:PutRule", "events:PutTargets"]),
    }
    refused = events("deploy", "--yes")
    assert refused.code == 1 and "rule:orders" in refused.err and "--overwrite-drift" in refused.err
    events.ok("deploy", "--yes", "--overwrite-drift")
    nothing_to_do(events)


def test_wiring_that_leaves_the_project_is_removed_and_the_queue_stays(events: Tool) -> None:
    def change(project: Any) -> None:
        project["rules"]["orders"]["targets"].pop()
        project["rules"]["night"]["name"] = "Evening"
        del project["permissions"], project["dashboards"]
        project["topics"]["news"]["subscriptions"] = project["topics"]["news"]["subscriptions"][:1]
        del project["queues"]["copies"]

    def colder(function: Any) -> None:
        del function["provisioned_concurrency"], function["warm_up_minutes"]
        function["event_sources"] = []

    edit(events, "definitions/project.json", change)
    edit(events, "lambdas/work/function.json", colder)
    planned = actions_of(events)
    assert {address for address, (verb, _) in planned.items() if verb == "delete"} == {
        "rule:night@Night-local", "warm_up:work", "event_source:jobs-to-work", "subscription:news-sqs-copies",
        "permission:inbox", "permission:rule-orders-to-notify", "provisioned:work", "dashboard:main",
    }  # fmt: skip
    events.ok("deploy", "--yes")
    nothing_to_do(events)
    rules = [rule["Name"] for rule in client(events, "events").list_rules()["Rules"]]
    assert sorted(rules) == ["Evening-local", "Orders-local"]
    assert client(events, "lambda").list_event_source_mappings()["EventSourceMappings"] == []
    assert client(events, "sqs").get_queue_url(QueueName="copies-local")
    recorded = events.json("status")["resources"]
    assert "queue:copies" in recorded and "warm_up:work" not in recorded and "rule:night@Night-local" not in recorded


def test_a_version_as_a_subscriptions_endpoint_is_refused(events: Tool) -> None:
    path = events.project / "definitions" / "project.json"
    kept = path.read_text()
    path.write_text(kept.replace("${function:notify.arn}", "${function:notify}"))
    with pytest.raises(InvalidProject, match="made anew with each release") as caught:
        App(project=events.project).releases.plan()
    assert "project.json:" in (caught.value.where or "") and "KEY.arn" in (caught.value.hint or "")
    path.write_text(kept)


def test_destroy_leaves_nothing(events: Tool) -> None:
    events.ok("destroy", "--delete-data", "--confirm", "events/local")
    assert client(events, "events").list_rules()["Rules"] == []
    assert client(events, "lambda").list_functions()["Functions"] == []
    assert client(events, "sns").list_subscriptions()["Subscriptions"] == []
    assert client(events, "sqs").list_queues().get("QueueUrls", []) == []
    assert client(events, "stepfunctions").list_state_machines()["stateMachines"] == []
    assert client(events, "s3").list_buckets()["Buckets"] == []
