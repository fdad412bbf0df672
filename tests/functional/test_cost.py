"""`cost` on the embedded AWS: its figures against a count of their own from history and logs; and the pipeline, which
puts its bills on record by itself. Tests run in order."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stepdeploy.app import App
from tests.conftest import ROOT, Tool

GB_SECOND = 0.0000133334
TRANSITION = 0.025 / 1000
REQUEST = 0.2 / 1_000_000
LOG_BYTE = 0.5 / 1e9


@pytest.fixture(scope="module")
def greeter(make_tool: Callable[[Path], Tool]) -> Tool:
    """The tiny project, with a function that fails twice before it answers, and a machine that tries again."""
    tool = make_tool(ROOT / "tests" / "projects" / "greeter")
    edit(
        tool,
        "lambdas/greet/handler.py",
        "    return {",
        "    if event['name'] == 'Trouble':\n        raise OSError('not now')\n    return {",
    )
    retry = '"Retry": [{"ErrorEquals": ["OSError"], "MaxAttempts": 2, "IntervalSeconds": 1, "MaxDelaySeconds": 1}],\n'
    edit(tool, "definitions/greeting.asl.json", '"Catch"', f'{retry}      "Catch"')
    tool.ok("deploy", "--yes")
    return tool


def edit(tool: Tool, name: str, old: str, new: str) -> None:
    path = tool.project / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def run(tool: Tool, name: str, payload: dict[str, Any]) -> None:
    tool("start-execution", "--input", json.dumps(payload), "--name", name, "--wait")


def counted(tool: Tool, name: str) -> dict[str, float]:
    """Another way to the same figures: attempts by the text of the history, GB-seconds by the text of the log."""
    aws = App(project=tool.project).aws
    arn = f"arn:aws:states:eu-west-1:123456789012:execution:Greeting-local:{name}"
    history = aws.call("stepfunctions", "get_execution_history", executionArn=arn, includeExecutionData=True)["events"]
    kinds = [event["type"] for event in history]
    entered = sum(kind.endswith("StateEntered") for kind in kinds)
    attempts = kinds.count("TaskScheduled")
    ids = set(re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", json.dumps(history, default=str)))
    gb_seconds = 0.0
    for event in aws.call("logs", "filter_log_events", logGroupName="/aws/lambda/Greet-local")["events"]:
        words = event["message"].split()
        if words[:1] == ["REPORT"] and words[2] in ids:
            billed, memory = (int(words[words.index(word) + 2]) for word in ("Billed", "Memory"))
            gb_seconds += billed * memory / 1024 / 1000
    return {"transitions": entered + max(attempts - 1, 0), "lambda_requests": attempts, "gb_seconds": gb_seconds}


def log_bytes(tool: Tool, group: str, text: str) -> int:
    """What CloudWatch Logs took in of the lines that hold a text."""
    pages = App(project=tool.project).aws.pages("logs", "filter_log_events", "events", logGroupName=group)
    return sum(len(event["message"].encode()) + 26 for event in pages if text in event["message"])


def logged(tool: Tool, text: str) -> int:
    """The machine's log bytes, which are written a moment after the execution has ended."""
    group = "/aws/vendedlogs/states/Greeting-local"
    before, found = -1, log_bytes(tool, group, text)
    for _ in range(20):
        if found and found == before:
            break
        time.sleep(0.25)
        before, found = found, log_bytes(tool, group, text)
    return found


@pytest.mark.parametrize(
    ("name", "payload", "transitions"),
    [("greeted", {"name": "Ada"}, 2), ("tried-again", {"name": "Trouble"}, 5), ("nobody", {}, 2)],
)
def test_a_bill_agrees_with_a_count_of_its_own(
    greeter: Tool, name: str, payload: dict[str, Any], transitions: int
) -> None:
    run(greeter, name, payload)
    (bill,) = greeter.json("cost", name)["executions"]
    expected = counted(greeter, name)
    assert {key: bill["usage"][key] for key in expected} == pytest.approx(expected)
    assert bill["usage"]["transitions"] == transitions
    by_hand = (
        expected["transitions"] * TRANSITION
        + expected["lambda_requests"] * REQUEST
        + expected["gb_seconds"] * GB_SECOND
        + bill["usage"]["log_bytes"] * LOG_BYTE
    )
    assert bill["usd"] == pytest.approx(by_hand, abs=1e-9)
    written = logged(greeter, f':{name}"')
    assert bill["usage"]["log_bytes"] == pytest.approx(written + 455 * expected["lambda_requests"], rel=0.06)
    assert by_hand > 0


def test_the_bill_as_a_person_sees_it(greeter: Tool) -> None:
    out = greeter.ok("cost", "tried-again").out
    assert re.search(r"Step Functions +5 +state transitions +0\.00012500", out)
    assert re.search(r"Lambda requests +3 +requests", out)
    assert "what 3 failed invocations called outside is not known" in out
    assert "the project has no definitions/prices.json" in out


def test_a_span_by_status_and_by_version(greeter: Tool) -> None:
    found = greeter.json("cost", "--since", "1h", "--by", "status")
    assert {row["group"]: row["executions"] for row in found["groups"]} == {"FAILED": 3, "SUCCEEDED": 2}, (
        "two are smoke cases"
    )
    assert found["total"]["usd"] == pytest.approx(sum(bill["usd"] for bill in found["executions"]))
    edit(greeter, "lambdas/greet/handler.py", "not now", "not today")
    greeter.ok("deploy", "--yes")
    run(greeter, "later", {"name": "Ada"})
    rows = greeter.json("cost", "--since", "1h", "--by", "version")["groups"]
    assert [(row["group"], row["executions"]) for row in rows] == [("1", 5), ("2", 3)]
    assert "total" in greeter.ok("cost", "--since", "1h").out


