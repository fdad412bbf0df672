"""What one branch of an execution found, in S3 as soon as it is there: `companies/<id>/partial/<execution>/<kind>.json`.

The bucket is MERGED_BUCKET. The merged document replaces these objects; a failed run's are removed by its clean-up.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from common import aws
from common.errors import ConfigurationError, InvalidInput, StorageError, UnexpectedContent

KINDS = ("sec", "cxo")
_COMPANY = re.compile(r"[a-z0-9-]{1,60}")
# StartExecution, "name": up to 80 characters, none of which is a blank, a control character or one of these.
_EXECUTION = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}")
_MISSING = frozenset({"NoSuchKey", "404", "NotFound"})


def save_partial(kind: str, company_id: str, execution_id: str, document: Mapping[str, Any]) -> str:
    """Write one branch's document and return its key. The same branch again replaces it.

    kind: `sec` or `cxo`, or such with a suffix (`cxo-bios-2`). execution_id: the execution's ARN, or its name.
    Raises StorageError, InvalidInput, UnexpectedContent (not JSON), ConfigurationError.
    """
    key = _key(kind, company_id, execution_id)
    try:
        text = json.dumps(document, ensure_ascii=False, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise UnexpectedContent(f"a partial document cannot be written as JSON: {error}") from error
    with aws.errors_as(StorageError, f"writing {key}"):
        aws.client("s3").put_object(
            Bucket=bucket(),
            Key=key,
            Body=text.encode("utf-8"),
            ContentType="application/json",
            Metadata={"partial": "true"},
        )
    return key


def load_partial(kind: str, company_id: str, execution_id: str) -> dict[str, Any] | None:
    """A branch's document, or None when there is none.

    Raises StorageError, InvalidInput, UnexpectedContent (what is there is no JSON object), ConfigurationError.
    """
    key = _key(kind, company_id, execution_id)
    with aws.errors_as(StorageError, f"reading {key}"):
        try:
            body = aws.client("s3").get_object(Bucket=bucket(), Key=key)["Body"].read()
        except ClientError as error:
            if aws.code_of(error) in _MISSING:
                return None
            raise
    try:
        document = json.loads(body)
    except ValueError as error:
        raise UnexpectedContent(f"{key} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise UnexpectedContent(f"{key} is not a JSON object")
    return document


def delete_partials(company_id: str, execution_id: str) -> list[str]:
    """Delete all of an execution's partial documents and return their keys; an empty list when there are none.

    Raises StorageError, InvalidInput, ConfigurationError.
    """
    prefix = folder(company_id, execution_id)
    keys = list_keys(prefix)
    for key in keys:
        with aws.errors_as(StorageError, f"deleting {key}"):
            aws.client("s3").delete_object(Bucket=bucket(), Key=key)
    return keys


def list_keys(prefix: str) -> list[str]:
    """The keys that begin so, in order. Raises StorageError, ConfigurationError."""
    keys: list[str] = []
    with aws.errors_as(StorageError, f"listing {prefix}"):
        for page in aws.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket(), Prefix=prefix):
            keys.extend(found["Key"] for found in page.get("Contents", []))
    return keys


def folder(company_id: str, execution_id: str) -> str:
    """The folder of an execution's partial documents, with its final slash. Raises InvalidInput.

    Both parts are checked: an empty one would make the folder of all executions, or of all companies.
    """
    if not isinstance(company_id, str) or not _COMPANY.fullmatch(company_id):
        raise InvalidInput(f"not a company_id: {str(company_id)[:80]!r}")
    name = str(execution_id).rsplit(":", 1)[-1]
    if not isinstance(execution_id, str) or not _EXECUTION.fullmatch(name) or name.strip(".") == "":
        raise InvalidInput(f"not an execution's ARN or name: {str(execution_id)[:200]!r}")
    return f"companies/{company_id}/partial/{name}/"


def bucket() -> str:
    """The bucket's name. Raises ConfigurationError."""
    name = os.environ.get("MERGED_BUCKET", "").strip()
    if not name:
        raise ConfigurationError("MERGED_BUCKET must hold a bucket's name")
    return name


def _key(kind: str, company_id: str, execution_id: str) -> str:
    if not isinstance(kind, str) or not re.fullmatch(rf"({'|'.join(KINDS)})(-[a-z0-9-]{{1,40}})?", kind):
        raise InvalidInput(f"not a kind of partial document: {str(kind)[:40]!r}")
    return f"{folder(company_id, execution_id)}{kind}.json"
