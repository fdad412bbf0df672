"""RecordCost: the function that puts bills on record, with the tool's `cost` as the reader of what it wrote."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import jsonschema
import pytest
from botocore.exceptions import ClientError
from common import aws

from stepdeploy.cost.costs import Wanted, costs
from stepdeploy.cost.prices import load
from stepdeploy.cost.record import key_of
from stepdeploy.errors import NotFound
from tests.unit.cost.histories import History
from tests.unit.cost.test_costs import MACHINE, NOW, PLACE, Account, merged, report

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "lambdas" / "record_cost"
PROJECT = json.loads((ROOT / "definitions" / "project.json").read_text())
FUNCTION = json.loads((FOLDER / "function.json").read_text())
SETTINGS = {
    "MACHINE": PLACE.machine,
    "ARCHITECTURE": "arm64",
    "COSTS_TABLE": PLACE.table,
    "MERGED_BUCKET": "merged",
    "PATIENCE": "4",
}


class Played:
    """The clients of an Account, as common.aws gives them. objects: key -> document. refuse: operation -> error code."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.objects: dict[str, Any] = {}
        self.refuse: dict[str, str] = {}

    def client(self, service: str) -> Any:
        return SimpleNamespace(
            get_paginator=lambda name: SimpleNamespace(paginate=lambda **params: self.pages(service, name, params)),
            describe_state_machine_for_execution=lambda **params: self.account.call(
                service, "describe_state_machine_for_execution", **params
            ),
            put_item=lambda **params: self.put(service, "put_item", params),
            put_object=lambda **params: self.put(service, "put_object", params),
        )

    def pages(self, service: str, name: str, params: dict[str, Any]) -> Iterator[dict[str, Any]]:
        self.check(name)
        key = {"list_subscriptions_by_topic": "Subscriptions"}.get(name, "events")
        try:
            yield {key: list(self.account.pages(service, name, key, **params))}
        except KeyError as error:
            raise ClientError({"Error": {"Code": "ExecutionDoesNotExist", "Message": "no"}}, name) from error
        except NotFound as error:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "no"}}, name) from error

    def put(self, service: str, name: str, params: dict[str, Any]) -> None:
        self.check(name)
        if name == "put_item":
            self.account.call(service, name, **params)
        else:
            assert params["Bucket"] == "merged"
            self.objects[params["Key"]] = json.loads(params["Body"])

    def check(self, name: str) -> None:
        if name in self.refuse:
            raise ClientError({"Error": {"Code": self.refuse[name], "Message": "no"}}, name)


@pytest.fixture
def played() -> Played:
    return Played(Account())


@pytest.fixture
def handler(played: Played, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(FOLDER))
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(aws, "client", played.client)
    ours = [path.stem for path in FOLDER.glob("*.py")]
    for name in ours:
        sys.modules.pop(name, None)
    yield importlib.import_module("handler")
    for name in [*ours, *(name for name in sys.modules if name.split(".")[0] == "costing")]:
        sys.modules.pop(name, None)


Call = Callable[..., list[str]]


@pytest.fixture
def record(handler: ModuleType) -> Call:
    """Calls the function with messages; gives the ids of those that are to come back: m0, m1 ..."""

    def call(*bodies: Any, receives: int = 1) -> list[str]:
        attributes = {"ApproximateReceiveCount": str(receives)}
        records = [
            {
                "messageId": f"m{number}",
                "body": body if isinstance(body, str) else json.dumps(body),
                "attributes": attributes,
            }
            for number, body in enumerate(bodies)
        ]
        schemas = {kind: json.loads((FOLDER / f"{kind}.schema.json").read_text()) for kind in ("event", "result")}
        jsonschema.validate({"Records": records}, schemas["event"])
        result = handler.lambda_handler({"Records": records}, None)
        jsonschema.validate(result, schemas["result"])
        return [item["itemIdentifier"] for item in result["batchItemFailures"]]

    return call


