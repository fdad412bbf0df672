"""Who sends to what: topics and rules, to functions and queues; and what lets them in.

A function that a topic, a rule or a queue calls is named by its ARN without a version, so what was uploaded last answers.
A version would gain nothing: a rollback is one call that moves a machine's alias, and a subscription would go on calling
the newest version all the same. It would cost: a subscription's endpoint is what it is known by, so each release would
have to make a new one beside the old, and messages in between would come twice or not at all. The functions that a
*machine* calls are versions, and a rollback brings those back. What events call starts a machine through its alias, or
tells of its results, so it must understand both the version before and the one after; that holds for tables as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stepdeploy.project.context import Context
from stepdeploy.references import Pending, Ref
from stepdeploy.resources.permission import Permission, sid_of

SNS = "sns.amazonaws.com"
EVENTS = "events.amazonaws.com"


@dataclass(frozen=True)
class Sender:
    """key: `topic-failures`, the first part of a statement's id. service: its principal. arn: of the topic or rule.
    account: only where the ARN does not hold it (a bucket's)."""

    key: str
    service: str
    arn: str
    account: str | None = None


def topic_sender(project: Context, key: str) -> Sender:
    return Sender(f"topic-{key}", SNS, project.arn("topic", key))


def rule_name(project: Context, key: str) -> str:
    """`<rule>`, or `<bus>/<rule>`."""
    bus = project.section("rules")[key].get("bus", "default")
    name = project.name("rule", key)
    return name if bus == "default" else f"{bus}/{name}"


def rule_sender(project: Context, key: str) -> Sender:
    return Sender(f"rule-{key}", EVENTS, project.arn("rule", key))


def endpoint_of(project: Context, topic: str, index: int, item: Mapping[str, Any]) -> tuple[str, str | None]:
    """The endpoint of a subscription, and the key of the function or queue that it is; None where it is none of ours."""
    kind = {"lambda": "function", "sqs": "queue"}.get(item["protocol"])
    endpoint = item["endpoint"]
    if isinstance(endpoint, Ref | Pending):
        raise project.problem(
            f"a subscription cannot name {endpoint}: it would have to be made anew with each release",
            "topics", topic, "subscriptions", index, "endpoint",
            hint="Write ${function:KEY.arn}, the function without a version.",
        )  # fmt: skip
    keys = project.settings.keys_of(kind) if kind else ()
    return endpoint, next((key for key in keys if kind and project.arn(kind, key) == endpoint), None)


def _pairs(project: Context) -> Iterator[tuple[str, str, Sender]]:
    """(kind, key, sender) of all that topics and rules send to."""
    for topic, raw in project.section("topics").items():
        for index, item in enumerate(raw.get("subscriptions", [])):
            kind = {"lambda": "function", "sqs": "queue"}.get(item["protocol"])
            key = endpoint_of(project, topic, index, item)[1]
            if kind and key:
                yield kind, key, topic_sender(project, topic)
    for rule, raw in project.section("rules").items():
        for target in raw["targets"]:
            for kind in ("function", "queue"):
                if kind in target:
                    yield kind, target[kind], rule_sender(project, rule)
        if "dead_letter" in raw:
            yield "queue", raw["dead_letter"], rule_sender(project, rule)


def queue_senders(project: Context, queue: str) -> list[dict[str, str]]:
    """Who may send to a queue, each once: sid, service, arn."""
    senders = dict.fromkeys(sender for kind, key, sender in _pairs(project) if (kind, key) == ("queue", queue))
    return [{"sid": sid_of(sender.key), "service": sender.service, "arn": sender.arn} for sender in senders]


def permissions(project: Context) -> list[Permission]:
    """The statements that let topics and rules call functions, and those that project.json asks for besides. Those of one
    function come one after the other (stepdeploy/resources/permission.py says why)."""
    wanted = {f"{sender.key}-to-{key}": (key, sender) for kind, key, sender in _pairs(project) if kind == "function"}
    for name, raw in project.section("permissions").items():
        if name in wanted:
            raise project.problem(f"permission '{name}' is one that comes by itself", "permissions", name)
        wanted[name] = (raw["function"], _asked_for(project, raw))
    made: list[Permission] = []
    last: dict[str, str] = {}
    for name, (function, sender) in wanted.items():
        desired = {"principal": sender.service, "source_arn": sender.arn, "source_account": sender.account}
        needs = frozenset({f"function:{function}", *([last[function]] if function in last else [])})
        one = Permission(name, f"{project.name('function', function)}:{sid_of(name)}", desired, needs)
        last[function] = one.address
        made.append(one)
    return made


def _asked_for(project: Context, raw: Mapping[str, Any]) -> Sender:
    """A permission of project.json. A bucket's ARN holds no account: another account could take over the name of a deleted
    one (https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html)."""
    account = None if raw["source"].split(":")[4:5] not in ([""], []) else project.place.account
    return Sender("", raw["principal"], raw["source"], account)
