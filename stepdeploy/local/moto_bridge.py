"""Every service that is not ours is moto's, called in this process (https://docs.getmoto.org).

A request that came to 127.0.0.1 is given to moto as if it had gone to `https://<service>.<region>.amazonaws.com`. What
moto lacks, or crashes on, becomes an error in the service's own protocol that no AWS client retries.
"""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from html import escape
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from stepdeploy.local import repeatable
from stepdeploy.local.moto_services import SERVICES, MotoService, is_missing, operation_of
from stepdeploy.local.wire import NOT_IMPLEMENTED, ApiError, HttpRequest, HttpResponse, not_implemented
from stepdeploy.local.world import ACCOUNT

log = logging.getLogger(__name__)

#: Server-class, because the fault is ours; 501, because AWS clients retry 500, 502, 503 and 504.
CRASHED = 501
_QUEUE_URL_OPERATIONS = ("CreateQueue", "GetQueueUrl", "ListQueues", "ListDeadLetterSourceQueues")


class MotoBridge:
    """Gives requests to moto. endpoint: our own address, put into queue URLs."""

    def __init__(self, endpoint: str) -> None:
        from moto.core.botocore_stubber import BotocoreStubber

        repeatable.install()
        self._endpoint = endpoint
        self._moto = BotocoreStubber()
        #: moto's state is plain dicts without locks: one request at a time.
        self.lock = threading.RLock()
        #: Called with the service (SigV4 name) when moto's package for it has been loaded.
        self.on_load: Callable[[str], None] = lambda service: None
        self._loaded: set[tuple[str, str]] = set()

    def handle(self, service: str, region: str, request: HttpRequest) -> HttpResponse:
        """The answer of moto's `service`. Raises ApiError for what moto does not have, or crashed on."""
        if service not in SERVICES:
            raise ApiError(NOT_IMPLEMENTED, f"The embedded AWS of stepdeploy has no service {service!r}.")
        operation = operation_of(request)
        if is_missing(service, request):
            raise not_implemented(service, operation)
        self._load(service, region)
        request = _repaired(service, operation, request)
        # A long poll sleeps inside moto; holding the lock would stop all other requests meanwhile.
        guard = nullcontext() if operation == "ReceiveMessage" else self.lock
        with guard:
            status, headers, body = self._process(service, region, operation, request)
        if status == 404 and body in (b"", b"Not yet implemented") and request.method != "HEAD":
            raise not_implemented(service, operation)
        if operation in _QUEUE_URL_OPERATIONS and service == "sqs":
            body = body.replace(f"https://{_host(SERVICES[service], region, operation)}/".encode(), self._base())
        return HttpResponse(status, headers, body)

    def backend(self, service: str, region: str, account: str) -> Any:
        """moto's backend object of a service, for work that needs no request."""
        from moto.backends import get_backend

        self._load(service, region)
        package: Any = SERVICES[service].package
        return get_backend(package)[account][region]

    def regions(self, service: str) -> list[str]:
        """The regions in which a service (SigV4 name) has been used."""
        return [region for name, region in list(self._loaded) if name == service]

    def _base(self) -> bytes:
        return f"{self._endpoint}/".encode()

    def _load(self, service: str, region: str) -> None:
        """Import moto's package for a service on first use, and tie it to our clock and random source.

        Also makes the backend of the region. Both may draw ids, which must not come out of the request's own supply.
        """
        if (service, region) in self._loaded:
            return
        with self.lock, repeatable.suspended():
            from moto.backends import get_backend

            package: Any = SERVICES[service].package
            backends = get_backend(package)
            repeatable.bind(SERVICES[service].package)
            self.on_load(service)
            try:
                backends[ACCOUNT][region]
            except KeyError:  # a service without regions
                backends[ACCOUNT]["aws"]
            self._loaded.add((service, region))

    def _process(
        self, service: str, region: str, operation: str, request: HttpRequest
    ) -> tuple[int, dict[str, str], bytes]:
        from botocore.awsrequest import AWSPreparedRequest
        from botocore.compat import HTTPHeaders

        host = _host(SERVICES[service], region, operation, request)
        headers = HTTPHeaders()
        for name, value in request.headers:
            headers[name] = host if name.lower() == "host" else value
        prepared = AWSPreparedRequest(request.method, f"https://{host}{request.target}", headers, request.body, False)
        try:
            answer = self._moto.process_request(prepared)
        except NotImplementedError:
            raise not_implemented(service, operation) from None
        except ApiError:
            raise  # of ours, from within moto
        except Exception as error:
            log.exception("moto failed on %s:%s", service, operation)
            what = f"{type(error).__name__}: {error}"
            raise ApiError("InternalFailure", f"moto failed on {service}:{operation} ({what})", CRASHED) from error
        if answer is None:
            raise not_implemented(service, operation)
        status, answer_headers, body = answer
        return int(status), {name: str(value) for name, value in dict(answer_headers).items()}, _bytes(body)


