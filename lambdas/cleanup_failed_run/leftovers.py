"""What one execution left in DynamoDB, and which of it a merged document holds."""

from __future__ import annotations

import json
import os
from typing import Any

from botocore.exceptions import ClientError
from common import aws, logging
from common.errors import ConfigurationError, DatabaseError, StorageError
from common.partial import bucket, list_keys

TABLES = {"sec": "SEC_TABLE", "cxo": "CXO_TABLE"}


def extractions_of(kind: str, company_id: str, execution_id: str) -> list[str]:
    """The timestamps of the execution's items in one table, oldest first. Raises DatabaseError, ConfigurationError."""
    query = {
        "TableName": _table(kind),
        "KeyConditionExpression": "company_id = :company",
        "FilterExpression": "execution_id = :execution",
        "ProjectionExpression": "extraction_timestamp",
        "ExpressionAttributeValues": {":company": {"S": company_id}, ":execution": {"S": execution_id}},
        "ConsistentRead": True,
    }
    with aws.errors_as(DatabaseError, f"looking for what {execution_id} left in {_table(kind)}"):
        pages = aws.client("dynamodb").get_paginator("query").paginate(**query)
        return [item["extraction_timestamp"]["S"] for page in pages for item in page["Items"]]


def merged_times(company_id: str, timestamps: set[str]) -> set[str]:
    """Those of the timestamps that a merged document, whole or partial, names as its source.

    A document is named after the later of its extractions. One that cannot be understood keeps all of them: deleting
    what a document is made of would be worse than keeping too much. Raises StorageError, ConfigurationError.
    """
    kept: set[str] = set()
    for timestamp in timestamps:
        name = timestamp.replace("-", "").replace(":", "")
        for key in list_keys(f"companies/{company_id}/{name}"):
            named = _sources(key)
            kept |= timestamps if named is None else named & timestamps
    return kept


def delete_extraction(kind: str, company_id: str, timestamp: str, execution_id: str) -> bool:
    """Delete an item if it is still the execution's; whether it was there. Raises DatabaseError, ConfigurationError."""
    key = {"company_id": {"S": company_id}, "extraction_timestamp": {"S": timestamp}}
    with aws.errors_as(DatabaseError, f"deleting {company_id} at {timestamp} from {_table(kind)}"):
        try:
            aws.client("dynamodb").delete_item(
                TableName=_table(kind),
                Key=key,
                ConditionExpression="execution_id = :execution",
                ExpressionAttributeValues={":execution": {"S": execution_id}},
            )
        except ClientError as error:
            if aws.code_of(error) == "ConditionalCheckFailedException":
                return False
            raise
    return True


def _sources(key: str) -> set[str] | None:
    """The extraction timestamps in a merged document's provenance; None when it has none that can be read."""
    with aws.errors_as(StorageError, f"reading {key}"):
        body = aws.client("s3").get_object(Bucket=bucket(), Key=key)["Body"].read()
    try:
        provenance: dict[str, Any] = json.loads(body)["provenance"]
        parts = [provenance[kind] for kind in TABLES if provenance.get(kind)]
        found = {str(part["extraction_timestamp"]) for part in parts}
    except (ValueError, TypeError, KeyError, AttributeError):
        found = set()
    if not found:
        logging.warning("merged document without provenance, its extractions stay", key=key)
    return found or None


def _table(kind: str) -> str:
    name = os.environ.get(TABLES[kind], "").strip()
    if not name:
        raise ConfigurationError(f"{TABLES[kind]} must hold the name of a table")
    return name
