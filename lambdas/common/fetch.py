"""The one way a Lambda reads from the internet: safe against SSRF, bounded in size and in time.

::

    fetcher = Fetcher("Example Research research@example.com", min_interval={"sec.gov": 0.11})
    page = fetcher.get("https://example.com/about", accept=("text/html",))
    page.url, page.text

Nothing is tried again here (the state machine retries), but for a kept connection that the other side had dropped.
"""

from __future__ import annotations

import http.client
import math
import os
import re
import ssl
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from urllib.parse import urljoin, urlsplit

from common import answers
from common.errors import ConfigurationError, UnsafeUrl, UpstreamUnavailable
from common.page import Page
from common.pinned import Connections, Watchdog
from common.unpack import unpacked
from common.urls import Resolver, Target, check_url, checked_addresses, system_resolver

__all__ = ["Fetcher", "Page"]

MAX_REDIRECTS = 5
MEGABYTE = 1_000_000
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class Fetcher:
    """A GET client. Not for use by several threads at once.

    user_agent: sent with every request; EDGAR wants "name e-mail" in it.
    allowed_private: "host:port" pairs that are admitted although they are private.
    route: None for the internet; "samples" sends every request to the embedded AWS, which answers from samples/.
    max_bytes: limit for a body, both packed and unpacked. timeout: seconds for one socket operation.
    deadline: seconds for one get(), redirects included. total: seconds for all of them, from now on.
    min_interval: seconds between two requests to a domain and all below it, e.g. {"sec.gov": 0.11}.
    tick: called for every piece that arrives (common.progress.tick).
    """

    def __init__(
        self,
        user_agent: str,
        *,
        allowed_private: Collection[str] = frozenset(),
        route: str | None = None,
        max_bytes: int = 10 * MEGABYTE,
        timeout: float = 10.0,
        deadline: float = 30.0,
        total: float = math.inf,
        min_interval: Mapping[str, float] | None = None,
        resolve: Resolver = system_resolver,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        self.calls: Counter[str] = Counter()
        self._user_agent = user_agent
        self._allowed_private = frozenset(allowed_private)
        self._samples = _samples_endpoint() if route == "samples" else None
        self._max_bytes = max_bytes
        self._timeout = timeout
        self._deadline = deadline
        self._min_interval = dict(min_interval or {})
        self._resolve = resolve
        self._clock = clock
        self._ends = clock() + total
        self._sleep = sleep
        self._tick = tick
        self._last_call: dict[str, float] = {}
        self._connections = Connections()

    @classmethod
    def from_environment(cls, request: Mapping[str, object], **options: object) -> Fetcher:
        """A fetcher as the Lambda's environment sets it: USER_AGENT, ALLOWED_PRIVATE_HOSTS, FETCH_ROUTE.

        A request with `"live": true` goes to the internet whatever FETCH_ROUTE says. `options` go to the constructor.
        Raises ConfigurationError when USER_AGENT holds no e-mail address: EDGAR refuses such clients.
        """
        user_agent = os.environ.get("USER_AGENT", "").strip()
        if not _EMAIL.search(user_agent) or not user_agent.isprintable():
            raise ConfigurationError("USER_AGENT must hold an e-mail address, e.g. 'Example Research me@example.com'")
        route = os.environ.get("FETCH_ROUTE", "").strip() or None
        if route not in (None, "samples"):
            raise ConfigurationError(f"FETCH_ROUTE must be empty or 'samples', not {route!r}")
        hosts = (host.strip() for host in os.environ.get("ALLOWED_PRIVATE_HOSTS", "").split(","))
        return cls(
            user_agent,
            allowed_private=frozenset(host for host in hosts if host),
            route=None if request.get("live") is True else route,
            **options,  # type: ignore[arg-type]
        )

    def get(self, url: str, *, accept: tuple[str, ...], max_bytes: int | None = None) -> Page:
        """Read a page. `accept` names the media types wanted ("text/html", "text/*").

        Raises UnsafeUrl, PageNotFound, UpstreamBlocked, UpstreamThrottled, UpstreamUnavailable, UnexpectedContent,
        DocumentTooLarge.
        """
        limit = self._max_bytes if max_bytes is None else max_bytes
        target = check_url(url, self._allowed_private)
        seconds = min(self._deadline, self._ends - self._clock())
        if seconds <= 0:
            raise UpstreamUnavailable(f"{url}: there is no time left to read it")
        ends = self._clock() + seconds
        with Watchdog(seconds) as watchdog:
            for _ in range(MAX_REDIRECTS + 1):
                answer = self._get_once(target, accept, limit, watchdog, ends)
                if isinstance(answer, Page):
                    return answer
                target = self._next_hop(target, answer)
        raise UnsafeUrl(f"{url} redirects more than {MAX_REDIRECTS} times")

    def close(self) -> None:
        """Close the kept connections."""
        self._connections.close()

    def _next_hop(self, target: Target, location: str) -> Target:
        following = check_url(urljoin(target.url, location), self._allowed_private)
        if target.scheme == "https" and following.scheme == "http":
            raise UnsafeUrl(f"{target.url} redirects from https to http")
        return following

    def _get_once(
        self, target: Target, accept: tuple[str, ...], limit: int, watchdog: Watchdog, ends: float
    ) -> Page | str:
        """One request: the page, or where the redirect leads."""
        self._wait_for_turn(target.host)
        self.calls[target.host] += 1
        wire = self._wire_target(target)
        timeout = min(self._timeout, max(ends - self._clock(), 0.001))
        headers = {"User-Agent": self._user_agent, "Accept": ", ".join(accept), "Accept-Encoding": "gzip"}
        try:
            connection, response = self._connections.request(
                wire, lambda: self._addresses(wire), headers, timeout=timeout, watchdog=watchdog
            )
            try:
                answer = self._read(target, response, accept, limit)
                if watchdog.expired:  # a body without a length, cut off by us, looks complete
                    raise TimeoutError
            except BaseException:
                response.close()  # an answer that ends with its connection has taken the socket over
                connection.close()
                raise
        except ssl.SSLCertVerificationError as error:
            raise UpstreamUnavailable(f"{target.host}: the certificate is not valid: {error.verify_message}") from error
        except (OSError, ValueError, AttributeError, http.client.HTTPException) as error:
            # ValueError and AttributeError come out of ssl and http.client when the watchdog shuts a socket in use.
            if watchdog.expired or isinstance(error, TimeoutError):
                raise UpstreamUnavailable(f"{target.url}: no complete answer in time") from error
            if isinstance(error, (ValueError, AttributeError)):
                raise
            raise UpstreamUnavailable(f"{target.url}: {type(error).__name__}: {error}") from error
        if response.will_close or not response.isclosed():
            response.close()
            connection.close()
        else:
            self._connections.keep(wire, connection)
        return answer

    def _read(
        self, target: Target, response: http.client.HTTPResponse, accept: tuple[str, ...], limit: int
    ) -> Page | str:
        """Turn an answer into a page, a redirect's location, or an error."""
        if response.status in _REDIRECTS:
            return answers.location_of(target.url, response)
        if response.status != 200:
            body = b"".join(unpacked(self._chunks(response), response.headers, answers.ERROR_BYTES, strict=False))
            raise answers.error_for(target.url, response, body)
        answers.check_length(target.url, response, limit)
        content_type = answers.media_type(response)
        if not answers.is_accepted(content_type, accept):
            body = b"".join(unpacked(self._chunks(response), response.headers, answers.ERROR_BYTES, strict=False))
            raise answers.unexpected_type(target.url, content_type, accept, body)
        body = b"".join(unpacked(self._chunks(response), response.headers, limit))
        return Page(target.url, response.status, content_type, body, response.headers.get_content_charset() or "")

    def _chunks(self, response: http.client.HTTPResponse) -> Iterator[bytes]:
        while chunk := response.read1(65_536):
            self._tick()
            yield chunk
        if response.length:  # the other side hung up early; read1, unlike read, does not say so
            raise http.client.IncompleteRead(b"", response.length)
        response.read()  # nothing is left; this makes http.client see the end, so that the connection can be kept

    def _addresses(self, wire: Target) -> list[str]:
        return checked_addresses(wire, self._resolve)

    def _wire_target(self, target: Target) -> Target:
        """Where the request really goes: the target, or the embedded AWS's folder of samples for its host."""
        if self._samples is None or target.allowed_private:
            return target
        path = f"{self._samples.path.rstrip('/')}/_samples/{target.host}{target.path}"
        return self._samples._replace(url=target.url, path=path)

    def _wait_for_turn(self, host: str) -> None:
        """Keep the distance between two requests to one domain."""
        for domain, interval in self._min_interval.items():
            if host == domain or host.endswith(f".{domain}"):
                wait = self._last_call.get(domain, float("-inf")) + interval - self._clock()
                if wait > 0 and self._samples is None:
                    self._sleep(wait)
                self._last_call[domain] = self._clock()


def _samples_endpoint() -> Target:
    """The embedded AWS's address. It is loopback and set by us, so it is admitted as it stands."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    netloc = urlsplit(endpoint).netloc.lower()
    if not netloc:
        raise ConfigurationError("FETCH_ROUTE=samples needs AWS_ENDPOINT_URL")
    return check_url(endpoint, {netloc})
