"""Batches: a list of companies put in S3, run by the batch machine, and what became of each. Nothing is printed here.

In the bucket, under `batches/<batch_id>/`: `companies.jsonl` (the list), `results/` (what the Map Run wrote) and
`summary.json` (an outcome a company, written by the batch machine). docs/batch.md.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from stepdeploy import executions
from stepdeploy.company_list import Company, digest
from stepdeploy.engine.model import Aws
from stepdeploy.errors import ExecutionEnded, Exit, NotFound, UsageError

STEM_LENGTH = 40
RECENT = 100
"""Executions that one look at the main machine sees: ListExecutions takes 5 calls a second, so one has to do."""


@dataclass(frozen=True)
class Place:
    """Where batches are. target: what is started (the batch machine's alias). items: ARN of the machine that runs a
    company. bucket: its name."""

    machine: str
    target: str
    items: str
    bucket: str


@dataclass(frozen=True)
class Batch:
    """A batch to start. items: as in companies.jsonl. source: the list's name. options: further input of the machine."""

    batch_id: str
    items: Sequence[Mapping[str, Any]]
    source: str
    options: Mapping[str, Any]

    @property
    def input(self) -> dict[str, Any]:
        return {"batch_id": self.batch_id, "total": len(self.items), "source": self.source, **self.options}


@dataclass(frozen=True)
class Progress:
    """Companies of a batch, by what has become of them so far. status: of the batch's execution."""

    status: str
    total: int
    succeeded: int = 0
    failed: int = 0
    running: int = 0

    @property
    def done(self) -> int:
        return self.succeeded + self.failed


@dataclass(frozen=True)
class Ended:
    """A company's execution that has just ended. seconds: how long it ran."""

    company_id: str
    status: str
    seconds: float


Watch = Callable[[Progress, Sequence[Ended]], None]


def make(
    companies: Sequence[Company],
    source: str,
    now: datetime,
    *,
    retry_of: str | None = None,
    force: bool = False,
    options: Mapping[str, Any] | None = None,
) -> Batch:
    """A batch of companies. Its id comes from the list's name, day and content: the same list on the same day is the same
    batch, unless `force` adds the time of day. retry_of: the batch whose failed companies these are."""
    day = f"{now:%Y%m%d}"
    items = [company.item(day, retry_of or "") for company in companies]
    content = "\n".join([retry_of or "", *(item["token"] for item in items)])
    stem = executions.slug(source.rsplit(".", 1)[0])[:STEM_LENGTH].strip("-") or "batch"
    suffix = f"-{now:%H%M%S%f}"[:-3] if force else ""
    given = {**(options or {}), **({"retry_of": retry_of} if retry_of else {})}
    return Batch(f"{stem}-{day}-{digest(content)}{suffix}", items, source, given)


def start(aws: Aws, place: Place, batch: Batch) -> executions.Started:
    """Put the list in S3 and start the batch, or return the one of the same id."""
    # ASCII: some readers take U+2028 inside a text for the end of a line.
    body = "".join(json.dumps(item) + "\n" for item in batch.items).encode("ascii")
    try:
        aws.call("s3", "put_object", Bucket=place.bucket, Key=list_key(batch.batch_id), Body=body)
        return executions.start(aws, place.target, place.machine, batch.batch_id, batch.input)
    except NotFound as error:
        error.hint = "Run deploy first."
        raise


def list_key(batch_id: str) -> str:
    return f"batches/{batch_id}/companies.jsonl"


def items_of(aws: Aws, place: Place, batch_id: str) -> list[dict[str, Any]]:
    """The list of a batch. Raises UsageError where there is none."""
    try:
        found = aws.call("s3", "get_object", Bucket=place.bucket, Key=list_key(batch_id))
    except NotFound as error:
        raise _no_batch(batch_id) from error
    return [json.loads(line) for line in found["Body"].read().decode().split("\n") if line]


def summary(aws: Aws, place: Place, batch_id: str) -> dict[str, Any] | None:
    """The summary of a batch that has ended; None where none has been written."""
    try:
        found = aws.call("s3", "get_object", Bucket=place.bucket, Key=f"batches/{batch_id}/summary.json")
    except NotFound:
        return None
    read: dict[str, Any] = json.loads(found["Body"].read())
    return read


def failed(aws: Aws, place: Place, batch_id: str) -> list[Company]:
    """The companies of an ended batch that did not succeed, those included whose turn never came. Raises UsageError."""
    items = items_of(aws, place, batch_id)
    told = summary(aws, place, batch_id)
    if told is None:
        hint = (
            "While it runs, wait; if it was stopped, start its list again with --force: what is done is not done twice."
        )
        raise UsageError(f"batch {batch_id} has no summary", hint=hint)
    wanted = {outcome["company_id"] for outcome in told["companies"] if outcome["status"] != "SUCCEEDED"}
    if not wanted:
        raise UsageError(f"no company of batch {batch_id} failed: there is nothing to retry")
    return [
        Company(item["line"], item["company_id"], item["request"]) for item in items if item["company_id"] in wanted
    ]


def describe(aws: Aws, place: Place, batch_id: str) -> dict[str, Any]:
    """DescribeExecution of a batch. Raises UsageError where there is none."""
    try:
        return aws.call("stepfunctions", "describe_execution", executionArn=executions.to_arn(place.machine, batch_id))
    except NotFound as error:
        raise _no_batch(batch_id) from error


def progress(aws: Aws, execution: Mapping[str, Any]) -> Progress:
    """How far a batch is. execution: its DescribeExecution."""
    total = int(json.loads(execution.get("input") or "{}").get("total") or 0)
    arn = execution["executionArn"]
    runs = aws.call("stepfunctions", "list_map_runs", executionArn=arn, maxResults=10)["mapRuns"]
    if not runs:
        return Progress(execution["status"], total)
    newest = max(runs, key=lambda run: run["startDate"])
    counts = aws.call("stepfunctions", "describe_map_run", mapRunArn=newest["mapRunArn"])["itemCounts"]
    lost = counts["failed"] + counts["timedOut"] + counts["aborted"]
    return Progress(execution["status"], counts["total"] or total, counts["succeeded"], lost, counts["running"])


def wait(
    aws: Aws,
    place: Place,
    batch: Batch,
    arn: str,
    watch: Watch,
    *,
    limit: float | None = None,
    poll: float = 2.0,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, Any]:
    """Follow a batch to its end and return DescribeExecution's answer. Raises ExecutionEnded (13) past `limit` seconds."""
    deadline = None if limit is None else clock() + limit
    tokens = {item["token"]: str(item["company_id"]) for item in batch.items}
    told: set[str] = set()
    while True:
        found = aws.call("stepfunctions", "describe_execution", executionArn=arn)
        watch(progress(aws, found), _just_ended(aws, place, tokens, told))
        if found["status"] not in ("RUNNING", "PENDING_REDRIVE"):
            return found
        if deadline is not None and clock() + poll > deadline:
            raise ExecutionEnded(
                f"still {found['status']} after {limit:.0f} s; it goes on without us",
                where=arn,
                exit_code=Exit.WAIT_LIMIT,
                hint=f"See it with: batches show {batch.batch_id}",
            )
        sleep(poll)


def _just_ended(aws: Aws, place: Place, tokens: Mapping[str, str], told: set[str]) -> list[Ended]:
    """Companies whose executions ended since the last look, as far as the newest executions show. `told` grows."""
    pages = aws.pages("stepfunctions", "list_executions", "executions", stateMachineArn=place.items, maxResults=RECENT)
    found: list[Ended] = []
    for item in islice(pages, RECENT):
        if item["name"] in tokens and item["name"] not in told and item.get("stopDate"):
            told.add(item["name"])
            seconds = (item["stopDate"] - item["startDate"]).total_seconds()
            found.append(Ended(tokens[item["name"]], item["status"], seconds))
    return found[::-1]


def listing(aws: Aws, place: Place, limit: int) -> list[dict[str, Any]]:
    """The newest batches: batch, status, started, seconds, total, succeeded, failed."""
    rows = []
    for item in executions.listing(aws, place.machine, status=None, limit=limit):
        found = aws.call("stepfunctions", "describe_execution", executionArn=item["executionArn"])
        now = progress(aws, found)
        row = {name: value for name, value in executions.row(item).items() if name in ("status", "started", "seconds")}
        counts = {"total": now.total, "succeeded": now.succeeded, "failed": now.failed}
        rows.append({"batch": item["name"], **row, **counts})
    return rows


def _no_batch(batch_id: str) -> UsageError:
    return UsageError(f"there is no batch {batch_id}", hint="See them with: batches list")
