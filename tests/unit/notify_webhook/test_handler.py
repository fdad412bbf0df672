"""NotifyWebhook as Lambda runs it: from SNS's event to the requests that arrive, and what is logged meanwhile."""

from __future__ import annotations

import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest
from common.errors import ConfigurationError, InvalidInput, UpstreamUnavailable

from tests.unit.notify_webhook.conftest import FOLDER, KEY, SECRET, event


def schema(name: str) -> Any:
    return json.loads((Path(FOLDER) / f"{name}.schema.json").read_text())


def context(seconds: float = 20.0) -> Any:
    end = time.monotonic() + seconds
    return SimpleNamespace(
        function_name="NotifyWebhook",
        aws_request_id="r-1",
        get_remaining_time_in_millis=lambda: int((end - time.monotonic()) * 1000),
    )


@pytest.fixture
def handle(module: Any) -> Any:
    """The handler; each event and each result is held against its schema."""

    def call(given: Any, *, seconds: float = 20.0) -> Any:
        jsonschema.validate(given, schema("event"))
        result = module("handler").lambda_handler(given, context(seconds))
        jsonschema.validate(result, schema("result"))
        return result["body"]

    return call


def logged(capsys: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_warm_up_is_answered_at_once(handle: Any) -> None:
    assert handle({"action": "warmup"}) == {"warm": True}


def test_without_a_secret_nothing_is_posted_and_the_log_says_so(
    handle: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.delenv("WEBHOOK_SECRET_ID", raising=False)
    assert handle(event()) == {"webhooks": 0, "sent": 0, "failed": 0, "left_out": 0}
    assert "no webhook is configured" in [line["message"] for line in logged(capsys)]


def test_each_kind_gets_its_own_format(handle: Any, hooks: Any, secret: Any) -> None:
    secret(
        [
            {"kind": "slack", "url": hooks.url("/slack")},
            {"kind": "teams", "url": hooks.url("/teams?sig=x%2Fy")},
            {"kind": "generic", "url": hooks.url("/generic"), "signing_key": KEY},
        ]
    )
    hooks.answers["/teams?sig=x%2Fy"] = [202]
    assert handle(event()) == {"webhooks": 3, "sent": 3, "failed": 0, "left_out": 0}
    assert hooks.at("/slack")[0].json["blocks"][0]["type"] == "header"
    assert hooks.at("/teams?sig=x%2Fy")[0].json["attachments"][0]["content"]["type"] == "AdaptiveCard"
    assert hooks.at("/generic")[0].json["subject"] == "Pipeline (dev): MergeError"
    assert all(request.headers["content-type"].startswith("application/json") for request in hooks.received)


def test_a_single_object_is_a_list_of_one(handle: Any, hooks: Any, secret: Any) -> None:
    secret({"kind": "slack", "url": hooks.url("/slack")})
    assert handle(event())["sent"] == 1


def test_one_that_fails_does_not_stop_the_others(handle: Any, hooks: Any, secret: Any, capsys: Any) -> None:
    secret([{"kind": "slack", "url": hooks.url("/gone")}, {"kind": "slack", "url": hooks.url("/there")}])
    hooks.answers["/gone"] = [404]
    assert handle(event()) == {"webhooks": 2, "sent": 1, "failed": 1, "left_out": 0}
    assert len(hooks.at("/gone")) == 1, "what is refused for good is not tried again"
    failed = [line for line in logged(capsys) if line["message"] == "webhook failed"]
    assert [(line["kind"], line["reason"]) for line in failed] == [("permanent", "answered 404")]


def test_a_broken_entry_does_not_stop_the_others(handle: Any, hooks: Any, secret: Any) -> None:
    secret([{"kind": "pager", "url": hooks.url("/a")}, {"kind": "slack", "url": hooks.url("/there")}, 7])
    assert handle(event()) == {"webhooks": 1, "sent": 1, "failed": 0, "left_out": 2}


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_trouble_that_passes_is_tried_again(handle: Any, hooks: Any, secret: Any, status: int) -> None:
    secret({"kind": "slack", "url": hooks.url("/slack")})
    hooks.answers["/slack"] = [status, status, 200]
    assert handle(event())["sent"] == 1
    assert len(hooks.at("/slack")) == 3


def test_retry_after_is_waited_for(handle: Any, hooks: Any, secret: Any) -> None:
    secret({"kind": "slack", "url": hooks.url("/slack")})
    hooks.answers["/slack"] = [(429, {"Retry-After": "1"}), 200]
    began = time.monotonic()
    assert handle(event())["sent"] == 1
    assert time.monotonic() - began >= 1


def test_a_retry_after_beyond_the_functions_time_ends_it(handle: Any, hooks: Any, secret: Any) -> None:
    secret({"kind": "slack", "url": hooks.url("/slack")})
    hooks.answers["/slack"] = [(429, {"Retry-After": "3600"})]
    began = time.monotonic()
    with pytest.raises(UpstreamUnavailable, match="answered 429"):
        handle(event())
    assert time.monotonic() - began < 3
    assert len(hooks.received) == 1


def test_one_that_never_answers_takes_no_more_than_the_functions_time(handle: Any, hooks: Any, secret: Any) -> None:
    secret([{"kind": "slack", "url": hooks.url("/silent")}, {"kind": "slack", "url": hooks.url("/there")}])
    hooks.answers["/silent"] = [None]
    began = time.monotonic()
    assert handle(event(), seconds=4.5) == {"webhooks": 2, "sent": 1, "failed": 1, "left_out": 0}
    assert time.monotonic() - began < 4


def test_sns_tries_again_only_when_all_failures_may_pass(handle: Any, hooks: Any, secret: Any) -> None:
    secret([{"kind": "slack", "url": hooks.url("/down")}, {"kind": "slack", "url": hooks.url("/other")}])
    hooks.answers |= {"/down": [503], "/other": [500]}
    with pytest.raises(UpstreamUnavailable):
        handle(event())
    hooks.answers["/other"] = [403]
    assert handle(event())["failed"] == 2
    hooks.answers["/other"] = [200]
    assert handle(event()) == {"webhooks": 2, "sent": 1, "failed": 1, "left_out": 0}


def test_a_redirect_is_not_followed(handle: Any, hooks: Any, secret: Any) -> None:
    secret([{"kind": "slack", "url": hooks.url("/moved")}])
    hooks.answers["/moved"] = [(307, {"Location": hooks.url("/inside")})]
    assert handle(event())["failed"] == 1
    assert [request.path for request in hooks.received] == ["/moved"]


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/x",
        "https://169.254.169.254/latest",
        "https://localhost/x",
        "https://127.0.0.1/x",
        "https://2130706433/x",
        "https://user:secretpassword@example.com/x",
        "https://example.com:8443/x",
        "ftp://example.com/secretpath",
        "secretpath",
    ],
)
def test_an_address_that_must_not_be_reached_is_refused_and_never_told(
    handle: Any, secret: Any, capsys: Any, url: str
) -> None:
    secret({"kind": "slack", "url": url})
    assert handle(event())["failed"] == 1
    out = capsys.readouterr().out
    assert '"kind": "permanent"' in out
    assert url not in out and "secretpa" not in out and "example.com" not in out


