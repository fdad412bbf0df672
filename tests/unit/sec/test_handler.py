"""The SEC extractor's Lambda: its modes, what it saves and answers, the breaker, the bookkeeping."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from common import aws, breaker, durations, partial
from common.errors import (
    CompanyNotFound,
    DatabaseError,
    InvalidInput,
    ProgressStalled,
    ServiceUnavailable,
    StorageError,
    UpstreamThrottled,
    UpstreamUnavailable,
)
from common.fetch import Fetcher
from common.store import load_extraction
from edgar_server import DOCUMENT, REQUEST, SUBMISSIONS, FakeEdgar

from tests.unit.extractor_cloud import ARN, cloud, count, fits, handler_of, metrics, model, objects

NAME = "nova_sec_extractor"
EVENT = {"request": REQUEST, "execution_id": ARN}
STAFF = "As of December 31, 2024, our teams were 4,321 employees strong across all regions."


@pytest.fixture
def handler(edgar: FakeEdgar, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with cloud(monkeypatch):
        monkeypatch.setenv("ALLOWED_PRIVATE_HOSTS", edgar.host)
        monkeypatch.setenv("EDGAR_DATA_URL", edgar.base_urls["data"])
        monkeypatch.setenv("EDGAR_WWW_URL", edgar.base_urls["www"])
        module = handler_of(NAME, monkeypatch)
        # EDGAR's distance is 0.15 s; a test of its own holds it.
        monkeypatch.setattr(module, "_intervals", dict)
        yield module


def run(handler: Any, **more: Any) -> dict[str, Any]:
    event = {**EVENT, **more}
    fits(NAME, event, schema="event")
    result = handler.lambda_handler(event, None)
    fits(NAME, result)
    return dict(result["body"])


def fill(handler: Any, body: dict[str, Any]) -> dict[str, Any]:
    known = {name: body[name] for name in ("company_id", "extraction_timestamp")}
    return run(handler, mode="fill_gaps", **known)


def test_extract_saves_in_both_places_and_tells_little(handler: Any) -> None:
    body = run(handler)
    assert (body["company_id"], body["api_calls"], body["gap_calls"]) == ("x-corp", {"edgar": 3}, 0)
    assert "hq_address" in body["missing"]
    assert body["skipped"] == ["Nova Pro is not configured (NOVA_MODEL_ID)"]
    assert body["usage"] == {"nova": {"input_tokens": 0, "output_tokens": 0}, "serper": 0}
    assert set(body["durations_ms"]) == {"extract", "save"}
    assert len(json.dumps(body)) < 5_000
    stored = load_extraction("SEC_TABLE", "x-corp", body["extraction_timestamp"])
    assert stored.execution_id == ARN
    assert stored.document["fields"]["revenue"]["value"] == 100_000_000
    assert objects("x-corp") == {"sec": stored.document}


def test_a_warm_up_reads_and_saves_nothing(handler: Any, edgar: FakeEdgar) -> None:
    result = handler.lambda_handler({"action": "warmup"}, None)
    fits(NAME, result)
    fits(NAME, {"action": "warmup"}, schema="event")
    assert count("sec") == 0


@pytest.mark.parametrize(
    "request_",
    [
        None,
        {},
        {"company_name": ""},
        {"company_name": "   "},
        {"company_name": 5},
        {"company_name": "x" * 201},
        {"company_name": "X", "stock_symbol": "NOT A SYMBOL AT ALL"},
        {"company_name": "X", "stock_symbol": 5},
        {"company_name": "X", "accession": "../.."},
        {"company_name": "X", "cik": "0x1"},
    ],
)
def test_an_unusable_request_is_refused_before_anything_is_read(request_: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidInput):
        handler_of(NAME, monkeypatch).lambda_handler({"request": request_, "execution_id": ARN}, None)


@pytest.mark.parametrize(
    "more",
    [
        {"mode": "bios"},
        {"mode": 5},
        {"execution_id": ""},
        {"execution_id": None},
        {"execution_id": "a/../b"},
        {"workload": []},
        {"workload": {"timeout_seconds": "60"}},
        {"workload": {"timeout_seconds": 0}},
        {"workload": {"timeout_seconds": float("nan")}},
        {"mode": "fill_gaps"},
        {"mode": "fill_gaps", "company_id": "x-corp"},
        {"mode": "fill_gaps", "company_id": "y-corp", "extraction_timestamp": "2025-01-01T00:00:00.000000Z"},
    ],
    ids=str,
)
def test_a_broken_event_is_refused(more: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidInput):
        handler_of(NAME, monkeypatch).lambda_handler({**EVENT, **more}, None)


def test_an_extraction_that_is_not_there_cannot_be_filled(handler: Any) -> None:
    with pytest.raises(InvalidInput, match="holds no extraction"):
        fill(handler, {"company_id": "x-corp", "extraction_timestamp": "2025-01-01T00:00:00.000000Z"})


# -- gaps ------------------------------------------------------------------------------------------------------------


def without_employees(handler: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Extract with a model at hand; the number of employees is a gap that the one passage fills."""
    from sec_extraction.model import missing

    read = handler.extract_with_passages

    def gappy(*arguments: Any) -> Any:
        document, _ = read(*arguments)
        document.fields["employees"] = missing("not found")
        return document, (STAFF,)

    monkeypatch.setenv("NOVA_MODEL_ID", "amazon.nova-pro-v1:0")
    monkeypatch.setattr(handler, "extract_with_passages", gappy)
    return run(handler)


