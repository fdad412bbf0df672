"""RecordCost: works out what executions cost that have ended, and puts their bills beside the results.

Event: messages of SQS; each body an event of EventBridge, "Step Functions Execution Status Change".
Result: {"statusCode", "body": {"messages", "failed"}, "batchItemFailures"}.
Written: companies/<company_id>/costs/<execution>.json in S3, and the record that the tool's `cost` reads.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from aws_reader import AwsReader, Missing
from common import aws, logging
from common.errors import ConfigurationError, DatabaseError, InvalidInput, PipelineError, StorageError
from common.handler import Event, lambda_entry
from common.queue_records import each
from costing.bill import Bill, Rates
from costing.reading import Terms, bills_of
from costing.record import item_of
from ended import Ended, ended_in

SCHEMA_VERSION = "1.0"
PRICES = Path(__file__).parent / "prices.json"

aws.prepare("stepfunctions", "logs", "dynamodb", "s3")


class LinesMissing(PipelineError):
    """Log lines of an execution are not there yet: its message is to come back."""


@lambda_entry
def lambda_handler(event: Event, context: Any) -> dict[str, Any]:
    """Record the bill of each execution; the same message again writes the same bill, but for its time.

    A message whose execution lacks log lines comes back until PATIENCE receives, then the bill says what it lacks.
    Raises InvalidInput for what is no batch of messages, ConfigurationError.
    """
    prices = json.loads(PRICES.read_text(encoding="utf-8"))
    patience = _patience()
    batch = _understood(event)
    bills = _together([ended for ended, _ in batch.values()], prices)

    def work(body: dict[str, Any]) -> None:
        ended = _ours(body)
        bill = bills.get(ended.arn) or bills_of(AwsReader(), [ended.item], _terms(prices))[0]
        if bill.pending and batch[ended.arn][1] < patience:
            raise LinesMissing(f"{bill.pending} invocations of {ended.arn} are not in the logs yet")
        _record(ended, bill, prices)

    return each(event, work)


def _understood(event: Event) -> dict[str, tuple[Ended, int]]:
    """Execution ARN -> the execution, and how often its message was received. `each` refuses the other messages."""
    found: dict[str, tuple[Ended, int]] = {}
    for record in event.get("Records") or () if isinstance(event, dict) else ():
        try:
            ended = _ours(json.loads(record["body"]))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, InvalidInput):
            continue
        receives = int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))
        before = found.get(ended.arn, (ended, 1))[1]
        found[ended.arn] = ended, max(receives, before)
    return found


def _together(batch: list[Ended], prices: Mapping[str, Any]) -> dict[str, Bill]:
    """Execution ARN -> bill. Each log is read once for the whole batch."""
    try:
        made = bills_of(AwsReader(), [ended.item for ended in batch], _terms(prices)) if batch else []
    except Exception as error:
        # Whatever it was: each execution is then looked at alone, and the one at fault fails alone.
        logging.warning("one by one", executions=len(batch), error=type(error).__name__, cause=str(error)[:500])
        return {}
    return {bill.arn: bill for bill in made}


def _ours(body: dict[str, Any]) -> Ended:
    ended = ended_in(body)
    if ended.machine != _setting("MACHINE"):
        raise InvalidInput(f"executions of {ended.machine} are not recorded here")
    return ended


def _terms(prices: Mapping[str, Any]) -> Terms:
    return Terms(Rates(date.fromisoformat(prices["as_of"]), prices["prices"]), _setting("ARCHITECTURE"), Missing)


def _record(ended: Ended, bill: Bill, prices: Mapping[str, Any]) -> None:
    kept = replace(bill, stored=datetime.now(UTC).isoformat(timespec="seconds"))
    table = _setting("COSTS_TABLE")
    with aws.errors_as(DatabaseError, f"recording {kept.name} in {table}"):
        aws.client("dynamodb").put_item(TableName=table, Item=item_of(ended.machine, kept))
    bucket, key = _setting("MERGED_BUCKET"), f"companies/{ended.company_id}/costs/{kept.name}.json"
    document = {"schema_version": SCHEMA_VERSION, "company_id": ended.company_id, **kept.to_json(), "prices": prices}
    with aws.errors_as(StorageError, f"writing s3://{bucket}/{key}"):
        body = json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8", "replace")
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/json")
    told = {"recorded": kept.name, "status": kept.status, "pending": kept.pending, "notes": kept.notes}
    logging.metrics("recorded", {"ExecutionCost": (kept.usd, "None")}, **told)


def _patience() -> int:
    text = _setting("PATIENCE")
    if not text.isdecimal() or not int(text):
        raise ConfigurationError(f"PATIENCE must be a number of receives, not {text[:40]!r}")
    return int(text)


def _setting(name: str) -> str:
    value = os.environ.get(name, "").strip()
    if not value:
        raise ConfigurationError(f"{name} must be set")
    return value
