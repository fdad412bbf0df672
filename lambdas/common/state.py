"""The pipeline's own state: claims, budgets, breakers and durations, items of one DynamoDB table (STATE_TABLE).

Keys: `pk` (`claim#apple-inc`, `budget#serper`, ...) and `sk`. Every write stands under a condition. Reads are consistent.
Time is DynamoDB's: the Date of its answers (RFC 9110 section 6.6.1) corrects a clock of ours that is far off.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from common import aws
from common.attributes import attribute, plain
from common.errors import ConfigurationError, DatabaseError

Item = dict[str, Any]

# Date counts whole seconds and the answer travels: a smaller difference says nothing about our clock.
_CLOCK_TOLERANCE = 3.0
_PROMPT_ANSWER = 1.0
_offset = 0.0


class Updated(NamedTuple):
    """What an update did. item: after it when it was done, else the item that stood in its way (None: there is none)."""

    done: bool
    item: Item | None


def now() -> float:
    """Seconds since 1970 by DynamoDB's clock, as far as an answer of it told; by ours before that."""
    return time.time() + _offset


def read(pk: str, sk: str) -> Item | None:
    """An item, or None. Numbers are int where they are whole, else float. Raises DatabaseError, ConfigurationError."""
    answer = _call("get_item", f"reading {pk}", Key=_key(pk, sk), ConsistentRead=True)
    return _plain_item(answer["Item"]) if "Item" in answer else None


def update(pk: str, sk: str, expression: str, condition: str, values: Mapping[str, Any], **names: str) -> Updated:
    """Change an item if the condition holds, in one atomic step.

    values: without their colon. names: `#name` without its sign -> attribute.
    Raises DatabaseError, ConfigurationError.
    """
    options: dict[str, Any] = {"ExpressionAttributeNames": {f"#{name}": to for name, to in names.items()}}
    try:
        answer = _call(
            "update_item",
            f"changing {pk}",
            Key=_key(pk, sk),
            UpdateExpression=expression,
            ConditionExpression=condition,
            ExpressionAttributeValues={f":{name}": attribute(value) for name, value in values.items()},
            ReturnValues="ALL_NEW",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
            **(options if names else {}),
        )
    except _NotNow as refused:
        return Updated(False, refused.item)
    return Updated(True, _plain_item(answer["Attributes"]))


def swap(pk: str, sk: str, seen: Item | None, new: Mapping[str, Any]) -> bool:
    """Replace the item that was `seen` (None: none) by `new`; False when it has changed meanwhile.

    The attribute `version` tells; it is counted up here. Raises DatabaseError, ConfigurationError.
    """
    before = (seen or {}).get("version")
    condition, values = "version = :before", {":before": attribute(before)}
    if before is None:
        condition, values = "attribute_not_exists(version)", {}
    version = before + 1 if isinstance(before, int) and not isinstance(before, bool) else 1
    item = {**new, "pk": pk, "sk": sk, "version": version}
    options = {"ExpressionAttributeValues": values} if values else {}
    try:
        _call(
            "put_item",
            f"changing {pk}",
            Item={name: attribute(value) for name, value in item.items()},
            ConditionExpression=condition,
            **options,
        )
    except _NotNow:
        return False
    return True


class _NotNow(Exception):
    """The condition of a write does not hold."""

    def __init__(self, item: Item | None) -> None:
        super().__init__()
        self.item = item


def _call(operation: str, doing: str, **parameters: Any) -> dict[str, Any]:
    table = os.environ.get("STATE_TABLE", "").strip()
    if not table:
        raise ConfigurationError("STATE_TABLE must hold the name of a table")
    method: Callable[..., dict[str, Any]] = getattr(aws.client("dynamodb"), operation)
    with aws.errors_as(DatabaseError, f"{doing} in {table}"):
        started = time.monotonic()
        try:
            answer = method(TableName=table, **parameters)
        except ClientError as error:
            if aws.code_of(error) != "ConditionalCheckFailedException":
                raise
            _learn_time(error.response, started)
            there = error.response.get("Item")
            raise _NotNow(_plain_item(there) if there else None) from None
    _learn_time(answer, started)
    return answer


def _learn_time(answer: Mapping[str, Any], started: float) -> None:
    """Take over DynamoDB's time when ours is far off. Late answers teach nothing: their Date is old."""
    global _offset
    from email.utils import parsedate_to_datetime  # loaded with the first client, and not before

    date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    if not date or time.monotonic() - started > _PROMPT_ANSWER:
        return
    try:
        difference = parsedate_to_datetime(date).timestamp() - time.time()
    except ValueError:
        return
    _offset = difference if abs(difference) > _CLOCK_TOLERANCE else 0.0


def _key(pk: str, sk: str) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def _plain_item(attributes: Mapping[str, Any]) -> Item:
    return {name: plain(value) for name, value in attributes.items()}
