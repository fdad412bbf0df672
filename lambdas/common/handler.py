"""What every function of the pipeline does around its own work: warm-up, log lines, errors, the result's shape."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from common import aws_use, logging
from common.errors import DatabaseError, PipelineError, StorageError
from common.ids import company_id

Event = dict[str, Any]
Handler = Callable[[Event, Any], dict[str, Any]]

# Step Functions takes at most 32,768 characters of cause for a failed execution, and ours holds two errors.
MAX_MESSAGE = 2000


def lambda_entry(function: Handler) -> Handler:
    """Decorate a `lambda_handler(event, context)` that returns `success(...)` or raises a PipelineError.

    `{"action": "warmup"}` is answered at once. Every other event leaves one log line when it starts and one when it
    ends, with company_id, execution_id, duration and what it asked of AWS. An error of botocore that the function let
    through becomes StorageError (S3) or DatabaseError (any other service). Log lines never hold the event or a header:
    either could carry a secret.
    """

    @functools.wraps(function)
    def entry(event: Event, context: Any = None) -> dict[str, Any]:
        if isinstance(event, dict) and event.get("action") == "warmup":
            return {"statusCode": 200, "body": {"warm": True}}
        started = time.monotonic()
        logging.bind(**_identity(event, context))
        aws_use.reset()
        logging.info("started")
        try:
            result = _checked(function(event, context))
        except Exception as error:
            raised = _translated(error)
            told = {"error": type(raised).__name__, "cause": str(raised), "aws_use": aws_use.used()}
            logging.error("failed", **told, duration_ms=_since(started))
            if raised is error:
                raise
            raise raised from error
        _log_success(result["body"], _since(started))
        return result

    return entry


def success(**body: Any) -> dict[str, Any]:
    """A function's result: `{"statusCode": 200, "body": {...}}`. Keep it small, it travels through the state."""
    return {"statusCode": 200, "body": body}


def _identity(event: object, context: Any) -> dict[str, object]:
    """Who this invocation is for, as far as the event says; broken events are the function's to refuse."""
    fields = event if isinstance(event, dict) else {}
    request = fields.get("request")
    name = request.get("company_name") if isinstance(request, dict) else None
    try:
        company = company_id(name) if isinstance(name, str) else None
    except PipelineError:
        company = None
    return {
        "function": getattr(context, "function_name", ""),
        "request_id": getattr(context, "aws_request_id", ""),
        "execution_id": fields.get("execution_id", ""),
        "company_id": company,
    }


def _checked(result: object) -> dict[str, Any]:
    """The result, when it has the shape that the state machine reads."""
    if not (isinstance(result, dict) and result.get("statusCode") == 200 and isinstance(result.get("body"), dict)):
        raise TypeError("a function must return {'statusCode': 200, 'body': {...}}")
    return result


def _translated(error: Exception) -> Exception:
    if isinstance(error, PipelineError) and len(str(error)) > MAX_MESSAGE:
        return type(error)(f"{str(error)[:MAX_MESSAGE]}…")
    if isinstance(error, ClientError):
        kind = StorageError if error.operation_name.endswith("Object") else DatabaseError
        return kind(str(error)[:MAX_MESSAGE])
    if isinstance(error, BotoCoreError):
        return DatabaseError(str(error)[:MAX_MESSAGE])
    return error


def _log_success(body: dict[str, Any], duration_ms: float) -> None:
    values = {"Duration": (duration_ms, "Milliseconds")}
    completeness = body.get("completeness")
    if isinstance(completeness, (int, float)):
        values["Completeness"] = (completeness, "Percent")
    logging.metrics("finished", values, duration_ms=duration_ms, aws_use=aws_use.used())


def _since(started: float) -> float:
    return round((time.monotonic() - started) * 1000, 1)
