"""NotifyWebhook: hands the notifications of a topic on to Slack, Microsoft Teams and signed webhooks.

Event: SNS's {"Records": [{"Sns": {"Subject", "Message", ...}}]} (event.schema.json).
Result body: {"webhooks", "sent", "failed", "left_out"} (result.schema.json); SNS reads none of it.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from common import aws, logging
from common.errors import ConfigurationError, UpstreamUnavailable
from common.handler import Event, lambda_entry, success
from delivery import Outcome, Patience, deliver
from notification import notifications_of
from webhooks import SECRET_ENV, configured_webhooks, secret_id

# Kept back of the function's time for the answer and the last log line.
RESERVE_SECONDS = 3.0
DEFAULT_SECONDS = 30.0

if secret_id():
    aws.prepare("secretsmanager")


@lambda_entry
def lambda_handler(event: Event, context: Any) -> dict[str, Any]:
    """Post each notification to each webhook, side by side; one that fails does not stop the others.

    Raises UpstreamUnavailable when every single post failed in a way that may pass: SNS invokes asynchronously, and
    Lambda then tries the event twice more (Lambda developer guide, "How Lambda handles errors and retries with
    asynchronous invocation"). When one was taken or refused for good, the event is not tried again, since who has it
    already would get it twice.
    Raises InvalidInput, ConfigurationError.
    """
    notifications = notifications_of(event)
    webhooks, problems = configured_webhooks()
    for problem in problems:
        logging.error("webhook left out", reason=problem)
    if not webhooks:
        logging.info("no webhook is configured", setting=SECRET_ENV)
        return success(webhooks=0, sent=0, failed=0, left_out=0)
    patience, allowed = _patience(context), _allowed_private()
    work = [(webhook, notification, patience, allowed) for notification in notifications for webhook in webhooks]
    with ThreadPoolExecutor(max_workers=len(webhooks)) as pool:
        outcomes = list(pool.map(lambda one: deliver(*one), work))
    for outcome in outcomes:
        _log(outcome)
    if all(outcome.result == "transient" for outcome in outcomes):
        raise UpstreamUnavailable(f"none of {len(outcomes)} posts was taken: {outcomes[0].reason}")
    sent = sum(outcome.result == "sent" for outcome in outcomes)
    return success(webhooks=len(webhooks), sent=sent, failed=len(outcomes) - sent, left_out=len(problems))


def _log(outcome: Outcome) -> None:
    fields = {"webhook": outcome.label, "attempts": outcome.attempts}
    if outcome.result == "sent":
        logging.info("webhook has taken the notification", **fields)
    else:
        logging.error("webhook failed", kind=outcome.result, reason=outcome.reason, **fields)


def _patience(context: Any) -> Patience:
    """All of the function's time but a reserve."""
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    seconds = remaining() / 1000 - RESERVE_SECONDS if remaining else DEFAULT_SECONDS
    return Patience(time.monotonic() + max(seconds, 1.0), _first_wait())


def _first_wait() -> float:
    text = os.environ.get("WEBHOOK_RETRY_SECONDS", "").strip() or "1"
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 60:
        raise ConfigurationError(f"WEBHOOK_RETRY_SECONDS must be 0 to 60, not {text!r}")
    return seconds


def _allowed_private() -> frozenset[str]:
    """host:port pairs that may be posted to although they are not of the public internet; for tests."""
    hosts = (host.strip() for host in os.environ.get("ALLOWED_PRIVATE_HOSTS", "").split(","))
    return frozenset(host for host in hosts if host)
