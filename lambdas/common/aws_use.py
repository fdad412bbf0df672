"""What an invocation asks of AWS services that bill by request, for the execution's bill (docs/cost.md).

Counted by hooks of botocore, request by request; `lambda_entry` puts it in the invocation's last log line. S3 and Secrets
Manager are counted exactly. DynamoDB bills by the size of items, which only the table knows: its units are worked out
from the size of requests and answers (Amazon DynamoDB developer guide, "DynamoDB on-demand capacity mode").
"""

from __future__ import annotations

import threading
from typing import Any

_WRITE_BYTES, _READ_BYTES = 1024, 4096
_FREE_OF_S3 = frozenset({"DeleteObject", "DeleteObjects", "AbortMultipartUpload"})
_WRITES_OF_S3 = ("Put", "Copy", "Post", "List", "CreateMultipart", "UploadPart", "CompleteMultipart")
_READS_OF_DYNAMODB = frozenset({"GetItem", "BatchGetItem", "TransactGetItems", "Query", "Scan"})
# Refused before anything was done, and not billed.
_THROTTLED = frozenset({"ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"})

_lock = threading.Lock()
_used: dict[str, float] = {}


def reset() -> None:
    """An invocation begins."""
    with _lock:
        _used.clear()


def used() -> dict[str, float]:
    """Since `reset`: what was used, by the names that bills have; nothing that is 0."""
    with _lock:
        return {name: round(amount, 1) for name, amount in _used.items()}


def watch(client: Any) -> Any:
    """Count all that a client asks from now on. Returns the client."""
    client.meta.events.register("before-call", _asked)
    client.meta.events.register("after-call", _answered)
    return client


def _asked(model: Any, params: Any, context: dict[str, Any], **_: object) -> None:
    if model.service_model.service_name == "dynamodb":
        body = params.get("body") or b""
        context["aws_use"] = body if isinstance(body, bytes) else str(body).encode()


def _answered(http_response: Any, parsed: Any, model: Any, context: dict[str, Any], **_: object) -> None:
    service, operation = model.service_model.service_name, model.name
    code = parsed.get("Error", {}).get("Code") if isinstance(parsed, dict) else None
    if code in _THROTTLED:
        return
    if service == "dynamodb":
        _add(*_units(operation, context.get("aws_use", b""), len(http_response.content or b"")))
    elif service == "s3" and operation not in _FREE_OF_S3:
        _add("s3_writes" if operation.startswith(_WRITES_OF_S3) else "s3_reads", 1)
    elif service == "secretsmanager":
        _add("secret_reads", 1)


def _units(operation: str, request: bytes, answer: int) -> tuple[str, float]:
    """An item that is written is about as large as the request or, where it is given back, the answer."""
    twice = 2 if operation.startswith("Transact") else 1
    if operation in _READS_OF_DYNAMODB:
        consistent = twice == 2 or b'"ConsistentRead": true' in request or b'"ConsistentRead":true' in request
        return "dynamodb_read_units", _units_of(answer, _READ_BYTES) * twice * (1.0 if consistent else 0.5)
    return "dynamodb_write_units", float(_units_of(max(len(request), answer), _WRITE_BYTES) * twice)


def _units_of(size: int, unit: int) -> int:
    return max(1, -(-size // unit))


def _add(name: str, amount: float) -> None:
    with _lock:
        _used[name] = _used.get(name, 0) + amount
