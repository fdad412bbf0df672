"""Whole executions of the definition, with functions and notifications played by the test and time run through."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from scripts.virtual_time import LoopClock, elapsed, simulate
from stepdeploy import jsonsource, references
from stepdeploy.interpreter import Clock, MemoryHistory, Outcome, TaskCall, TaskError, VirtualClock, run

ROOT = Path(__file__).parents[3]
INPUT = {"company_name": "Apple Inc", "website_url": "https://www.apple.com", "stock_symbol": "AAPL"}
EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:CompanyDataExtractionPipeline:apple-inc"
WHO = {"request": INPUT, "execution_id": EXECUTION}
TRANSIENT = ["Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException"]
STAMP = "2026-11-23T12:00:00.000000Z"


def definition() -> dict[str, Any]:
    """The definition with the project's own parameters; a resource's name stands for the resource."""
    project = json.loads((ROOT / "definitions" / "project.json").read_text())
    values = {**project["parameters"], "env": "test", "aws:partition": "aws"}

    def lookup(name: str) -> Any:
        return name if name.startswith(("function:", "topic:")) else values[name]

    source = jsonsource.load(ROOT / "definitions" / "company_data_extraction.asl.json")
    return references.substitute(source, lookup)


def ok(**body: Any) -> dict[str, Any]:
    return {"statusCode": 200, "body": body}


def extraction(completeness: Any = 97.5, **more: Any) -> dict[str, Any]:
    body = {"company_id": "apple-inc", "extraction_timestamp": STAMP, "completeness": completeness, "missing": []}
    return ok(**body, **more)


def after(seconds: float) -> str:
    """A moment so many seconds from the clock's start, as the functions write moments."""
    moment = VirtualClock().now() + timedelta(seconds=seconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def reserved(seconds: float = 0) -> dict[str, Any]:
    """A place in an API's schedule."""
    return ok(allowed=True, state="closed", not_before=after(seconds), wait_seconds=seconds)


CLOSED_DOOR = ok(allowed=False, state="open", not_before=None, wait_seconds=0)
WORKLOAD = ok(
    workload_type="balanced",
    sec={"timeout_seconds": 330, "api_calls": 5},
    cxo={"timeout_seconds": 320, "page_budget": 14, "bio_workers": 1},
)
S3 = {"bucket": "b", "key": "k"}
MERGED = ok(company_id="apple-inc", quality_score=92, s3=S3)
FREE = ok(decision="extract", company_id="apple-inc", claimed=True, wait_until=None, cached=None)
CACHED = ok(
    decision="cached",
    company_id="apple-inc",
    claimed=False,
    wait_until=None,
    cached={"s3": S3, "age_hours": 3.5, "completeness": {"sec": 100, "cxo": 100}},
)


class World:
    """Plays the functions and SNS by name; a function with modes as `name:mode`, a reservation as `reserve:api`.

    Each answer is a payload, an error, or a list of these in turn.
    """

    def __init__(self, **answers: Any) -> None:
        self.clock = VirtualClock()
        self.answers: dict[str, Any] = {
            "cache": FREE,
            "workload": WORKLOAD,
            "reserve_edgar": reserved(),
            "reserve_nova": reserved(),
            "reserve_serper": reserved(),
            "sec": extraction(),
            "sec_fill_gaps": extraction(99),
            "cxo": extraction(),
            "cxo_fill_gaps": extraction(99),
            "cxo_search": extraction(96),
            "cxo_bios": ok(),
            "merge": MERGED,
            "merge_partial": ok(s3=S3),
            "cleanup": ok(removed=[]),
            "publish": {"MessageId": "m"},
        } | answers
        self.seconds: dict[str, float] = {}
        self.calls: Counter[str] = Counter()
        self.payloads: dict[str, Any] = {}
        self.timeouts: dict[str, float | None] = {}
        self.history = MemoryHistory()

    async def __call__(self, call: TaskCall) -> Any:
        name = self.name_of(call)
        answer = self.answers[name]
        if isinstance(answer, list):
            answer = answer[min(self.calls[name], len(answer) - 1)]
        self.calls[name] += 1
        self.payloads[name] = call.parameters.get("Payload", call.parameters)
        self.timeouts[name] = call.timeout
        if name in self.seconds:
            await asyncio.sleep(self.seconds[name])
        if isinstance(answer, Exception):
            raise answer
        return answer if name == "publish" else {"StatusCode": 200, "Payload": answer}

    def name_of(self, call: TaskCall) -> str:
        if "TopicArn" in call.parameters:
            return "publish"
        payload = call.parameters["Payload"]
        short = {
            "function:check_extraction_cache": "cache",
            "function:analyze_workload": "workload",
            "function:reserve_api_budget": "reserve",
            "function:nova_sec_extractor": "sec",
            "function:cxo_website_extractor": "cxo",
            "function:dynamodb_to_s3_merger": "merge",
            "function:cleanup_failed_run": "cleanup",
        }[call.parameters["FunctionName"]]
        more = payload.get("mode") or payload.get("api") or ("partial" if payload.get("partial") else None)
        return f"{short}_{more}" if more else short

    @property
    def notification(self) -> dict[str, str]:
        return self.payloads["publish"]

    @property
    def passed(self) -> list[str]:
        """The states entered, in order."""
        details = (event.get("stateEnteredEventDetails") for event in self.history.events)
        return [entered["name"] for entered in details if entered]

    def run(self) -> Outcome:
        return asyncio.run(self.started(self.clock))

    async def started(self, clock: Clock) -> Outcome:
        context = {"Execution": {"Id": EXECUTION, "Input": INPUT, "Name": "apple-inc"}, "StateMachine": {"Id": "m"}}
        return await run(definition(), INPUT, context=context, tasks=self, clock=clock, history=self.history)


def error(name: str) -> TaskError:
    return TaskError(name, json.dumps({"errorMessage": 'it\'s "broken" {here}\n', "errorType": name}))


TIMEOUT = TaskError("States.Timeout", "")  # what Step Functions makes of a task over its TimeoutSeconds


def fails(world: World, name: str, *states: str) -> Outcome:
    """Run, and insist on a failure that was cleaned up after, notified, and passed `states`."""
    outcome = world.run()
    assert (outcome.status, outcome.error) == ("FAILED", name)
    assert set(states) <= set(world.passed)
    assert world.passed[-3:] == ["CleanupFailedRun", "NotifyFailure", "PipelineFailed"]
    assert world.notification["Subject"].endswith(f": {name}")
    return outcome


# -- the way that all goes well --------------------------------------------------------------------------------------


def test_success() -> None:
    world = World()
    outcome = world.run()
    assert (outcome.status, outcome.output) == (
        "SUCCEEDED",
        {
            "status": "success",
            "cached": False,
            "company_id": "apple-inc",
            "completeness": {"sec": 97.5, "cxo": 97.5},
            "quality_score": 92,
            "s3": S3,
        },
    )
    assert world.payloads["sec"] == {**WHO, "workload": WORKLOAD["body"]["sec"]}
    assert world.payloads["merge"] == {**WHO, "sec": extraction()["body"], "cxo": extraction()["body"]}
    assert set(world.calls) == {"cache", "workload", "reserve_edgar", "sec", "cxo", "merge"}


def test_time_limits_are_those_of_the_workload() -> None:
    world = World()
    world.run()
    assert (world.timeouts["sec"], world.timeouts["cxo"]) == (330, 320)


# -- cache and claim -------------------------------------------------------------------------------------------------


def test_a_cached_result_is_given_back_and_nothing_else_is_called() -> None:
    world = World(cache=CACHED)
    outcome = world.run()
    assert outcome.output == {
        "status": "success",
        "cached": True,
        "company_id": "apple-inc",
        "age_hours": 3.5,
        "completeness": {"sec": 100, "cxo": 100},
        "s3": S3,
    }
    assert set(world.calls) == {"cache"}


def test_a_second_execution_waits_for_the_first_and_takes_its_result() -> None:
    busy = [
        ok(decision="wait", company_id="apple-inc", claimed=False, wait_until=after(seconds), cached=None)
        for seconds in (30, 90)
    ]
    world = World(cache=[*busy, CACHED])
    assert world.run().output["cached"] is True
    assert world.passed.count("WaitForOtherRun") == 2
    assert set(world.calls) == {"cache"}


@pytest.mark.parametrize(
    "answer",
    [
        error("DatabaseError"),
        error("Runtime.ExitError"),
        TIMEOUT,
        ok(),
        ok(decision="cached", company_id="apple-inc", cached=None),
        ok(decision="wait", wait_until="soon"),
        ok(decision=7),
    ],
)
def test_a_cache_that_cannot_be_read_never_fails_a_run(answer: Any) -> None:
    world = World(cache=answer)
    assert world.run().status == "SUCCEEDED"
    assert world.calls["merge"] == 1


# -- workload --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        error("UpstreamUnavailable"),
        TIMEOUT,
        ok(),
        ok(sec={"timeout_seconds": 0, "api_calls": 1}, cxo={"timeout_seconds": 5}),
    ],
)
def test_without_an_analysis_the_defaults_serve(answer: Any) -> None:
    world = World(workload=answer)
    assert world.run().status == "SUCCEEDED"
    assert (world.timeouts["sec"], world.timeouts["cxo"]) == (360, 360)


