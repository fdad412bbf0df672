"""Where to post: the webhooks that the secret names.

The secret is JSON: one of these, or a list of at most MAX_WEBHOOKS::

    {"kind": "slack", "url": "https://hooks.slack.com/services/..."}
    {"kind": "teams", "url": "https://....logic.azure.com/workflows/..."}
    {"kind": "generic", "url": "https://example.com/hook", "signing_key": "at least 16 characters"}
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import Any

from common import aws
from common.errors import ConfigurationError, UpstreamUnavailable

SECRET_ENV = "WEBHOOK_SECRET_ID"
KINDS = ("slack", "teams", "generic")
MAX_WEBHOOKS = 10
MIN_KEY_LENGTH = 16


@dataclass(frozen=True)
class Webhook:
    """One address to post to. label: how logs name it, by its place in the secret; never by its URL."""

    label: str
    kind: str
    url: str = field(repr=False)
    signing_key: str = field(default="", repr=False)


def secret_id() -> str:
    """The name or ARN of the secret; empty where there are no webhooks."""
    return os.environ.get(SECRET_ENV, "").strip()


def configured_webhooks() -> tuple[list[Webhook], list[str]]:
    """The webhooks of the secret, and what is wrong with the others; none where WEBHOOK_SECRET_ID is empty.

    Raises ConfigurationError when the secret is not there or holds no usable one, UpstreamUnavailable when it cannot
    be read just now. No message holds any of its content.
    """
    identifier = secret_id()
    if not identifier:
        return [], []
    with aws.errors_as(UpstreamUnavailable, f"reading the secret {identifier}"):
        answer = aws.client("secretsmanager").get_secret_value(SecretId=identifier)
    try:
        content = json.loads(answer.get("SecretString", ""))
    except (ValueError, RecursionError):
        raise ConfigurationError(f"the secret {identifier} is not JSON") from None
    entries = content if isinstance(content, list) else [content]
    if len(entries) > MAX_WEBHOOKS:
        raise ConfigurationError(f"the secret {identifier} names {len(entries)} webhooks; {MAX_WEBHOOKS} are allowed")
    usable: list[Webhook] = []
    problems: list[str] = []
    for number, entry in enumerate(entries, 1):
        try:
            usable.append(_webhook(entry, f"webhook {number} of {identifier}"))
        except ConfigurationError as error:
            problems.append(str(error))
    if not usable:
        raise ConfigurationError("; ".join(problems) or f"the secret {identifier} names no webhook")
    return usable, problems


def _webhook(entry: Any, label: str) -> Webhook:
    if not isinstance(entry, dict) or entry.get("kind") not in KINDS:
        raise ConfigurationError(f"{label} is no object with a kind of {', '.join(KINDS)}")
    url, key = entry.get("url"), entry.get("signing_key", "")
    if not isinstance(url, str) or not url.strip():
        raise ConfigurationError(f"{label} has no url")
    if not isinstance(key, str) or (entry["kind"] == "generic" and len(key) < MIN_KEY_LENGTH):
        raise ConfigurationError(f"{label} needs a signing_key of at least {MIN_KEY_LENGTH} characters")
    return Webhook(f"{label} ({entry['kind']})", entry["kind"], url.strip(), key)
