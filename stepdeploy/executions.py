"""Executions: start, wait, list, show, stop. Data in, data out; nothing is printed here."""

from __future__ import annotations

import hashlib
import json
import re
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from stepdeploy.engine.model import Aws
from stepdeploy.errors import Conflict, ExecutionEnded, Exit, NotFound, UsageError

EXIT_CODES = {
    "FAILED": Exit.EXECUTION_FAILED,
    "TIMED_OUT": Exit.EXECUTION_TIMED_OUT,
    "ABORTED": Exit.EXECUTION_ABORTED,
}
NAME_LIMIT = 80
DIGEST_LENGTH = 8
INPUT_LIMIT = 262_144
"""Bytes of UTF-8 (https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html)."""


@dataclass(frozen=True)
class Started:
    """arn: of the execution. existing: it had been started before under this name. same_input: as we would have."""

    arn: str
    name: str
    existing: bool
    same_input: bool
    status: str


@dataclass(frozen=True)
class Step:
    """One thing that happened. kind: entered | failed | exited. seconds: since the start."""

    seconds: float
    kind: str
    state: str
    detail: str = ""


def execution_name(template: str | None, payload: Mapping[str, Any], now: datetime, *, force: bool) -> str:
    """The idempotency token: `{company_name}-{date}` becomes `apple-inc-20251014`; force adds the time of day.

    template: fields of the input in braces, `{date}` (UTC, yyyymmdd). None: a name from the time alone. A name that is
    too long ends in a digest of the whole, so that two that begin alike stay apart.
    Raises UsageError where a field is missing.
    """
    if template is None:
        return f"run-{now:%Y%m%dT%H%M%S%f}"
    fields = {**payload, "date": f"{now:%Y%m%d}"}

    def value(match: re.Match[str]) -> str:
        if fields.get(match[1]) in (None, ""):
            raise UsageError(f"the execution's name is made of {template!r} and the input has no {match[1]}")
        return slug(str(fields[match[1]]))

    suffix = f"-{now:%H%M%S%f}"[:-3] if force else ""
    name = re.sub(r"\{(\w+)\}", value, template)
    room = NAME_LIMIT - len(suffix)
    if len(name) > room:
        name = f"{name[: room - DIGEST_LENGTH - 1].rstrip('-')}-{_digest(name)}"
    return name + suffix


def slug(text: str) -> str:
    """Lower case ASCII words joined by dashes: what execution names allow, and people can read. Where letters are lost
    on the way, a digest of the text stands for them, so that two names in another script stay apart."""
    letters = unicodedata.normalize("NFKD", text)
    words = re.sub(r"[^a-z0-9]+", "-", letters.encode("ascii", "ignore").decode().lower()).strip("-")
    if words and not any(char.isalnum() and not char.isascii() for char in letters):
        return words
    return f"{words}-{_digest(text)}".strip("-")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:DIGEST_LENGTH]


def start(aws: Aws, target_arn: str, machine_arn: str, name: str, payload: Mapping[str, Any]) -> Started:
    """Start through `target_arn` (alias or version), or return the execution that this name already has.

    AWS answers 200 for the same name and input while it runs, and ExecutionAlreadyExists afterwards
    (https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html).
    """
    text = _input_text(payload)
    arn = f"{machine_arn.replace(':stateMachine:', ':execution:')}:{name}"
    try:
        known = aws.call("stepfunctions", "describe_execution", executionArn=arn)
    except NotFound:
        known = None
    if known is None:
        try:
            answer = aws.call("stepfunctions", "start_execution", stateMachineArn=target_arn, name=name, input=text)
            return Started(answer["executionArn"], name, False, True, "RUNNING")
        except Conflict as error:
            # Somebody started it between the two calls.
            if error.code != "ExecutionAlreadyExists":
                raise
            known = aws.call("stepfunctions", "describe_execution", executionArn=arn)
    same = json.loads(known.get("input") or "{}") == dict(payload)
    return Started(arn, name, True, same, known["status"])


def _input_text(payload: Mapping[str, Any]) -> str:
    text = json.dumps(payload, ensure_ascii=False, sort_keys=True)
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise UsageError("the input holds half of a surrogate pair, which is no Unicode text") from error
    if size > INPUT_LIMIT:
        raise UsageError(f"the input is {size} bytes; Step Functions takes {INPUT_LIMIT}")
    return text


def wait(
    aws: Aws,
    arn: str,
    *,
    watch: Callable[[Step], None] = lambda _: None,
    limit: float | None = None,
    poll: float = 1.0,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, Any]:
    """Follow an execution to its end and return DescribeExecution's answer, output parsed.

    Raises ExecutionEnded (exit 10 FAILED, 11 TIMED_OUT, 12 ABORTED, 13 still running after `limit` seconds).
    """
    deadline = None if limit is None else clock() + limit
    seen = 0
    pause = poll / 4
    while True:
        found = aws.call("stepfunctions", "describe_execution", executionArn=arn)
        seen = _report_new(aws, arn, seen, watch)
        if found["status"] not in ("RUNNING", "PENDING_REDRIVE"):
            break
        if deadline is not None and clock() + pause > deadline:
            raise ExecutionEnded(
                f"still {found['status']} after {limit:.0f} s; it goes on without us",
                where=arn,
                exit_code=Exit.WAIT_LIMIT,
                hint=f"See it with: executions show {arn.rsplit(':', 1)[-1]}",
            )
        sleep(pause)
        pause = min(pause * 1.3, poll)
    return result(found)


