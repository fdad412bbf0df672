"""REPORT lines in both of Lambda's formats, and which requests belong to which execution."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from stepdeploy.cost.reports import Report, parse, read_reports, read_request_ids
from stepdeploy.errors import NotFound
from tests.unit.cost.histories import request_id

ID = request_id(7)
START, END = datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC)
TEXT = f"REPORT RequestId: {ID}\tDuration: 102.25 ms\tBilled Duration: 103 ms\tMemory Size: 768 MB\tMax Memory Used: 80 MB\t"
ENDINGS = (
    "",
    "\n",
    "Init Duration: 312.20 ms\t",
    "Status: timeout\n",
    "\nXRAY TraceId: 1-5f\tSegmentId: 1\tSampled: true\n",
)
AS_JSON = json.dumps(
    {
        "time": "2026-11-23T12:00:00.000Z",
        "type": "platform.report",
        "record": {"requestId": ID, "status": "success", "metrics": {"billedDurationMs": 103, "memorySizeMB": 768}},
    }
)


class Logs:
    """CloudWatch Logs with some lines; patterns are quoted literals, as the code sends them."""

    def __init__(self, *lines: str) -> None:
        self.lines = lines
        self.asked: list[dict[str, Any]] = []

    def call(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        raise AssertionError("nothing but pages is asked for")

    def pages(self, service: str, operation: str, key: str, **params: Any) -> Iterator[Any]:
        self.asked.append(params)
        if params["logGroupName"] == "/aws/lambda/Gone":
            raise NotFound("no such group")
        literal = json.loads(params["filterPattern"])
        yield from ({"message": line} for line in self.lines if literal in line)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_report_line(ending: str) -> None:
    assert parse(TEXT + ending) == Report(ID, 103, 768)


def test_a_report_in_json() -> None:
    assert parse(AS_JSON) == Report(ID, 103, 768)


def test_gb_seconds_count_a_gb_as_1024_mb() -> None:
    assert Report(ID, 2000, 512).gb_seconds == 1.0


@pytest.mark.parametrize(
    "line",
    [
        "",
        f"START RequestId: {ID}",
        f"a REPORT RequestId: {ID}",
        "REPORT RequestId: nobody",
        TEXT.replace("103", "-"),
        '{"type": "platform.report"}',
        '{"type": "platform.report", "record": 7}',
        '"platform.report"',
        '"platform.report" {',
    ],
)
def test_other_lines_are_none(line: str) -> None:
    assert parse(line) is None


@pytest.mark.parametrize("line", [TEXT, AS_JSON])
def test_the_reports_of_a_function_in_a_time(line: str) -> None:
    logs = Logs("START", line, "END")
    assert read_reports(logs, "Merger-dev", START, END) == {ID: Report(ID, 103, 768)}
    asked = logs.asked[-1]
    assert (asked["startTime"], asked["endTime"]) == (int(START.timestamp()) * 1000, int(END.timestamp()) * 1000)
    assert asked["logGroupName"] == "/aws/lambda/Merger-dev"


def test_a_function_that_has_no_log_any_more() -> None:
    assert read_reports(Logs(TEXT), "Gone", START, END) == {}


def test_requests_by_the_execution_that_their_log_lines_name() -> None:
    lines = [json.dumps({"execution_id": f"arn:{name}", "request_id": request_id(n)}) for n, name in enumerate("aabc")]
    logs = Logs(*lines, "execution_id", '"execution_id" {', '["execution_id"]', '{"execution_id": "arn:a"}')
    expected = {"arn:a": {request_id(0), request_id(1)}, "arn:b": {request_id(2)}}
    assert read_request_ids(logs, "Merger-dev", START, END, ["arn:a", "arn:b"]) == expected
    assert read_request_ids(logs, "Merger-dev", START, END, ["arn:b"]) == {"arn:b": {request_id(2)}}
