"""The kinds that the inventory may hold: in which order they are removed, and what follows from a name on record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from stepdeploy.arns import Place
from stepdeploy.resources.alarm import Alarm
from stepdeploy.resources.base import Base
from stepdeploy.resources.bucket import Bucket
from stepdeploy.resources.dashboard import Dashboard
from stepdeploy.resources.event_source import EventSource
from stepdeploy.resources.function import Function
from stepdeploy.resources.invoke_config import InvokeConfig
from stepdeploy.resources.layer import Layer
from stepdeploy.resources.log_group import LogGroup
from stepdeploy.resources.machine_alias import MachineAlias
from stepdeploy.resources.permission import Permission
from stepdeploy.resources.provisioned import Provisioned
from stepdeploy.resources.queue import Queue
from stepdeploy.resources.role import Role
from stepdeploy.resources.rule import Rule
from stepdeploy.resources.state_machine import StateMachine
from stepdeploy.resources.subscription import Subscription
from stepdeploy.resources.table import Table
from stepdeploy.resources.topic import Topic
from stepdeploy.resources.warm_up import WarmUp

WIRING: Sequence[type[Base]] = (
    Rule, WarmUp, EventSource, Subscription, Permission, InvokeConfig, Provisioned, Dashboard,
)  # fmt: skip
"""What acts, or costs, without a machine that calls it. No older version needs it, so it goes when it leaves the project."""
ORDER: Sequence[type[Base]] = (
    *WIRING, MachineAlias, StateMachine, Alarm, Function, Layer, Role, LogGroup, Queue, Topic,
)  # fmt: skip
"""What goes before what: callers before what they call."""
DATA: Sequence[type[Base]] = (Table, Bucket)
"""Kept unless the user says otherwise."""
KINDS: Mapping[str, type[Base]] = {kind.kind: kind for kind in (*ORDER, *DATA)}


SERVICES: Mapping[str, str] = {
    "function": "lambda", "log_group": "logs", "role": "iam", "state_machine": "stepfunctions", "table": "dynamodb",
    "bucket": "s3", "topic": "sns", "alarm": "cloudwatch", "queue": "sqs", "rule": "events",
}  # fmt: skip
"""Kind -> the service that it is read from, as botocore names it."""


def kind_of(address: str) -> str:
    """`rule` of `rule:nightly`."""
    return address.partition(":")[0]


def arn_of(place: Place, address: str, name: str) -> str:
    """The ARN by which a recorded resource is read: its own, or that of the topic, queue or function that it belongs to.

    name: as the inventory has it, e.g. `machine:alias` of an alias, `topic|protocol|endpoint` of a subscription.
    """
    makers: Mapping[str, Callable[[str], str]] = {
        "alias": place.state_machine,
        "state_machine": place.state_machine,
        "function": place.function,
        "layer": place.layer,
        "role": place.role,
        "log_group": place.log_group,
        "queue": place.queue,
        "topic": place.topic,
        "alarm": place.alarm,
        "table": place.table,
        "bucket": place.bucket,
        "rule": place.rule,
        "warm_up": place.rule,
        "dashboard": place.dashboard,
        "subscription": lambda subscription: place.topic(subscription.partition("|")[0]),
        "event_source": lambda mapping: place.queue(mapping.partition("/")[2]),
        "permission": lambda statement: place.function(statement.partition(":")[0]),
        "invoke_config": place.function,
        "provisioned": place.function,
    }
    return makers[kind_of(address)](name)


def recorded(address: str, name: str, arn: str) -> Base:
    """A resource that can be read and removed, from what is on record. Raises KeyError for a kind that is not."""
    kind, key = address.split(":", 1)
    return KINDS[kind](key, name, {"arn": arn})
