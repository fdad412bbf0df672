"""AnalyzeWorkload and the durations it learns from."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from botocore.exceptions import ClientError
from common import aws, breaker, budget, durations, fetch, state
from common.durations import Run
from common.errors import DocumentTooLarge, PageNotFound, UpstreamThrottled, UpstreamUnavailable
from common.page import Page

from .conftest import API_RATES, MACHINE, ROOT, put

FOLDER = ROOT / "lambdas" / "analyze_workload"
SCHEMA = json.loads((FOLDER / "result.schema.json").read_text())
LIMIT = json.loads((ROOT / "lambdas" / "nova_sec_extractor" / "function.json").read_text())["timeout_seconds"]


class Edgar:
    """Plays the Fetcher: answers with a page of so many bytes, or an error. Counts."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.urls: list[str] = []

    def get(self, url: str, *, accept: tuple[str, ...], max_bytes: int) -> Page:
        self.urls.append(url)
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer > max_bytes:
            raise DocumentTooLarge("too large")
        return Page(url, 200, "application/json", b"x" * self.answer)

    def close(self) -> None:
        self.urls.append("closed")


@pytest.fixture
def edgar(monkeypatch: pytest.MonkeyPatch) -> Edgar:
    world = Edgar(100_000)
    monkeypatch.setattr(fetch.Fetcher, "from_environment", lambda *_, **__: world)
    return world


@pytest.fixture
def analyze(
    table: Any, edgar: Edgar, function: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., dict[str, Any]]:
    """Calls the function; gives its body, checked against its schema."""
    monkeypatch.setenv("API_RATES", API_RATES)
    handler = function("analyze_workload")

    def call(**request: Any) -> dict[str, Any]:
        event = {"request": {"company_name": "Apple Inc", **request}, "execution_id": f"{MACHINE}:one"}
        result = handler.lambda_handler(event, None)
        jsonschema.validate(result, SCHEMA)
        return dict(result["body"])

    return call


def test_nothing_known_gives_defaults_and_asks_nobody(analyze: Callable[..., Any], edgar: Edgar) -> None:
    body = analyze()
    assert (body["basis"], body["workload_type"]) == ("defaults", "unknown")
    assert "names no CIK" in body["reason"]
    assert body["sec"] == {"timeout_seconds": LIMIT + 60, "deadline_seconds": LIMIT, "api_calls": 6}
    assert body["cxo"]["page_budget"] == 14
    assert edgar.urls == []


def test_past_runs_set_the_limits_without_a_request(analyze: Callable[..., Any], edgar: Edgar) -> None:
    for duration in (20_000, 40_000, 30_000):
        durations.record("apple-inc", "sec", duration, pages=5)
    durations.record("apple-inc", "cxo", 90_500.7, pages=20, bios=17)
    body = analyze(cik="320193")
    assert body["basis"] == "past_runs" and body["reason"] is None
    assert body["workload_type"] == "heavy_cxo"
    assert body["sec"] == {"timeout_seconds": 180, "deadline_seconds": 120, "api_calls": 5}
    assert body["cxo"] == {"timeout_seconds": 332, "deadline_seconds": 272, "page_budget": 30, "bio_workers": 3}
    assert edgar.urls == []
    assert state.read("budget#edgar", "budget") is None


@pytest.mark.parametrize(
    ("sec", "cxo", "kind"), [(60, 60, "balanced"), (60, 31, "balanced"), (60, 30, "heavy_sec"), (30, 60, "heavy_cxo")]
)
def test_the_kind_of_workload(analyze: Callable[..., Any], sec: int, cxo: int, kind: str) -> None:
    durations.record("apple-inc", "sec", sec * 1000)
    durations.record("apple-inc", "cxo", cxo * 1000)
    assert analyze()["workload_type"] == kind


@pytest.mark.parametrize(
    ("size", "timeout", "kind"), [(1, 180, "unknown"), (100_000, 240, "unknown"), (5_000_000, 360, "heavy_sec")]
)
@pytest.mark.parametrize("cik", ["320193", 320193, "0000320193"])
def test_the_index_of_filings_tells_by_its_size(
    analyze: Callable[..., Any], edgar: Edgar, cik: Any, size: int, timeout: int, kind: str
) -> None:
    edgar.answer = size
    body = analyze(cik=cik)
    assert (body["basis"], body["sec"]["timeout_seconds"], body["workload_type"]) == ("index_size", timeout, kind)
    assert edgar.urls == ["https://data.sec.gov/submissions/CIK0000320193.json", "closed"]


