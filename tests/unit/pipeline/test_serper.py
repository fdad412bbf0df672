"""Search, against a server on loopback that answers as Serper does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from common import secrets, serper
from common.errors import UnexpectedContent, UpstreamBlocked, UpstreamThrottled, UpstreamUnavailable


class Server(HTTPServer):
    """Answers every call with `status` and `body`; keeps what it was sent."""

    status = 200
    body = b"{}"
    location = ""
    seen: list[dict[str, Any]]


class Answer(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer({"key": self.headers["X-API-KEY"], **json.loads(content)})

    def do_GET(self) -> None:
        self._answer({"followed": self.headers["X-API-KEY"]})

    def _answer(self, seen: dict[str, Any]) -> None:
        self.server.seen.append(seen)
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("SERPER_SECRET_ID", "serper")
    monkeypatch.setattr(secrets, "get", lambda _: "s3cret-key")
    with Server(("127.0.0.1", 0), Answer) as running:
        running.seen = []
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def search(server: Server, **options: Any) -> list[serper.Hit]:
    return serper.search("example", endpoint=f"http://127.0.0.1:{server.server_port}/search", **options)


def test_hits(server: Server) -> None:
    rows = [{"title": "T", "link": "https://e.com", "snippet": "S", "position": 1}, {"title": "no link"}, "odd"]
    server.body = json.dumps({"organic": rows}).encode()
    assert search(server, count=3) == [serper.Hit("T", "https://e.com", "S")]
    assert server.seen == [{"key": "s3cret-key", "q": "example", "num": 3}]


def test_no_hits(server: Server) -> None:
    assert search(server) == []


@pytest.mark.parametrize(
    ("status", "expected"),
    [(429, UpstreamThrottled), (403, UpstreamBlocked), (402, UpstreamBlocked), (503, UpstreamUnavailable)],
)
def test_refusals(server: Server, status: int, expected: type[Exception]) -> None:
    server.status = status
    with pytest.raises(expected) as raised:
        search(server)
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"organic": {}}'])
def test_an_answer_of_another_shape(server: Server, body: bytes) -> None:
    server.body = body
    with pytest.raises(UnexpectedContent):
        search(server)


def test_the_key_does_not_follow_a_redirect(server: Server) -> None:
    server.status, server.location = 302, f"http://127.0.0.1:{server.server_port}/elsewhere"
    with pytest.raises(UnexpectedContent, match="302"):
        search(server)
    assert len(server.seen) == 1


def test_no_answer(server: Server) -> None:
    with pytest.raises(UpstreamUnavailable, match="Serper"):
        serper.search("example", endpoint="http://127.0.0.1:9/search")