def test_gaps_are_counted_and_their_passages_kept(handler: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    body = without_employees(handler, monkeypatch)
    assert body["gap_calls"] == 1 and body["skipped"] == []
    (passage,) = objects("x-corp")["sec-passages"]["passages"]
    assert passage["text"] == STAFF and passage["source"].endswith(DOCUMENT)


def test_a_filled_gap_is_a_new_item(
    handler: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = without_employees(handler, monkeypatch)
    capsys.readouterr()
    with model(monkeypatch, {"employees": {"value": 4321, "quote": STAFF}}):
        after = fill(handler, before)
    assert after["completeness"] > before["completeness"]
    assert (after["gap_calls"], after["api_calls"]) == (0, {"nova": 1})
    assert after["usage"] == {"nova": {"input_tokens": 900, "output_tokens": 40}, "serper": 0}
    old = load_extraction("SEC_TABLE", "x-corp", before["extraction_timestamp"]).document
    new = load_extraction("SEC_TABLE", "x-corp", after["extraction_timestamp"]).document
    assert old["fields"]["employees"]["value"] is None
    field = new["fields"].pop("employees")
    assert (field["value"], field["confidence"], field["source"]["method"]) == (4321, 0.5, "model")
    assert field["source"]["url"].endswith(DOCUMENT)
    old["fields"].pop("employees")
    assert new["fields"] == old["fields"], "nothing else changes"
    assert objects("x-corp")["sec"]["fields"]["employees"]["value"] == 4321
    found = metrics(capsys)
    assert ((("Function", ""), ("Api", "nova")), "ApiCalls", 1) in found
    assert ((("Function", ""),), "NovaInputTokens", 900) in found
    assert ((("Function", ""),), "NovaOutputTokens", 40) in found


@pytest.mark.parametrize(("value", "quote"), [("many", "many employees"), (99, STAFF), (True, "True"), (4321, "no")])
def test_a_models_answer_counts_only_when_it_is_borne_out(
    handler: Any, monkeypatch: pytest.MonkeyPatch, value: Any, quote: str
) -> None:
    before = without_employees(handler, monkeypatch)
    with model(monkeypatch, {"employees": {"value": value, "quote": quote}}):
        after = fill(handler, before)
    assert after["completeness"] == before["completeness"]
    assert after["usage"]["nova"]["input_tokens"] == 900, "tokens are paid for all the same"


def test_a_throttled_model_is_an_error_that_the_machine_repeats(handler: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    before = without_employees(handler, monkeypatch)
    with model(monkeypatch, "ThrottlingException"), pytest.raises(UpstreamThrottled):
        fill(handler, before)
    assert breaker.check("nova") == breaker.PAUSED
    with pytest.raises(UpstreamThrottled, match="not called yet"):
        fill(handler, before)
    assert count("sec") == 1


def test_a_model_that_is_down_opens_its_breaker(handler: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    before = without_employees(handler, monkeypatch)
    for _ in range(2):
        with model(monkeypatch, "ServiceUnavailableException"), pytest.raises(UpstreamUnavailable):
            fill(handler, before)
    assert breaker.check("nova") == breaker.OPEN
    with pytest.raises(ServiceUnavailable):
        fill(handler, before)
    assert count("sec") == 1


# -- breaker, durations, metrics, progress, saving ---------------------------------------------------------------------


def test_an_edgar_that_is_down_opens_its_breaker_and_is_then_left_alone(handler: Any, edgar: FakeEdgar) -> None:
    edgar.answers[SUBMISSIONS] = (503, "text/html", b"")
    for _ in range(2):
        with pytest.raises(UpstreamUnavailable):
            run(handler)
    edgar.answers.clear()
    with pytest.raises(ServiceUnavailable, match="edgar"):
        run(handler)


def test_a_missing_company_does_not_count_against_edgar(handler: Any, edgar: FakeEdgar) -> None:
    edgar.answers[SUBMISSIONS] = (404, "application/xml", b"<Error/>")
    for _ in range(4):
        with pytest.raises(CompanyNotFound):
            run(handler)
    assert breaker.check("edgar") == breaker.CLOSED


def test_a_probe_that_is_answered_closes_the_breaker(
    handler: Any, edgar: FakeEdgar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BREAKER_OPEN_SECONDS", "0.05")
    for _ in range(2):
        breaker.failed("edgar")
    time.sleep(0.06)
    assert breaker.check("edgar", ARN) == breaker.HALF_OPEN
    run(handler)
    assert breaker.check("edgar", "another") == breaker.CLOSED


@pytest.mark.parametrize("table", ["", "no-such-table"])
def test_bookkeeping_that_fails_never_fails_an_extraction(
    handler: Any, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    monkeypatch.setenv("STATE_TABLE", table)
    assert run(handler)["completeness"] > 0


def test_a_success_is_remembered_with_its_duration(handler: Any) -> None:
    body = run(handler)
    (past,) = durations.past("x-corp", "sec")
    assert (past.duration_ms, past.pages) == (body["durations_ms"]["extract"], 3)


def test_calls_are_a_metric_also_when_they_failed(
    handler: Any, edgar: FakeEdgar, capsys: pytest.CaptureFixture[str]
) -> None:
    edgar.answers[SUBMISSIONS] = (503, "text/html", b"")
    with pytest.raises(UpstreamUnavailable):
        run(handler)
    assert ((("Function", ""), ("Api", "edgar")), "ApiCalls", 2) in metrics(capsys)


def test_completeness_and_duration_are_metrics_without_the_company(
    handler: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    body = run(handler)
    found = metrics(capsys)
    assert ((("Function", ""),), "Completeness", body["completeness"]) in found
    assert any(name == "Duration" for _, name, _ in found)
    assert {name for dimensions, _, _ in found for name, _ in dimensions} == {"Function", "Api"}


def test_standing_still_is_an_error_of_its_own(handler: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROGRESS_SECONDS", "0.1")
    monkeypatch.setattr(handler, "extract_with_passages", lambda *_: time.sleep(5))
    started = time.monotonic()
    with pytest.raises(ProgressStalled):
        run(handler)
    assert time.monotonic() - started < 2
    assert count("sec") == 0


def test_the_fetcher_ticks_and_keeps_the_workloads_limit(handler: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[dict[str, Any]] = []
    whole = handler.Fetcher.from_environment

    def spy(request: Any, **options: Any) -> Any:
        made.append(options)
        return whole(request, **options)

    monkeypatch.setattr(handler.Fetcher, "from_environment", spy)
    run(handler, workload={"timeout_seconds": 50.0, "api_calls": 5})
    run(handler, workload={"timeout_seconds": 330, "deadline_seconds": 270})
    assert [options["total"] for options in made] == [20, 270]
    assert all(options["tick"] is handler.progress.tick for options in made)


def test_an_edgar_that_is_slow_ends_before_the_task_does(
    handler: Any, edgar: FakeEdgar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handler, "_intervals", lambda: {"127.0.0.1": 0.7})
    started = time.monotonic()
    with pytest.raises(UpstreamUnavailable, match="time"):
        run(handler, workload={"deadline_seconds": 1})
    assert time.monotonic() - started < 4


def test_without_time_left_nothing_is_read() -> None:
    def resolve(host: str, port: int) -> list[str]:
        raise AssertionError("looked up")

    fetcher = Fetcher("Unit Test test@example.com", total=0, resolve=resolve)
    with pytest.raises(UpstreamUnavailable, match="no time left"):
        fetcher.get("https://www.sec.gov/", accept=("text/html",))


def test_requests_to_edgar_keep_their_distance(edgar: FakeEdgar, monkeypatch: pytest.MonkeyPatch) -> None:
    with cloud(monkeypatch):
        monkeypatch.setenv("ALLOWED_PRIVATE_HOSTS", edgar.host)
        monkeypatch.setenv("EDGAR_DATA_URL", edgar.base_urls["data"])
        monkeypatch.setenv("EDGAR_WWW_URL", edgar.base_urls["www"])
        body = run(handler_of(NAME, monkeypatch))
    calls = body["api_calls"]["edgar"]
    assert body["durations_ms"]["extract"] >= 1000 * 0.1 * (calls - 1)


def test_the_declared_agent_is_needed(handler: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from common.errors import ConfigurationError

    monkeypatch.setenv("USER_AGENT", "nobody")
    with pytest.raises(ConfigurationError, match="e-mail"):
        run(handler)


@pytest.mark.parametrize(("broken", "error"), [("MERGED_BUCKET", StorageError), ("SEC_TABLE", DatabaseError)])
def test_half_of_it_saved_is_not_a_success(
    handler: Any, monkeypatch: pytest.MonkeyPatch, broken: str, error: type[Exception]
) -> None:
    from botocore.exceptions import ClientError

    def refused(**_: Any) -> Any:
        raise ClientError({"Error": {"Code": "InternalError", "Message": "no"}}, "PutObject")

    service, method = {"MERGED_BUCKET": ("s3", "put_object"), "SEC_TABLE": ("dynamodb", "put_item")}[broken]
    monkeypatch.setattr(aws.client(service), method, refused)
    with pytest.raises(error):
        run(handler)
    prefix = partial.folder("x-corp", ARN)
    assert (count("sec"), len(partial.list_keys(prefix))) == ((1, 0) if broken == "MERGED_BUCKET" else (0, 1))
