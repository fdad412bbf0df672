"""Messages of an SQS queue, as a function gets them from its event source mapping, dealt with one by one.

Source: Lambda developer guide, "Reporting batch item failures": only the messages that are named come back; after as many
receives as the queue allows, they go to its dead-letter queue.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from common import logging
from common.errors import InvalidInput
from common.handler import success


def each(event: Any, work: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Call `work` with the body of each message, a JSON object, and answer which failed.

    An error fails its message alone, and is logged with the message's id. The messages are about different companies, so
    those behind a failed one are not held back. Raises InvalidInput for an event that holds no messages.
    """
    records = event.get("Records") if isinstance(event, dict) else None
    if not isinstance(records, list):
        raise InvalidInput("the event holds no messages")
    failed = []
    for record in records:
        try:
            work(_body(record))
        except Exception as error:
            failed.append({"itemIdentifier": record["messageId"]})
            logging.error(
                "message failed",
                message_id=record["messageId"],
                receives=record.get("attributes", {}).get("ApproximateReceiveCount"),
                error=type(error).__name__,
                cause=str(error)[:2000],
            )
    return {**success(messages=len(records), failed=len(failed)), "batchItemFailures": failed}


def _body(record: dict[str, Any]) -> dict[str, Any]:
    try:
        body = json.loads(record["body"])
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"the message is no JSON: {error}") from error
    if not isinstance(body, dict):
        raise InvalidInput("the message is no JSON object")
    return body