def test_neither_url_nor_key_is_in_any_log_or_error(handle: Any, hooks: Any, secret: Any, capsys: Any) -> None:
    secret(
        [
            {"kind": "generic", "url": hooks.url("/T0SECRET/down"), "signing_key": KEY},
            {"kind": "teams", "url": hooks.url("/T0SECRET/silent")},
        ]
    )
    hooks.answers |= {"/T0SECRET/down": [503], "/T0SECRET/silent": [None]}
    with pytest.raises(UpstreamUnavailable) as caught:
        handle(event(), seconds=4.2)
    told = capsys.readouterr().out + str(caught.value) + repr(caught.value.__cause__) + repr(caught.value.__context__)
    assert "T0SECRET" not in told and KEY not in told and hooks.host not in told
    assert f"webhook 1 of {SECRET} (generic)" in told


def test_the_objects_that_hold_secrets_do_not_show_them(module: Any) -> None:
    shown = repr(module("webhooks").Webhook("a", "generic", "https://example.com/T0SECRET", KEY))
    assert "T0SECRET" not in shown and KEY not in shown


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "7",
        '{"kind": "slack"}',
        '{"kind": "generic", "url": "https://a.example", "signing_key": "short"}',
    ],
)
def test_a_secret_that_names_no_usable_webhook(handle: Any, secret: Any, content: str) -> None:
    secret(content or " ")
    with pytest.raises(ConfigurationError, match=SECRET):
        handle(event())


def test_a_list_that_is_too_long(handle: Any, secret: Any) -> None:
    secret([{"kind": "slack", "url": "https://a.example"}] * 11)
    with pytest.raises(ConfigurationError, match="11 webhooks"):
        handle(event())


def test_a_secret_that_does_not_exist(handle: Any, secret: Any) -> None:
    with pytest.raises(ConfigurationError, match="ResourceNotFoundException"):
        handle(event())


@pytest.mark.parametrize("given", [{}, {"Records": []}, {"Records": [{}]}, {"Records": [{"Sns": {"Message": 7}}]}, []])
def test_an_event_of_something_else_is_refused(module: Any, given: Any) -> None:
    with pytest.raises(InvalidInput):
        module("handler").lambda_handler(given, context())


@pytest.mark.parametrize("text", ["soon", "-1", "61"])
def test_a_wrong_setting_is_refused(handle: Any, secret: Any, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    secret({"kind": "slack", "url": "https://a.example"})
    monkeypatch.setenv("WEBHOOK_RETRY_SECONDS", text)
    with pytest.raises(ConfigurationError, match="WEBHOOK_RETRY_SECONDS"):
        handle(event())
