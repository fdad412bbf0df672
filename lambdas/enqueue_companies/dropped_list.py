"""A list that was dropped in the bucket: `intake/[high/|low/]NAME.csv` or `.jsonl`."""

from __future__ import annotations

import json
import os
import posixpath
from typing import Any

from common import aws, logging
from common.company_list import BadLine, Company, UnusableList, read_list, token
from common.errors import ConfigurationError, InvalidInput, StorageError, UpstreamUnavailable
from requests_queue import PRIORITIES, Wanted, priority_of, send

FOLDER = "intake/"
REPORTS = "intake-reports/"
MAX_BYTES = 64 * 2**20
"""A function of 512 MB reads this much with room to spare; 100,000 usual lines take 8 MB."""
MAX_TOLD = 20


def enqueue_list(detail: dict[str, Any], day: str) -> None:
    """Enqueue each usable company of a list; bad lines are reported in S3 and to the topic.

    detail: of S3's event. A list of which nothing can be used is reported, too, and not tried again.
    Raises InvalidInput (an event without an object), StorageError, UpstreamUnavailable.
    """
    bucket, key, version = _object_of(detail)
    if not key.startswith(FOLDER) or not key.lower().endswith((".csv", ".jsonl")):
        logging.info("no list of companies", key=key)
        return
    try:
        good, bad = read_list(_read(bucket, key, version, detail))
    except UnusableList as error:
        good, bad = [], [BadLine(error.line, str(error))]
    priority = _priority(key)
    send([_wanted(company, day, priority) for company in good])
    logging.info("enqueued a list", key=key, companies=len(good), bad_lines=len(bad), priority=priority)
    if bad:
        _report(bucket, key, good, bad)


def _wanted(company: Company, day: str, priority: str) -> Wanted:
    return Wanted(token(company.company_id, company.request, day), company.company_id, company.request, priority)


def _priority(key: str) -> str:
    folder = key.removeprefix(FOLDER).split("/")[0]
    return priority_of(folder if folder in PRIORITIES else None)


def _object_of(detail: dict[str, Any]) -> tuple[str, str, str | None]:
    """Bucket, key and version of what was dropped; from our own bucket only."""
    try:
        bucket, key = str(detail["bucket"]["name"]), str(detail["object"]["key"])
    except (KeyError, TypeError) as error:
        raise InvalidInput("the event names no object") from error
    if bucket != os.environ.get("MERGED_BUCKET"):
        raise InvalidInput(f"lists are not taken from {bucket}")
    return bucket, key, detail["object"].get("version-id") or None


def _read(bucket: str, key: str, version: str | None, detail: dict[str, Any]) -> bytes:
    size = detail["object"].get("size")
    if isinstance(size, int) and size > MAX_BYTES:
        raise UnusableList(f"the list has {size} bytes; at most {MAX_BYTES} are taken")
    with aws.errors_as(StorageError, f"reading s3://{bucket}/{key}"):
        # The version that the event is about: another may have taken its place.
        given = {"VersionId": version} if version else {}
        body: bytes = aws.client("s3").get_object(Bucket=bucket, Key=key, **given)["Body"].read(MAX_BYTES + 1)
    if len(body) > MAX_BYTES:
        raise UnusableList(f"the list has more than {MAX_BYTES} bytes")
    return body


def _report(bucket: str, key: str, good: list[Company], bad: list[BadLine]) -> None:
    report_key = f"{REPORTS}{key.removeprefix(FOLDER)}.json"
    document = {"list": key, "enqueued": len(good), "bad_lines": [item._asdict() for item in bad]}
    with aws.errors_as(StorageError, f"writing s3://{bucket}/{report_key}"):
        body = json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8", "replace")
        aws.client("s3").put_object(Bucket=bucket, Key=report_key, Body=body, ContentType="application/json")
    topic = os.environ.get("TOPIC_ARN", "").strip()
    if not topic:
        raise ConfigurationError("TOPIC_ARN must hold a topic's ARN")
    told = [f"- line {item.line}: {item.problem}" if item.line else f"- {item.problem}" for item in bad[:MAX_TOLD]]
    head = f"{key}: {len(good)} companies were enqueued, {len(bad)} lines cannot be used."
    message = "\n".join([head, *told, f"All of them: s3://{bucket}/{report_key}"])
    name = posixpath.basename(key).encode("ascii", "replace").decode("ascii")
    subject = "".join(char if char.isprintable() else "?" for char in f"List {name[:60]}: {len(bad)} bad lines")
    with aws.errors_as(UpstreamUnavailable, f"publishing to {topic}"):
        aws.client("sns").publish(TopicArn=topic, Subject=subject, Message=message)
