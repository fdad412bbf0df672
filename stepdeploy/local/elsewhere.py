"""An embedded AWS that somebody else runs: STEPDEPLOY_LOCAL_ENDPOINT names it (a proxy before it, or one that is shared).

Loads nothing of the server.
"""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

from stepdeploy.errors import LocalAwsError, UsageError
from stepdeploy.local.manager import ask_health

VARIABLE = "STEPDEPLOY_LOCAL_ENDPOINT"
#: The server listens on 127.0.0.1 and nowhere else.
_HOSTS = ("127.0.0.1", "localhost")


def endpoint() -> str | None:
    """`http://127.0.0.1:PORT` of the embedded AWS that the environment variable names; None where it is not set.

    Raises UsageError for what is no plain loopback address: what is meant for the embedded AWS, with its dummy
    credentials and its data, never leaves this machine.
    """
    given = os.environ.get(VARIABLE)
    if not given:
        return None
    try:
        url = urlsplit(given)
        port = url.port
    except ValueError:
        raise _refused(given) from None
    plain = not (url.username or url.password or url.query or url.fragment or url.path.strip("/"))
    if url.scheme != "http" or url.hostname not in _HOSTS or not port or not plain:
        raise _refused(given)
    return f"http://127.0.0.1:{port}"


def health(address: str) -> dict[str, Any]:
    """What it says of itself (`EmbeddedAws.health`). address: from `endpoint`. Raises LocalAwsError."""
    found = ask_health(urlsplit(address).port or 0)
    if found is None or "replayed" not in found:
        raise LocalAwsError(
            f"no embedded AWS answers at {address}",
            where=VARIABLE,
            hint=f"Start it, or unset {VARIABLE}: then each project has one of its own.",
        )
    return found


def refuse(what: str) -> None:
    """Raise UsageError where the embedded AWS in use is not this workspace's own. what: "stopped", "emptied"."""
    if address := endpoint():
        raise UsageError(
            f"the embedded AWS at {address} was not started for this project, so it is not {what} from here",
            where=VARIABLE,
            hint=f"End it where it was started, or unset {VARIABLE}.",
        )


def _refused(given: str) -> UsageError:
    return UsageError(
        f"{given!r} is not the address of an embedded AWS on this machine",
        where=VARIABLE,
        hint="It has the form http://127.0.0.1:PORT. Real AWS is for environments with an account_id.",
    )
