"""What an HTTP answer means: redirect, accepted content, or which error of ours."""

from __future__ import annotations

import http.client
from collections.abc import Collection

from common import retry_after
from common.errors import (
    DocumentTooLarge,
    PageNotFound,
    PipelineError,
    UnexpectedContent,
    UpstreamBlocked,
    UpstreamThrottled,
    UpstreamUnavailable,
)

ERROR_BYTES = 65_536
# EDGAR's own pages, sent with 403 and now and then with 200 (https://www.sec.gov/os/accessing-edgar-data).
_UNDECLARED = b"undeclared automated tool"
_TOO_FAST = (b"request rate threshold exceeded", b"exceeding the rate", b"too many requests")
# S3 answers 403 AccessDenied for a key that is missing when the caller may not list the bucket
# (Amazon S3 API reference, GetObject, "Permissions"); EDGAR's archive and many sites are served so.
_S3_MISSING = (b"<code>accessdenied</code>", b"<code>nosuchkey</code>")


def location_of(url: str, response: http.client.HTTPResponse) -> str:
    """The Location of a redirect. Raises UnexpectedContent when there is none."""
    location = response.headers.get("Location", "").strip()
    if not location:
        raise UnexpectedContent(f"{url} answers {response.status} without a Location")
    return location


def media_type(response: http.client.HTTPResponse) -> str:
    """The media type in lower case without parameters; "" when there is no Content-Type."""
    return response.headers.get("Content-Type", "").split(";")[0].strip().lower()


def is_accepted(content_type: str, accept: Collection[str]) -> bool:
    """Whether a media type is one of those wanted; "text/*" and "*/*" are understood."""
    return content_type in accept or "*/*" in accept or f"{content_type.split('/')[0]}/*" in accept


def check_length(url: str, response: http.client.HTTPResponse, limit: int) -> None:
    """Refuse a body whose announced length is over the limit, before reading it. Raises DocumentTooLarge."""
    if response.length is not None and response.length > limit:
        raise DocumentTooLarge(f"{url} is {response.length:,} bytes long, over the limit of {limit:,}")


def unexpected_type(url: str, content_type: str, accept: Collection[str], body: bytes) -> PipelineError:
    """The error for a content type that was not wanted: EDGAR sends its refusals with 200 at times."""
    refusal = _refusal(url, body)
    return refusal or UnexpectedContent(f"{url} is {content_type or 'of no stated type'}, not {' or '.join(accept)}")


def error_for(url: str, response: http.client.HTTPResponse, body: bytes) -> PipelineError:
    """The error for a status other than 200 and the redirects. `body` holds at most ERROR_BYTES."""
    status = response.status
    if status in (404, 410):
        return PageNotFound(f"{url} does not exist ({status})")
    if status == 429:
        asked = retry_after.seconds(response.headers.get("Retry-After", ""))
        return UpstreamThrottled(f"{url}: too many requests{_retry_after(response)}", asked)
    if status >= 500 or status in (408, 425):
        return UpstreamUnavailable(f"{url} answers {status}{_retry_after(response)}")
    if status in (401, 403, 451):
        if any(mark in body.lower() for mark in _S3_MISSING):
            return PageNotFound(f"{url} does not exist ({status} with S3's AccessDenied)")
        return _refusal(url, body) or UpstreamBlocked(f"{url} refuses us ({status})")
    return UnexpectedContent(f"{url} answers {status}")


def _refusal(url: str, body: bytes) -> PipelineError | None:
    page = body[:ERROR_BYTES].lower()
    if any(mark in page for mark in _TOO_FAST):
        return UpstreamThrottled(f"{url}: the request rate is over the other side's limit")
    if _UNDECLARED in page:
        return UpstreamBlocked(f"{url}: refused as an undeclared automated tool; see USER_AGENT")
    return None


def _retry_after(response: http.client.HTTPResponse) -> str:
    value = response.headers.get("Retry-After", "").strip()
    return f", retry after {value[:40]}" if value else ""
