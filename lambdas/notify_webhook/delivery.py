"""Deliver one notification to one webhook: signed, tried again while there is time and sense in it."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import time
from collections.abc import Callable, Collection
from typing import NamedTuple

from common.errors import PipelineError, UpstreamUnavailable
from common.post import Answer, post
from notification import Notification, as_generic, as_slack, as_teams
from webhooks import Webhook

SIGNATURE_HEADER = "X-Stepdeploy-Signature"
MAX_ATTEMPTS = 5
POST_TIMEOUT_SECONDS = 10.0
# A first wait of one second doubles up to this many.
MAX_WAIT_SECONDS = 8.0
_FORMATS = {"slack": as_slack, "teams": as_teams, "generic": as_generic}
# Worth another try (RFC 9110; 425 RFC 8470; 429 RFC 6585). Every other status but 2xx stays what it is.
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})


class Outcome(NamedTuple):
    """What became of it. result: sent | transient (it may work later) | permanent. reason: without URL and keys."""

    label: str
    result: str
    attempts: int
    reason: str = ""


class Patience(NamedTuple):
    """When to give up and how to wait. ends: time of `clock`. first_wait: seconds before the second attempt. now: time of
    day, seconds since 1970."""

    ends: float
    first_wait: float = 1.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.time


def deliver(
    webhook: Webhook, notification: Notification, patience: Patience, allowed_private: Collection[str] = frozenset()
) -> Outcome:
    """Post until it is taken, refused for good, or time is up. Raises nothing of the network's."""
    body = json.dumps(_FORMATS[webhook.kind](notification), ensure_ascii=False).encode("utf-8")
    reason, attempt, wait = "no time was left for an attempt", 0, 0.0
    while attempt < MAX_ATTEMPTS and (left := patience.ends - patience.clock() - wait) > 0:
        patience.sleep(wait)
        attempt += 1
        asked = None
        try:
            answer = post(
                webhook.url,
                body,
                _headers(webhook, body, int(patience.now())),
                timeout=min(POST_TIMEOUT_SECONDS, left),
                allowed_private=allowed_private,
            )
        except UpstreamUnavailable as error:
            reason = str(error)
        except PipelineError as error:
            return Outcome(webhook.label, "permanent", attempt, str(error))
        else:
            if 200 <= answer.status < 300:
                return Outcome(webhook.label, "sent", attempt)
            reason = _told(answer)
            if answer.status not in _TRANSIENT:
                return Outcome(webhook.label, "permanent", attempt, reason)
            asked = answer.retry_after
        wait = _pause(attempt, patience.first_wait, asked)
    return Outcome(webhook.label, "transient", attempt, reason)


def signature(key: str, body: bytes, moment: int) -> str:
    """`t=<unix>,v1=<hex>`: HMAC-SHA256 (RFC 2104) over `<unix>.<body>`. The time is signed too, so that who listens
    cannot send the same again later."""
    digest = hmac.new(key.encode("utf-8"), f"{moment}.".encode("ascii") + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


def _headers(webhook: Webhook, body: bytes, moment: int) -> dict[str, str]:
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "stepdeploy-notify-webhook"}
    if webhook.kind == "generic":
        # Signed anew for each attempt: a retry must not look like a replay.
        headers[SIGNATURE_HEADER] = signature(webhook.signing_key, body, moment)
    return headers


def _pause(attempt: int, first_wait: float, asked: float | None) -> float:
    """Seconds to wait: full jitter, but never less than the other side asks for."""
    backoff = random.uniform(0, min(first_wait * 2 ** (attempt - 1), MAX_WAIT_SECONDS))
    return max(backoff, asked or 0.0)


def _told(answer: Answer) -> str:
    if 300 <= answer.status < 400:
        return f"answered {answer.status}, and redirects are not followed"
    return f"answered {answer.status}"
