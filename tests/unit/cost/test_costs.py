"""From executions to bills, against an AWS that answers what the test says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stepdeploy.cost.costs import Wanted, Where, costs
from stepdeploy.cost.lines import OVERHEAD, PLATFORM, machine_bytes
from stepdeploy.cost.prices import load
from stepdeploy.errors import NotFound, UsageError
from tests.unit.cost.histories import START, TOPIC, History, request_id

ROOT = Path(__file__).parents[3]
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:Pipeline-dev"
PLACE = Where("Pipeline-dev", MACHINE, "stepdeploy-pipeline-dev", "us-east-1", "arm64")
NOW = START + timedelta(hours=1)
UNTOLD = "what 1 of 1 invocations asked of DynamoDB, S3 and Secrets Manager is not known"


def report(number: int, billed: int = 1000, memory: int = 1024) -> str:
    line = f"REPORT RequestId: {request_id(number)}\tDuration: 1.00 ms\tBilled Duration: {billed} ms\t"
    return f"{line}Memory Size: {memory} MB\tMax Memory Used: 80 MB\t"


class Account:
    """Executions with their histories, log lines, subscriptions, and one table."""

    def __init__(self) -> None:
        self.executions: list[dict[str, Any]] = []
        self.histories: dict[str, list[dict[str, Any]]] = {}
        self.lines: list[str] = []
        self.subscriptions: list[dict[str, str]] = []
        self.items: dict[tuple[str, str], dict[str, Any]] = {}
        self.logging: dict[str, Any] = {"level": "OFF"}
        self.asked: list[str] = []

    def add(self, name: str, history: History, *, status: str = "SUCCEEDED", version: int = 1, hours: float = 0) -> str:
        arn = f"{MACHINE.replace(':stateMachine:', ':execution:')}:{name}"
        start = START - timedelta(hours=hours)
        item = {
            "executionArn": arn,
            "name": name,
            "status": status,
            "startDate": start,
            "stateMachineVersionArn": f"{MACHINE}:{version}",
        }
        if status != "RUNNING":
            item["stopDate"] = start + timedelta(seconds=30)
        self.executions.append(item)
        self.executions.sort(key=lambda found: found["startDate"], reverse=True)
        self.histories[arn] = history.events
        return arn

    def call(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        self.asked.append(operation)
        if operation == "describe_execution":
            for item in self.executions:
                if item["executionArn"] == params["executionArn"]:
                    return item
            raise NotFound("no such execution")
        if operation == "describe_state_machine_for_execution":
            return {"loggingConfiguration": self.logging}
        row = params.get("Key") or params["Item"]
        key = (row["pk"]["S"], row["sk"]["S"])
        assert params["TableName"] == PLACE.table
        if operation == "put_item":
            self.items[key] = params["Item"]
            return {}
        assert operation == "get_item"
        return {"Item": self.items[key]} if key in self.items else {}

    def pages(self, service: str, operation: str, key: str, **params: Any) -> Iterator[Any]:
        self.asked.append(operation)
        if operation == "list_executions":
            yield from self.executions
        elif operation == "get_execution_history":
            yield from self.histories[params["executionArn"]]
        elif operation == "query":
            assert (params["TableName"], params["ScanIndexForward"]) == (PLACE.table, False)
            month, first = (params["ExpressionAttributeValues"][name]["S"] for name in (":month", ":first"))
            wanted = [key for key in self.items if key[0] == month and key[1] >= first]
            yield from (self.items[key] for key in sorted(wanted, reverse=True))
        elif operation == "filter_log_events":
            if params["logGroupName"] == "/aws/lambda/Gone-dev":
                raise NotFound("no such group")
            literal = json.loads(params["filterPattern"])
            yield from ({"message": line} for line in self.lines if literal in line)
        else:
            assert (operation, params) == ("list_subscriptions_by_topic", {"TopicArn": TOPIC})
            yield from self.subscriptions


@pytest.fixture
def account() -> Account:
    return Account()


def look(account: Account, **wanted: Any) -> dict[str, Any]:
    return costs(account, PLACE, load(ROOT), Wanted(**wanted), NOW)


def merged(number: int, **body: Any) -> History:
    history = History()
    history.enter("Task", "Merge")
    history.invoke()
    history.answered(number, body)
    return history


def test_a_bill_joins_history_and_log_by_the_requests(account: Account) -> None:
    account.add("one", merged(1, api_calls={"serper": 2}, usage={"input_tokens": 1000, "output_tokens": 100}))
    account.lines = [report(1, 2000, 512), report(99)]
    (bill,) = look(account, execution="one")["executions"]
    assert {name: amount for name, amount in bill["usage"].items() if amount} == {
        "transitions": 1, "lambda_requests": 1, "gb_seconds": 1.0, "input_tokens": 1000, "output_tokens": 100,
        "searches": 2, "log_bytes": PLATFORM,
    }  # fmt: skip
    by_hand = 0.025 / 1000 + 0.2 / 1e6 + 0.0000133334 + 1000 * 0.8 / 1e6 + 100 * 3.2 / 1e6 + 2 * 0.001
    assert bill["usd"] == pytest.approx(by_hand + PLATFORM * 0.5 / 1e9)
    assert (bill["version"], bill["status"], bill["seconds"]) == ("1", "SUCCEEDED", 30.0)
    assert (bill["notes"], bill["pending"]) == ((UNTOLD,), 0)


def test_what_the_functions_asked_of_aws_is_on_the_bill(account: Account) -> None:
    account.logging = {"level": "ALL", "includeExecutionData": True}
    arn = account.add("one", merged(1))
    used = {"dynamodb_write_units": 3, "dynamodb_read_units": 1.5, "s3_writes": 2, "s3_reads": 4, "secret_reads": 1}
    line = json.dumps({"execution_id": arn, "request_id": request_id(1), "aws_use": used})
    trace = "XRAY TraceId: 1-5e34a614\tSegmentId: 07a1\tSampled: true"
    account.lines = [line, f"{report(1)}\n{trace}"]
    (bill,) = look(account, execution="one")["executions"]
    assert {name: bill["usage"][name] for name in used} == used
    assert bill["usage"]["traces"] == 1
    machine = machine_bytes(account.histories[arn], account.logging, arn)
    assert bill["usage"]["log_bytes"] == PLATFORM + len(line) + OVERHEAD + machine
    by_hand = 3 * 0.625 / 1e6 + 1.5 * 0.125 / 1e6 + 2 * 0.005 / 1e3 + 4 * 0.0004 / 1e3 + 0.05 / 1e4 + 5 / 1e6
    rest = [item for item in bill["items"] if item["what"].split()[0] in ("DynamoDB", "S3", "Secrets", "X-Ray")]
    assert sum(item["usd"] for item in rest) == pytest.approx(by_hand)
    assert bill["notes"] == ()


def test_a_version_is_asked_for_its_log_settings_once(account: Account) -> None:
    for number in range(4):
        account.add(f"e{number}", merged(number), version=number % 2)
    look(account, since="1d")
    assert account.asked.count("describe_state_machine_for_execution") == 2


def test_a_function_that_has_no_log_any_more(account: Account) -> None:
    history = History()
    history.enter("Task", "Merge")
    history.invoke("Gone-dev:1")
    history.answered(1, {})
    account.add("one", history)
    (bill,) = look(account, execution="one")["executions"]
    assert (bill["usage"]["gb_seconds"], bill["pending"]) == (0, 1)


def test_the_reviews_figure_stands_beside(account: Account) -> None:
    account.add("one", merged(1))
    found = look(account, execution="one")
    assert found["reference"]["usd_per_execution"] == 0.0546
    assert found["total"]["usd_per_execution"] == found["executions"][0]["usd"]


def test_a_failed_attempt_is_found_by_the_lines_that_name_the_execution(account: Account) -> None:
    history = History()
    history.enter("Task", "Merge")
    history.invoke()
    history.add("TaskFailed", resourceType="lambda", resource="invoke", error="Lambda.Unknown", cause="no id in here")
    arn = account.add("one", history, status="FAILED")
    account.lines = [json.dumps({"execution_id": arn, "request_id": request_id(4)}), report(4)]
    (bill,) = look(account, execution=arn)["executions"]
    assert (bill["usage"]["lambda_requests"], bill["usage"]["gb_seconds"]) == (1, 1.0)
    assert bill["notes"] == ("what 1 failed invocations called outside is not known", UNTOLD)


def test_what_is_not_known_is_said(account: Account) -> None:
    history = merged(1, api_calls={"nova": 3})
    history.invoke()
    account.add("one", history, status="RUNNING")
    notes = look(account, execution="one")["executions"][0]["notes"]
    assert notes == (
        "it is still running",
        "1 of 2 invocations are not found in the logs",
        "1 of 1 invocations have no REPORT line (yet)",
        "the tokens of 3 calls of Nova are not known",
        UNTOLD,
    )


def test_e_mails_are_counted_by_confirmed_addresses(account: Account) -> None:
    history = History()
    history.enter("Task", "Notify")
    parameters = json.dumps({"TopicArn": TOPIC})
    history.add("TaskScheduled", resourceType="sns", resource="publish", parameters=parameters)
    history.add("TaskSucceeded", resourceType="sns", resource="publish", output="{}")
    account.add("one", history, status="FAILED")
    account.subscriptions = [
        {"Protocol": "email", "SubscriptionArn": f"{TOPIC}:1"},
        {"Protocol": "email", "SubscriptionArn": "PendingConfirmation"},
        {"Protocol": "lambda", "SubscriptionArn": f"{TOPIC}:2"},
    ]
    usage = look(account, execution="one")["executions"][0]["usage"]
    assert (usage["publishes"], usage["emails"]) == (1, 1)


def test_a_span_its_groups_and_its_limit(account: Account) -> None:
    for number in range(6):
        status = "FAILED" if number % 2 else "SUCCEEDED"
        account.add(f"e{number}", merged(number), status=status, version=9 + number % 2, hours=number * 10)
    account.lines = [report(number) for number in range(6)]
    found = look(account, since="45h", by="version")
    assert [bill["name"] for bill in found["executions"]] == ["e0", "e1", "e2", "e3", "e4"]
    assert [(row["group"], row["executions"]) for row in found["groups"]] == [("9", 3), ("10", 2)]
    assert found["total"]["usd"] == pytest.approx(sum(row["usd"] for row in found["groups"]))
    by_status = look(account, since="45h", by="status")["groups"]
    assert [(row["group"], row["executions"]) for row in by_status] == [("FAILED", 2), ("SUCCEEDED", 3)]
    assert [row["group"] for row in look(account, since="45h", by="day")["groups"]] == [
        "2026-11-21",
        "2026-11-22",
        "2026-11-23",
    ]
    few = look(account, since="45h", limit=2)
    assert len(few["executions"]) == 2 and "more than 2" in few["notes"][-1]


def test_each_functions_log_is_read_once_for_all_executions(account: Account) -> None:
    for number in range(5):
        account.add(f"e{number}", merged(number))
    account.lines = [report(number) for number in range(5)]
    look(account, since="1d")
    assert account.asked.count("filter_log_events") == 2


def test_an_empty_span(account: Account) -> None:
    found = look(account, since="1h", by="day")
    assert (found["executions"], found["groups"], found["total"]["usd_per_execution"]) == ([], [], None)


def test_what_is_on_record_needs_neither_history_nor_log(account: Account) -> None:
    account.add("one", merged(1))
    account.lines = [report(1)]
    made = look(account, execution="one", store=True)["executions"][0]
    assert made["stored"] == NOW.isoformat(timespec="seconds")
    account.histories.clear()
    account.asked.clear()
    assert json.dumps(look(account, execution="one")["executions"][0]) == json.dumps(made)
    assert account.asked == ["describe_execution", "get_item"]
    account.asked.clear()
    assert look(account, since="1d")["executions"][0]["usd"] == made["usd"]
    assert account.asked == ["list_executions", "query"]


def test_a_span_counts_only_what_is_not_on_record(account: Account) -> None:
    for number in range(3):
        account.add(f"e{number}", merged(number), hours=number * 10)
    look(account, execution="e1", store=True)
    account.asked.clear()
    found = look(account, since="2d")["executions"]
    assert [(bill["name"], bool(bill["stored"])) for bill in found] == [("e0", False), ("e1", True), ("e2", False)]
    assert account.asked.count("get_execution_history") == 2


def test_a_record_outlives_the_execution(account: Account) -> None:
    account.add("old", merged(1), hours=24 * 91)
    look(account, since="92d", store=True)
    account.executions.clear()
    account.add("new", merged(2))
    assert [bill["name"] for bill in look(account, since="92d")["executions"]] == ["new", "old"]
    assert [bill["name"] for bill in look(account, since="90d")["executions"]] == ["new"]
    few = look(account, since="92d", limit=1)
    assert [bill["name"] for bill in few["executions"]] == ["new"] and "more than 1" in few["notes"][-1]


def test_bills_at_other_prices_are_told(account: Account) -> None:
    account.add("one", merged(1))
    look(account, execution="one", store=True)
    for item in account.items.values():
        item["bill"]["S"] = item["bill"]["S"].replace('"prices_of": "2026-11-23"', '"prices_of": "2025-01-01"')
    assert look(account, since="1d")["notes"] == ["some bills are at prices of 2025-01-01; --fresh counts anew"]


def test_fresh_and_store_count_anew(account: Account) -> None:
    account.add("one", merged(1))
    look(account, execution="one", store=True)
    account.lines = [report(1)]
    assert look(account, execution="one")["executions"][0]["usage"]["gb_seconds"] == 0
    assert look(account, execution="one", fresh=True)["executions"][0]["usage"]["gb_seconds"] == 1.0
    assert look(account, execution="one")["executions"][0]["usage"]["gb_seconds"] == 0
    look(account, execution="one", store=True)
    assert look(account, execution="one")["executions"][0]["usage"]["gb_seconds"] == 1.0


def test_a_running_execution_is_not_put_on_record(account: Account) -> None:
    account.add("one", merged(1), status="RUNNING")
    assert look(account, execution="one", store=True)["executions"][0]["stored"] == ""
    assert account.items == {}


def test_the_bill_of_an_earlier_execution_of_the_same_name_is_not_taken(account: Account) -> None:
    account.add("one", merged(1), hours=24 * 91)
    look(account, execution="one", store=True)
    account.executions.clear()
    account.add("one", merged(2))
    assert look(account, execution="one")["executions"][0]["stored"] == ""


@pytest.mark.parametrize("text", ["{", "{}", '{"items": 7}', "7"])
def test_a_record_that_cannot_be_read_is_passed_over(account: Account, text: str) -> None:
    account.add("one", merged(1))
    look(account, execution="one", store=True)
    for item in account.items.values():
        item["bill"]["S"] = text
    assert look(account, execution="one")["executions"][0]["stored"] == ""


@pytest.mark.parametrize(
    "wanted",
    [{}, {"execution": "a", "since": "1d"}, {"execution": "a", "by": "day"}, {"since": "1d", "by": "x"}],
)
def test_what_cannot_be_asked_together(account: Account, wanted: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        look(account, **wanted)


def test_an_execution_that_does_not_exist(account: Account) -> None:
    with pytest.raises(NotFound):
        look(account, execution="nobody")


def test_times_are_told_in_utc(account: Account) -> None:
    account.add("one", merged(1))
    started = look(account, execution="one")["executions"][0]["started"]
    assert datetime.fromisoformat(started) == START and started.endswith("+00:00")