# -- budget and breaker ----------------------------------------------------------------------------------------------


def test_the_machine_waits_for_its_place_in_the_schedule() -> None:
    world = World(reserve_edgar=reserved(90))
    started = world.clock.now()
    assert world.run().status == "SUCCEEDED"
    assert "WaitForEdgar" in world.passed
    assert (world.clock.now() - started).total_seconds() >= 89


def test_no_wait_without_need() -> None:
    world = World()
    world.run()
    assert "WaitForEdgar" not in world.passed


def test_an_open_breaker_of_edgar_is_service_unavailable() -> None:
    world = World(reserve_edgar=CLOSED_DOOR)
    fails(world, "ServiceUnavailable", "SECServiceUnavailable", "ServiceUnavailable")
    assert "sec" not in world.calls


def test_a_budget_used_up_is_its_own_error() -> None:
    world = World(reserve_edgar=error("ApiBudgetExhausted"))
    outcome = fails(world, "ExtractionFailed", "SECBudgetExhausted")
    assert '"statusCode":429' in str(outcome.cause)
    assert "sec" not in world.calls


@pytest.mark.parametrize("answer", [error("DatabaseError"), TIMEOUT, ok()])
def test_a_budget_that_cannot_be_asked_does_not_stop_a_run(answer: Any) -> None:
    """The extractor keeps EDGAR's limit by itself, for its own calls."""
    assert World(reserve_edgar=answer).run().status == "SUCCEEDED"


