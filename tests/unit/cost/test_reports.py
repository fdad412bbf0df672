"""REPORT lines in both of Lambda's formats."""

from __future__ import annotations

import json

import pytest

from stepdeploy.cost.reports import Report, parse
from tests.unit.cost.histories import request_id

ID = request_id(7)
TEXT = f"REPORT RequestId: {ID}\tDuration: 102.25 ms\tBilled Duration: 103 ms\tMemory Size: 768 MB\tMax Memory Used: 80 MB\t"
ENDINGS = (
    "",
    "\n",
    "Init Duration: 312.20 ms\t",
    "Status: timeout\n",
    "\nXRAY TraceId: 1-5f\tSegmentId: 1\tSampled: false\n",
)
AS_JSON = json.dumps(
    {
        "time": "2026-11-23T12:00:00.000Z",
        "type": "platform.report",
        "record": {"requestId": ID, "status": "success", "metrics": {"billedDurationMs": 103, "memorySizeMB": 768}},
    }
)


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
        AS_JSON.replace('"status"', '"tracing": 7, "status"'),
        '"platform.report"',
        '"platform.report" {',
    ],
)
def test_other_lines_are_none(line: str) -> None:
    assert parse(line) is None


TRACE = "1-5e34a614-10bdbf0a8a0e1e1e1e1e1e1e"


@pytest.mark.parametrize(("sampled", "trace"), [("true", TRACE), ("false", "")])
def test_the_trace_that_recorded_it(sampled: str, trace: str) -> None:
    text = f"{TEXT}\nXRAY TraceId: {TRACE}\tSegmentId: 07a1\tSampled: {sampled}\t\n"
    assert parse(text) == Report(ID, 103, 768, trace)
    header = f"Root={TRACE};Parent=07a1;Sampled={1 if trace else 0};Lineage=1:2:3"
    data = json.loads(AS_JSON)
    data["record"]["tracing"] = {"spanId": "07a1", "type": "X-Amzn-Trace-Id", "value": header}
    assert parse(json.dumps(data)) == Report(ID, 103, 768, trace)