def event(account: Account, arn: str, **detail: Any) -> dict[str, Any]:
    """The event about an execution of the account."""
    item = next(item for item in account.executions if item["executionArn"] == arn)
    told = {
        "executionArn": arn,
        "stateMachineArn": MACHINE,
        "name": item["name"],
        "status": item["status"],
        "startDate": int(item["startDate"].timestamp() * 1000),
        "stopDate": int((item["startDate"] + timedelta(seconds=30)).timestamp() * 1000),
        "stateMachineVersionArn": item["stateMachineVersionArn"],
        "input": json.dumps({"company_name": "Apple Inc.", "website_url": "https://www.apple.com"}),
    }
    kind = "Step Functions Execution Status Change"
    return {"source": "aws.states", "detail-type": kind, "detail": {**told, **detail}}


def test_the_bill_is_the_one_that_the_tool_would_make(played: Played, record: Call) -> None:
    account = played.account
    arn = account.add("apple", merged(1, api_calls={"serper": 2}), status="FAILED", version=3)
    account.lines = [report(1, 2000, 512)]
    assert record(event(account, arn)) == []
    (fresh,) = costs(account, PLACE, load(ROOT), Wanted(execution="apple", fresh=True), NOW)["executions"]
    account.histories.clear()
    for wanted in (Wanted(execution="apple"), Wanted(since="1d")):
        (stored,) = costs(account, PLACE, load(ROOT), wanted, NOW)["executions"]
        assert stored["stored"] and {**stored, "stored": ""} == fresh
    document = played.objects["companies/apple-inc/costs/apple.json"]
    assert {name: document[name] for name in fresh} == json.loads(json.dumps(stored))
    assert document["prices"] == json.loads((ROOT / "definitions" / "prices.json").read_text())
    assert document["usd"] == pytest.approx(sum(item["usd"] for item in document["items"])) and document["usd"] > 0.002


def test_it_waits_for_the_report_lines_and_not_for_ever(played: Played, record: Call) -> None:
    arn = played.account.add("apple", merged(1))
    assert record(event(played.account, arn)) == ["m0"]
    assert record(event(played.account, arn), receives=3) == ["m0"]
    assert played.objects == {} and played.account.items == {}
    assert record(event(played.account, arn), receives=4) == []
    assert (
        "1 of 1 invocations have no REPORT line (yet)"
        in played.objects["companies/apple-inc/costs/apple.json"]["notes"]
    )
    played.account.lines = [report(1)]
    assert record(event(played.account, arn)) == []
    assert played.objects["companies/apple-inc/costs/apple.json"]["pending"] == 0
    assert len(played.account.items) == 1


def test_the_logs_are_read_once_for_a_batch(played: Played, record: Call) -> None:
    arns = [played.account.add(f"e{number}", merged(number)) for number in range(5)]
    played.account.lines = [report(number) for number in range(5)]
    assert record(*(event(played.account, arn) for arn in arns)) == []
    assert len(played.objects) == 5
    assert played.account.asked.count("filter_log_events") == 2


def test_one_that_cannot_be_billed_holds_up_no_other(
    played: Played, record: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    account = played.account
    arns = [account.add(name, merged(number)) for number, name in enumerate(("gone", "broken", "good"))]
    account.lines = [report(number) for number in range(3)]
    del account.histories[arns[0]]
    account.histories[arns[1]] = [{"id": 1}]
    assert record(*(event(account, arn) for arn in arns)) == ["m0", "m1"]
    assert list(played.objects) == ["companies/apple-inc/costs/good.json"]
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["error"] for line in said if line["message"] == "message failed"] == ["Missing", "KeyError"]


@pytest.mark.parametrize("operation", ["filter_log_events", "get_execution_history", "put_item", "put_object"])
def test_trouble_of_aws_brings_the_message_back(played: Played, record: Call, operation: str) -> None:
    arn = played.account.add("apple", merged(1))
    played.account.lines = [report(1)]
    played.refuse = {operation: "ThrottlingException"}
    assert record(event(played.account, arn)) == ["m0"]
    played.refuse = {}
    assert record(event(played.account, arn)) == []