@pytest.mark.parametrize("kind", ["sec", "cxo"])
def test_gaps_are_filled_after_a_reservation(kind: str) -> None:
    world = World(**{kind: extraction(80, gap_calls=2), "reserve_nova": reserved(30)})
    assert world.run().status == "SUCCEEDED"
    assert world.payloads["reserve_nova"]["calls"] == 2
    assert world.payloads[f"{kind}_fill_gaps"]["extraction_timestamp"] == STAMP
    assert world.payloads["merge"][kind]["completeness"] == 99


@pytest.mark.parametrize("kind", ["sec", "cxo"])
@pytest.mark.parametrize("answer", [CLOSED_DOOR, error("ApiBudgetExhausted"), error("DatabaseError"), TIMEOUT])
def test_without_nova_the_extraction_stands_as_it_is(kind: str, answer: Any) -> None:
    world = World(**{kind: extraction(96, gap_calls=1), "reserve_nova": answer})
    assert world.run().status == "SUCCEEDED"
    assert f"{kind}_fill_gaps" not in world.calls
    assert world.payloads["merge"][kind]["completeness"] == 96


@pytest.mark.parametrize("kind", ["sec", "cxo"])
@pytest.mark.parametrize("name", ["UpstreamThrottled", "ProgressStalled", "Runtime.ExitError", "States.Timeout"])
def test_gaps_that_cannot_be_filled_stay(kind: str, name: str) -> None:
    world = World(**{kind: extraction(96, gap_calls=1), f"{kind}_fill_gaps": error(name)})
    assert world.run().status == "SUCCEEDED"
    assert world.payloads["merge"][kind]["completeness"] == 96


def test_no_gap_no_call() -> None:
    world = World(sec=extraction(gap_calls=0))
    world.run()
    assert "reserve_nova" not in world.calls


# -- search and biographies ------------------------------------------------------------------------------------------


def test_a_page_that_only_a_search_finds() -> None:
    world = World(cxo=error("SearchNeeded"), reserve_serper=reserved(20))
    assert world.run().status == "SUCCEEDED"
    assert world.payloads["cxo_search"]["mode"] == "search"
    assert world.payloads["merge"]["cxo"]["completeness"] == 96


