"""The queue's entrance: companies asked for, as events of EventBridge. docs/batch.md."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from stepdeploy.company_list import Company
from stepdeploy.engine.model import Aws
from stepdeploy.errors import AwsError

PRIORITIES = ("high", "normal", "low")
DETAIL_TYPE = "CompanyRequested"
PER_CALL = 10
"""Entries of PutEvents (https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html)."""
ATTEMPTS = 4


def send(
    aws: Aws,
    source: str,
    companies: Sequence[Company],
    now: datetime,
    *,
    priority: str,
    salt: str = "",
    sleep: Callable[[float], None] = time.sleep,
) -> list[dict[str, Any]]:
    """Ask for companies and return [{"company_id", "token"}]; token: the name that the execution will have.

    source: of the events. salt: what makes a wanted second run differ from one of today. Raises AwsError where
    EventBridge did not take all; sending them again runs none twice.
    """
    left = iter(companies)
    while chunk := list(islice(left, PER_CALL)):
        _send_chunk(aws, [_entry(source, company, now, priority, salt) for company in chunk], sleep)
    day = f"{now:%Y%m%d}"
    return [{"company_id": company.company_id, "token": company.token(day, salt)} for company in companies]


def _entry(source: str, company: Company, now: datetime, priority: str, salt: str) -> dict[str, Any]:
    detail = {"request": company.request, "priority": priority, **({"salt": salt} if salt else {})}
    return {"Source": source, "DetailType": DETAIL_TYPE, "Detail": json.dumps(detail), "Time": now}


def _send_chunk(aws: Aws, entries: list[dict[str, Any]], sleep: Callable[[float], None]) -> None:
    """PutEvents answers 200 where it took some and not others: those are sent again."""
    for attempt in range(ATTEMPTS):
        if attempt:
            sleep(0.2 * 2**attempt)
        answer = aws.call("events", "put_events", Entries=entries)
        refused = [(entry, told) for entry, told in zip(entries, answer["Entries"], strict=True) if "ErrorCode" in told]
        if not refused:
            return
        entries = [entry for entry, _ in refused]
    told = refused[0][1]
    code, text = str(told["ErrorCode"]), told.get("ErrorMessage", "")
    hint = "Run the same command again: what was taken is not run twice."
    raise AwsError(f"events:PutEvents: {code}: {text}", code=code, operation="events:PutEvents", hint=hint)
