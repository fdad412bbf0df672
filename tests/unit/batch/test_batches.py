"""The tool's side of batches and of the queue, without an AWS: what is sent, what is read, what is shown."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stepdeploy import batch, intake
from stepdeploy.company_list import Company
from stepdeploy.errors import AwsError, ExecutionEnded, NotFound, UsageError
from stepdeploy.report.batch_view import BatchView, outcome_rows, progress_line, summary_lines
from stepdeploy.report.screen import Screen
from tests.unit.fake_aws import FakeAws

NOW = datetime(2026, 11, 23, 12, 30, 15, 250_000, tzinfo=UTC)
HEAD = "arn:aws:states:us-east-1:123456789012"
PLACE = batch.Place(
    f"{HEAD}:stateMachine:B", f"{HEAD}:stateMachine:B:production", f"{HEAD}:stateMachine:Main", "bucket"
)
APPLE = Company(2, "apple-inc", {"company_name": "Apple Inc", "website_url": "https://www.apple.com"})
TESLA = Company(3, "tesla", {"company_name": "Tesla", "website_url": "https://www.tesla.com"})
GONE = NotFound("gone", code="NoSuchKey")
NO_EXECUTION = NotFound("none", code="ExecutionDoesNotExist")


def made(**options: Any) -> batch.Batch:
    return batch.make([APPLE, TESLA], "My Companies.csv", NOW, **options)


def test_the_name_comes_from_the_list() -> None:
    first = made()
    assert first.batch_id.startswith("my-companies-20261123-")
    assert made().batch_id == first.batch_id
    assert batch.make([APPLE], "My Companies.csv", NOW).batch_id != first.batch_id
    assert batch.make([APPLE, TESLA], "My Companies.csv", NOW + timedelta(days=1)).batch_id != first.batch_id
    assert made(options={"max_concurrency": 3}).batch_id == first.batch_id


def test_force_makes_another_batch_of_the_same_executions() -> None:
    assert made(force=True).batch_id == f"{made().batch_id}-123015250"
    assert made(force=True).items == made().items


def test_a_retry_makes_other_executions_and_names_what_it_retries() -> None:
    retry = made(retry_of="my-companies-20261123-aaaaaaaa")
    assert retry.input["retry_of"] == "my-companies-20261123-aaaaaaaa"
    assert {item["token"] for item in retry.items}.isdisjoint(item["token"] for item in made().items)


@pytest.mark.parametrize("source", ["", "-.csv", "株式会社.csv", "x" * 300 + ".csv", "../../etc/passwd"])
def test_a_name_is_one_that_aws_takes(source: str) -> None:
    found = batch.make([APPLE], source, NOW, force=True).batch_id
    assert len(found) <= 80 and found.replace("-", "").isalnum() and found.isascii()


def test_the_list_is_put_before_the_batch_is_started() -> None:
    answer = {"executionArn": f"{HEAD}:execution:B:x", "startDate": NOW}
    aws = FakeAws(
        {
            "s3:put_object": {"ETag": "x"},
            "stepfunctions:describe_execution": NO_EXECUTION,
            "stepfunctions:start_execution": answer,
        }
    )
    odd = Company(4, "odd", {"company_name": "Odd\u2028Name", "website_url": "https://odd.example"})
    wanted = batch.make([APPLE, odd], "a.csv", NOW)
    assert not batch.start(aws, PLACE, wanted).existing
    (_, put), _, (_, started) = aws.made
    assert put["Key"] == f"batches/{wanted.batch_id}/companies.jsonl"
    lines = put["Body"].decode("ascii").splitlines()
    assert [json.loads(line) for line in lines] == list(wanted.items)
    assert (started["stateMachineArn"], started["name"]) == (PLACE.target, wanted.batch_id)
    assert json.loads(started["input"]) == {"batch_id": wanted.batch_id, "total": 2, "source": "a.csv"}


class Body(bytes):
    """An object's bytes, as botocore streams them."""

    def read(self) -> bytes:
        return bytes(self)


def body(value: Any) -> dict[str, Any]:
    return {"Body": Body(value if isinstance(value, bytes) else json.dumps(value).encode())}


def stored(statuses: dict[str, str] | None) -> FakeAws:
    """A bucket with a batch of Apple and Tesla, and its summary unless there is none."""
    items = b"".join(json.dumps(item).encode() + b"\n" for item in made().items)

    def get(Key: str, **_: Any) -> Any:
        if Key.endswith("companies.jsonl"):
            return body(items)
        if statuses is None:
            return GONE
        return body({"companies": [{"company_id": name, "status": status} for name, status in statuses.items()]})

    return FakeAws({"s3:get_object": get})


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", "ABORTED", "NOT_RUN"])
def test_what_did_not_succeed_is_retried(status: str) -> None:
    found = batch.failed(stored({"apple-inc": "SUCCEEDED", "tesla": status}), PLACE, "b")
    assert found == [TESLA]


