"""Reading requests from bytes and writing answers."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepdeploy.local import http
from stepdeploy.local.http import BadRequest, read_request, response_bytes
from stepdeploy.local.wire import HttpRequest, HttpResponse


class Sent:
    """Keeps what was sent."""

    def __init__(self) -> None:
        self.data = b""

    def sendall(self, data: bytes, /) -> None:
        self.data += data


def read(data: bytes, sent: Sent | None = None) -> HttpRequest | None:
    return read_request(io.BufferedReader(io.BytesIO(data)), sent or Sent())  # type: ignore[arg-type]


def test_request_with_a_length() -> None:
    found = read(b"POST /a?b=c HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabcREST")
    assert found == HttpRequest("POST", "/a?b=c", [("Host", "h"), ("Content-Length", "3")], b"abc")
    assert found.header("HOST") == "h"
    assert found.header("Other", "default") == "default"


def test_closed_connection_is_no_request() -> None:
    assert read(b"") is None


def test_absolute_target_is_cut_to_its_path() -> None:
    found = read(b"GET http://127.0.0.1:1/a/b?c HTTP/1.1\r\n\r\n")
    assert found is not None
    assert found.target == "/a/b?c"


def test_chunked_body() -> None:
    found = read(
        b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n"
    )
    assert found is not None
    assert found.body == b"abcde"


def test_expect_continue_is_answered_before_the_body() -> None:
    sent = Sent()
    found = read(b"PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi", sent)
    assert found is not None
    assert (found.body, sent.data) == (b"hi", b"HTTP/1.1 100 Continue\r\n\r\n")


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=5))
def test_aws_chunked_body_comes_out_plain(parts: list[bytes]) -> None:
    chunks = b"".join(b"%x;chunk-signature=abc\r\n%s\r\n" % (len(part), part) for part in parts)
    body = chunks + b"0\r\nx-amz-checksum-crc32:AAAA\r\nx-amz-trailer-signature:s\r\n\r\n"
    head = (
        "PUT /b/k HTTP/1.1\r\nContent-Encoding: gzip,aws-chunked\r\nX-Amz-Decoded-Content-Length: 1\r\n"
        "x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER\r\nX-Amz-Trailer: x-amz-checksum-crc32\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    found = read(head.encode() + body)
    assert found is not None
    assert found.body == b"".join(parts)
    assert dict(found.headers) == {
        "Content-Encoding": "gzip",
        "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
        "x-amz-checksum-crc32": "AAAA",
        "Content-Length": str(len(found.body)),
    }


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/2\r\n\r\n", 400),
        (b"GET ftp://x/ HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n folded: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\nabc", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Encoding: aws-chunked\r\nContent-Length: 3\r\n\r\nabc", 400),
        (b"GET / HTTP/1.1\r\nContent-Encoding: aws-chunked\r\nContent-Length: 6\r\n\r\nff\r\nab", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (http.MAX_BODY + 1), 413),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % (http.MAX_BODY + 1), 413),
        (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 300 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\na: " + b"b" * 70_000 + b"\r\n\r\n", 431),
    ],
)
def test_what_is_not_taken(data: bytes, status: int) -> None:
    with pytest.raises(BadRequest) as caught:
        read(data)
    assert caught.value.status == status


def test_answer_is_one_piece() -> None:
    answer = HttpResponse(200, {"A": "b", "content-length": "99", "Connection": "x"}, b"body")
    assert response_bytes(answer, head=False, close=False) == (
        b"HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 4\r\n\r\nbody"
    )


def test_answer_to_head_keeps_the_length_and_has_no_body() -> None:
    answer = HttpResponse(200, {"Content-Length": "99"}, b"")
    assert response_bytes(answer, head=True, close=True) == (
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\nConnection: close\r\n\r\n"
    )


def test_no_content_has_no_length() -> None:
    assert response_bytes(HttpResponse(204), head=False, close=False) == b"HTTP/1.1 204 No Content\r\n\r\n"


def test_header_values_cannot_start_a_new_header() -> None:
    data = response_bytes(HttpResponse(200, {"A": "b\r\nSet-Cookie: c"}), head=False, close=False)
    assert b"\r\nSet-Cookie" not in data