@pytest.mark.parametrize(
    ("answer", "state", "name"),
    [
        (CLOSED_DOOR, "CXODataNotAvailable", "SearchNeeded"),
        (error("ApiBudgetExhausted"), "CXOBudgetExhausted", "ApiBudgetExhausted"),
        (error("DatabaseError"), "CXODatabaseFailed", "DatabaseError"),
        (TIMEOUT, "CXOExtractionTimedOut", "States.Timeout"),
    ],
)
def test_without_serper_there_is_no_page(answer: Any, state: str, name: str) -> None:
    world = World(cxo=error("SearchNeeded"), reserve_serper=answer)
    outcome = fails(world, "ExtractionFailed", state, "SavePartialSEC")
    assert f'"error":"{name}"' in str(outcome.cause)
    assert "cxo_search" not in world.calls


@pytest.mark.parametrize(
    ("call", "reservation", "more"),
    [
        ("sec", "reserve_edgar", {}),
        ("cxo_search", "reserve_serper", {"cxo": error("SearchNeeded")}),
        ("sec_fill_gaps", "reserve_nova", {"sec": extraction(80, gap_calls=1)}),
        ("cxo_fill_gaps", "reserve_nova", {"cxo": extraction(80, gap_calls=1)}),
    ],
)
@pytest.mark.parametrize("name", ["UpstreamThrottled", "UpstreamUnavailable", "DatabaseError", "Runtime.ExitError"])
def test_a_retried_call_takes_a_new_place_first(call: str, reservation: str, more: dict[str, Any], name: str) -> None:
    world = World(**{**more, call: [error(name), error(name), extraction(99)], reservation: reserved(45)})
    started = world.clock.now()
    assert world.run().status == "SUCCEEDED"
    assert (world.calls[call], world.calls[reservation]) == (3, 3)
    gate = {"sec": "Edgar", "cxo_search": "Search", "sec_fill_gaps": "SECGaps", "cxo_fill_gaps": "CXOGaps"}[call]
    passed = [state.removesuffix("Budget") for state in world.passed]
    assert [state for state in passed if state in (f"Reserve{gate}", f"WaitFor{gate}")][::2] == [f"Reserve{gate}"] * 3
    assert (world.clock.now() - started).total_seconds() >= 44


def test_a_breaker_that_opened_during_the_wait_is_service_unavailable() -> None:
    fails(World(sec=error("ServiceUnavailable")), "ServiceUnavailable", "SECServiceUnavailable")


def test_biographies_of_a_heavy_site_are_read_by_workers() -> None:
    batches = [["https://a/1"], ["https://a/2"], ["https://a/3"]]
    world = World(cxo=extraction(bio_batches=batches))
    assert world.run().status == "SUCCEEDED"
    assert world.calls["cxo_bios"] == 3


def test_biographies_that_cannot_be_read_are_left_out() -> None:
    world = World(cxo=extraction(bio_batches=[["https://a/1"], ["https://a/2"]]), cxo_bios=error("UpstreamBlocked"))
    assert world.run().status == "SUCCEEDED"
    assert world.passed.count("BiosNotRead") == 2


def seconds_of(world: World) -> float:
    """How long the run takes, with branches and workers side by side in simulated time."""

    async def measured() -> float:
        outcome = await world.started(LoopClock())
        assert outcome.status == "SUCCEEDED"
        return elapsed()

    return simulate(measured())


def test_an_unbalanced_company_gains_from_workers_and_not_from_an_order_of_branches() -> None:
    """Forty biographies at two seconds each beside a short SEC branch: in one function, then split over five workers."""
    urls = [f"https://a/{number}" for number in range(40)]
    alone = World()
    alone.seconds = {"sec": 20, "cxo": 20 + 2 * len(urls)}
    split = World(cxo=extraction(bio_batches=[urls[start : start + 8] for start in range(0, 40, 8)]))
    split.seconds = {"sec": 20, "cxo": 20, "cxo_bios": 2 * 8}
    assert seconds_of(alone) == pytest.approx(100, abs=1)
    assert seconds_of(split) == pytest.approx(36, abs=1)


# -- extractions that fail -------------------------------------------------------------------------------------------

