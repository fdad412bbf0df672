"""The HTTP front: who is answered, and how connections are kept."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from stepdeploy.local import server
from stepdeploy.local.server import Front, why_refused
from stepdeploy.local.wire import HttpRequest, HttpResponse


@pytest.mark.parametrize(
    ("headers", "refused"),
    [
        ([("Host", "127.0.0.1:80")], False),
        ([("Host", "127.0.0.1")], False),
        ([("Host", "localhost:80")], False),
        ([("Host", "b.localhost:80")], False),
        ([("Host", "127.0.0.1:81")], True),
        ([("Host", "localhost.evil.example:80")], True),
        ([("Host", "xlocalhost:80")], True),
        ([("Host", "[::1]:80")], True),
        ([], True),
        ([("Host", "localhost"), ("Origin", "http://localhost")], True),
        ([("Host", "localhost"), ("Sec-Fetch-Site", "cross-site")], True),
        ([("Host", "localhost"), ("Sec-Fetch-Site", "none")], False),
    ],
)
def test_who_is_refused(headers: list[tuple[str, str]], refused: bool) -> None:
    assert bool(why_refused(HttpRequest("GET", "/", headers), 80)) is refused


def echo(request: HttpRequest) -> HttpResponse:
    if request.target == "/crash":
        raise RuntimeError("on purpose")
    return HttpResponse(200, {}, request.target.encode())


@pytest.fixture
def front() -> Iterator[Front]:
    made = Front(0, echo)
    made.start()
    yield made
    made.stop()


def ask(connection: socket.socket, front: Front, target: str, extra: str = "") -> bytes:
    connection.sendall(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{front.port}\r\n{extra}\r\n".encode())
    return connection.recv(65536)


def test_connection_is_kept(front: Front) -> None:
    with socket.create_connection(("127.0.0.1", front.port), 5) as connection:
        for target in ("/a", "/b"):
            assert ask(connection, front, target).endswith(target.encode())
        assert front.requests == 2


def test_connection_is_closed_when_asked(front: Front) -> None:
    with socket.create_connection(("127.0.0.1", front.port), 5) as connection:
        assert b"Connection: close" in ask(connection, front, "/a", "Connection: close\r\n")
        assert connection.recv(1) == b""


def test_crash_is_an_answer_and_the_connection_lives_on(front: Front, caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_connection(("127.0.0.1", front.port), 5) as connection:
        assert ask(connection, front, "/crash").startswith(b"HTTP/1.1 500 ")
        assert ask(connection, front, "/a").endswith(b"/a")
    assert "on purpose" in caplog.text


def test_broken_request_is_answered_and_closed(front: Front) -> None:
    with socket.create_connection(("127.0.0.1", front.port), 5) as connection:
        connection.sendall(b"nonsense\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 400 ")
        assert connection.recv(1) == b""


def test_taken_port_gives_another_one(front: Front) -> None:
    second = Front(front.port, echo)
    assert second.port not in (0, front.port)
    second.stop()


def test_idle_connections_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MAX_CONNECTIONS", 4)
    front = Front(0, echo)
    front.start()
    connections = [socket.create_connection(("127.0.0.1", front.port), 5) for _ in range(12)]
    try:
        assert ask(connections[-1], front, "/last").endswith(b"/last")
    finally:
        for connection in connections:
            connection.close()
        front.stop()


def test_many_at_once(front: Front) -> None:
    answers: list[bytes] = []

    def go(number: int) -> None:
        with socket.create_connection(("127.0.0.1", front.port), 5) as connection:
            answers.append(ask(connection, front, f"/{number}").rpartition(b"/")[2])

    threads = [threading.Thread(target=go, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers, key=int) == [str(number).encode() for number in range(30)]
