"""Names, starts, waits and timelines of executions."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stepdeploy import executions
from stepdeploy.errors import Conflict, ExecutionEnded, UsageError
from stepdeploy.executions import Step, execution_name, readable_cause, slug
from tests.unit.fake_aws import GONE, FakeAws
from tests.unit.resources.shapes import service_model

MACHINE = "arn:aws:states:eu-west-1:111122223333:stateMachine:M"
ALIAS = f"{MACHINE}:live"
RUN = "arn:aws:states:eu-west-1:111122223333:execution:M:run"
NOW = datetime(2025, 10, 14, 12, 30, 45, 123456, UTC)
TEMPLATE = "{company_name}-{date}"


def named(company: Any, *, template: str | None = TEMPLATE, force: bool = False, now: datetime = NOW) -> str:
    return execution_name(template, {"company_name": company}, now, force=force)


@pytest.mark.parametrize(
    ("company", "name"),
    [
        ("Apple Inc.", "apple-inc-20251014"),
        ("  Société   Générale S.A. ", "societe-generale-s-a-20251014"),
        ("A/B & C?", "a-b-c-20251014"),
        (42, "42-20251014"),
    ],
)
def test_the_name_is_the_same_all_day(company: Any, name: str) -> None:
    assert named(company) == name
    assert named(company, now=NOW + timedelta(hours=5)) == name


def test_force_adds_the_time_of_day() -> None:
    assert named("Apple", force=True) == "apple-20251014-123045123"
    assert named("Apple", force=True) != named("Apple", force=True, now=NOW + timedelta(milliseconds=1))


def test_without_a_template_the_name_is_the_moment() -> None:
    assert named("Apple", template=None) == "run-20251014T123045123456"


@pytest.mark.parametrize("payload", [{}, {"company_name": None}, {"company_name": ""}])
def test_a_missing_field_is_told(payload: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="has no company_name"):
        execution_name(TEMPLATE, payload, NOW, force=False)


@pytest.mark.parametrize("force", [False, True])
def test_long_names_that_begin_alike_stay_apart_and_keep_their_day(force: bool) -> None:
    one, other = "Long " * 40 + "One", "Long " * 40 + "Other"
    tomorrow = NOW + timedelta(days=1)
    names = {named(company, force=force, now=now) for company in (one, other) for now in (NOW, tomorrow)}
    assert len(names) == 4
    assert all(len(name) <= 80 and name.startswith("long-long-") for name in names)


@pytest.mark.parametrize(("one", "other"), [("北京银行", "上海银行"), ("北京 Bank", "上海 Bank"), ("!!!", "???")])
def test_names_in_other_scripts_stay_apart(one: str, other: str) -> None:
    assert slug(one) != slug(other)
    assert slug(one) == slug(one)


@pytest.mark.parametrize("text", ["北京银行", "Ølgod", "\ud800", "", "-", "a" * 500, "\x00\n", "🏦 Bank"])
def test_a_slug_is_always_what_execution_names_allow(text: str) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug(text))


def test_what_is_lost_without_a_letter_needs_no_digest() -> None:
    assert slug("🏦 Bank™ №1") == "banktm-no1"


def started(aws: FakeAws, payload: dict[str, Any] | None = None) -> executions.Started:
    return executions.start(aws, ALIAS, MACHINE, "run", payload or {"a": 1})


def known(status: str, text: str = '{"a": 1}') -> dict[str, Any]:
    return {"executionArn": RUN, "name": "run", "status": status, "input": text}


def test_a_new_execution_is_started_through_the_alias() -> None:
    aws = FakeAws(
        {"stepfunctions:describe_execution": GONE, "stepfunctions:start_execution": {"executionArn": RUN}}
    )  # fmt: skip
    found = started(aws, {"b": "é", "a": 1})
    assert (found.existing, found.status, found.arn) == (False, "RUNNING", RUN)
    assert aws.made[-1][1] == {"stateMachineArn": ALIAS, "name": "run", "input": '{"a": 1, "b": "é"}'}


@pytest.mark.parametrize("status", ["RUNNING", "SUCCEEDED", "FAILED"])
@pytest.mark.parametrize(("text", "same"), [('{"a": 1}', True), ('{"a": 2}', False)])
def test_what_has_been_started_under_the_name_is_found_not_started(status: str, text: str, same: bool) -> None:
    aws = FakeAws({"stepfunctions:describe_execution": known(status, text)})
    found = started(aws)
    assert (found.existing, found.same_input, found.status) == (True, same, status)
    assert aws.labels() == ["stepfunctions:describe_execution"]


def test_somebody_who_starts_it_between_the_two_calls_wins() -> None:
    race = Conflict("exists", code="ExecutionAlreadyExists")
    aws = FakeAws(
        {
            "stepfunctions:describe_execution": [GONE, known("RUNNING", '{"a": 2}')],
            "stepfunctions:start_execution": race,
        }
    )
    found = started(aws)
    assert (found.existing, found.same_input) == (True, False)


def test_another_conflict_is_an_error() -> None:
    deleting = Conflict("deleting", code="StateMachineDeleting")
    aws = FakeAws({"stepfunctions:describe_execution": GONE, "stepfunctions:start_execution": deleting})
    with pytest.raises(Conflict):
        started(aws)


def test_an_input_that_aws_would_refuse_is_not_sent() -> None:
    aws = FakeAws({})
    with pytest.raises(UsageError, match="takes 262144"):
        started(aws, {"a": "é" * 140_000})
    with pytest.raises(UsageError, match="no Unicode text"):
        started(aws, {"a": "\ud800"})
    assert aws.made == []


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds

    def __call__(self) -> float:
        return self.now


def event(number: int, kind: str, seconds: float = 0, previous: int | None = None, **details: Any) -> dict[str, Any]:
    before = number - 1 if previous is None else previous
    return {
        "id": number,
        "previousEventId": before,
        "type": kind,
        "timestamp": NOW + timedelta(seconds=seconds),
        **details,
    }


HISTORY = [
    event(1, "ExecutionStarted"),
    event(2, "TaskStateEntered", 0.1, stateEnteredEventDetails={"name": "Extract"}),
    event(3, "TaskScheduled", 0.1),
    event(4, "TaskFailed", 1.5, taskFailedEventDetails={"error": "Boom", "cause": '{"errorMessage": "it broke"}'}),
    event(5, "TaskStateExited", 1.5, stateExitedEventDetails={"name": "Extract"}),
    event(6, "PassStateEntered", 1.6, stateEnteredEventDetails={"name": "Done"}),
    event(7, "PassStateExited", 1.6, stateExitedEventDetails={"name": "Done"}),
    event(8, "ExecutionSucceeded", 1.7),
]


def wait(
    statuses: list[str], seen: list[int], limit: float | None = None, **more: Any
) -> tuple[Any, list[Step], Clock]:
    """statuses: one a poll. seen: how many events of HISTORY each poll shows."""
    answers = [{**known(status), "output": '{"n": 1}', **more} for status in statuses]
    events = [{"events": HISTORY[:count]} for count in seen]
    aws = FakeAws({"stepfunctions:describe_execution": answers})
    aws.pages = lambda *args, **params: iter((events.pop(0) if len(events) > 1 else events[0])["events"])  # type: ignore[method-assign]
    steps: list[Step] = []
    clock = Clock()
    return executions.wait(aws, RUN, watch=steps.append, limit=limit, sleep=clock.sleep, clock=clock), steps, clock


def test_steps_are_told_once_in_order_as_they_come() -> None:
    result, steps, clock = wait(["RUNNING", "RUNNING", "RUNNING", "SUCCEEDED"], [2, 2, 5, 8])
    assert result["output"] == {"n": 1}
    assert [(step.kind, step.state, step.detail) for step in steps] == [
        ("entered", "Extract", "Task"), ("failed", "Extract", "Boom: it broke"), ("exited", "Extract", "Task"),
        ("entered", "Done", "Pass"), ("exited", "Done", "Pass"),
    ]  # fmt: skip
    assert [step.seconds for step in steps] == [0.1, 1.5, 1.5, 1.6, 1.6]
    assert 0 < clock.now < 3


@pytest.mark.parametrize(("status", "code"), [("FAILED", 10), ("TIMED_OUT", 11), ("ABORTED", 12)])
def test_each_end_has_its_exit_code(status: str, code: int) -> None:
    with pytest.raises(ExecutionEnded, match=rf"{status}: Boom: it broke") as caught:
        wait([status], [1], error="Boom", cause='{"errorMessage": "it broke"}')
    assert caught.value.exit_code == code
    assert caught.value.where == RUN and "executions show run" in (caught.value.hint or "")


def test_an_end_without_error_and_cause_is_told_by_its_status() -> None:
    with pytest.raises(ExecutionEnded, match=r"TIMED_OUT: TIMED_OUT$"):
        wait(["TIMED_OUT"], [1])


@pytest.mark.parametrize("limit", [0, 5])
def test_the_limit_ends_the_wait_and_not_the_execution(limit: float) -> None:
    with pytest.raises(ExecutionEnded, match=f"still RUNNING after {limit} s; it goes on") as caught:
        wait(["RUNNING"], [1], limit=limit)
    assert caught.value.exit_code == 13


def test_an_execution_that_waits_for_its_redrive_is_not_over() -> None:
    result, _, _ = wait(["PENDING_REDRIVE", "SUCCEEDED"], [1])
    assert result["status"] == "SUCCEEDED"


def test_an_execution_without_output_has_none() -> None:
    assert executions.result({"status": "SUCCEEDED", "executionArn": RUN})["output"] is None


def test_the_failing_state_is_found_over_parallel_branches() -> None:
    """Events of two branches are interleaved: what belongs together is told by previousEventId alone."""
    events = [
        event(1, "ExecutionStarted"),
        event(2, "TaskStateEntered", stateEnteredEventDetails={"name": "A"}),
        event(3, "TaskStateEntered", previous=1, stateEnteredEventDetails={"name": "B"}),
        event(4, "TaskScheduled", previous=2),
        event(5, "TaskTimedOut", 9, previous=4, taskTimedOutEventDetails={"error": "States.Timeout"}),
    ]
    steps = executions.steps(FakeAws({"stepfunctions:get_execution_history": {"events": events}}), RUN)
    assert steps[-1] == Step(9.0, "failed", "A", "States.Timeout")


def test_a_failure_without_a_state_before_it_has_no_state() -> None:
    lone = [event(1, "MapRunFailed", mapRunFailedEventDetails={"error": "E"})]
    (step,) = executions.steps(FakeAws({"stepfunctions:get_execution_history": {"events": lone}}), RUN)
    assert (step.state, step.detail) == ("", "E")


def test_the_types_of_failures_are_awss_and_bear_details() -> None:
    shape = service_model("stepfunctions").shape_for("HistoryEvent")
    for kind in executions._FAILURES:
        assert kind in shape.members["type"].enum
        assert {"error", "cause"} <= set(shape.members[f"{kind[0].lower()}{kind[1:]}EventDetails"].members)


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        ("", ""),
        ("plain words", "plain words"),
        ('{"errorMessage": "no report", "errorType": "NoAnnualReport", "stackTrace": []}', "no report"),
        ('SEC: {"statusCode": 200, "body": {"completeness": 80}} CXO: x', "SEC: status 200, 80 % complete. CXO: x"),
        (
            '{"statusCode": 500, "body": {"error": "Boom", "cause": "{\\"errorMessage\\": \\"deep\\"}"}}',
            "status 500, Boom: deep.",
        ),
        ("an { open brace", "an { open brace"),
        ('{"a": 1}', '{"a": 1}'),
        ("{} {", "{} {"),
    ],
)  # fmt: skip
def test_causes_are_told_in_words(cause: str, told: str) -> None:
    assert readable_cause(cause) == told


def test_a_cause_nested_without_end_is_told_as_it_is() -> None:
    hostile = '{"a":' * 6000
    assert readable_cause(hostile) == hostile


def test_no_more_than_the_limit_is_listed_nor_read() -> None:
    items = [{"name": str(number)} for number in range(10)]
    taken: list[Any] = []

    def pages(*args: Any, **params: Any) -> Any:
        for item in items:
            taken.append(params)
            yield item

    aws = FakeAws({})
    aws.pages = pages  # type: ignore[method-assign]
    assert len(executions.listing(aws, MACHINE, status="FAILED", limit=3)) == 3
    assert len(taken) == 3
    assert taken[0] == {"stateMachineArn": MACHINE, "maxResults": 3, "statusFilter": "FAILED"}
    assert len(executions.listing(aws, MACHINE, status=None, limit=5000)) == 10
    assert taken[-1] == {"stateMachineArn": MACHINE, "maxResults": 1000}


def test_an_execution_is_named_or_given_whole() -> None:
    assert executions.to_arn(MACHINE, "run") == executions.to_arn(MACHINE, RUN) == RUN


def test_rows() -> None:
    item = {
        "name": "run", "status": "SUCCEEDED", "executionArn": RUN, "startDate": NOW,
        "stopDate": NOW + timedelta(seconds=1.239), "stateMachineVersionArn": f"{MACHINE}:7",
    }  # fmt: skip
    row = executions.row(item)
    assert (row["version"], row["seconds"]) == ("7", 1.24)
    del item["stopDate"], item["stateMachineVersionArn"]
    row = executions.row(item)
    assert (row["version"], row["seconds"]) == (None, None)
    assert json.dumps(row, default=str)
