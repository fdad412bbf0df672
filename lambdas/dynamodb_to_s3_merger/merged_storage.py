"""Merged documents in S3, written under conditions so that nothing is lost when two executions meet.

Conditional writes: S3 user guide, "How to prevent object overwrites with conditional writes".
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from botocore.exceptions import ClientError
from common import aws
from common.errors import StorageError
from merged_document import MergedDocument

# How often another execution may replace the latest document between our look and our write.
_LATEST_ATTEMPTS = 4


@dataclass(frozen=True)
class Saved:
    """An object in the bucket. version_id: None in a bucket without versions. written: False when it was there."""

    key: str
    version_id: str | None
    written: bool

    def as_dict(self) -> dict[str, Any]:
        """For the result's body."""
        return asdict(self)


def save_once(bucket: str, key: str, document: MergedDocument) -> Saved:
    """Write an object that is never replaced. The same document again is left as it is.

    Raises StorageError, also when another document has that key.
    """
    saved = _put(bucket, key, document, IfNoneMatch="*")
    if saved:
        return saved
    there = _head(bucket, key)
    if there["Metadata"].get("sha256") != document.sha256:
        raise StorageError(f"s3://{bucket}/{key} holds another document and is not replaced")
    return Saved(key, there.get("VersionId"), written=False)


def save_latest(bucket: str, key: str, document: MergedDocument) -> Saved:
    """Make the document the latest, unless the one there has later data or is the same.

    Raises StorageError, also when others keep replacing it.
    """
    for _ in range(_LATEST_ATTEMPTS):
        saved = _put(bucket, key, document, IfNoneMatch="*")
        if saved:
            return saved
        there = _head(bucket, key)
        facts = there["Metadata"]
        if facts.get("sha256") == document.sha256 or facts.get("data-time", "") > document.data_time:
            return Saved(key, there.get("VersionId"), written=False)
        saved = _put(bucket, key, document, IfMatch=there["ETag"])
        if saved:
            return saved
    raise StorageError(f"s3://{bucket}/{key} was replaced by others {_LATEST_ATTEMPTS} times on end")


def _put(bucket: str, key: str, document: MergedDocument, **condition: str) -> Saved | None:
    """Write the document if the condition holds (IfNoneMatch, IfMatch); None when it does not."""
    with aws.errors_as(StorageError, f"writing s3://{bucket}/{key}"):
        try:
            answer = aws.client("s3").put_object(
                Bucket=bucket,
                Key=key,
                Body=document.body,
                ContentType="application/json",
                Metadata={"sha256": document.sha256, "data-time": document.data_time},
                **condition,
            )
        except ClientError as error:
            # 412 the condition does not hold; 409 another write to the key was under way.
            if aws.code_of(error) in ("PreconditionFailed", "ConditionalRequestConflict"):
                return None
            raise
    return Saved(key, answer.get("VersionId"), written=True)


def _head(bucket: str, key: str) -> dict[str, Any]:
    with aws.errors_as(StorageError, f"looking at s3://{bucket}/{key}"):
        return aws.client("s3").head_object(Bucket=bucket, Key=key)