def test_the_one_request_is_paid_for_from_the_shared_budget(
    analyze: Callable[..., Any], edgar: Edgar, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyze(cik=1)
    item = state.read("budget#edgar", "budget")
    assert item is not None and item["tat"] - item["burst_from"] == budget.rates()["edgar"].interval
    edgar.urls.clear()
    for _ in range(10):
        budget.reserve("edgar", 20, budget.rates()["edgar"])
    body = analyze(cik=1)
    assert "next free call of edgar" in body["reason"] and body["basis"] == "defaults"
    assert edgar.urls == []


@pytest.mark.parametrize(
    ("error", "counted"),
    [(UpstreamThrottled("slow"), 0), (UpstreamUnavailable("down"), 1), (PageNotFound("gone"), 0), (OSError("?"), 0)],
)
def test_a_request_that_fails_gives_defaults(
    analyze: Callable[..., Any], edgar: Edgar, error: Exception, counted: int
) -> None:
    edgar.answer = error
    body = analyze(cik=1)
    assert body["basis"] == "defaults"
    assert type(error).__name__ in body["reason"]
    item = state.read("breaker#edgar", "breaker")
    assert len(item["failures"] if item else []) == counted
    assert (breaker.check("edgar") == breaker.PAUSED) == isinstance(error, UpstreamThrottled)


def test_an_open_breaker_asks_nobody(analyze: Callable[..., Any], edgar: Edgar) -> None:
    for _ in range(10):
        breaker.failed("edgar")
    assert "circuit breaker of edgar is open" in analyze(cik=1)["reason"]
    assert edgar.urls == []


def test_it_never_fails_whatever_the_event(
    function: Callable[[str], Any], edgar: Edgar, table: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_RATES", "broken")
    handler, chance = function("analyze_workload"), random.Random(2)
    values = [None, True, -1, 1e300, float("nan"), "", "x" * 5000, "Apple", [], {}, [1], {"company_name": 5}, "١٢٣"]
    for _ in range(300):
        request: Any = {key: chance.choice(values) for key in ("company_name", "cik", "website_url")}
        request = chance.choice([request, request, chance.choice(values)])
        event: Any = {"request": request, "execution_id": chance.choice(values)}
        result = handler.lambda_handler(chance.choice([event, event, event, chance.choice(values)]), None)
        jsonschema.validate(result, SCHEMA)


def test_it_never_fails_whatever_the_database_does(
    analyze: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def throttled(**_: object) -> None:
        raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow"}}, "GetItem")

    monkeypatch.setattr(aws.client("dynamodb"), "get_item", throttled)
    assert "DatabaseError" in analyze()["reason"]
    monkeypatch.delenv("STATE_TABLE")
    assert "ConfigurationError" in analyze()["reason"]


@pytest.mark.parametrize(
    "runs",
    [{"S": "x"}, {"L": [{"S": "x"}, {"M": {}}, {"M": {"duration_ms": {"S": "1"}}}]}, {"N": "1"}, {"M": {}},
     {"L": [{"M": {"duration_ms": {"N": "-5"}, "pages": {"N": "1"}, "bios": {"N": "1"}}}]}],
    ids=str,
)  # fmt: skip
def test_poisoned_durations_are_no_durations(analyze: Callable[..., Any], table: Any, runs: Any) -> None:
    put(table, "duration#apple-inc", "sec", runs=runs, version={"S": "odd"})
    assert analyze()["basis"] == "defaults"
    durations.record("apple-inc", "sec", 1000)
    assert analyze()["basis"] == "past_runs"


def test_huge_durations_stay_within_the_limits(analyze: Callable[..., Any]) -> None:
    for kind in ("sec", "cxo"):
        durations.record("apple-inc", kind, 10**12, pages=10**9, bios=10**9)
    body = analyze()
    assert body["sec"] == {"timeout_seconds": 360, "deadline_seconds": 300, "api_calls": 20}
    assert body["cxo"] == {"timeout_seconds": 360, "deadline_seconds": 300, "page_budget": 40, "bio_workers": 5}


def test_the_last_five_runs_are_remembered(table: Any) -> None:
    for number in range(9):
        durations.record("apple-inc", "cxo", number, pages=number, bios=-1)
    assert durations.past("apple-inc", "cxo") == [Run(number, number, 0) for number in range(4, 9)]
    assert durations.past("apple-inc", "sec") == []


def test_recording_never_fails(table: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("STATE_TABLE", "NoSuchTable")
    durations.record("apple-inc", "sec", 5)
    assert "duration not recorded" in capsys.readouterr().out
