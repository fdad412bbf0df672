"""One POST to an address that must stay secret, safe against SSRF and bounded in time.

A webhook's URL is a key: who has it can post. So nothing raised here holds the URL, the host or a header.
"""

from __future__ import annotations

import http.client
from collections.abc import Collection, Mapping
from typing import NamedTuple

from common import retry_after
from common.errors import UnsafeUrl, UpstreamUnavailable
from common.pinned import PinnedConnection, Watchdog
from common.urls import Resolver, Target, check_url, checked_addresses, system_resolver


class Answer(NamedTuple):
    """What came back. retry_after: seconds that the other side asks us to wait, None where it does not say."""

    status: int
    retry_after: float | None


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    timeout: float,
    allowed_private: Collection[str] = frozenset(),
    resolve: Resolver = system_resolver,
) -> Answer:
    """Send a body and give the answer's status; its content is not read, and a redirect is an answer like any other.

    timeout: seconds for all of it, name resolution excepted; at most two addresses of a host are tried, each with
    that time to connect. allowed_private: "host:port" pairs that are admitted
    although they are private, and that alone may be plain http.
    Raises UnsafeUrl; UpstreamUnavailable when there is no answer.
    """
    target = checked_target(url, allowed_private)
    addresses = _addresses(target, resolve)
    connection = PinnedConnection(target, addresses[:2], timeout)
    try:
        with Watchdog(timeout) as watchdog:
            watchdog.watch(connection)
            connection.putrequest("POST", target.path, skip_host=True, skip_accept_encoding=True)
            for name, value in {"Host": target.host_header, **headers, "Content-Length": str(len(body))}.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            response = connection.getresponse()
            return Answer(response.status, retry_after.seconds(response.headers.get("Retry-After", "")))
    except (OSError, ValueError, AttributeError, http.client.HTTPException) as error:
        # ValueError and AttributeError come out of ssl and http.client when the watchdog shuts a socket in use.
        raise UpstreamUnavailable(f"no answer: {type(error).__name__}") from None
    finally:
        connection.close()


def checked_target(url: str, allowed_private: Collection[str] = frozenset()) -> Target:
    """The parts of a URL that may be posted to. Raises UnsafeUrl, which does not tell the URL."""
    try:
        target = check_url(url, allowed_private)
    except UnsafeUrl:
        raise UnsafeUrl("the URL is malformed, or its port or host is not of the public internet") from None
    if target.scheme != "https" and not target.allowed_private:
        raise UnsafeUrl("the URL must begin with https://")
    return target


def _addresses(target: Target, resolve: Resolver) -> list[str]:
    try:
        return checked_addresses(target, resolve)
    except UnsafeUrl:
        raise UnsafeUrl("the URL's host resolves to an address that is not public") from None
    except UpstreamUnavailable:
        raise UpstreamUnavailable("the URL's host does not resolve") from None
