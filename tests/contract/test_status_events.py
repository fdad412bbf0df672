"""What Step Functions tells EventBridge of executions: https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import Clients
from .states_account import ACCOUNT, FAIL, PASS, WAIT, Account, unique
from .test_deliveries import Queue


@pytest.fixture(scope="module")
def account(aws: Clients) -> Account:
    return Account(aws)


def watched(aws: Clients, machine: str, *statuses: str) -> Queue:
    """A queue that gets a machine's events."""
    queue, name = Queue(aws), unique()
    detail: dict[str, Any] = {"stateMachineArn": [machine], **({"status": list(statuses)} if statuses else {})}
    pattern = {"source": ["aws.states"], "detail-type": ["Step Functions Execution Status Change"], "detail": detail}
    aws("events").put_rule(Name=name, EventPattern=json.dumps(pattern))
    aws("events").put_targets(Rule=name, Targets=[{"Id": "1", "Arn": queue.arn}])
    return queue


def test_an_execution_tells_when_it_begins_and_when_it_ends(aws: Clients, account: Account) -> None:
    machine = account.machine(PASS, publish=True)
    alias = account.alias("prod", (f"{machine}:1", 100))
    queue = watched(aws, machine)
    ended = account.run(alias, {"a": 1})
    begun, over = queue.body(), queue.body()
    assert (begun["detail"]["status"], begun["detail"]["stopDate"]) == ("RUNNING", None)
    detail = over.pop("detail")
    arn = ended["executionArn"]
    assert (over["source"], over["account"], over["resources"]) == ("aws.states", ACCOUNT, [arn])
    assert (detail["executionArn"], detail["name"], detail["status"]) == (arn, ended["name"], "SUCCEEDED")
    assert (detail["stateMachineArn"], detail["stateMachineAliasArn"]) == (machine, alias)
    assert detail["stateMachineVersionArn"] == f"{machine}:1"
    assert detail["startDate"] == round(ended["startDate"].timestamp() * 1000)
    assert detail["stopDate"] == round(ended["stopDate"].timestamp() * 1000)
    assert (json.loads(detail["input"]), json.loads(detail["output"])) == ({"a": 1}, {"a": 1})
    assert detail["inputDetails"] == detail["outputDetails"] == {"included": True}


def test_failed_and_stopped_ones_say_why(aws: Clients, account: Account) -> None:
    failing, waiting = account.machine(FAIL), account.machine(WAIT)
    failed, aborted = watched(aws, failing, "FAILED"), watched(aws, waiting, "ABORTED")
    account.run(failing)
    detail = failed.body()["detail"]
    assert (detail["error"], detail["cause"], detail["output"]) == ("Broken", "because", None)
    arn = account.sfn.start_execution(stateMachineArn=waiting)["executionArn"]
    account.sfn.stop_execution(executionArn=arn, error="E")
    assert aborted.body()["detail"]["error"] == "E"


def test_a_large_output_is_left_out(aws: Clients, account: Account) -> None:
    machine = account.machine(PASS)
    queue = watched(aws, machine, "SUCCEEDED")
    account.run(machine, "x" * 250 * 1024)
    detail = queue.body()["detail"]
    assert (detail["input"], detail["inputDetails"]) == (None, {"included": False})
    assert (detail["output"], detail["outputDetails"]) == (None, {"included": False})
