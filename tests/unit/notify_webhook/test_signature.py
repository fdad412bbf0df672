"""The signature of generic webhooks, checked by the snippet that docs/webhooks.md gives to receivers."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.notify_webhook.conftest import KEY

DOCS = Path(__file__).parents[3] / "docs" / "webhooks.md"


@pytest.fixture(scope="module")
def is_genuine() -> Callable[..., bool]:
    """The snippet of the documentation, run as it stands there."""
    (code,) = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.S)
    names: dict[str, Any] = {}
    exec(code, names)
    found: Callable[..., bool] = names["is_genuine"]
    return found


def test_what_arrives_is_genuine(module: Any, hooks: Any, is_genuine: Callable[..., bool]) -> None:
    webhook = module("webhooks").Webhook("w", "generic", hooks.url("/hook"), KEY)
    notification = module("notification").Notification("id", "topic", "time", "Zürich & <co>", "text")
    delivery = module("delivery")
    outcome = delivery.deliver(webhook, notification, delivery.Patience(time.monotonic() + 5), {hooks.host})
    assert outcome.result == "sent"
    (request,) = hooks.received
    header = request.headers["x-stepdeploy-signature"]
    assert re.fullmatch(r"t=\d{10},v1=[0-9a-f]{64}", header)
    assert is_genuine(request.body, header, KEY)
    assert not is_genuine(request.body, header, KEY + "x")
    assert not is_genuine(request.body + b" ", header, KEY)
    assert not is_genuine(request.body, header, KEY, time.time() + 301), "a replay"
    moved = re.sub(r"t=(\d+)", lambda found: f"t={int(found[1]) + 1}", header)
    assert not is_genuine(request.body, moved, KEY), "the time is signed too"


@pytest.mark.parametrize("header", ["", "t=", "v1=00", "t=1,v1=", "t=x,v1=00", "nonsense", "t=²,v1=0", "t=1,v1=é"])
def test_the_snippet_refuses_broken_headers(is_genuine: Callable[..., bool], header: str) -> None:
    assert not is_genuine(b"{}", header, KEY, now=1.0)


def test_the_signature_is_the_published_hmac(module: Any) -> None:
    """RFC 4231, test case 2 has key "Jefe" and data "what do ya want for nothing?"; ours signs `t.body`."""
    import hashlib
    import hmac

    published = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    data = b"what do ya want for nothing?"
    assert hmac.new(b"Jefe", data, hashlib.sha256).hexdigest() == published
    found = module("delivery").signature("Jefe", data, 7)
    assert found == f"t=7,v1={hmac.new(b'Jefe', b'7.' + data, hashlib.sha256).hexdigest()}"


def test_a_retry_is_signed_anew(module: Any, hooks: Any) -> None:
    moments = iter([100.0, 200.0])
    delivery = module("delivery")
    hooks.answers["/hook"] = [503, 200]
    webhook = module("webhooks").Webhook("w", "generic", hooks.url("/hook"), KEY)
    notification = module("notification").Notification("id", "topic", "time", "s", "t")
    patience = delivery.Patience(time.monotonic() + 5, first_wait=0.0, now=lambda: next(moments))
    assert delivery.deliver(webhook, notification, patience, {hooks.host}).attempts == 2
    times = [request.headers["x-stepdeploy-signature"].split(",")[0] for request in hooks.received]
    assert times == ["t=100", "t=200"]
