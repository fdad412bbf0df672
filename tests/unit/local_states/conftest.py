"""A fake World: the Step Functions service without server, moto or Lambda."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from stepdeploy.arns import Place
from stepdeploy.local.states.service import StatesService
from stepdeploy.local.wire import ApiCall, ApiError

ACCOUNT = "123456789012"
REGION = "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/machine"
GROUP = "/aws/vendedlogs/states/orders"
MACHINES = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:"
TRUST = {
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}]
}
ALL = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def client_error(code: str, message: str, status: int = 400) -> ClientError:
    metadata = {"HTTPStatusCode": status, "RequestId": "r-1"}
    return ClientError({"Error": {"Code": code, "Message": message}, "ResponseMetadata": metadata}, "Operation")


@dataclass
class FakeIam:
    """Roles by name: trust policy and inline policies."""

    roles: dict[str, tuple[dict[str, Any], dict[str, Any]]] = field(default_factory=dict)

    def get_role(self, RoleName: str) -> dict[str, Any]:
        if RoleName not in self.roles:
            raise client_error("NoSuchEntity", "no such role", 404)
        arn = f"arn:aws:iam::{ACCOUNT}:role/{RoleName}"
        return {"Role": {"RoleName": RoleName, "Arn": arn, "AssumeRolePolicyDocument": self.roles[RoleName][0]}}

    def list_role_policies(self, RoleName: str) -> dict[str, Any]:
        return {"PolicyNames": list(self.roles[RoleName][1])}

    def get_role_policy(self, RoleName: str, PolicyName: str) -> dict[str, Any]:
        return {"PolicyDocument": self.roles[RoleName][1][PolicyName]}

    def list_attached_role_policies(self, RoleName: str) -> dict[str, Any]:
        return {"AttachedPolicies": []}


@dataclass
class FakeService:
    """Any other service: answers by method name; an answer may be a function, or an exception to raise."""

    answers: dict[str, Any] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(**parameters: Any) -> Any:
            self.calls.append((method, parameters))
            answer = self.answers.get(method, {"ResponseMetadata": {"HTTPStatusCode": 200, "RequestId": "r-1"}})
            if isinstance(answer, Exception):
                raise answer
            return answer(**parameters) if callable(answer) else answer

        return call


@dataclass
class Invocation:
    payload: bytes
    function_error: str | None = None
    status: int = 200
    executed_version: str = "$LATEST"
    log_tail: str = ""
    request_id: str = ""


@dataclass
class FakeFunctions:
    """Lambda functions by name: event -> result, or an exception."""

    functions: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    calls: list[tuple[str, str | None, Any]] = field(default_factory=list)

    def invoke(
        self, function: str, qualifier: str | None, payload: bytes, *, kind: str = "RequestResponse", tail: bool = False
    ) -> Invocation:
        event = json.loads(payload)
        self.calls.append((function, qualifier, event))
        name = function.split("function:")[-1].split(":")[0]
        if name not in self.functions:
            raise ApiError("ResourceNotFoundException", f"Function not found: {function}", 404)
        try:
            return Invocation(json.dumps(self.functions[name](event)).encode(), request_id=f"request-{len(self.calls)}")
        except Exception as error:
            detail = {"errorMessage": str(error), "errorType": type(error).__name__, "stackTrace": []}
            return Invocation(json.dumps(detail).encode(), "Unhandled")


class FakeWorld:
    """What the service asks of its server."""

    def __init__(self, directory: Path) -> None:
        self.account, self.region, self.endpoint, self.directory = ACCOUNT, REGION, "http://127.0.0.1:1", directory
        self.iam = FakeIam({"machine": (TRUST, {"all": ALL})})
        self.functions: Any = FakeFunctions()
        self.states: Any = None
        self.services: dict[str, Any] = {"iam": self.iam, "cloudwatch": FakeService()}
        self.services["logs"] = FakeService(
            {"describe_log_groups": lambda logGroupNamePrefix: {"logGroups": [{"logGroupName": GROUP}]}}
        )
        self.lines: list[tuple[str, str, int, str]] = []

    def place(self) -> Place:
        return Place("aws", REGION, ACCOUNT)

    def client(self, service: str, region: str | None = None) -> Any:
        return self.services.setdefault(service, FakeService())

    def write_logs(self, group: str, stream: str, lines: list[tuple[int, str]], *, region: str | None = None) -> None:
        self.lines.extend((group, stream, at, text) for at, text in lines)

    def new_id(self) -> str:
        return str(uuid.uuid4())

    def now(self) -> datetime:
        return datetime.now(UTC)


class States:
    """The service, called by operation name: `states("StartExecution", stateMachineArn=...)`."""

    def __init__(self, world: FakeWorld) -> None:
        self.world = world
        self.service = StatesService(world)
        world.states = self.service

    def __call__(self, operation: str, **params: Any) -> dict[str, Any]:
        output = self.service.handle(ApiCall("states", operation, params, REGION, ACCOUNT, "r-1"))
        return {name: value for name, value in output.items() if value is not None}

    def machine(self, definition: dict[str, Any], name: str = "orders", **params: Any) -> str:
        """Create a machine; its ARN."""
        created = self("CreateStateMachine", name=name, definition=json.dumps(definition), roleArn=ROLE, **params)
        return str(created["stateMachineArn"])

    def run(self, arn: str, input: Any = None, **params: Any) -> dict[str, Any]:
        """Start an execution and wait for its end; what DescribeExecution says then."""
        text = json.dumps({} if input is None else input)
        started = self("StartExecution", stateMachineArn=arn, input=text, **params)["executionArn"]
        return self.ended(started)

    def ended(self, execution: str) -> dict[str, Any]:
        waiting = self.service.engine.ended(execution)
        if waiting is not None:
            waiting.result(timeout=10)
        return self("DescribeExecution", executionArn=execution)

    def task(self, resource: str, parameters: Any, **fields: Any) -> dict[str, Any]:
        """Run a machine of one Task; what DescribeExecution says in the end."""
        state = {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True, **fields}
        arn = self.machine({"StartAt": "T", "States": {"T": state}}, name=f"m-{uuid.uuid4()}")
        return self.run(arn)

    def events(self, execution: str) -> list[str]:
        found = self("GetExecutionHistory", executionArn=execution)["events"]
        return [event["type"] for event in found]


PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
WAIT = {"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 60, "End": True}}}


@pytest.fixture
def world(tmp_path: Path) -> FakeWorld:
    return FakeWorld(tmp_path)


@pytest.fixture
def states(world: FakeWorld) -> Iterator[States]:
    found = States(world)
    yield found
    found.service.close()