@pytest.mark.parametrize(
    "body",
    [
        "no JSON",
        "[]",
        {},
        {"source": "aws.s3", "detail": {}},
        {"source": "aws.states", "detail": "x"},
        {"source": "aws.states", "detail": {}},
        {"status": "RUNNING"},
        {"stopDate": None},
        {"startDate": "now"},
        {"startDate": 10**30},
        {"stateMachineArn": MACHINE.replace("Pipeline", "Another")},
    ],
    ids=lambda body: str(body)[:50],
)
def test_what_is_not_the_end_of_an_execution_comes_back_alone(played: Played, record: Call, body: Any) -> None:
    arn = played.account.add("apple", History())
    changed = event(played.account, arn, **body) if isinstance(body, dict) and body and "source" not in body else body
    played.account.add("other", History())
    assert record(changed, event(played.account, arn.replace(":apple", ":other"))) == ["m0"]
    assert list(played.objects) == ["companies/apple-inc/costs/other.json"]


@pytest.mark.parametrize(
    "given", [None, "{", "7", '{"company_name": 7}', '{"company_name": "株式会社"}', "[" * 100_000]
)
def test_an_execution_of_no_company_has_a_place_too(played: Played, record: Call, given: Any) -> None:
    arn = played.account.add("odd", History())
    assert record(event(played.account, arn, input=given)) == []
    assert list(played.objects) == ["companies/_none/costs/odd.json"]


@pytest.mark.parametrize(
    ("name", "value"), [*((name, "") for name in SETTINGS), ("PATIENCE", "soon"), ("PATIENCE", "0")]
)
def test_settings_that_are_missing_are_told(
    played: Played,
    record: Call,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: str,
) -> None:
    arn = played.account.add("apple", History())
    monkeypatch.setenv(name, value)
    try:
        assert record(event(played.account, arn)) == ["m0"]
    except Exception as error:
        assert type(error).__name__ == "ConfigurationError"
    assert "ConfigurationError" in capsys.readouterr().out


def test_the_settings_fit_one_another() -> None:
    """The last receive but one still waits; the function is of the tool's table, and of the architecture of all."""
    environment, (source,) = FUNCTION["environment"], FUNCTION["event_sources"]
    queue = PROJECT["queues"][source["queue"]]
    assert int(environment["PATIENCE"]) < queue["dead_letter"]["max_receives"]
    assert queue["visibility_timeout_seconds"] >= 6 * FUNCTION["timeout_seconds"]
    assert environment["COSTS_TABLE"] == f"stepdeploy-{PROJECT['project']}-${{env}}"
    for path in (ROOT / "definitions" / "environments").glob("*.json"):
        here = {**PROJECT["lambda"], **json.loads(path.read_text()).get("lambda", {})}
        assert environment["ARCHITECTURE"] == here["architecture"]


def test_its_role_lets_it_write_the_keys_of_bills() -> None:
    """The same table holds the deploy lock and the inventory, whose keys begin otherwise."""
    policy = json.loads((ROOT / "iam" / "record_cost.json").read_text())
    (statement,) = [item for item in policy["Statement"] if item["Action"] == "dynamodb:PutItem"]
    pattern = statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
    allowed = pattern.replace(FUNCTION["environment"]["MACHINE"], PLACE.machine)
    assert fnmatchcase(key_of(PLACE.machine, "2026-11-23T12:00:00+00:00", "x")["pk"]["S"], allowed)
    assert not fnmatchcase("inventory", allowed) and not fnmatchcase("costs#Other-dev#2026-11", allowed)


def test_it_may_read_the_log_of_every_function_of_the_machine() -> None:
    definition = (ROOT / "definitions" / "company_data_extraction.asl.json").read_text()
    folders = {path.parent.name for path in FOLDER.parent.glob("*/function.json")}
    wanted = {f"${{function:{name}.log_group_arn}}:*" for name in folders if f"${{function:{name}}}" in definition}
    policy = json.loads((ROOT / "iam" / "record_cost.json").read_text())
    (statement,) = [item for item in policy["Statement"] if item["Action"] == "logs:FilterLogEvents"]
    assert set(statement["Resource"]) == wanted
