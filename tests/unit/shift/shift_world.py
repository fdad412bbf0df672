"""An AWS of one alias, one table, some executions and alarms, on a clock that only waiting moves. Every call and answer
has the shape of botocore's models (tests/unit/fake_aws.py)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from stepdeploy.errors import AwsError, Conflict
from stepdeploy.resources.machine_alias import write_history
from stepdeploy.shift.driver import Drive, Look, Pace
from stepdeploy.shift.policy import Policy
from stepdeploy.shift.state import Driver, Shift, weighted
from stepdeploy.shift.store import Store
from stepdeploy.shift.strategy import parse
from tests.unit.fake_aws import FakeAws

MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:Greeting"
ALIAS = f"{MACHINE}:live"
TABLE = "stepdeploy-greeter-local"
ME, OTHER = Driver("me", "here", 0), Driver("other", "there", 0)
PACE = Pace(poll=5, beat=5, stale=30, grace=15, bear=60)


def at(second: float) -> datetime:
    return datetime.fromtimestamp(second, UTC)


class World:
    """now: second. routes: version -> weight. executions: (version, start, stop or None, status). happenings: second ->
    what happens then. lag: seconds until DescribeStateMachineAlias shows an update. fails: operation -> errors to come."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.routes = {7: 100}
        self.description = write_history((6, 5))
        self.updates: list[dict[int, int]] = []
        self.executions: list[tuple[int, float, float | None, str]] = []
        self.alarms: dict[str, tuple[str, str]] = {}
        self.metrics: dict[str, float] = {}
        self.items: dict[tuple[str, str], dict[str, Any]] = {}
        self.records: list[dict[str, Any]] = []
        self.happenings: list[tuple[float, Callable[[], None]]] = []
        self.lag = 0.0
        self._shown: tuple[float, dict[int, int], str] | None = None
        self.fails: dict[str, list[Exception]] = {}
        self.aws = FakeAws(
            {
                "stepfunctions:describe_state_machine_alias": self._describe_alias,
                "stepfunctions:update_state_machine_alias": self._update_alias,
                "stepfunctions:list_executions": self._list,
                "cloudwatch:get_metric_data": self._metric_data,
                "cloudwatch:describe_alarms": self._alarms,
                "dynamodb:put_item": self._put,
                "dynamodb:get_item": self._get,
                "dynamodb:transact_write_items": self._transact,
            }
        )
        self.store = Store(self.aws, TABLE)
        self.looks: list[Look] = []

    # -- what a test does ------------------------------------------------------------------------------------------

    def shift(self, strategy: str = "canary:10%/60s", **policy: Any) -> Shift:
        """A shift of version 8 from 7 that is about to begin."""
        parsed = parse(strategy)
        return Shift(
            id="abcd1234", machine="greeting", machine_arn=MACHINE, alias_arn=ALIAS,
            kind="canary" if parsed.kind == "canary" else "linear", stages=weighted(7, 8, parsed.weights), origin=7,
            before=(6, 5), described=self.description, policy=Policy(parsed, **policy), driver=ME, beat=self.now,
            record={"by": "ada@here", "7": {"commit": "git aaa"}, "8": {"commit": "git bbb"}},
        )  # fmt: skip

    def drive(self, shift: Shift, me: Driver = ME, pace: Pace = PACE) -> Drive:
        stop = Stop(self)
        return Drive(
            self.aws, self.store, shift, me, make=self.make, pace=pace, watch=self.looks.append, stop=stop,
            clock=lambda: self.now,
        )  # fmt: skip

    def run(self, shift: Shift) -> Shift:
        return self.drive(self.store.begin(shift)).begin()

    def make(self, call: Any) -> dict[str, Any]:
        from stepdeploy.engine.apply import materialise

        return self.aws.call(
            call.service, call.operation,
            **{key: materialise(value, {}, at(self.now)) for key, value in call.params.items()},
        )  # fmt: skip

    def ended(self, version: int, count: int, after: float, status: str = "SUCCEEDED") -> None:
        """`count` executions of a version run for a second, `after` seconds from now."""
        start = self.now + after
        self.executions += [(version, start, start + 1, status)] * count

    def later(self, after: float, work: Callable[[], None]) -> None:
        self.happenings.append((self.now + after, work))

    def wait(self, seconds: float) -> None:
        until = self.now + seconds
        while due := sorted((item for item in self.happenings if item[0] <= until), key=lambda item: item[0]):
            self.happenings.remove(due[0])
            self.now = max(self.now, due[0][0])
            due[0][1]()
        self.now = until

    def stored(self) -> Shift:
        found = self.store.read("greeting")
        assert found is not None
        return found

    # -- what AWS answers ------------------------------------------------------------------------------------------

    def _failing(self, operation: str) -> Exception | None:
        return self.fails[operation].pop(0) if self.fails.get(operation) else None

    def _describe_alias(self, **_: Any) -> Any:
        routes, description = self.routes, self.description
        if self._shown and self.now < self._shown[0]:
            _, routes, description = self._shown
        return {
            "description": description,
            "routingConfiguration": [
                {"stateMachineVersionArn": f"{MACHINE}:{version}", "weight": weight}
                for version, weight in routes.items()
            ],
        }

    def _update_alias(self, **params: Any) -> Any:
        if error := self._failing("update_state_machine_alias"):
            return error
        if self.lag:
            self._shown = (self.now + self.lag, self.routes, self.description)
        routes = params["routingConfiguration"]
        self.routes = {int(one["stateMachineVersionArn"].rsplit(":", 1)[1]): one["weight"] for one in routes}
        self.description = params["description"]
        self.updates.append(self.routes)
        return {"updateDate": at(self.now)}

    def _list(self, **params: Any) -> Any:
        if error := self._failing("list_executions"):
            return error
        version = int(params["stateMachineArn"].rsplit(":", 1)[1])
        found = [one for one in self.executions if one[0] == version and one[1] <= self.now]
        return {"executions": [self._item(*one) for one in sorted(found, key=lambda one: -one[1])]}

    def _item(self, version: int, start: float, stop: float | None, status: str) -> dict[str, Any]:
        item = {
            "executionArn": "arn", "stateMachineArn": MACHINE, "name": "x", "startDate": at(start),
            "status": "RUNNING", "stateMachineVersionArn": f"{MACHINE}:{version}", "stateMachineAliasArn": ALIAS,
        }  # fmt: skip
        return item if stop is None or stop > self.now else {**item, "stopDate": at(stop), "status": status}

    def _metric_data(self, **params: Any) -> Any:
        results = []
        for query in params["MetricDataQueries"]:
            value = self.metrics.get(query["MetricStat"]["Metric"]["MetricName"], 0)
            results.append({"Id": query["Id"], "Values": [float(value)] if value else []})
        return {"MetricDataResults": results}

    def _alarms(self, **params: Any) -> Any:
        found = [
            {"AlarmName": name, "StateValue": state, "StateReason": "said AWS", "TreatMissingData": treats}
            for name, (state, treats) in self.alarms.items()
            if name in params["AlarmNames"]
        ]
        return {"MetricAlarms": found, "CompositeAlarms": []}

    def _put(self, **params: Any) -> Any:
        item = params["Item"]
        key = item["pk"]["S"], item["sk"]["S"]
        there = self.items.get(key)
        if "#serial" in params["ConditionExpression"]:
            allowed = there is not None and there["serial"] == params["ExpressionAttributeValues"][":serial"]
        else:
            allowed = there is None or there["ended"]["BOOL"]
        if not allowed:
            return Conflict("refused", code="ConditionalCheckFailedException")
        self.items[key] = item
        if error := self._failing("put_item"):
            return error
        return {}

    def _get(self, **params: Any) -> Any:
        item = self.items.get((params["Key"]["pk"]["S"], params["Key"]["sk"]["S"]))
        return {"Item": item} if item else {}

    def _transact(self, **params: Any) -> Any:
        import json

        for one in params["TransactItems"]:
            item = one["Put"]["Item"]
            self.items[item["pk"]["S"], item["sk"]["S"]] = item
        self.records.append(json.loads(params["TransactItems"][0]["Put"]["Item"]["record"]["S"]))
        return {}


class Stop(threading.Event):
    """Waiting is what moves the clock."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    def wait(self, timeout: float | None = None) -> bool:
        self._world.wait(timeout or 0)
        return self.is_set()


class Killed(BaseException):
    """The process died here."""


THROTTLED = AwsError("slow down", code="ThrottlingException")