def test_what_is_on_record_needs_no_log(greeter: Tool) -> None:
    (stored,) = greeter.json("cost", "greeted", "--store")["executions"]
    assert stored["stored"]
    App(project=greeter.project).aws.call("logs", "delete_log_group", logGroupName="/aws/lambda/Greet-local")
    assert greeter.json("cost", "greeted")["executions"] == [stored]
    assert "On record since" in greeter.ok("cost", "greeted").out
    (anew,) = greeter.json("cost", "greeted", "--fresh")["executions"]
    assert anew["usage"]["gb_seconds"] == 0
    assert anew["notes"] == [
        "1 of 1 invocations have no REPORT line (yet)",
        "what 1 of 1 invocations asked of DynamoDB, S3 and Secrets Manager is not known",
    ]
    assert anew["pending"] == 1


def test_the_projects_own_prices_and_its_reference(greeter: Tool) -> None:
    prices = json.loads((ROOT / "definitions" / "prices.json").read_text())
    prices |= {"region": "eu-west-1", "as_of": "2020-01-01"}
    prices["prices"]["state_transitions_per_1000"] = 1.0
    (greeter.project / "definitions" / "prices.json").write_text(json.dumps(prices))
    ran = greeter.ok("cost", "nobody")
    assert "0.00200000" in ran.out
    assert "the architecture review, section 4.1 says 0.0546 USD" in ran.out
    assert "days old (of 2020-01-01)" in ran.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "name either an execution or a span"),
        (["greeted", "--since", "1h"], "name either an execution or a span"),
        (["greeted", "--by", "day"], "--by groups"),
        (["--since", "a while"], "no time span"),
    ],
)
def test_wrong_questions_are_exit_2(greeter: Tool, arguments: list[str], words: str) -> None:
    ran = greeter("cost", *arguments)
    assert ran.code == 2 and words in ran.err


def test_an_execution_that_does_not_exist(greeter: Tool) -> None:
    assert greeter("cost", "nobody-of-that-name").code == 1


@pytest.fixture(scope="module")
def pipeline(make_tool: Callable[[Path], Tool]) -> Tool:
    """The pipeline, whose queue of ended executions gathers for one second only."""
    tool = make_tool(ROOT)
    edit(tool, "lambdas/record_cost/function.json", '"batching_window_seconds": 20', '"batching_window_seconds": 1')
    tool.ok("deploy", "--yes")
    return tool


def recorded(tool: Tool, name: str, seconds: float = 40) -> dict[str, Any]:
    """The bill of an execution, as soon as it is on record."""
    deadline = time.monotonic() + seconds
    while True:
        (bill,) = tool.json("cost", name)["executions"]
        if bill["stored"]:
            return bill
        assert time.monotonic() < deadline, "no bill was recorded"
        time.sleep(0.3)


TESLA = ("Tesla", "--website", "https://www.tesla.com", "--symbol", "TSLA")
NOBODY = ("Made Up Company", "--website", "https://www.tesla.com")


@pytest.mark.parametrize(("company", "status"), [(TESLA, "SUCCEEDED"), (NOBODY, "FAILED")])
def test_the_pipeline_records_what_each_execution_cost(pipeline: Tool, company: tuple[str, ...], status: str) -> None:
    name = f"ended-{status.lower()}"
    pipeline("start-execution", *company, "--name", name, "--wait")
    stored = recorded(pipeline, name)
    (fresh,) = pipeline.json("cost", name, "--fresh")["executions"]
    assert {**stored, "stored": ""} == fresh
    assert (stored["status"], stored["version"], stored["pending"]) == (status, "1", 0)
    used = {name: stored["usage"][name] for name in ("dynamodb_write_units", "dynamodb_read_units", "s3_writes")}
    assert all(used.values()) and 0.0002 < stored["usd"] < 0.0546
    settings = App(project=pipeline.project).settings
    company_id = company[0].lower().replace(" ", "-")
    place = {"Bucket": settings.physical_name("bucket", "merged"), "Key": f"companies/{company_id}/costs/{name}.json"}
    document = json.loads(App(project=pipeline.project).aws.call("s3", "get_object", **place)["Body"].read())
    assert {key: document[key] for key in stored} == stored
    assert document["prices"]["as_of"] == stored["prices_of"]


def test_a_span_is_read_from_the_record(pipeline: Tool) -> None:
    app = App(project=pipeline.project)
    found = app.cost(since="1h", by="status")
    assert {row["group"]: row["executions"] for row in found["groups"]} == {"FAILED": 1, "SUCCEEDED": 2}, (
        "with the smoke case"
    )
    read = {call for call in app.aws.reads if call.startswith(("stepfunctions:", "logs:", "dynamodb:"))}
    assert read == {"stepfunctions:list_executions", "dynamodb:query"}
    assert "estimated" in pipeline.ok("cost", "ended-succeeded").out


def test_a_stopped_execution_has_a_bill_too(pipeline: Tool) -> None:
    pipeline.ok("start-execution", *TESLA, "--name", "stopped", "--force")
    pipeline.ok("executions", "stop", "stopped")
    assert recorded(pipeline, "stopped")["status"] in ("ABORTED", "SUCCEEDED")
