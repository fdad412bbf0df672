"""SummarizeBatch: reads a batch's list and result files, writes `batches/<batch_id>/summary.json`.

Event: {"batch_id", "execution_id", "started", "run": the Map's result or its error output}.
Result body: {"batch_id", "total", "counts", "failure", "s3", "subject", "message"}; subject and message for SNS.
"""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime
from typing import Any

from causes import short
from common import aws, logging
from common.errors import ConfigurationError, InvalidInput, StorageError
from common.handler import Event, lambda_entry, success
from notice import message, subject
from outcomes import Outcome, counts, outcomes
from result_files import lines, manifest_key, records

SCHEMA_VERSION = "1.0"
# What stands in the path must not lead out of it.
_BATCH_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}\Z")

aws.prepare("s3")


@lambda_entry
def lambda_handler(event: Event, context: Any) -> dict[str, Any]:
    """Summarize a batch. The same event again writes the same summary, but for its time.

    Raises InvalidInput, StorageError, UnexpectedContent, ConfigurationError.
    """
    batch, run = _checked(event)
    bucket = os.environ.get("MERGED_BUCKET", "").strip()
    if not bucket:
        raise ConfigurationError("MERGED_BUCKET must hold a bucket's name")
    folder = f"batches/{batch}"
    manifest = manifest_key(bucket, f"{folder}/results/", run)
    items = (json.loads(line) for line in lines(bucket, f"{folder}/companies.jsonl"))
    found = list(outcomes(items, records(bucket, manifest) if manifest else ()))
    counted, failure = counts(found), _failure(run)
    key = f"{folder}/summary.json"
    _save(bucket, key, _document(event, found, counted, failure))
    logging.info("summarized", batch_id=batch, **counted)
    env = os.environ.get("ENVIRONMENT", "")
    return success(
        batch_id=batch,
        total=len(found),
        counts=counted,
        failure=failure,
        s3={"bucket": bucket, "key": key},
        subject=subject(batch, env, counted),
        message=message(event, found, counted, failure, f"s3://{bucket}/{key}"),
    )


def _checked(event: Event) -> tuple[str, dict[str, Any]]:
    batch, run = event.get("batch_id"), event.get("run")
    if not isinstance(batch, str) or not _BATCH_ID.match(batch):
        raise InvalidInput("batch_id must be letters, digits, '-' and '_', at most 80 of them")
    if not isinstance(run, dict):
        raise InvalidInput("the event holds no result of the Map")
    return batch, run


def _failure(run: dict[str, Any]) -> dict[str, str] | None:
    """Why the Map itself failed; None where it came to its end."""
    if "Error" not in run:
        return None
    return {"error": str(run["Error"]), "cause": short(str(run.get("Cause") or ""))}


def _document(
    event: Event, found: list[Outcome], counted: dict[str, int], failure: dict[str, str] | None
) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "batch_id": event["batch_id"],
        "execution_id": event.get("execution_id"),
        "started": event.get("started"),
        "summarized": datetime.now(UTC).isoformat(timespec="seconds"),
        "total": len(found),
        "counts": counted,
        "failure": failure,
        "companies": found,
    }


def _save(bucket: str, key: str, document: dict[str, Any]) -> None:
    body = json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8", "replace") + b"\n"
    with aws.errors_as(StorageError, f"writing s3://{bucket}/{key}"):
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/json")
