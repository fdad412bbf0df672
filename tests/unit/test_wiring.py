"""What topics, rules, queues and several machines become: order, permissions, what leaves, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stepdeploy import settings
from stepdeploy.arns import Place
from stepdeploy.engine.plan import in_order
from stepdeploy.errors import InvalidProject
from stepdeploy.project import Project
from stepdeploy.project.machines import children_first
from stepdeploy.resources.base import Base
from tests.conftest import ROOT, copy_project

PLACE = Place("aws", "eu-west-1", "123456789012")
PROJECT = "definitions/project.json"
WORK = "lambdas/work/function.json"
Edit = Callable[[dict[str, Any]], None]


def project(folder: Path, edit: Edit = lambda files: None) -> Project:
    """The project of tests/projects/events, changed. edit: takes its JSON files, by name."""
    copy_project(ROOT / "tests" / "projects" / "events", folder)
    names = [PROJECT, WORK, "lambdas/notify/function.json", "definitions/parent.asl.json", "definitions/child.asl.json"]
    files = {name: json.loads((folder / name).read_text()) for name in names}
    edit(files)
    for name, value in files.items():
        (folder / name).write_text(json.dumps(value))
    return Project(settings.load(folder, "local"), PLACE, folder / ".build")


def resources(folder: Path, edit: Edit = lambda files: None) -> dict[str, Base]:
    return {resource.address: resource for resource in project(folder, edit).resources()}


def problems(folder: Path, edit: Edit) -> list[str]:
    with pytest.raises(InvalidProject) as caught:
        project(folder, edit).resources()
    return [problem.message for problem in caught.value.problems or (caught.value,)]


def test_what_is_called_comes_before_what_calls_it(tmp_path: Path) -> None:
    order = [resource.address for resource in in_order(project(tmp_path).resources())]
    for first, then in [
        ("function:notify", "permission:topic-news-to-notify"),
        ("permission:topic-news-to-notify", "subscription:news-lambda-notify"),
        ("queue:copies", "subscription:news-sqs-copies"),
        ("permission:rule-orders-to-notify", "rule:orders"),
        ("queue:lost", "rule:orders"),
        ("queue:jobs", "event_source:jobs-to-work"),
        ("queue:lost", "function:work"),
        ("rule:orders", "alias:child"),
        ("warm_up:work", "alias:child"),
        ("inventory:current", "alias:child"),
        ("alias:child", "alias:parent"),
        ("alias:parent", "rule:night"),
        ("alias:child", "provisioned_before:work"),
    ]:
        assert order.index(first) < order.index(then), (first, then)


def test_permissions_of_one_function_wait_for_one_another(tmp_path: Path) -> None:
    found = resources(tmp_path)
    chain = ["permission:topic-news-to-notify", "permission:rule-orders-to-notify", "permission:inbox"]
    assert [found[address].needs for address in chain] == [
        {"function:notify"}, {"function:notify", chain[0]}, {"function:notify", chain[1]},
    ]  # fmt: skip


def test_only_a_buckets_permission_names_the_account(tmp_path: Path) -> None:
    found = resources(tmp_path)
    assert found["permission:inbox"].desired == {
        "principal": "s3.amazonaws.com",
        "source_arn": "arn:aws:s3:::stepdeploy-events-inbox-local-123456789012",
        "source_account": "123456789012",
    }
    assert found["permission:rule-orders-to-notify"].desired["source_account"] is None


def test_events_call_functions_without_a_version(tmp_path: Path) -> None:
    found = resources(tmp_path)
    arn = "arn:aws:lambda:eu-west-1:123456789012:function:Notify-local"
    assert found["rule:orders"].desired["targets"]["function-notify"]["Arn"] == arn
    assert found["subscription:news-lambda-notify"].name.endswith(f"|{arn}")


def test_a_rule_starts_the_alias_with_a_role_of_its_own(tmp_path: Path) -> None:
    found = resources(tmp_path)
    target = found["rule:night"].desired["targets"]["state-machine-parent"]
    assert target["Arn"].endswith(":stateMachine:Parent-local:live")
    assert target["RoleArn"].endswith(":role/NightRole-local")
    assert found["role:night"].desired["trust"] == "events.amazonaws.com"


def test_a_queue_lets_in_who_sends_to_it(tmp_path: Path) -> None:
    found = resources(tmp_path)
    senders = {
        key: [item["sid"] for item in found[f"queue:{key}"].desired["senders"]] for key in ("jobs", "copies", "lost")
    }
    assert senders == {
        "jobs": ["stepdeploy-rule-orders"], "copies": ["stepdeploy-topic-news"], "lost": ["stepdeploy-rule-orders"],
    }  # fmt: skip


def test_plain_addresses_stay_with_the_topic(tmp_path: Path) -> None:
    topic = resources(tmp_path)["topic:news"]
    assert topic.desired["subscriptions"] == [["email", "ada@example.com"]]
    assert [protocol for protocol, _ in topic.desired["wired"]] == ["lambda", "sqs"]


def test_subscriptions_are_known_by_their_endpoint_not_by_their_place(tmp_path: Path) -> None:
    def turned(files: dict[str, Any]) -> None:
        files[PROJECT]["topics"]["news"]["subscriptions"].reverse()

    def of(found: dict[str, Base]) -> dict[str, str]:
        return {address: one.name for address, one in found.items() if address.startswith("subscription:")}

    assert of(resources(tmp_path / "a")) == of(resources(tmp_path / "b", turned))


def test_machines_that_start_one_another_in_a_circle_still_have_an_order() -> None:
    assert children_first({"a": ["b"], "b": ["c"], "c": ["a"]}) == {"a": ["b"], "b": ["c"], "c": []}
    assert children_first({"a": ["b", "c"], "b": [], "c": ["b"]}) == {"a": ["b", "c"], "b": [], "c": ["b"]}


def test_the_child_comes_first_whatever_the_order_in_the_file(tmp_path: Path) -> None:
    def turned(files: dict[str, Any]) -> None:
        machines = files[PROJECT]["state_machines"]
        files[PROJECT]["state_machines"] = dict(reversed(machines.items()))

    order = [resource.address for resource in in_order(project(tmp_path, turned).resources())]
    assert order.index("alias:child") < order.index("alias:parent")


def test_wiring_on_record_that_is_not_wanted_leaves_after_the_rest_and_before_the_alias(tmp_path: Path) -> None:
    record = {
        "rule:orders": "Orders-local", "rule:old": "Old-local", "rule:night": "Dusk-local",
        "permission:gone": "Notify-local:stepdeploy-gone", "function:old": "Old-local",
    }  # fmt: skip
    found = {resource.address: resource for resource in project(tmp_path).resources(lambda: record)}
    leaving = [address for address in found if found[address].kind == "" and address != "inventory:after"]
    assert leaving == ["rule:night@Dusk-local", "rule:old", "permission:gone"]
    assert {"rule:orders", "function:notify"} <= found["rule:old"].needs
    assert "rule:night@Dusk-local" in found["rule:old"].needs
    assert found["inventory:after"].needs == {"inventory:current", *leaving}
    assert "inventory:after" in found["alias:child"].needs


def test_a_subscription_that_only_moved_its_key_does_not_leave(tmp_path: Path) -> None:
    name = resources(tmp_path / "a")["subscription:news-sqs-copies"].name
    made = project(tmp_path / "b").resources(lambda: {"subscription:news-1": name})
    assert not [resource for resource in made if resource.address.startswith("subscription:news-1")]


def change(path: str, value: Any, file: str = PROJECT) -> Edit:
    """Set what stands at a dotted path; None removes it."""

    def edit(files: dict[str, Any]) -> None:
        *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        place = files[file]
        for part in way:
            place = place[part]
        if value is None:
            del place[last]
        else:
            place[last] = value

    return edit


TARGETS = "rules.orders.targets"
FIFO = {"name": "x", "fifo": True}


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (change("rules.orders.schedule", "rate(1 hour)"), "rule 'orders' needs a pattern or a schedule, and not both"),
        (change("rules.night.schedule", None), "rule 'night' needs a pattern or a schedule, and not both"),
        (change("rules.night.schedule", "rate(1 days)"), "AWS refuses 'rate(1 days)'"),
        (change("rules.night.schedule", "rate(5 minute)"), "AWS refuses 'rate(5 minute)'"),
        (change("rules.night.bus", "other"), "only rules of the default bus can have a schedule"),
        (change(f"{TARGETS}.0.queue", "job"), "there is no queue 'job'"),
        (change(f"{TARGETS}.0.message_group", None), "a FIFO queue, and only that, needs a message_group"),
        (change(f"{TARGETS}.1.message_group", "x"), "a FIFO queue, and only that, needs a message_group"),
        (change(f"{TARGETS}.1.queue", "lost"), "a target is one queue, function or state machine"),
        (change(TARGETS, [{"function": "notify"}] * 2), "the function 'notify' is a target twice"),
        (change("queues.jobs.content_based_deduplication", False), "AWS refuses this FIFO queue as a target"),
        (change("queues.copies.content_based_deduplication", True), "only a FIFO queue tells messages apart by their content"),
        (change("rules.orders.dead_letter", "jobs_dead"), "a rule's dead-letter queue cannot be FIFO"),
        (change("permissions.inbox.function", "notfy"), "there is no function 'notfy'"),
        (change("buckets.inbox.expire", [{"prefix": "a", "days": 1}] * 2), "there are two rules for the prefix 'a'"),
        (change("dashboards.main.template", "x.json"), "there is no file definitions/x.json"),
        (change("alarms.slow_work.statistic", "Sum"), "an alarm has a statistic or an extended_statistic, not both"),
        (change("dead_letter", {"queue": "jobs"}, WORK), "Lambda sends to no FIFO queue"),
        (change("on_failure", {"topic": "new"}, WORK), "there is no topic 'new'"),
        (change("reserved_concurrency", 0, WORK), "more is provisioned than the 0 that are reserved"),
        (change("event_sources.0.queue", "job", WORK), "there is no queue 'job'"),
        (change("event_sources.0.batch_size", 11, WORK), "a FIFO queue has batches of at most 10"),
        (change("event_sources.0.batching_window_seconds", 1, WORK), "a FIFO queue has no batching window"),
        (
            change("event_sources", [{"queue": "lost", "batch_size": 11}], WORK),
            "an event source without batching_window_seconds has batches of at most 10",
        ),
        (change("event_sources", [{"queue": "lost"}] * 2, WORK), "queue 'lost' is an event source twice"),
        (
            change("timeout_seconds", 31, WORK),
            "queue 'jobs' hides a message for 30 s, and the function may run for 31 s",
        ),
        (
            change("topics.news.subscriptions.1.endpoint", "${queue:jobs}"),
            "a FIFO queue ('jobs') cannot be subscribed to a standard topic",
        ),
        (
            change("permissions.topic-news-to-notify", {"function": "notify", "principal": "s3.amazonaws.com", "source": "x"}),
            "permission 'topic-news-to-notify' is one that comes by itself",
        ),
        (
            change("warm_up_minutes", 5, "lambdas/notify/function.json"),
            "no state machine calls a version of 'notify', so warm_up_minutes would be paid for and serve nobody",
        ),
        (
            change("topics.news.subscriptions", [{"protocol": "lambda", "endpoint": "${function:notify.arn}"}] * 2),
            "there are 2 of subscription:news-lambda-notify",
        ),
    ],
)  # fmt: skip
def test_what_aws_would_refuse_or_nobody_can_mean_is_told_before_anything_is_made(
    tmp_path: Path, edit: Edit, message: str
) -> None:
    assert problems(tmp_path, edit) == [message]


def test_a_rule_that_starts_a_machine_needs_a_policy(tmp_path: Path) -> None:
    assert set(problems(tmp_path, change("rules.night.role", "nigth"))) == {
        "there is no policy iam/nigth.json", "no function and no state machine has the role 'night'",
    }  # fmt: skip


def test_problems_have_a_place(tmp_path: Path) -> None:
    with pytest.raises(InvalidProject) as caught:
        project(tmp_path, change(f"{TARGETS}.0.queue", "job"))
    (problem,) = caught.value.problems
    assert str(problem.where).startswith(str(tmp_path)) or "definitions/project.json:1:" in str(problem.where)
    assert problem.hint == "Did you mean 'jobs'?"
