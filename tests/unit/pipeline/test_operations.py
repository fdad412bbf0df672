"""What watches over the pipeline and how large its functions are: alarms, dashboard, memory, time limits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
PROJECT: dict[str, Any] = json.loads((ROOT / "definitions" / "project.json").read_text())
FUNCTIONS = {path.parent.name: json.loads(path.read_text()) for path in (ROOT / "lambdas").glob("*/function.json")}
NAMESPACE = "CompanyDataExtraction"
EXTRACTORS = ("nova_sec_extractor", "cxo_website_extractor")


@pytest.mark.parametrize("name", PROJECT["alarms"])
def test_an_alarm_tells_somebody_and_is_quiet_when_nothing_runs(name: str) -> None:
    alarm = PROJECT["alarms"][name]
    assert alarm["treat_missing_data"] == "notBreaching"
    assert alarm["actions"] == ["${topic:failures}"]


def test_there_is_an_alarm_for_each_thing_that_goes_wrong() -> None:
    found = {(alarm["namespace"], alarm["metric"]) for alarm in PROJECT["alarms"].values()}
    states = ("ExecutionsFailed", "ExecutionsTimedOut", "ExecutionThrottled", "ExecutionTime")
    queues = ("ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible")
    wanted = {("AWS/States", name) for name in states} | {("AWS/SQS", name) for name in queues}
    assert found >= wanted | {(NAMESPACE, "Completeness"), (NAMESPACE, "BreakerOpened")}


def test_every_dead_letter_queue_has_an_alarm() -> None:
    dead = {queue["dead_letter"]["queue"] for queue in PROJECT["queues"].values() if "dead_letter" in queue}
    watched = {str(alarm["dimensions"].get("QueueName", "")) for alarm in PROJECT["alarms"].values()}
    assert dead and {f"${{queue:{name}.name}}" for name in dead} <= watched


def widgets() -> Iterator[list[Any]]:
    """The metrics of the dashboard: [namespace, name, ...]."""
    template = json.loads((ROOT / "definitions" / PROJECT["dashboards"]["pipeline"]["template"]).read_text())
    for widget in template["widgets"]:
        yield from widget["properties"].get("metrics", [])


def test_metrics_that_are_watched_are_written() -> None:
    """A metric of another name than the functions write would be watched in vain."""
    watched = {name for namespace, name, *_ in widgets() if namespace == NAMESPACE}
    watched |= {alarm["metric"] for alarm in PROJECT["alarms"].values() if alarm["namespace"] == NAMESPACE}
    source = "".join(path.read_text() for path in (ROOT / "lambdas").rglob("*.py"))
    assert {name for name in watched if f'"{name}"' not in source} == set()
    assert {"Completeness", "CacheHit", "BudgetWait", "BreakerOpened"} <= watched


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_are_no_larger_than_they_need_be(name: str) -> None:
    function = FUNCTIONS[name]
    assert function["memory_mb"] <= (768 if name in EXTRACTORS else 1024)
    assert function["timeout_seconds"] <= 300
    assert "provisioned_concurrency" not in function and "warm_up_minutes" not in function, (
        "they are paid for when idle"
    )
    assert function["layers"] == ["dependencies"]


def test_the_extractors_are_as_the_review_wants_them() -> None:
    sizes = [(FUNCTIONS[name]["memory_mb"], FUNCTIONS[name]["timeout_seconds"]) for name in EXTRACTORS]
    assert sizes == [(768, 300), (768, 300)]
    assert PROJECT["lambda"]["architecture"] == "arm64"