def _host(service: MotoService, region: str, operation: str, request: HttpRequest | None = None) -> str:
    prefix = service.host
    if request is not None and request.header("X-Amz-Target").startswith("DynamoDBStreams"):
        prefix = "streams.dynamodb"
    return f"{prefix}.{region}.amazonaws.com"


def _bytes(body: Any) -> bytes:
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes):
        return body
    return b"".join(part.encode() if isinstance(part, str) else part for part in body) if body else b""


# Repairs --------------------------------------------------------------------------------------------------------------


def _repaired(service: str, operation: str, request: HttpRequest) -> HttpRequest:
    """The request, changed where moto would read it wrongly."""
    if service == "logs" and operation in ("ListTagsForResource", "TagResource", "UntagResource"):
        # moto looks up log groups by the ARN without ":*" only; describe_log_groups hands out both forms.
        return HttpRequest(request.method, request.target, request.headers, request.body.replace(b':*"', b'"'))
    return request


def path_style(request: HttpRequest) -> HttpRequest:
    """An S3 request whose bucket stands in the host name (bucket.localhost:PORT), with the bucket in the path."""
    host = request.header("Host").partition(":")[0]
    found = re.fullmatch(r"(.+?)(\.s3)?\.localhost", host)
    if found is None or found[1] == "s3":
        return request
    target = f"/{quote(unquote(found[1]))}{request.target}"
    return HttpRequest(request.method, target, request.headers, request.body)


# Errors in a service's own protocol -----------------------------------------------------------------------------------


def render_error(service: str, error: ApiError, request: HttpRequest, request_id: str) -> HttpResponse:
    """An error in the protocol that the request came in."""
    headers = {"x-amzn-RequestId": request_id}
    if request.header("smithy-protocol") == "rpc-v2-cbor":
        headers |= {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
        return HttpResponse(error.status, headers, _cbor_map({"__type": error.code, "message": error.message}))
    content_type = request.header("Content-Type")
    if request.header("X-Amz-Target") or (content_type.startswith("application/") and "json" in content_type):
        return _json_error(error, headers, content_type)
    if content_type.startswith("application/x-www-form-urlencoded"):
        return _xml(error.status, headers, _query_error(error, request_id))
    if service == "s3":
        return _xml(error.status, headers, _s3_error(error, urlsplit(request.target).path, request_id))
    return _json_error(error, headers, "application/json")


def _json_error(error: ApiError, headers: dict[str, str], content_type: str) -> HttpResponse:
    headers |= {"Content-Type": content_type or "application/json", "x-amzn-ErrorType": error.code}
    body = {"__type": error.code, "message": error.message}
    return HttpResponse(error.status, headers, json.dumps(body).encode())


def _xml(status: int, headers: dict[str, str], body: str) -> HttpResponse:
    return HttpResponse(status, headers | {"Content-Type": "text/xml"}, f'<?xml version="1.0"?>\n{body}'.encode())


def _query_error(error: ApiError, request_id: str) -> str:
    kind = "Sender" if error.status < 500 else "Receiver"
    return (
        f"<ErrorResponse><Error><Type>{kind}</Type><Code>{error.code}</Code>"
        f"<Message>{escape(error.message)}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    )


def _s3_error(error: ApiError, path: str, request_id: str) -> str:
    return (
        f"<Error><Code>{error.code}</Code><Message>{escape(error.message)}</Message>"
        f"<Resource>{escape(path)}</Resource><RequestId>{request_id}</RequestId></Error>"
    )


def _cbor_map(values: dict[str, str]) -> bytes:
    """A map of texts in CBOR (RFC 8949, section 3.1: major types 5 and 3)."""
    parts: Iterable[bytes] = (_cbor_text(key) + _cbor_text(value) for key, value in values.items())
    return bytes([0xA0 + len(values)]) + b"".join(parts)


def _cbor_text(text: str) -> bytes:
    data = text.encode()
    return b"\x79" + len(data).to_bytes(2, "big") + data
