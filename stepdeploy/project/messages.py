"""Topics, their subscriptions, and queues."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from stepdeploy.project.context import Context
from stepdeploy.project.senders import endpoint_of, queue_senders
from stepdeploy.resources.base import Base
from stepdeploy.resources.queue import Queue
from stepdeploy.resources.subscription import SCOPE, Subscription
from stepdeploy.resources.topic import Topic


def topics(project: Context) -> Iterator[Base]:
    for key, raw in project.section("topics").items():
        items = raw.get("subscriptions", [])
        desired = {
            "arn": project.arn("topic", key),
            "display_name": raw.get("display_name", ""),
            "subscriptions": [[item["protocol"], item["endpoint"]] for item in items if not _is_wired(item)],
            "wired": [[item["protocol"], item["endpoint"]] for item in items if _is_wired(item)],
            "tags": project.tags,
        }
        yield Topic(key, project.name("topic", key), desired)


def _is_wired(item: Mapping[str, Any]) -> bool:
    """Whether a subscription is a resource of its own."""
    return item["protocol"] in ("lambda", "sqs") or "filter_policy" in item


def subscriptions(project: Context) -> Iterator[Base]:
    """After the function or queue that they call, and after what lets the topic in."""
    for topic, raw in project.section("topics").items():
        for index, item in enumerate(raw.get("subscriptions", [])):
            if _is_wired(item):
                yield _subscription(project, topic, index, item)


def _subscription(project: Context, topic: str, index: int, item: Mapping[str, Any]) -> Base:
    endpoint, target = endpoint_of(project, topic, index, item)
    protocol = item["protocol"]
    needs = {f"topic:{topic}"}
    if target and protocol == "lambda":
        needs |= {f"function:{target}", f"permission:topic-{topic}-to-{target}"}
    if target and protocol == "sqs":
        needs.add(f"queue:{target}")
        _refuse_fifo(project, target, topic, index)
    desired = {
        "arn": project.arn("topic", topic),
        "filter_policy": item.get("filter_policy"),
        "filter_policy_scope": item.get("filter_policy_scope", SCOPE),
    }
    # By its endpoint, not by its place in the list: another order is no change.
    key = f"{topic}-{protocol}-{target or hashlib.sha256(endpoint.encode()).hexdigest()[:8]}"
    return Subscription(key, f"{project.name('topic', topic)}|{protocol}|{endpoint}", desired, frozenset(needs))


def _refuse_fifo(project: Context, queue: str, topic: str, index: int) -> None:
    """https://docs.aws.amazon.com/sns/latest/dg/fifo-message-delivery.html"""
    if project.section("queues")[queue].get("fifo"):
        path = ("topics", topic, "subscriptions", index, "endpoint")
        raise project.problem(f"a FIFO queue ('{queue}') cannot be subscribed to a standard topic", *path)


def queues(project: Context) -> Iterator[Base]:
    for key, raw in project.section("queues").items():
        yield _queue(project, key, raw)


def _queue(project: Context, key: str, raw: Mapping[str, Any]) -> Base:
    dead_letter, needs = None, frozenset[str]()
    if "dead_letter" in raw:
        target = raw["dead_letter"]["queue"]
        if target not in project.section("queues"):
            raise project.problem(f"there is no queue {target!r}", "queues", key, "dead_letter", "queue")
        dead_letter = {"arn": project.arn("queue", target), "max_receives": raw["dead_letter"]["max_receives"]}
        needs = frozenset({f"queue:{target}"})
    desired = {
        "arn": project.arn("queue", key),
        "fifo": raw.get("fifo", False),
        "content_based_deduplication": raw.get("content_based_deduplication", False),
        "visibility_timeout_seconds": raw.get("visibility_timeout_seconds", 30),
        "retention_seconds": raw.get("retention_days", 4) * 86_400,
        "dead_letter": dead_letter,
        "senders": queue_senders(project, key),
        "tags": project.tags,
    }
    return Queue(key, project.name("queue", key), desired, needs)
