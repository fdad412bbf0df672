"""HTTP connections that go to an address chosen beforehand, while TLS is still verified for the host's name.

Built on the standard library's http.client rather than on requests: requests (through urllib3) resolves names itself,
reads proxies and .netrc from the environment, keeps cookies, follows redirects and unpacks bodies without a limit.
Each of these would have to be switched off; here none exists. It also spares the Lambda 100 ms of imports.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from types import TracebackType

from common.urls import Target


class PinnedConnection(http.client.HTTPConnection):
    """An HTTP(S) connection to the first of the given addresses that answers. `timeout` is in seconds."""

    def __init__(self, target: Target, addresses: Sequence[str], timeout: float) -> None:
        super().__init__(target.host, target.port, timeout=timeout)
        self.raw: socket.socket | None = None  # outlives `sock`, which http.client drops on "Connection: close"
        self._addresses = addresses
        self._server_name = target.host if target.scheme == "https" else None

    def connect(self) -> None:
        """Open the socket. Raises OSError (ssl.SSLError when the certificate is not the host's)."""
        self.sock = self.raw = self._open()
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._server_name is not None:
            self.sock = self.raw = tls_context().wrap_socket(self.sock, server_hostname=self._server_name)

    def _open(self) -> socket.socket:
        failure: OSError = OSError("no address to connect to")
        for address in self._addresses:
            try:
                return socket.create_connection((address, self.port), self.timeout)
            except OSError as error:
                failure = error
        raise failure


@lru_cache(maxsize=1)
def tls_context() -> ssl.SSLContext:
    """The system's trust store, with certifi's (it comes with requests) where that is installed; TLS 1.2 and up."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        import certifi
    except ImportError:
        return context
    context.load_verify_locations(cafile=certifi.where())
    return context


class Connections:
    """Open connections, kept for reuse by (scheme, host, port). Not for use by several threads."""

    def __init__(self) -> None:
        self._idle: dict[tuple[str, str, int], PinnedConnection] = {}

    def request(
        self,
        target: Target,
        addresses: Callable[[], Sequence[str]],
        headers: dict[str, str],
        *,
        timeout: float,
        watchdog: Watchdog,
    ) -> tuple[PinnedConnection, http.client.HTTPResponse]:
        """Send a GET and read the answer's head. A kept connection that was dropped meanwhile is opened anew, once.

        `addresses` is only called when a connection has to be opened: a kept one stays on its checked address.
        `timeout` (seconds) bounds each socket operation. Raises OSError, http.client.HTTPException, and what
        `addresses` raises.
        """
        kept = self._idle.pop((target.scheme, target.host, target.port), None)
        if kept is not None:
            try:
                return kept, _send(kept, target, headers, watchdog)
            except (http.client.RemoteDisconnected, ConnectionError):
                kept.close()
        connection = PinnedConnection(target, addresses(), timeout)
        try:
            return connection, _send(connection, target, headers, watchdog)
        except BaseException:
            connection.close()
            raise

    def keep(self, target: Target, connection: PinnedConnection) -> None:
        """Keep a connection whose answer was read to the end."""
        self._idle[(target.scheme, target.host, target.port)] = connection

    def close(self) -> None:
        """Close all kept connections."""
        while self._idle:
            self._idle.popitem()[1].close()


def _send(
    connection: PinnedConnection, target: Target, headers: dict[str, str], watchdog: Watchdog
) -> http.client.HTTPResponse:
    watchdog.watch(connection)
    connection.putrequest("GET", target.path, skip_host=True, skip_accept_encoding=True)
    connection.putheader("Host", target.host_header)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    return connection.getresponse()


class Watchdog:
    """Shuts a connection's socket when time is up: a server that sends a byte now and then trips no read timeout."""

    def __init__(self, seconds: float) -> None:
        self.expired = False
        self._connection: PinnedConnection | None = None
        self._timer = threading.Timer(max(seconds, 0.0), self._expire)
        self._timer.daemon = True

    def __enter__(self) -> Watchdog:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()

    def watch(self, connection: PinnedConnection) -> None:
        """Name the connection to shut."""
        self._connection = connection

    def _expire(self) -> None:
        self.expired = True
        sock = self._connection.raw if self._connection else None
        if sock is not None:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it was closed meanwhile, which is what we want