def test_what_cannot_be_retried_is_told() -> None:
    with pytest.raises(UsageError, match="nothing to retry"):
        batch.failed(stored({"apple-inc": "SUCCEEDED", "tesla": "SUCCEEDED"}), PLACE, "b")
    with pytest.raises(UsageError, match="no summary"):
        batch.failed(stored(None), PLACE, "b")
    with pytest.raises(UsageError, match="no batch"):
        batch.failed(FakeAws({"s3:get_object": GONE}), PLACE, "b")


def execution(status: str) -> dict[str, Any]:
    stop = {} if status == "RUNNING" else {"stopDate": NOW}
    return {
        "executionArn": f"{HEAD}:execution:B:b",
        "stateMachineArn": PLACE.machine,
        "name": "b",
        "status": status,
        "startDate": NOW,
        "input": '{"total": 2}',
        **stop,
    }


def map_run(succeeded: int, failed: int, running: int) -> dict[str, Any]:
    zero = dict.fromkeys(("pending", "timedOut", "aborted", "resultsWritten"), 0)
    counts = {**zero, "succeeded": succeeded, "failed": failed, "running": running, "total": 2}
    return {
        "mapRunArn": "run",
        "executionArn": "b",
        "status": "RUNNING",
        "startDate": NOW,
        "maxConcurrency": 1,
        "toleratedFailurePercentage": 0.0,
        "toleratedFailureCount": 0,
        "itemCounts": counts,
        "executionCounts": counts,
    }


RUNS = {"mapRuns": [{"executionArn": "b", "mapRunArn": "run", "stateMachineArn": "m", "startDate": NOW}]}


def ended(item: Any, status: str) -> dict[str, Any]:
    arn = f"{HEAD}:execution:Main:{item['token']}"
    times = {"startDate": NOW, **({} if status == "RUNNING" else {"stopDate": NOW + timedelta(seconds=3)})}
    return {"executionArn": arn, "stateMachineArn": PLACE.items, "name": item["token"], "status": status, **times}


def following(statuses: list[str]) -> FakeAws:
    wanted = made()
    stranger = {**wanted.items[0], "token": "someone-else"}
    return FakeAws(
        {
            "stepfunctions:describe_execution": [execution(status) for status in statuses],
            "stepfunctions:list_map_runs": [{"mapRuns": []}, RUNS],
            "stepfunctions:describe_map_run": [map_run(1, 0, 1), map_run(1, 1, 0)],
            "stepfunctions:list_executions": {
                "executions": [
                    ended(wanted.items[1], "FAILED"),
                    ended(stranger, "FAILED"),
                    ended(wanted.items[0], "RUNNING"),
                ]
            },
        }
    )


def test_a_batch_is_followed_to_its_end() -> None:
    seen: list[tuple[batch.Progress, list[batch.Ended]]] = []
    aws = following(["RUNNING", "RUNNING", "SUCCEEDED"])
    pauses: list[float] = []
    found = batch.wait(aws, PLACE, made(), "arn", lambda p, e: seen.append((p, list(e))), sleep=pauses.append)
    assert found["status"] == "SUCCEEDED" and len(pauses) == 2
    assert [(p.total, p.done, p.failed, p.running) for p, _ in seen] == [(2, 0, 0, 0), (2, 1, 0, 1), (2, 2, 1, 0)]
    # Told once, and only what belongs to the batch and has ended.
    assert [e for _, found in seen for e in found] == [batch.Ended("tesla", "FAILED", 3.0)]


def test_waiting_ends_at_the_limit() -> None:
    with pytest.raises(ExecutionEnded) as caught:
        batch.wait(following(["RUNNING"]), PLACE, made(), "arn", lambda p, e: None, limit=5, clock=lambda: 0.0, poll=6)
    assert caught.value.exit_code == 13


def entries(*codes: str) -> dict[str, Any]:
    told = [{"ErrorCode": code, "ErrorMessage": "no"} if code else {"EventId": "e"} for code in codes]
    return {"FailedEntryCount": sum(map(bool, codes)), "Entries": told}


