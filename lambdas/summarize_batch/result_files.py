"""What a Distributed Map's ResultWriter left in S3: `manifest.json` and files with one record a line.

Source: AWS "ResultWriter (Map)" (input-output-resultwriter.html). SUCCEEDED, FAILED (timed out and aborted ones too) and,
when the Map Run was given up, PENDING.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from common import aws
from common.errors import StorageError, UnexpectedContent


def manifest_key(bucket: str, folder: str, run: dict[str, Any]) -> str | None:
    """The key of the Map Run's manifest: as the Map says, else the newest one in the folder; None where there is none.

    run: the Map's result, or its error output. Raises StorageError.
    """
    details = run.get("ResultWriterDetails")
    if isinstance(details, dict) and details.get("Key"):
        return str(details["Key"])
    newest: dict[str, Any] | None = None
    with aws.errors_as(StorageError, f"looking for results in s3://{bucket}/{folder}"):
        for page in aws.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=folder):
            for item in page.get("Contents", []):
                named = item["Key"].endswith("/manifest.json")
                if named and (newest is None or item["LastModified"] >= newest["LastModified"]):
                    newest = item
    return newest["Key"] if newest else None


def records(bucket: str, manifest: str) -> Iterator[dict[str, Any]]:
    """The records of all result files. Raises StorageError, UnexpectedContent."""
    listed = json.loads(b"".join(lines(bucket, manifest)))
    for group in ("SUCCEEDED", "FAILED", "PENDING"):
        for file in listed.get("ResultFiles", {}).get(group, []):
            for line in lines(bucket, file["Key"]):
                yield _object(line, file["Key"])


def lines(bucket: str, key: str) -> Iterator[bytes]:
    """The lines of an object, streamed: a batch's results may be larger than a function's memory. Raises StorageError."""
    with aws.errors_as(StorageError, f"reading s3://{bucket}/{key}"):
        for line in aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].iter_lines():
            if line.strip():
                yield line


def _object(line: bytes, key: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise UnexpectedContent(f"{key} holds a line that is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise UnexpectedContent(f"{key} holds a line that is no object")
    return found
