"""Extractions in DynamoDB: one item each, key `company_id` + `extraction_timestamp`, never overwritten.

::

    timestamp = store.save_extraction("SEC_TABLE", "apple-inc", document, execution_id)
    extraction = store.load_extraction("SEC_TABLE", "apple-inc", timestamp)

Both take the NAME of the environment variable that holds the table's name.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from botocore.exceptions import ClientError

from common import aws
from common.attributes import attribute, plain
from common.errors import ConfigurationError, DatabaseError, DocumentTooLarge, InvalidInput, UnexpectedContent

# DynamoDB developer guide, "Item sizes and formats": 400 KB with names; a tenth is kept for our estimate's error.
MAX_ITEM_BYTES = 400 * 1024 * 9 // 10
# What is cut, and to how many characters, when an item is over the limit. Everything else is worth more than prose.
TRIMMED_FIELDS = ("bio", "biography")
TRIMMED_LENGTH = 1000
_SECONDS_A_DAY = 86_400
# Two extractions of a company in one microsecond: the later one takes the next.
_KEY_ATTEMPTS = 5


@dataclass(frozen=True)
class Extraction:
    """What one extraction saved."""

    company_id: str
    extraction_timestamp: str
    execution_id: str
    document: dict[str, Any]


def save_extraction(table_env: str, company_id: str, document: Mapping[str, Any], execution_id: str) -> str:
    """Save a document as a new item and return its extraction_timestamp (ISO 8601, UTC, microseconds).

    The item bears `expires_at` (epoch seconds) when RETENTION_DAYS is set: DynamoDB deletes it some time after that.
    Biographies are cut when the item would be too large for DynamoDB.
    Raises DocumentTooLarge, UnexpectedContent (not a number), DatabaseError, ConfigurationError.
    """
    table = _table_name(table_env)
    item = {
        "company_id": company_id,
        "execution_id": execution_id,
        "document": fitted(storable(document)),
        **_expiry(),
    }
    now = datetime.now(UTC)
    for attempt in range(_KEY_ATTEMPTS):
        timestamp = _iso(now + timedelta(microseconds=attempt))
        if _put_new(table, {**item, "extraction_timestamp": timestamp}):
            return timestamp
    raise DatabaseError(f"{table} has items of {company_id} at {_KEY_ATTEMPTS} timestamps on end from {now}")


def load_extraction(table_env: str, company_id: str, extraction_timestamp: str) -> Extraction:
    """Read one extraction back, consistently. Numbers come back as int where they are whole, else as float.

    Raises InvalidInput when there is none, DatabaseError, ConfigurationError.
    """
    table = _table_name(table_env)
    key = {"company_id": company_id, "extraction_timestamp": extraction_timestamp}
    with aws.errors_as(DatabaseError, f"reading {company_id} from {table}"):
        answer = aws.client("dynamodb").get_item(TableName=table, Key=_attributes(key), ConsistentRead=True)
    if "Item" not in answer:
        raise InvalidInput(f"{table} holds no extraction of {company_id} at {extraction_timestamp}")
    item = {name: plain(value) for name, value in answer["Item"].items()}
    return Extraction(company_id, extraction_timestamp, item["execution_id"], item["document"])


def storable(value: Any) -> Any:
    """The value with each float as a Decimal, the only fraction that DynamoDB's types know."""
    if isinstance(value, float):
        if not math.isfinite(value):
            raise UnexpectedContent(f"a document holds {value}, which is not a number")
        return Decimal(str(value))
    if isinstance(value, Mapping):
        return {str(key): storable(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [storable(inner) for inner in value]
    return value


def fitted(document: dict[str, Any]) -> dict[str, Any]:
    """The document, its biographies cut (and `bios_trimmed` set) if it is over the limit; else DocumentTooLarge."""
    if stored_size(document) <= MAX_ITEM_BYTES:
        return document
    trimmed = {**_trimmed(document), "bios_trimmed": True}
    size = stored_size(trimmed)
    if size > MAX_ITEM_BYTES:
        raise DocumentTooLarge(f"the document takes {size} bytes in DynamoDB, {MAX_ITEM_BYTES} are allowed")
    return trimmed


def stored_size(value: Any) -> int:
    """Bytes that a value takes in an item, never less than DynamoDB counts ("Item sizes and formats")."""
    if isinstance(value, str):
        return len(value.encode("utf-8"))
    if isinstance(value, Mapping):
        return 3 + sum(1 + stored_size(key) + stored_size(inner) for key, inner in value.items())
    if isinstance(value, (list, tuple)):
        return 3 + sum(1 + stored_size(inner) for inner in value)
    if isinstance(value, (bytes, bytearray)):
        return len(value)
    if value is None or isinstance(value, bool):
        return 1
    return 2 + len(str(value))


def _trimmed(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _shortened(inner) if key in TRIMMED_FIELDS and isinstance(inner, str) else _trimmed(inner)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_trimmed(inner) for inner in value]
    return value


def _shortened(text: str) -> str:
    return text if len(text) <= TRIMMED_LENGTH else text[: TRIMMED_LENGTH - 1].rstrip() + "…"


def _put_new(table: str, item: dict[str, Any]) -> bool:
    """Put the item; False when one with its key exists."""
    attributes = _attributes(item)
    with aws.errors_as(DatabaseError, f"saving {item['company_id']} in {table}"):
        try:
            aws.client("dynamodb").put_item(
                TableName=table, Item=attributes, ConditionExpression="attribute_not_exists(company_id)"
            )
        except ClientError as error:
            if aws.code_of(error) == "ConditionalCheckFailedException":
                return False
            raise
    return True


def _attributes(item: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return {name: attribute(value) for name, value in item.items()}
    except (TypeError, ArithmeticError) as error:
        raise UnexpectedContent(f"a document holds what DynamoDB cannot store: {error}") from error


def _iso(moment: datetime) -> str:
    """ISO 8601 with all six digits and Z: as text, timestamps then sort as they do as times."""
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _table_name(table_env: str) -> str:
    name = os.environ.get(table_env, "").strip()
    if not name:
        raise ConfigurationError(f"{table_env} must hold a table's name")
    return name


def _expiry() -> dict[str, int]:
    days = os.environ.get("RETENTION_DAYS", "").strip()
    if not days:
        return {}
    if not days.isdigit() or int(days) == 0:
        raise ConfigurationError(f"RETENTION_DAYS must be a whole number of days, not {days!r}")
    return {"expires_at": int(time.time()) + int(days) * _SECONDS_A_DAY}
