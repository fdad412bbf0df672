"""How each company of a batch ended."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from causes import short

STATUSES = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "NOT_RUN")
"""NOT_RUN: the batch was given up before the company's turn."""

Outcome = dict[str, Any]


def outcomes(items: Iterable[Mapping[str, Any]], records: Iterable[Mapping[str, Any]]) -> Iterator[Outcome]:
    """An outcome a company, in the list's order.

    items: {"line", "company_id", "token", "request"}. records: of the result files; a company may have several after a
    repeated Map, of which a success counts most.
    """
    found: dict[str, Outcome] = {}
    for record in records:
        company, outcome = _of_record(record)
        if company and not (company in found and found[company]["status"] == "SUCCEEDED"):
            found[company] = outcome
    for item in items:
        request = item.get("request") or {}
        yield {
            "line": item.get("line"),
            "company_id": item.get("company_id"),
            "company_name": request.get("company_name"),
            "token": item.get("token"),
            **found.get(str(item.get("company_id")), _ended("NOT_RUN")),
        }


def counts(found: Iterable[Outcome]) -> dict[str, int]:
    """Number of companies by status, every status present."""
    counted = Counter(outcome["status"] for outcome in found)
    return {status: counted[status] for status in STATUSES}


def _of_record(record: Mapping[str, Any]) -> tuple[str | None, Outcome]:
    company = _parsed(record.get("Input")).get("company_id")
    status = str(record.get("Status"))
    if status == "SUCCEEDED":
        return company, _succeeded(_parsed(record.get("Output")))
    if status == "PENDING":
        return company, _ended("NOT_RUN")
    error = record.get("Error")
    # The child fails for the execution it follows; that one's status stands in the error where it had none of its own.
    if error in ("TIMED_OUT", "ABORTED"):
        status, error = str(error), None
    seconds = _seconds(record.get("StartDate"), record.get("StopDate"))
    cause = short(str(record.get("Cause") or ""))
    return company, {**_ended(status), "error": error, "cause": cause, "seconds": seconds}


def _succeeded(child: Mapping[str, Any]) -> Outcome:
    execution = child.get("execution") or {}
    output = execution.get("output")
    output = output if isinstance(output, dict) else {}
    return {
        **_ended("SUCCEEDED"),
        "existing": bool(child.get("existing")),
        "cached": bool(output.get("cached")),
        "s3": output.get("s3"),
        "completeness": output.get("completeness"),
        "quality_score": output.get("quality_score"),
        "seconds": _seconds(execution.get("started"), execution.get("stopped")),
    }


def _ended(status: str) -> Outcome:
    """An outcome of which nothing but the status is known. existing: an execution of that token had been there."""
    nothing = dict.fromkeys(("error", "cause", "s3", "completeness", "quality_score", "seconds"))
    return {"status": status, "existing": False, "cached": False, **nothing}


def _parsed(text: object) -> dict[str, Any]:
    """A JSON object given as text; {} for anything else, such as data that was left out for its size."""
    try:
        value = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _seconds(started: object, stopped: object) -> float | None:
    begin, end = _moment(started), _moment(stopped)
    return None if begin is None or end is None else round((end - begin).total_seconds(), 2)


def _moment(value: object) -> datetime | None:
    """A time as Step Functions writes it: ISO 8601, or milliseconds since 1970 from startExecution.sync:2."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return datetime.fromtimestamp(value / 1000, UTC)
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
