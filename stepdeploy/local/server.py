"""The HTTP front of the embedded AWS: one address, 127.0.0.1:PORT, for all services.

Nothing but a program on this machine that means us may talk to it. A web page open in a browser could reach a loopback
port too; so a request with an Origin, or for a host name other than ours (DNS rebinding), is refused.
"""

from __future__ import annotations

import json
import logging
import re
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from stepdeploy.local.http import BadRequest, read_request, response_bytes
from stepdeploy.local.wire import HttpRequest, HttpResponse

log = logging.getLogger(__name__)

ADDRESS = "127.0.0.1"
MAX_CONNECTIONS = 512
IDLE_SECONDS = 120.0
_HOST = re.compile(r"(?:127\.0\.0\.1|(?:[a-z0-9._-]+\.)?localhost)(?::(\d+))?", re.IGNORECASE)


class Front:
    """Listens, reads requests, and hands each to `answer` in the connection's own thread."""

    def __init__(self, port: int, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self._socket = _bound_socket(port)
        self.port: int = self._socket.getsockname()[1]
        self.requests = 0
        self.busy = 0
        #: When the last request was answered, time.monotonic().
        self.last_request = time.monotonic()
        self._answer = answer
        self._lock = threading.Lock()
        self._idle: dict[socket.socket, float] = {}
        self._slots = threading.BoundedSemaphore(MAX_CONNECTIONS)

    @property
    def endpoint(self) -> str:
        return f"http://{ADDRESS}:{self.port}"

    def start(self) -> None:
        """Begin to take connections, in a thread of its own."""
        self._socket.listen(256)
        threading.Thread(target=self._accept, name="accept", daemon=True).start()

    def stop(self) -> None:
        """Take no more connections, and give the requests under way a second to finish."""
        _shut(self._socket)  # wakes accept(), which close() alone does not
        self._socket.close()
        deadline = time.monotonic() + 1
        while self.busy and time.monotonic() < deadline:
            time.sleep(0.01)
        with self._lock:
            waiting = list(self._idle)
        for connection in waiting:
            _shut(connection)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return  # closed by stop()
            while not self._slots.acquire(timeout=0.05):
                self._close_longest_idle()
            threading.Thread(target=self._serve, args=(connection,), name="connection", daemon=True).start()

    def _close_longest_idle(self) -> None:
        """Make room: clients open a new connection when a kept one was closed."""
        with self._lock:
            longest = min(self._idle, key=lambda connection: self._idle[connection], default=None)
        if longest is not None:
            _shut(longest)

    def _serve(self, connection: socket.socket) -> None:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.settimeout(IDLE_SECONDS)
            with connection, connection.makefile("rb") as reader:
                while self._one(connection, reader):
                    pass
        except OSError:
            pass  # the client went away, or was silent for too long
        finally:
            self._slots.release()

    def _one(self, connection: socket.socket, reader: Any) -> bool:
        """Read and answer one request. False: the connection is to be closed."""
        with self._lock:
            self._idle[connection] = time.monotonic()
        try:
            reader.peek(1)  # waits; from the first byte on the connection is no longer idle
        finally:
            with self._lock:
                self._idle.pop(connection, None)
        try:
            request = read_request(reader, connection)
        except BadRequest as error:
            connection.sendall(response_bytes(refusal(error.status, str(error)), head=False, close=True))
            return False
        if request is None:
            return False
        close = request.header("Connection").lower() == "close"
        response = self._counted(request)
        connection.sendall(response_bytes(response, head=request.method == "HEAD", close=close))
        return not close

    def _counted(self, request: HttpRequest) -> HttpResponse:
        with self._lock:
            self.requests += 1
            self.busy += 1
        try:
            return self._guarded(request)
        finally:
            with self._lock:
                self.busy -= 1
            self.last_request = time.monotonic()

    def _guarded(self, request: HttpRequest) -> HttpResponse:
        reason = why_refused(request, self.port)
        if reason:
            return refusal(403, reason)
        try:
            return self._answer(request)
        except Exception:
            log.exception("%s %s failed", request.method, request.target.partition("?")[0])
            return refusal(500, "The embedded AWS failed on this request; its log says why")


def _bound_socket(port: int) -> socket.socket:
    """A socket bound to the wanted port, or to any free one when that is taken. Not yet listening."""
    for wanted in (port, 0):
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((ADDRESS, wanted))
            return bound
        except OSError:
            bound.close()
            if wanted == 0:
                raise
    raise AssertionError("unreachable")


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # it was closed meanwhile


def why_refused(request: HttpRequest, port: int) -> str:
    """Why a request must not be answered; "" when it may."""
    host = _HOST.fullmatch(request.header("Host"))
    if host is None or (host[1] or "80") != str(port):
        return "The Host header is not that of the embedded AWS"
    if request.header("Origin") or request.header("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        return "Requests of web pages are not answered"
    return ""


def refusal(status: int, message: str) -> HttpResponse:
    """A plain JSON error of the front itself."""
    body = {"__type": "RequestRefused", "message": message}
    return HttpResponse(status, {"Content-Type": "application/json"}, json.dumps(body).encode())
