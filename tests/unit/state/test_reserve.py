"""ReserveApiBudget."""

from __future__ import annotations

import json
import random
import string
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import jsonschema
import pytest
from common import breaker
from common.errors import ApiBudgetExhausted, ConfigurationError, DatabaseError, InvalidInput

from .conftest import API_RATES, MACHINE, ROOT

FOLDER = ROOT / "lambdas" / "reserve_api_budget"
EVENT = {"api": "serper", "calls": 1, "execution_id": f"{MACHINE}:one"}
RESULT = json.loads((FOLDER / "result.schema.json").read_text())


@pytest.fixture
def reserve(table: Any, function: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Calls the function; gives its body, checked against its schema."""
    monkeypatch.setenv("API_RATES", API_RATES)
    handler = function("reserve_api_budget")

    def call(**changed: Any) -> dict[str, Any]:
        result = handler.lambda_handler({**EVENT, **changed}, None)
        jsonschema.validate(result, RESULT)
        return dict(result["body"])

    return call


def test_a_free_api_may_be_called_at_once(reserve: Callable[..., Any]) -> None:
    body = reserve()
    assert (body["allowed"], body["state"], body["reason"]) == (True, "closed", None)
    assert abs(datetime.fromisoformat(body["not_before"]).timestamp() - time.time()) < 5
    assert body["wait_seconds"] < 1
    assert body["interval_seconds"] == pytest.approx(1.04)


def test_callers_are_spaced(reserve: Callable[..., Any]) -> None:
    bodies = [reserve(calls=1.0) for _ in range(20)]
    assert [body["wait_seconds"] for body in bodies[:5]] == pytest.approx([0] * 5, abs=0.5)
    places = [datetime.fromisoformat(body["not_before"]).timestamp() for body in bodies]
    assert places[-1] - places[0] == pytest.approx(19 * 1.04, abs=0.01), "whatever time the calls take"


def test_an_open_breaker_is_an_answer_that_reserves_nothing(reserve: Callable[..., Any]) -> None:
    for _ in range(10):
        breaker.failed("serper")
    body = reserve()
    assert (body["allowed"], body["state"]) == (False, "open")
    assert "circuit breaker of serper is open" in body["reason"]
    assert 290 < body["wait_seconds"] <= 300.1
    assert reserve(api="edgar")["allowed"] is True


def test_the_probe_is_told_and_known_again(reserve: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BREAKER_OPEN_SECONDS", "0.1")
    for _ in range(10):
        breaker.failed("serper")
    time.sleep(0.15)
    assert (reserve()["state"], reserve()["state"]) == ("half_open", "half_open")
    other = reserve(execution_id=f"{MACHINE}:two")
    assert (other["state"], other["allowed"]) == ("open", False)
    breaker.succeeded("serper")
    assert reserve(execution_id=f"{MACHINE}:two")["state"] == "closed"


def test_too_far_away(reserve: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_BUDGET_WAIT_SECONDS", "2")
    reserve(calls=5)
    with pytest.raises(ApiBudgetExhausted):
        reserve()


@pytest.mark.parametrize(
    "changed",
    [{"api": "google"}, {"api": None}, {"api": ["serper"]}, {"calls": 0}, {"calls": -1}, {"calls": 1001},
     {"calls": 1.5}, {"calls": True}, {"calls": "1"}, {"calls": None}, {"calls": float("nan")}],
    ids=str,
)  # fmt: skip
def test_bad_events_are_refused(reserve: Callable[..., Any], changed: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        reserve(**changed)


def test_any_event_ends_in_a_result_or_an_error_of_ours(
    function: Callable[[str], Any], table: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_RATES", API_RATES)
    handler, chance = function("reserve_api_budget"), random.Random(3)
    values = [None, True, 0, -1, 2, 1e300, "", "serper", "é" * 500, [], {}, [1], {"a": 1}]
    for _ in range(300):
        event: Any = {
            key: chance.choice(values)
            for key in ("api", "calls", "execution_id", "request", "".join(chance.choices(string.printable, k=3)))
        }
        event = chance.choice([event, event, event, chance.choice(values)])
        try:
            result = handler.lambda_handler(event, None)
        except (InvalidInput, ApiBudgetExhausted):
            continue
        jsonschema.validate(result, RESULT)


def test_a_missing_table_is_permanent_and_throttling_is_not(
    reserve: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from botocore.exceptions import ClientError
    from common import aws

    class Throttled:
        def get_item(self, **_: object) -> None:
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow"}}, "GetItem")

    monkeypatch.setattr(aws, "client", lambda _: Throttled())
    with pytest.raises(DatabaseError, match="ThrottlingException"):
        reserve()
    monkeypatch.delenv("STATE_TABLE")
    with pytest.raises(ConfigurationError):
        reserve()


def test_a_warm_up_is_answered_without_settings(function: Callable[[str], Any]) -> None:
    assert function("reserve_api_budget").lambda_handler({"action": "warmup"}, None)["body"] == {"warm": True}
