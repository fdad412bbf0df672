"""Which addresses may be reached: the rules against server-side request forgery.

A URL is checked twice: once as text (`check_url`), once after DNS (`checked_addresses`). The connection then goes to
an address that was checked, so that a second DNS answer cannot lead elsewhere (DNS rebinding).
The list of traps follows the OWASP "Server-Side Request Forgery Prevention Cheat Sheet".
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Collection
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from common.errors import UnsafeUrl, UpstreamUnavailable

Resolver = Callable[[str, int], list[str]]

MAX_URL_LENGTH = 2048
_DEFAULT_PORTS = {"http": 80, "https": 443}
_UNSAFE_CHARACTERS = re.compile(r"[\x00-\x20\x7f\\]")
_HOST_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
# Names that never mean a host of the public internet (RFC 6761, RFC 6762, RFC 8375, ICANN's .internal).
_LOCAL_SUFFIXES = ("localhost", "local", "internal", "intranet", "lan", "home.arpa")
# Outside the ranges that `ipaddress` calls private (it varies with the Python version), yet not of the public internet:
# Azure's wire server, IETF protocol assignments, 6to4 relays, IPv4-compatible, site-local and local-use NAT64.
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(network)
    for network in ("168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24", "::/96", "fec0::/10", "64:ff9b:1::/48")
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Target(NamedTuple):
    """A URL that passed the static checks, in parts. `path` starts with "/" and holds the query."""

    url: str
    scheme: str
    host: str
    port: int
    path: str
    allowed_private: bool

    @property
    def host_header(self) -> str:
        """The value of the Host header (RFC 9110 section 7.2): the port only when it is not the scheme's own."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == _DEFAULT_PORTS[self.scheme] else f"{name}:{self.port}"


def check_url(url: str, allowed_private: Collection[str] = ()) -> Target:
    """Check a URL as text: scheme, credentials, port, host name, literal address.

    `allowed_private` holds "host:port" pairs that are admitted although they are private.
    Raises UnsafeUrl.
    """
    if not url or len(url) > MAX_URL_LENGTH:
        raise UnsafeUrl(f"the URL is empty or longer than {MAX_URL_LENGTH} characters")
    if _UNSAFE_CHARACTERS.search(url):
        raise UnsafeUrl(f"the URL holds a blank, a backslash or a control character: {url!r}")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UnsafeUrl(f"not a URL: {url!r}: {error}") from None
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS:
        raise UnsafeUrl(f"only http and https are allowed: {url!r}")
    if "@" in parts.netloc:
        raise UnsafeUrl("a URL must not hold a user name or a password")
    host = _ascii_host(parts.hostname or "", url)
    port = _DEFAULT_PORTS[scheme] if port is None else port
    allowed = f"{host}:{port}" in allowed_private
    if not allowed:
        _check_host(host, port, url)
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._") + (
        f"?{_quoted_query(parts.query)}" if parts.query else ""
    )
    target = Target("", scheme, host, port, path, allowed)
    return target._replace(url=f"{scheme}://{target.host_header}{path}")


def checked_addresses(target: Target, resolve: Resolver) -> list[str]:
    """All addresses of the target's host, each checked; one bad answer refuses the host.

    Raises UnsafeUrl; UpstreamUnavailable when the name does not resolve.
    """
    addresses = resolve(target.host, target.port)
    if not addresses:
        raise UpstreamUnavailable(f"the name {target.host} does not resolve")
    if not target.allowed_private:
        for address in addresses:
            if not is_public(address):
                raise UnsafeUrl(f"{target.host} resolves to {address}, which is not a public address")
    return addresses


def system_resolver(host: str, port: int) -> list[str]:
    """The system's answer for a host name: addresses as text, in the order to try them. Raises UpstreamUnavailable."""
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UpstreamUnavailable(f"the name {host} does not resolve: {error}") from None
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


def is_public(address: str) -> bool:
    """Whether an address (text, IPv4 or IPv6) is one of the public internet; addresses inside addresses count too."""
    try:
        parsed = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return False
    embedded = _embedded_ipv4(parsed)
    if embedded is not None:
        return is_public(str(embedded))
    if any(parsed in network for network in _NOT_PUBLIC):
        return False
    return parsed.is_global and not (parsed.is_multicast or parsed.is_reserved)


def _embedded_ipv4(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one carries: mapped, 6to4, NAT64."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _ascii_host(host: str, url: str) -> str:
    """The host in lower case ASCII, without a final dot."""
    host = host.rstrip(".").lower()
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            raise UnsafeUrl(f"the host name is not valid: {url!r}") from None
    if not host:
        raise UnsafeUrl(f"the URL has no host: {url!r}")
    return host


def _check_host(host: str, port: int, url: str) -> None:
    """Refuse other ports, local names and literal addresses that are not public, in every notation."""
    if port not in _DEFAULT_PORTS.values():
        raise UnsafeUrl(f"only the ports 80 and 443 are allowed: {url!r}")
    if ":" in host:
        if not is_public(host):
            raise UnsafeUrl(f"{host} is not a public address")
        return
    if not _HOST_NAME.fullmatch(host):
        raise UnsafeUrl(f"the host name is not valid: {url!r}")
    last = host.rsplit(".", 1)[-1]
    # A last label of digits makes the host an IPv4 address to browsers and to inet_aton, which also read
    # 2130706433, 0177.0.0.1 and 0x7f.1 (WHATWG URL, "ends in a number checker").
    if last.isdigit() or re.fullmatch(r"0x[0-9a-f]*", last):
        if not is_public(host):
            raise UnsafeUrl(f"{host} is not a public address in plain dotted form")
    elif host in _LOCAL_SUFFIXES or host.endswith(tuple(f".{suffix}" for suffix in _LOCAL_SUFFIXES)):
        raise UnsafeUrl(f"{host} is a name of a private network")


def _quoted_query(query: str) -> str:
    return quote(query, safe="/?%:@!$&'()*+,;=~-._[]")