def test_events_are_sent_ten_at_a_time() -> None:
    companies = [Company(n, f"c{n}", {"company_name": f"C{n}"}) for n in range(25)]
    aws = FakeAws({"events:put_events": lambda Entries: entries(*[""] * len(Entries))})
    found = intake.send(aws, "project.env", companies, NOW, priority="high")
    assert [len(params["Entries"]) for _, params in aws.made] == [10, 10, 5]
    assert found[3] == {"company_id": "c3", "token": companies[3].token("20261123")}
    entry = aws.made[0][1]["Entries"][3]
    assert (entry["Source"], entry["DetailType"], entry["Time"]) == ("project.env", "CompanyRequested", NOW)
    assert json.loads(entry["Detail"]) == {"request": {"company_name": "C3"}, "priority": "high"}


def test_events_that_were_refused_are_sent_again_alone() -> None:
    aws = FakeAws({"events:put_events": [entries("", "ThrottlingException"), entries("")]})
    intake.send(aws, "s", [APPLE, TESLA], NOW, priority="low", salt="x", sleep=lambda _: None)
    again = aws.made[1][1]["Entries"]
    assert [json.loads(entry["Detail"])["request"]["company_name"] for entry in again] == ["Tesla"]
    assert json.loads(again[0]["Detail"])["salt"] == "x"


def test_events_that_stay_refused_are_an_error() -> None:
    aws = FakeAws({"events:put_events": entries("InternalFailure")})
    with pytest.raises(AwsError, match="InternalFailure"):
        intake.send(aws, "s", [APPLE], NOW, priority="low", sleep=lambda _: None)
    assert len(aws.made) == intake.ATTEMPTS


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_pipe_gets_a_line_when_counts_change_and_not_too_often() -> None:
    clock, stream = Clock(), io.StringIO()
    view = BatchView(Screen(stream=stream), clock=clock)
    with view:
        for second, done in [(0, 0), (1, 1), (2, 2), (6, 3), (12, 3)]:
            clock.now = float(second)
            view.watch(batch.Progress("RUNNING", 10, succeeded=done, running=2), [])
        clock.now = 13.0
        view.watch(batch.Progress("SUCCEEDED", 10, succeeded=9, failed=1), [batch.Ended("x\x1b[2J", "FAILED", 1.25)])
    lines = stream.getvalue().splitlines()
    assert [line.split(",")[0] for line in lines if "done" in line] == ["0/10 done", "3/10 done", "10/10 done"]
    assert any(line.startswith("✗ x") and "FAILED  1.2 s" in line for line in lines)
    assert "\x1b" not in stream.getvalue()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_live_view(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    with BatchView(Screen(stream=stream)) as view:
        ended = [batch.Ended(f"company-{n}", "SUCCEEDED" if n else "FAILED", 1.0) for n in range(12)]
        view.watch(batch.Progress("RUNNING", 40, succeeded=11, failed=1, running=5), ended)
        view._live.refresh()
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue())
    assert "12/40 done" in shown and "1 failed" in shown and "5 running" in shown
    assert "company-11" in shown and "company-3" not in shown  # the last eight


def test_the_rate_and_what_is_left_are_told() -> None:
    text = "".join(part for part, _ in progress_line(batch.Progress("RUNNING", 100, succeeded=20, running=5), 10))
    assert text == "20/100 done, 5 running, 2.0/s, about 40 s to go"
    text = "".join(part for part, _ in progress_line(batch.Progress("RUNNING", 100), 0))
    assert text == "0/100 done, 0 running"


def outcome(company: str, status: str, **more: Any) -> dict[str, Any]:
    nothing = dict.fromkeys(("error", "cause", "s3", "completeness", "seconds"))
    return {"line": 2, "company_id": company, "status": status, "existing": False, **nothing, **more}


def test_a_summary_is_shown() -> None:
    summary = {
        "batch_id": "b",
        "counts": {"SUCCEEDED": 1, "FAILED": 1, "TIMED_OUT": 0},
        "failure": {"error": "E", "cause": "c"},
        "companies": [
            outcome("apple-inc", "SUCCEEDED", s3={"key": "k"}, completeness={"sec": 99.5, "cxo": 98}, existing=True),
            outcome("tesla", "FAILED", error="ExtractionFailed", cause="why"),
        ],
    }
    texts = ["".join(text for text, _ in line) for line in summary_lines(summary)]
    assert texts == ["b  1 succeeded, 1 failed", "given up: E: c"]
    rows = outcome_rows(summary, failed=False)
    assert rows[0][3:] == ["sec 99.5 cxo 98", None, "k (had been run)"]
    assert [row[1] for row in outcome_rows(summary, failed=True)] == ["tesla"]
    assert rows[1][-1] == "ExtractionFailed: why"
