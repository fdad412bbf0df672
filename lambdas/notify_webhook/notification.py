"""What SNS handed over, and how Slack, Teams and our own JSON say it.

Everything in a notification may come from outside (a company's name, an error message of a website), so it is shown as
plain text everywhere: no link, no mention and no formatting comes out of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from common.errors import InvalidInput

# Slack: 3,000 characters a text, 150 a header (docs.slack.dev/reference/block-kit); escaping makes up to 5 of 1.
_SLACK_TEXT = 2900
_SLACK_HEADER = 150
# Teams takes messages of 28 KB (learn.microsoft.com/microsoftteams/limits-specifications-teams).
_TEAMS_TEXT = 6000
_TEAMS_LINES = 40
_SLACK_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


@dataclass(frozen=True)
class Notification:
    """One SNS message. text: as a person reads it. data: the message as JSON where it is an object, else None."""

    id: str
    topic: str
    time: str
    subject: str
    text: str
    data: dict[str, Any] | None = None


def notifications_of(event: Any) -> list[Notification]:
    """The messages of an event of SNS (Lambda developer guide, "Invoking Lambda functions with Amazon SNS").

    Raises InvalidInput when it is none.
    """
    records = event.get("Records") if isinstance(event, dict) else None
    if not isinstance(records, list) or not records:
        raise InvalidInput("the event holds no Records of SNS")
    return [_notification(record) for record in records]


def _notification(record: Any) -> Notification:
    sns = record.get("Sns") if isinstance(record, dict) else None
    if not isinstance(sns, dict) or not isinstance(sns.get("Message"), str):
        raise InvalidInput("a record of the event is no message of SNS")
    data = _object_in(sns["Message"])
    subject = _one_line(str(sns.get("Subject") or "")) or "Notification"
    text = _lines_of(data) if data else sns["Message"]
    known = {name: str(sns.get(key) or "") for name, key in (("id", "MessageId"), ("time", "Timestamp"))}
    return Notification(topic=str(sns.get("TopicArn") or ""), subject=subject, text=_clean(text), data=data, **known)


def as_slack(notification: Notification) -> dict[str, Any]:
    """The payload of an incoming webhook (docs.slack.dev/messaging/sending-messages-using-incoming-webhooks).

    `verbatim` keeps Slack from making links and mentions of plain words.
    """
    header = {"type": "plain_text", "text": _cut(notification.subject, _SLACK_HEADER), "emoji": False}
    blocks: list[dict[str, Any]] = [{"type": "header", "text": header}]
    if notification.text.strip():
        blocks.append({"type": "section", "text": _mrkdwn(notification.text)})
    blocks.append({"type": "context", "elements": [_mrkdwn(_footer(notification))]})
    return {"text": _escaped(notification.subject, _SLACK_TEXT), "blocks": blocks}


def as_teams(notification: Notification) -> dict[str, Any]:
    """The message that Teams' workflow "When a Teams webhook request is received" takes: one Adaptive Card.

    Text from outside stands in TextRuns: TextBlocks and Facts are read as Markdown, TextRuns are not
    (learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-format;
    adaptivecards.io/explorer/TextRun.html).
    """
    body = [_plain_block(notification.subject, size="Large", weight="Bolder")]
    lines = [line for line in _cut(notification.text, _TEAMS_TEXT).split("\n") if line.strip()]
    shown = lines if len(lines) <= _TEAMS_LINES else [*lines[: _TEAMS_LINES - 1], "…"]
    body += [_plain_block(line) for line in shown]
    body.append(_plain_block(_footer(notification), size="Small", isSubtle=True))
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": notification.subject,
        "body": body,
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def as_generic(notification: Notification) -> dict[str, Any]:
    """Our own payload (docs/webhooks.md). `id` is SNS's: the same again means the same notification."""
    return {
        "id": notification.id,
        "time": notification.time,
        "topic": notification.topic,
        "subject": notification.subject,
        "text": notification.text,
        "data": notification.data,
    }


def _plain_block(text: str, **style: Any) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **style}]}


def _mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": _escaped(text, _SLACK_TEXT), "verbatim": True}


def _escaped(text: str, limit: int) -> str:
    """Slack's three control characters as entities (docs.slack.dev/messaging/formatting-message-text), at most `limit`
    characters, no entity cut in two."""
    if len(text.translate(_SLACK_ENTITIES)) <= limit:
        return text.translate(_SLACK_ENTITIES)
    room, kept = limit - 1, []
    for character in text:
        escaped = character.translate(_SLACK_ENTITIES)
        room -= len(escaped)
        if room < 0:
            break
        kept.append(escaped)
    return "".join(kept) + "…"


def _footer(notification: Notification) -> str:
    return " · ".join(part for part in (notification.topic.rsplit(":", 1)[-1], notification.time) if part) or "SNS"


def _object_in(message: str) -> dict[str, Any] | None:
    try:
        found = json.loads(message)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _lines_of(data: Mapping[str, Any]) -> str:
    """A JSON message (an alarm of CloudWatch, say) as a line a field; what is empty is left out."""
    return "\n".join(
        f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for name, value in data.items()
        if value not in (None, "", [], {})
    )


def _clean(text: str) -> str:
    """Without control characters, and without those that turn text around (Unicode TR 36, section 2.5)."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in text if c in "\n\t" or (c.isprintable() and not 0xD800 <= ord(c) <= 0xDFFF))


def _one_line(text: str) -> str:
    return " ".join(_clean(text).split())


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