PERMANENT = ["InvalidInput", "UnsafeUrl", "PageNotFound", "DocumentTooLarge", "UnexpectedContent"]
FAILURES = [
    *((name, 404, 1, "DataNotAvailable") for name in PERMANENT),
    ("DatabaseError", 503, 4, "DatabaseFailed"),
    ("StorageError", 503, 4, "DatabaseFailed"),
    ("ApiBudgetExhausted", 429, 1, "BudgetExhausted"),
    ("ProgressStalled", 504, 1, "ProgressStalled"),
    ("Sandbox.Timedout", 504, 1, "ExtractionTimedOut"),
    ("States.Timeout", 504, 1, "ExtractionTimedOut"),
    ("UpstreamThrottled", 500, 6, "ExtractionFailed"),
    ("UpstreamUnavailable", 500, 4, "ExtractionFailed"),
    ("UpstreamBlocked", 500, 1, "ExtractionFailed"),
    ("ConfigurationError", 500, 1, "ExtractionFailed"),
    ("Runtime.ExitError", 500, 4, "ExtractionFailed"),
    ("Lambda.Unknown", 500, 4, "ExtractionFailed"),
    ("Lambda.TooManyRequestsException", 500, 6, "ExtractionFailed"),
    *((name, 500, 4, "ExtractionFailed") for name in TRANSIENT),
    ("SomethingNobodyNamed", 500, 1, "ExtractionFailed"),
]


@pytest.mark.parametrize("kind", ["sec", "cxo"])
@pytest.mark.parametrize(("name", "status", "attempts", "state"), FAILURES)
def test_a_failed_extraction_ends_in_the_state_meant_for_it(
    kind: str, name: str, status: int, attempts: int, state: str
) -> None:
    world = World(**{kind: error(name)})
    other = {"sec": "CXO", "cxo": "SEC"}[kind]
    outcome = fails(world, "ExtractionFailed", f"{kind.upper()}{state}", f"SavePartial{other}")
    assert f'"statusCode":{status}' in str(outcome.cause) and f'"error":"{name}"' in str(outcome.cause)
    assert world.calls[kind] == attempts
    assert "merge" not in world.calls


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("sec", "CompanyNotFound"),
        ("sec", "AmbiguousCompany"),
        ("sec", "NoAnnualReport"),
        ("cxo", "LeadershipPageNotFound"),
        ("cxo_search", "LeadershipPageNotFound"),
    ],
)
def test_data_that_does_not_exist_is_404(kind: str, name: str) -> None:
    answers = {kind: error(name)} | ({"cxo": error("SearchNeeded")} if kind == "cxo_search" else {})
    outcome = fails(World(**answers), "ExtractionFailed", f"{kind[:3].upper()}DataNotAvailable")
    assert f'"completeness":0,"error":"{name}"' in str(outcome.cause)


@pytest.mark.parametrize("kind", ["sec", "cxo"])
@pytest.mark.parametrize("name", ["UpstreamThrottled", "UpstreamUnavailable", "DatabaseError", TRANSIENT[0]])
def test_passing_trouble_is_survived(kind: str, name: str) -> None:
    assert World(**{kind: [error(name), error(name), extraction()]}).run().status == "SUCCEEDED"


def test_what_one_side_found_is_kept_marked_partial() -> None:
    world = World(cxo=error("LeadershipPageNotFound"))
    fails(world, "ExtractionFailed", "SavePartialSEC")
    assert world.payloads["merge_partial"] == {**WHO, "partial": True, "sec": extraction()["body"]}
    world = World(sec=error("NoAnnualReport"))
    fails(world, "ExtractionFailed", "SavePartialCXO")
    assert world.payloads["merge_partial"] == {**WHO, "partial": True, "cxo": extraction()["body"]}


@pytest.mark.parametrize("name", ["StorageError", "InvalidInput", "States.Timeout", "Nobody"])
def test_a_partial_result_that_cannot_be_kept_hides_nothing(name: str) -> None:
    outcome = fails(World(cxo=error("UpstreamBlocked"), merge_partial=error(name)), "ExtractionFailed")
    assert "UpstreamBlocked" in str(outcome.cause)


def test_both_errors_are_told_and_nothing_is_kept() -> None:
    world = World(sec=error("CompanyNotFound"), cxo=error("LeadershipPageNotFound"))
    outcome = fails(world, "ExtractionFailed")
    assert "CompanyNotFound" in str(outcome.cause) and "LeadershipPageNotFound" in str(outcome.cause)
    assert "merge_partial" not in world.calls


