"""The newest extractions of a company that are young and complete enough, if their merged document is in S3."""

from __future__ import annotations

import math
import os
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError
from common import aws, logging
from common.errors import ConfigurationError, PipelineError
from common.partial import bucket

# The newest items of a table that are looked at: between two good ones there may be some of failed runs.
_LOOKED_AT = 5
# Our clock and the writer's may differ by this much; a time further ahead is not believed.
_SKEW = timedelta(minutes=1)
TABLES = {"sec": "SEC_TABLE", "cxo": "CXO_TABLE"}


class Found(NamedTuple):
    """One extraction that may be used again."""

    time: datetime
    timestamp: str
    completeness: float


def look_up(company_id: str, ttl_hours: float, now: datetime) -> dict[str, Any] | None:
    """What the cache has: `{"s3", "age_hours", "extracted_at", "completeness"}`, or None.

    Whatever cannot be read, or cannot be meant, is a miss with a warning: a cache must not fail a run.
    """
    try:
        return _pair(company_id, now - timedelta(hours=ttl_hours), now)
    except (PipelineError, ClientError, BotoCoreError, ValueError, TypeError, KeyError, ArithmeticError) as error:
        logging.warning("cache unreadable", error=type(error).__name__, cause=str(error)[:500])
        return None


def _pair(company_id: str, oldest: datetime, now: datetime) -> dict[str, Any] | None:
    """The two extractions that the latest merged document holds, if both will do."""
    candidates = {kind: _candidates(kind, company_id, oldest, now) for kind in TABLES}
    if not all(candidates.values()):
        return None
    folder = f"companies/{company_id}"
    latest = _head(f"{folder}/{company_id}_latest.json")
    if latest is None:
        return None
    merged_at = str(latest["Metadata"].get("data-time", ""))
    chosen = {kind: _not_after(found, merged_at) for kind, found in candidates.items()}
    if not all(chosen.values()) or max(found.timestamp for found in chosen.values() if found) != merged_at:
        logging.warning("latest document is of other extractions", data_time=merged_at[:40])
        return None
    kept_key = f"{folder}/{merged_at.replace('-', '').replace(':', '')}.json"
    kept = _head(kept_key)
    if kept is None or not _same_document(kept, latest):
        logging.warning("latest document and the one kept differ", key=kept_key)
        return None
    return _answer(chosen, (kept_key, kept), (f"{folder}/{company_id}_latest.json", latest), now)


def _answer(
    chosen: dict[str, Any], kept: tuple[str, dict[str, Any]], latest: tuple[str, dict[str, Any]], now: datetime
) -> dict[str, Any]:
    """The result's `cached`; s3 is as the merger's. The age is that of the older extraction."""
    extracted_at = min(chosen.values(), key=lambda found: found.time)
    place = {"key": latest[0], "version_id": latest[1].get("VersionId"), "written": False}
    return {
        "s3": {"bucket": bucket(), "key": kept[0], "version_id": kept[1].get("VersionId"), "latest": place},
        "age_hours": round(max(0.0, (now - extracted_at.time).total_seconds() / 3600), 2),
        "extracted_at": extracted_at.timestamp,
        "completeness": {kind: found.completeness for kind, found in chosen.items()},
    }


def _candidates(kind: str, company_id: str, oldest: datetime, now: datetime) -> list[Found]:
    """The extractions of one table that are young and complete enough, newest first."""
    table = os.environ.get(TABLES[kind], "").strip()
    if not table:
        raise ConfigurationError(f"{TABLES[kind]} must hold the name of a table")
    answer = aws.client("dynamodb").query(
        TableName=table,
        KeyConditionExpression="company_id = :company AND extraction_timestamp >= :oldest",
        ProjectionExpression="extraction_timestamp, #document.completeness",
        ExpressionAttributeNames={"#document": "document"},
        ExpressionAttributeValues={
            ":company": {"S": company_id},
            ":oldest": {"S": oldest.isoformat(timespec="microseconds").replace("+00:00", "Z")},
        },
        ScanIndexForward=False,
        Limit=_LOOKED_AT,
        ConsistentRead=True,
    )
    found = [_found(kind, item, now) for item in answer["Items"]]
    return [one for one in found if one and oldest <= one.time and one.completeness >= _threshold()]


def _found(kind: str, item: dict[str, Any], now: datetime) -> Found | None:
    """An item as an extraction; None, with a warning, when it is none or of the future."""
    timestamp = item.get("extraction_timestamp", {}).get("S", "")
    try:
        completeness = float(item["document"]["M"]["completeness"]["N"])
        moment = datetime.fromisoformat(timestamp)
        believable = 0 <= completeness <= 100 and moment.utcoffset() == timedelta(0) and moment <= now + _SKEW
    except (KeyError, TypeError, ValueError):
        believable = False
    if not believable:
        logging.warning("extraction passed over", kind=kind, extraction_timestamp=str(timestamp)[:40])
        return None
    return Found(moment, timestamp, completeness)


def _not_after(found: list[Found], timestamp: str) -> Found | None:
    """The newest that the document of that time can hold. Timestamps sort as text."""
    return next((one for one in found if one.timestamp <= timestamp), None)


def _same_document(kept: dict[str, Any], latest: dict[str, Any]) -> bool:
    """Whether both objects are the same whole document, by what the merger noted on them."""
    digest = latest["Metadata"].get("sha256")
    partial = any(found["Metadata"].get("partial", "false") != "false" for found in (kept, latest))
    return bool(digest) and kept["Metadata"].get("sha256") == digest and not partial


def _head(key: str) -> dict[str, Any] | None:
    """An object's metadata; None, with a warning, when it is not there: its extractions are."""
    try:
        return dict(aws.client("s3").head_object(Bucket=bucket(), Key=key))
    except ClientError as error:
        logging.warning("merged document not readable", key=key, error=aws.code_of(error))
        return None


def ttl_of(request: dict[str, Any]) -> float:
    """Hours for which an extraction counts; 0: never. The request's, else CACHE_TTL_HOURS.

    What is no number of hours falls back to the default, with a warning. Raises ConfigurationError for the default.
    """
    asked = request.get("cache_ttl_hours")
    if isinstance(asked, (int, float)) and not isinstance(asked, bool) and 0 <= asked <= 87_600:
        return float(asked)
    if asked is not None:
        logging.warning("cache_ttl_hours is no number of hours", cache_ttl_hours=str(asked)[:40])
    return _number("CACHE_TTL_HOURS", 24, 87_600)


def _threshold() -> float:
    return _number("COMPLETENESS_THRESHOLD", 95, 100)


def _number(name: str, default: float, most: float) -> float:
    text = os.environ.get(name, "").strip()
    try:
        value = float(text) if text else default
    except ValueError:
        value = math.nan
    if not 0 <= value <= most:
        raise ConfigurationError(f"{name} must be a number from 0 to {most}, not {text!r}")
    return value


def now_utc(seconds: float) -> datetime:
    """Seconds since 1970 as a time in UTC."""
    return datetime.fromtimestamp(seconds, UTC)
