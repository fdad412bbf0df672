"""EnqueueCompanies: events of EventBridge, by way of SQS, become one message a company in a FIFO queue.

Event: messages of SQS; each body an event of EventBridge: "CompanyRequested" with the detail {"request", "priority",
"salt"}, or S3's "Object Created" for a list under intake/.
Result: {"statusCode", "body": {"messages", "failed"}, "batchItemFailures"}.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from common import aws
from common.company_list import checked, token
from common.errors import InvalidInput
from common.handler import Event, lambda_entry
from common.ids import company_id
from common.queue_records import each
from dropped_list import enqueue_list
from requests_queue import Wanted, priority_of, send

# S3 and SNS are for lists that were dropped in the bucket.
aws.prepare("sqs")


@lambda_entry
def lambda_handler(event: Event, context: Any) -> dict[str, Any]:
    """Enqueue. A message that failed comes back, and enqueues nothing twice. Raises InvalidInput."""
    return each(event, _enqueue)


def _enqueue(body: dict[str, Any]) -> None:
    detail, day = body.get("detail"), day_of(body)
    if not isinstance(detail, dict):
        raise InvalidInput("the event has no detail")
    kind = (body.get("source"), body.get("detail-type"))
    if kind == ("aws.s3", "Object Created"):
        enqueue_list(detail, day)
    elif kind == (os.environ.get("EVENT_SOURCE"), "CompanyRequested"):
        send([_requested(detail, day)])
    else:
        raise InvalidInput(f"events {kind[1]!r} of {kind[0]!r} are not ours")


def _requested(detail: dict[str, Any], day: str) -> Wanted:
    request, salt = checked(detail.get("request")), detail.get("salt", "")
    if not isinstance(salt, str):
        raise InvalidInput("salt must be text")
    company = company_id(request["company_name"])
    return Wanted(token(company, request, day, salt), company, request, priority_of(detail.get("priority")))


def day_of(body: dict[str, Any]) -> str:
    """yyyymmdd of the event, in UTC: the event's own time, so that the token is the same when it comes again later."""
    try:
        moment = datetime.fromisoformat(str(body.get("time")).replace("Z", "+00:00"))
    except ValueError as error:
        raise InvalidInput(f"the event has no usable time: {body.get('time')!r}") from error
    return f"{moment.astimezone(UTC):%Y%m%d}"
