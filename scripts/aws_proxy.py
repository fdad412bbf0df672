"""A loopback proxy before an embedded AWS: it names every call, counts, delays, and can answer in AWS's place.

    python scripts/aws_proxy.py --to http://127.0.0.1:4566 --delay-ms 30

prints its own address, for STEPDEPLOY_LOCAL_ENDPOINT, and at Ctrl-C what was called. In a script:

    with proxying(forward_to(endpoint), delay=0.03) as proxy:
        ...
        calls = proxy.calls()
        print(counts(calls), serial_levels(calls))
"""

from __future__ import annotations

import argparse
import http.client
import json
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any
from urllib.parse import SplitResult, urlsplit

from aws_operations import Operation, operation_of

from stepdeploy.local.server import Front
from stepdeploy.local.wire import ApiError, HttpRequest, HttpResponse

Answer = Callable[[HttpRequest], HttpResponse]


@dataclass
class Seen:
    """One call. nth: how many of this operation on this resource there were, this one included. start, end: seconds of
    time.monotonic(). status: of the answer, 0 where there was none (yet). request: as it came."""

    operation: Operation
    nth: int
    request: HttpRequest = field(repr=False)
    start: float
    end: float = 0.0
    status: int = 0

    @property
    def identity(self) -> str:
        """`lambda:PublishVersion Greet-local #1`: the same from run to run."""
        return " ".join(part for part in (self.operation.label, self.operation.resource, f"#{self.nth}") if part)


class Lost(BaseException):
    """Raised by a meddler: the connection is closed without an answer."""


Meddler = Callable[[Seen, Callable[[], HttpResponse]], HttpResponse]
"""Stands in for a call: gives the answer, by calling what it is given (which asks AWS) or by itself. May raise Lost."""


class _Door(Front):
    """An HTTP front that closes the connection where the answer is lost."""

    def _serve(self, connection: socket.socket) -> None:
        try:
            super()._serve(connection)
        except Lost:
            pass  # the connection was closed on the way here


class Proxy:
    """Answers on `endpoint` with what `answer` gives. delay: seconds that each call waits before it is passed on."""

    def __init__(self, answer: Answer, *, delay: float = 0.0, meddle: Meddler | None = None) -> None:
        self.delay = delay
        self.meddle = meddle
        self._answer = answer
        self._calls: list[Seen] = []
        self._numbers: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()
        self._front = _Door(0, self._on_request)
        self.endpoint = self._front.endpoint

    def start(self) -> None:
        self._front.start()

    def stop(self) -> None:
        self._front.stop()

    def calls(self) -> list[Seen]:
        """All calls until now, in the order in which they came. What is no call of AWS's API is not among them."""
        with self._lock:
            return list(self._calls)

    def forget(self) -> None:
        """Begin to count anew."""
        with self._lock:
            self._calls.clear()
            self._numbers.clear()

    def _on_request(self, request: HttpRequest) -> HttpResponse:
        try:
            seen = self._note(request)
        except ApiError:  # not signed: the server's own paths
            return self._answer(request)
        if self.delay:
            time.sleep(self.delay)
        try:
            response = self.meddle(seen, lambda: self._answer(request)) if self.meddle else self._answer(request)
            seen.status = response.status
            return response
        finally:
            seen.end = time.monotonic()

    def _note(self, request: HttpRequest) -> Seen:
        start = time.monotonic()
        operation = operation_of(request)
        key = operation.label, operation.resource
        with self._lock:
            self._numbers[key] += 1
            seen = Seen(operation, self._numbers[key], request, start)
            self._calls.append(seen)
        return seen


@contextmanager
def proxying(answer: Answer, *, delay: float = 0.0, meddle: Meddler | None = None) -> Iterator[Proxy]:
    """A proxy that listens while the block runs."""
    proxy = Proxy(answer, delay=delay, meddle=meddle)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()


def forward_to(endpoint: str) -> Answer:
    """Pass requests on to an embedded AWS at `http://127.0.0.1:PORT`, each thread over a connection of its own that is
    kept. What the connection does to a request (Host, Connection, Expect) is not passed on."""
    address = urlsplit(endpoint)
    mine = threading.local()

    def send(request: HttpRequest, headers: dict[str, str]) -> HttpResponse:
        connection: _Connection = mine.connection
        connection.request(request.method, request.target, request.body, headers)
        answer = connection.getresponse()
        return HttpResponse(answer.status, dict(answer.getheaders()), answer.read())

    def forward(request: HttpRequest) -> HttpResponse:
        dropped = ("host", "connection", "expect", "transfer-encoding", "content-length")
        headers = {name: value for name, value in request.headers if name.lower() not in dropped}
        for is_last in (False, True):
            if not hasattr(mine, "connection"):
                mine.connection = _Connection(address)
            try:
                return send(request, headers)
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                del mine.connection  # it was idle for too long, and closed
                if is_last:
                    raise
        raise AssertionError("unreachable")

    return forward


class _Connection(http.client.HTTPConnection):
    """Closed with the thread that it belongs to."""

    def __init__(self, address: SplitResult) -> None:
        super().__init__(address.hostname or "", address.port, timeout=300)
        self.connect()
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __del__(self) -> None:
        self.close()


# What calls tell ------------------------------------------------------------------------------------------------------


def counts(calls: Sequence[Seen]) -> dict[str, int]:
    """Calls by `service:Operation`, the most frequent first."""
    return dict(Counter(seen.operation.label for seen in calls).most_common())


def serial_levels(calls: Sequence[Seen]) -> int:
    """The length of the longest chain of calls in which each began after the one before had ended: how many round trips
    a run takes, however many calls go side by side."""
    ended, best = 0, 0
    open_calls: list[tuple[float, int]] = []
    for seen in sorted((seen for seen in calls if seen.end), key=lambda seen: seen.start):
        while open_calls and open_calls[0][0] <= seen.start:
            ended = max(ended, heappop(open_calls)[1])
        heappush(open_calls, (seen.end, ended + 1))
        best = max(best, ended + 1)
    return best


def summary(calls: Sequence[Seen]) -> dict[str, Any]:
    """calls, writes, serial_levels, and by_operation."""
    return {
        "calls": len(calls),
        "writes": sum(seen.operation.writes for seen in calls),
        "serial_levels": serial_levels(calls),
        "by_operation": counts(calls),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", required=True, help="the embedded AWS, http://127.0.0.1:PORT (`local status` shows it)")
    parser.add_argument("--delay-ms", type=float, default=0.0, help="added to each call")
    arguments = parser.parse_args()
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    with proxying(forward_to(arguments.to), delay=arguments.delay_ms / 1000) as proxy:
        print(proxy.endpoint, flush=True)
        over.wait()
        print(json.dumps(summary(proxy.calls()), indent=2))


if __name__ == "__main__":
    main()
