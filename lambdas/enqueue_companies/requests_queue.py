"""The queue of companies: FIFO, a message a company.

A message group is a priority and a shard. SQS hands out a group's messages one after the other, so a message that keeps
failing holds up its shard and nothing else; a priority's share of the dispatchers is its share of the groups.
"""

from __future__ import annotations

import hashlib
import json
import os
from itertools import islice
from typing import Any, NamedTuple

from common import aws
from common.errors import ConfigurationError, InvalidInput, UpstreamUnavailable

PRIORITIES = ("high", "normal", "low")
# SendMessageBatch takes ten (API_SendMessageBatch.html).
_PER_CALL = 10
_ATTEMPTS = 3


class Wanted(NamedTuple):
    """A company to run. token: the name of its execution. request: its input."""

    token: str
    company_id: str
    request: dict[str, Any]
    priority: str


def priority_of(value: object) -> str:
    """high, normal (also for nothing) or low. Raises InvalidInput."""
    if value is None:
        return "normal"
    if value not in PRIORITIES:
        raise InvalidInput(f"priority must be one of {', '.join(PRIORITIES)}")
    return str(value)


def send(wanted: list[Wanted]) -> None:
    """Put messages in the queue. Within five minutes SQS takes a token once; after that its execution's name does it.

    Raises UpstreamUnavailable where SQS did not take all, ConfigurationError.
    """
    queue = os.environ.get("QUEUE_URL", "").strip()
    if not queue:
        raise ConfigurationError("QUEUE_URL must hold a queue's address")
    groups = _groups()
    left = iter(wanted)
    while chunk := list(islice(left, _PER_CALL)):
        _send_chunk(queue, [_entry(str(number), item, groups) for number, item in enumerate(chunk)])


def _send_chunk(queue: str, entries: list[dict[str, str]]) -> None:
    for _ in range(_ATTEMPTS):
        with aws.errors_as(UpstreamUnavailable, f"sending to {queue}"):
            answer = aws.client("sqs").send_message_batch(QueueUrl=queue, Entries=entries)
        failed = {item["Id"]: item for item in answer.get("Failed", [])}
        entries = [entry for entry in entries if entry["Id"] in failed]
        if not entries:
            return
    first = failed[entries[0]["Id"]]
    raise UpstreamUnavailable(f"{queue} did not take {len(entries)} messages: {first['Code']}: {first.get('Message')}")


def _entry(number: str, item: Wanted, groups: dict[str, int]) -> dict[str, str]:
    body = {"token": item.token, "company_id": item.company_id, "request": item.request, "priority": item.priority}
    return {
        "Id": number,
        "MessageBody": json.dumps(body, ensure_ascii=False, sort_keys=True),
        "MessageGroupId": group_of(item, groups),
        "MessageDeduplicationId": item.token,
    }


def group_of(item: Wanted, groups: dict[str, int]) -> str:
    """`normal-3`: always the same for a company."""
    number = int.from_bytes(hashlib.sha256(item.company_id.encode()).digest()[:4], "big")
    return f"{item.priority}-{number % groups[item.priority]}"


def _groups() -> dict[str, int]:
    """Priority -> number of its message groups."""
    text = os.environ.get("QUEUE_GROUPS", "")
    try:
        groups: Any = json.loads(text)
        found = {priority: groups[priority] for priority in PRIORITIES}
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(f"QUEUE_GROUPS must be a JSON object with {', '.join(PRIORITIES)}") from error
    if not all(isinstance(count, int) and count > 0 for count in found.values()):
        raise ConfigurationError("QUEUE_GROUPS must hold whole numbers above 0")
    return found
