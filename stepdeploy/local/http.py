"""HTTP/1.1 on a socket: read a request, write an answer. Just what AWS clients send (RFC 9112).

Bodies come with Content-Length, chunked, or as "aws-chunked" inside either of them
(https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html); they are handed on decoded.
"""

from __future__ import annotations

from http import HTTPStatus
from io import BufferedIOBase
from typing import Protocol

from stepdeploy.local.wire import HttpRequest, HttpResponse

MAX_BODY = 60 * 1024 * 1024
MAX_LINE = 64 * 1024
MAX_HEADERS = 200
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class BadRequest(Exception):
    """The bytes are no request that we take. status: HTTP status to answer with before closing."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Sender(Protocol):
    """The writing half of a socket."""

    def sendall(self, data: bytes, /) -> None: ...


def read_request(reader: BufferedIOBase, sender: Sender) -> HttpRequest | None:
    """The next request of a connection; None when the peer closed it between requests. Raises BadRequest."""
    line = _line(reader)
    if not line:
        return None
    parts = line.split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise BadRequest(400, "This is not an HTTP/1.1 request")
    request = HttpRequest(parts[0], _path_of(parts[1]), _headers(reader))
    body = _body(reader, sender, request)
    if "aws-chunked" in request.header("Content-Encoding") or request.header("x-amz-content-sha256").startswith(
        "STREAMING-"
    ):
        return _decode_aws_chunked(request, body)
    return HttpRequest(request.method, request.target, request.headers, body)


def _line(reader: BufferedIOBase) -> str:
    line = reader.readline(MAX_LINE + 1)
    if len(line) > MAX_LINE:
        raise BadRequest(431, "A header line is too long")
    return line.decode("latin-1").rstrip("\r\n")


def _path_of(target: str) -> str:
    """The request target in origin form; the absolute form, which proxies get, is cut to path and query."""
    if target.startswith("/"):
        return target
    scheme, separator, rest = target.partition("://")
    if not separator or scheme not in ("http", "https"):
        raise BadRequest(400, "The request target is neither a path nor a URL")
    return "/" + rest.partition("/")[2]


def _headers(reader: BufferedIOBase) -> list[tuple[str, str]]:
    headers = []
    while line := _line(reader):
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise BadRequest(400, "A header line has no name")
        headers.append((name, value.strip()))
        if len(headers) > MAX_HEADERS:
            raise BadRequest(431, "Too many headers")
    return headers


def _body(reader: BufferedIOBase, sender: Sender, request: HttpRequest) -> bytes:
    chunked = request.header("Transfer-Encoding").lower() == "chunked"
    length = request.header("Content-Length")
    if length and (not length.isascii() or not length.isdigit() or chunked):
        raise BadRequest(400, "Content-Length is not a number, or given twice over")
    if length and int(length) > MAX_BODY:
        raise BadRequest(413, f"The body is larger than {MAX_BODY} bytes")
    if request.header("Expect").lower() == "100-continue":
        sender.sendall(_CONTINUE)
    if chunked:
        return _chunked(reader)
    return _exactly(reader, int(length)) if length else b""


def _exactly(reader: BufferedIOBase, size: int) -> bytes:
    data = reader.read(size)
    if len(data) < size:
        raise BadRequest(400, "The connection ended inside a body")
    return data


def _chunked(reader: BufferedIOBase) -> bytes:
    parts: list[bytes] = []
    total = 0
    while True:
        try:
            size = int(_line(reader).partition(";")[0], 16)
        except ValueError:
            raise BadRequest(400, "A chunk has no size") from None
        total += size
        if size < 0 or total > MAX_BODY:
            raise BadRequest(413, f"The body is larger than {MAX_BODY} bytes")
        if size == 0:
            break
        parts.append(_exactly(reader, size))
        _line(reader)
    while _line(reader):  # trailers
        pass
    return b"".join(parts)


def _decode_aws_chunked(request: HttpRequest, body: bytes) -> HttpRequest:
    """The request as it would be without aws-chunked: plain body, trailing checksums moved into the headers."""
    parts: list[bytes] = []
    position = 0
    while True:
        end = body.find(b"\r\n", position)
        try:
            size = int(body[position:end].partition(b";")[0], 16) if end >= 0 else -1
        except ValueError:
            size = -1
        if size < 0 or end + 2 + size > len(body):
            raise BadRequest(400, "The aws-chunked body is broken")
        position = end + 2 + size
        if size == 0:
            break
        parts.append(body[end + 2 : position])
        position += 2
    data = b"".join(parts)
    return HttpRequest(request.method, request.target, _plain_headers(request, body[position:], len(data)), data)


def _plain_headers(request: HttpRequest, trailer: bytes, length: int) -> list[tuple[str, str]]:
    headers = []
    for name, value in request.headers:
        lower = name.lower()
        if lower in ("x-amz-trailer", "x-amz-decoded-content-length", "transfer-encoding", "content-length"):
            continue
        if lower == "content-encoding":
            value = ",".join(part.strip() for part in value.split(",") if part.strip() != "aws-chunked")
            if not value:
                continue
        headers.append((name, "UNSIGNED-PAYLOAD" if lower == "x-amz-content-sha256" else value))
    for line in trailer.decode("latin-1").split("\r\n"):
        name, colon, value = line.partition(":")
        if colon and name.lower() != "x-amz-trailer-signature":
            headers.append((name, value.strip()))
    return [*headers, ("Content-Length", str(length))]


def response_bytes(response: HttpResponse, *, head: bool, close: bool) -> bytes:
    """The whole answer in one piece, so that it leaves in one segment. head: the request was a HEAD."""
    try:
        reason = HTTPStatus(response.status).phrase
    except ValueError:
        reason = ""
    lines = [f"HTTP/1.1 {response.status} {reason}"]
    own_length = False
    for name, value in response.headers.items():
        if name.lower() == "content-length":
            if not head:
                continue
            own_length = True
        if name.lower() not in ("connection", "transfer-encoding"):
            lines.append(f"{name}: {value}".replace("\r", " ").replace("\n", " "))
    if not own_length and response.status not in (204, 304):
        lines.append(f"Content-Length: {len(response.body)}")
    if close:
        lines.append("Connection: close")
    start = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
    return start if head or response.status in (204, 304) else start + response.body
