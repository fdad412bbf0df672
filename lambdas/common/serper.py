"""Web search by Serper. Used only when SERPER_SECRET_ID names the secret that holds its API key.

Request and response: https://serper.dev (POST /search; `organic` is absent when nothing was found).
"""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from dataclasses import dataclass

from common import retry_after, secrets
from common.errors import UnexpectedContent, UpstreamBlocked, UpstreamThrottled, UpstreamUnavailable

SECRET_ENV = "SERPER_SECRET_ID"
ENDPOINT = "https://google.serper.dev/search"
TIMEOUT_SECONDS = 15
MAX_ANSWER_BYTES = 1_000_000


@dataclass(frozen=True)
class Hit:
    """One search result."""

    title: str
    link: str
    snippet: str


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect is an error: urllib would send the API key to wherever it leads."""

    def redirect_request(self, *_: object) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirects)


def configured() -> bool:
    """Whether this function may search."""
    return secrets.configured(SECRET_ENV)


def search(query: str, *, count: int = 10, endpoint: str = ENDPOINT) -> list[Hit]:
    """Search the web; at most `count` hits, best first. One call costs one Serper credit.

    Raises ConfigurationError, UpstreamThrottled, UpstreamBlocked, UpstreamUnavailable, UnexpectedContent.
    """
    request = urllib.request.Request(
        endpoint,
        data=json.dumps({"q": query, "num": count}).encode("utf-8"),
        headers={"X-API-KEY": secrets.get(SECRET_ENV), "Content-Type": "application/json"},
        method="POST",
    )
    try:
        with _opener.open(request, timeout=TIMEOUT_SECONDS) as response:
            body = response.read(MAX_ANSWER_BYTES + 1)
    except urllib.error.HTTPError as error:
        with error:
            raise _refusal(
                error.code, error.headers.get("Retry-After") or ""
            ) from None  # the original error holds the request, and with it the key
    except (OSError, http.client.HTTPException) as error:
        raise UpstreamUnavailable(f"Serper: {type(error).__name__}") from None
    return _hits(body)[:count]


def _refusal(status: int, asked: str) -> Exception:
    """asked: the answer's Retry-After."""
    if status == 429:
        return UpstreamThrottled("Serper asked to slow down (429)", retry_after.seconds(asked))
    if status in (400, 401, 402, 403):
        return UpstreamBlocked(f"Serper refused the call ({status}): check the API key and the credits left")
    if status >= 500:
        return UpstreamUnavailable(f"Serper answered {status}")
    return UnexpectedContent(f"Serper answered {status}")


def _hits(body: bytes) -> list[Hit]:
    try:
        answer = json.loads(body)
    except ValueError:
        raise UnexpectedContent("Serper's answer is not JSON, or over the size limit") from None
    rows = answer.get("organic", []) if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        raise UnexpectedContent("Serper's answer has no list of results")
    return [
        Hit(str(row.get("title", "")), str(row["link"]), str(row.get("snippet", "")))
        for row in rows
        if isinstance(row, dict) and row.get("link")
    ]