def result(found: Mapping[str, Any]) -> dict[str, Any]:
    """DescribeExecution's answer with its output parsed. Raises ExecutionEnded where it did not succeed."""
    if found["status"] in EXIT_CODES:
        error = found.get("error") or found["status"]
        cause = readable_cause(found.get("cause") or "")
        raise ExecutionEnded(
            f"{found['status']}: {error}" + (f": {cause}" if cause else ""),
            where=found["executionArn"],
            exit_code=EXIT_CODES[found["status"]],
            hint=f"See what happened with: executions show {found['name']}",
        )
    return {**found, "output": json.loads(found.get("output") or "null")}


def readable_cause(cause: str) -> str:
    """A cause without the JSON of Lambda's errors around it: every object in the text is told in a few words."""
    decoder = json.JSONDecoder()
    parts: list[str] = []
    position = 0
    while (start := cause.find("{", position)) >= 0:
        parts.append(cause[position:start])
        try:
            value, position = decoder.raw_decode(cause, start)
        except (ValueError, RecursionError):
            parts.append("{")
            position = start + 1
            continue
        parts.append(_told(value))
    return "".join([*parts, cause[position:]])


def _told(value: Any) -> str:
    """An object of a cause in words: a Lambda error as its message, an extractor's result as its status."""
    if not isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    if "errorMessage" in value:
        return str(value["errorMessage"])
    if "statusCode" in value and isinstance(value.get("body"), dict):
        body = value["body"]
        if body.get("error"):
            return f"status {value['statusCode']}, {body['error']}: {readable_cause(str(body.get('cause') or ''))}."
        return f"status {value['statusCode']}, {body.get('completeness')} % complete."
    return json.dumps(value, ensure_ascii=False)


def _report_new(aws: Aws, arn: str, seen: int, watch: Callable[[Step], None]) -> int:
    events = history(aws, arn)
    started = events[0]["timestamp"] if events else datetime.now(UTC)
    by_id = {event["id"]: event for event in events}
    for event in events:
        if event["id"] > seen:
            step = to_step(event, by_id, started)
            if step:
                watch(step)
    return max(seen, len(events))


def history(aws: Aws, arn: str) -> list[dict[str, Any]]:
    """All events of an execution, oldest first."""
    return list(
        aws.pages("stepfunctions", "get_execution_history", "events", executionArn=arn, includeExecutionData=True)
    )


_FAILURES = {
    "TaskFailed", "TaskTimedOut", "TaskStartFailed", "TaskSubmitFailed", "LambdaFunctionFailed",
    "LambdaFunctionTimedOut", "LambdaFunctionScheduleFailed", "LambdaFunctionStartFailed", "ActivityFailed",
    "ActivityTimedOut", "ActivityScheduleFailed", "MapRunFailed", "EvaluationFailed",
}  # fmt: skip
"""Types of events (https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html)."""


def to_step(event: Mapping[str, Any], by_id: Mapping[int, Mapping[str, Any]], started: datetime) -> Step | None:
    """What an event means to a person; None for those that say nothing new."""
    seconds = (event["timestamp"] - started).total_seconds()
    kind = event["type"]
    if kind.endswith("StateEntered"):
        return Step(seconds, "entered", event["stateEnteredEventDetails"]["name"], kind.removesuffix("StateEntered"))
    if kind.endswith("StateExited"):
        return Step(seconds, "exited", event["stateExitedEventDetails"]["name"], kind.removesuffix("StateExited"))
    if kind in _FAILURES:
        details = event.get(f"{kind[0].lower()}{kind[1:]}EventDetails", {})
        cause = readable_cause(details.get("cause") or "")
        return Step(seconds, "failed", _state_of(event, by_id), f"{details.get('error', kind)}: {cause}".rstrip(": "))
    return None


def _state_of(event: Mapping[str, Any], by_id: Mapping[int, Mapping[str, Any]]) -> str:
    """The state that an event belongs to: the next entered one going back."""
    current: Mapping[str, Any] | None = event
    while current is not None:
        if "stateEnteredEventDetails" in current:
            return str(current["stateEnteredEventDetails"]["name"])
        current = by_id.get(current.get("previousEventId", 0))
    return ""


def steps(aws: Aws, arn: str) -> list[Step]:
    """The whole timeline of an execution."""
    events = history(aws, arn)
    by_id = {event["id"]: event for event in events}
    found = (to_step(event, by_id, events[0]["timestamp"]) for event in events)
    return [step for step in found if step]


def listing(aws: Aws, machine_arn: str, *, status: str | None, limit: int) -> list[dict[str, Any]]:
    """The newest executions of a machine."""
    params: dict[str, Any] = {"stateMachineArn": machine_arn, "maxResults": min(limit, 1000)}
    if status:
        params["statusFilter"] = status
    found: Iterator[dict[str, Any]] = aws.pages("stepfunctions", "list_executions", "executions", **params)
    return list(islice(found, limit))


def to_arn(machine_arn: str, name_or_arn: str) -> str:
    """An execution's ARN from its name or ARN."""
    if name_or_arn.startswith("arn:"):
        return name_or_arn
    return f"{machine_arn.replace(':stateMachine:', ':execution:')}:{name_or_arn}"


def row(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item of ListExecutions as a person reads it. seconds: how long it ran, None while it runs."""
    stop = item.get("stopDate")
    version = item.get("stateMachineVersionArn", "").rsplit(":", 1)[-1]
    return {
        "name": item["name"],
        "status": item["status"],
        "version": version or None,
        "started": item["startDate"],
        "seconds": round((stop - item["startDate"]).total_seconds(), 2) if stop else None,
        "arn": item["executionArn"],
    }