@pytest.mark.parametrize("kind", ["sec", "cxo"])
@pytest.mark.parametrize(
    "payload",
    [[], "text", {}, {"statusCode": 200}, {"statusCode": 200, "body": {}}, {"statusCode": 200, "body": "{}"}],
    ids=json.dumps,
)
def test_a_result_of_another_shape_is_a_failed_extraction(kind: str, payload: Any) -> None:
    """Never States.Runtime: that would end the execution without a word to anyone."""
    fails(World(**{kind: payload if payload != [] else [[]]}), "ExtractionFailed")


# -- quality, merge, clean-up, notification --------------------------------------------------------------------------


@pytest.mark.parametrize(("sec", "cxo"), [(94.9, 100), (100, 0), (0, 0)])
def test_incomplete_data_is_not_merged_and_the_fields_are_named(sec: float, cxo: float) -> None:
    sides = {"sec": extraction(sec), "cxo": extraction(cxo)}
    sides["sec"]["body"]["missing"] = ["revenue", "auditor"]
    world = World(**sides)
    outcome = fails(world, "InsufficientDataQuality", "InsufficientCompleteness")
    assert "at least 95 percent" in str(outcome.cause) and '["revenue","auditor"]' in str(outcome.cause)
    assert "merge" not in world.calls


def test_doubtful_data_is_not_merged_and_the_doubts_are_named() -> None:
    doubt = TaskError("InsufficientDataQuality", "quality 41 of 100: revenue differs from the statement")
    outcome = fails(World(merge=doubt), "InsufficientDataQuality", "InsufficientDataQuality")
    assert "revenue differs" in str(outcome.cause)


def test_the_threshold_itself_is_enough() -> None:
    assert World(sec=extraction(95), cxo=extraction(95.0)).run().status == "SUCCEEDED"


@pytest.mark.parametrize(
    ("name", "attempts"),
    [
        ("StorageError", 4),
        ("DatabaseError", 4),
        ("InvalidInput", 1),
        ("Sandbox.Timedout", 1),
        ("States.Timeout", 1),
        ("Lambda.TooManyRequestsException", 6),
        *((name, 4) for name in TRANSIENT),
        ("SomethingNobodyNamed", 1),
    ],
)
def test_a_failed_merge_is_reported_with_its_error(name: str, attempts: int) -> None:
    world = World(merge=error(name))
    outcome = fails(world, "MergeError", "MergeFailed")
    assert str(outcome.cause).startswith(f"{name}: ")
    assert world.calls["merge"] == attempts


@pytest.mark.parametrize("name", ["DatabaseError", "States.Timeout", "SomethingNobodyNamed", TRANSIENT[1]])
def test_a_clean_up_that_fails_does_not_hide_the_failure(name: str) -> None:
    world = World(merge=error("StorageError"), cleanup=error(name))
    fails(world, "MergeError")


def test_the_clean_up_knows_what_failed() -> None:
    world = World(merge=error("InvalidInput"))
    fails(world, "MergeError")
    assert world.payloads["cleanup"]["failure"]["error"] == "MergeError"
    assert world.payloads["cleanup"]["execution_id"] == EXECUTION


@pytest.mark.parametrize("publish", [TaskError("SNS.AuthorizationErrorException", "no"), TIMEOUT])
def test_a_notification_that_fails_does_not_hide_the_failure(publish: Any) -> None:
    world = World(merge=error("StorageError"), publish=publish)
    outcome = world.run()
    assert (outcome.status, outcome.error) == ("FAILED", "MergeError")
    assert world.calls["publish"] == 4


def test_the_notification_can_be_read() -> None:
    world = World(sec=error("CompanyNotFound"))
    fails(world, "ExtractionFailed")
    cause, request, execution = world.notification["Message"].split("\n")
    assert "CompanyNotFound" in cause
    assert json.loads(request.removeprefix("Request: ")) == INPUT
    assert execution == f"Execution: {EXECUTION}"


def test_every_retrier_used_up_still_ends_with_a_notification() -> None:
    names = ("UpstreamThrottled",) * 5 + ("UpstreamUnavailable",) * 3 + ("DatabaseError",) * 4
    world = World(sec=[error(name) for name in names])
    fails(world, "ExtractionFailed")
    assert world.calls["sec"] == 12
