"""What Slack, Teams and a receiver of our own are told, and that text from outside stays text."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.notify_webhook.conftest import event

HOSTILE = "<!channel> <https://evil.example|click> & *bold* [x](https://evil.example) <at>everyone</at>"
ALARM = {
    "AlarmName": "CompanyDataExtraction-ExecutionsFailed",
    "NewStateValue": "ALARM",
    "NewStateReason": "Threshold Crossed",
    "Trigger": {"Threshold": 1.0},
    "OKActions": [],
    "AlarmDescription": None,
}


@pytest.fixture
def formats(module: Any) -> Any:
    return module("notification")


def one(formats: Any, message: str = "it broke", subject: str | None = "S") -> Any:
    return formats.notifications_of(event(message, subject))[0]


def slack_texts(payload: dict[str, Any]) -> list[str]:
    return [block["text"]["text"] for block in payload["blocks"] if "text" in block]


def teams_runs(payload: dict[str, Any]) -> list[str]:
    (attachment,) = payload["attachments"]
    return [run["text"] for block in attachment["content"]["body"] for run in block["inlines"]]


def test_slack_gets_subject_text_and_where_it_comes_from(formats: Any) -> None:
    payload = formats.as_slack(one(formats, "line 1\nline 2", "Pipeline (dev): MergeError"))
    assert payload["text"] == "Pipeline (dev): MergeError"
    assert slack_texts(payload) == ["Pipeline (dev): MergeError", "line 1\nline 2"]
    assert payload["blocks"][-1]["elements"][0]["text"] == ("CompanyExtractionFailures-dev · 2026-11-23T12:45:07.000Z")


def test_slack_reads_no_markup_out_of_what_came_from_outside(formats: Any) -> None:
    payload = formats.as_slack(one(formats, HOSTILE, HOSTILE))
    section = payload["blocks"][1]["text"]
    for text in (payload["text"], section["text"]):
        assert "<" not in text and ">" not in text
        assert html.unescape(text) == HOSTILE
    assert section["verbatim"] is True
    # A header is plain text, in which Slack reads no markup.
    assert payload["blocks"][0]["text"] == {"type": "plain_text", "text": HOSTILE, "emoji": False}


def test_slacks_limits_hold_and_no_entity_is_cut(formats: Any) -> None:
    for text in ("&" * 5000, "x" * 5000, "a<" * 3000):
        payload = formats.as_slack(one(formats, text, text[:400]))
        assert len(payload["blocks"][0]["text"]["text"]) <= 150
        shown = payload["blocks"][1]["text"]["text"]
        assert len(shown) <= 3000 and shown.endswith("…")
        assert re.sub(r"&(amp|lt|gt);", "", shown).count("&") == 0


def test_teams_gets_one_adaptive_card_whose_outside_text_is_no_markdown(formats: Any) -> None:
    payload = formats.as_teams(one(formats, f"first\n\n{HOSTILE}", HOSTILE))
    assert payload["type"] == "message"
    assert payload["attachments"][0]["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert teams_runs(payload)[:3] == [HOSTILE, "first", HOSTILE]
    kinds = {block["type"] for block in payload["attachments"][0]["content"]["body"]}
    assert kinds == {"RichTextBlock"}, "a TextBlock would be read as Markdown"


def test_a_message_for_teams_stays_below_its_limit(formats: Any) -> None:
    for text in ("é" * 200_000, "x\n" * 100_000):
        payload = formats.as_teams(one(formats, text, "s" * 100))
        assert len(json.dumps(payload, ensure_ascii=False).encode()) < 28_000


def test_an_alarm_is_told_line_by_line_and_kept_as_data(formats: Any) -> None:
    found = one(formats, json.dumps(ALARM))
    assert found.text.splitlines() == [
        "AlarmName: CompanyDataExtraction-ExecutionsFailed",
        "NewStateValue: ALARM",
        "NewStateReason: Threshold Crossed",
        'Trigger: {"Threshold": 1.0}',
    ]
    assert formats.as_generic(found)["data"] == ALARM


def test_the_generic_payload(formats: Any) -> None:
    assert formats.as_generic(one(formats, "it broke", "S")) == {
        "id": "95df01b4-ee98-5cb9-9903-4c221d41eb5e",
        "time": "2026-11-23T12:45:07.000Z",
        "topic": "arn:aws:sns:us-east-1:123456789012:CompanyExtractionFailures-dev",
        "subject": "S",
        "text": "it broke",
        "data": None,
    }


def test_a_message_without_a_subject_still_has_a_heading(formats: Any) -> None:
    assert slack_texts(formats.as_slack(one(formats, subject=None)))[0] == "Notification"


def test_characters_that_turn_or_hide_text_are_dropped(formats: Any) -> None:
    found = one(formats, "a\u202eb\x00c\x1b[31m\r\nd", "x\ny")
    assert (found.subject, found.text) == ("x y", "abc[31m\nd")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(message=st.text(max_size=300), subject=st.none() | st.text(max_size=120))
def test_any_text_becomes_valid_payloads(formats: Any, message: str, subject: str | None) -> None:
    found = one(formats, message, subject)
    for payload in (formats.as_slack(found), formats.as_teams(found), formats.as_generic(found)):
        json.dumps(payload, ensure_ascii=False).encode("utf-8")
    assert all(1 <= len(text) <= 3000 for text in slack_texts(formats.as_slack(found)))
