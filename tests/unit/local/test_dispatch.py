"""What is journalled, what belongs to another write, and what replay does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stepdeploy.local.dispatch import Dispatcher, scope_of
from stepdeploy.local.journal import Journal
from stepdeploy.local.moto_bridge import MotoBridge, path_style, render_error
from stepdeploy.local.wire import ApiCall, ApiError, HttpRequest
from stepdeploy.local.world import ACCOUNT, LocalWorld


class Machines:
    """A Step Functions service of two operations. Creating a machine makes a queue through the world."""

    name = "states"

    def __init__(self, world: LocalWorld) -> None:
        self.world = world
        self.made: dict[str, tuple[str, Any]] = {}
        self.closed = False

    def handle(self, call: ApiCall) -> dict[str, Any]:
        if call.operation == "ListStateMachines":
            return {"stateMachines": []}
        name = call.params["name"]
        if name == "refused":
            raise ApiError("InvalidName", "no")
        if name == "crash":
            raise RuntimeError("on purpose")
        self.world.client("sqs").create_queue(QueueName=f"of-{name}")
        self.world.write_logs("/machines", "s", [(int(self.world.now().timestamp() * 1000), f"made {name}")])
        self.made[name] = (self.world.new_id(), self.world.now())
        return {"stateMachineArn": f"arn:{name}", "creationDate": self.made[name][1]}

    def mutates(self, operation: str) -> bool:
        return operation.startswith("Create")

    def running(self) -> int:
        return 3

    def close(self) -> None:
        self.closed = True


class Aws:
    """A dispatcher on a journal in `directory`, with `Machines` as its own service."""

    def __init__(self, directory: Path) -> None:
        from moto.moto_api._internal.models import moto_api_backend

        moto_api_backend.reset()  # moto's state is one a process
        self.journal = Journal(directory / "state.sqlite")
        self.dispatcher = Dispatcher(MotoBridge("http://127.0.0.1:1"), self.journal, ACCOUNT, "us-east-1")
        self.world = LocalWorld(self.dispatcher, "http://127.0.0.1:1", directory)
        self.machines = Machines(self.world)
        self.dispatcher.add(self.machines)

    def create(self, name: str) -> Any:
        client = self.world.client("stepfunctions")
        return client.create_state_machine(name=name, definition="{}", roleArn="arn:aws:iam::1:role/r")

    def queues(self) -> list[str]:
        return [url.rpartition("/")[2] for url in self.world.client("sqs").list_queues().get("QueueUrls", [])]

    def kinds(self) -> list[str]:
        return [type(entry.what).__name__ for entry in self.journal.entries()]


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[Aws]:
    made = Aws(tmp_path)
    yield made
    made.dispatcher.close()


def test_what_a_service_does_during_a_write_is_part_of_it(aws: Aws) -> None:
    aws.create("m")
    assert aws.queues() == ["of-m"]
    assert aws.kinds() == ["HttpRequest"]


def test_reads_and_failures_are_not_journalled(aws: Aws) -> None:
    client = aws.world.client("stepfunctions")
    client.list_state_machines()
    with pytest.raises(client.exceptions.InvalidName):
        aws.create("refused")
    assert aws.kinds() == []


def test_crash_of_a_service_names_it(aws: Aws, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(Exception, match="RuntimeError: on purpose") as caught:
        aws.create("crash")
    assert caught.value.response["Error"]["Code"] == "InternalFailure"  # type: ignore[attr-defined]
    assert "Traceback" in caplog.text


def test_replay_gives_the_same_ids_and_dates(tmp_path: Path) -> None:
    first = Aws(tmp_path)
    first.create("a")
    first.create("b")
    first.world.client("sqs").create_queue(QueueName="alone")
    first.world.write_logs("/g", "s", [(int(first.world.now().timestamp() * 1000), "line")])
    before = dict(first.machines.made)
    first.dispatcher.close()
    second = Aws(tmp_path)
    report = second.dispatcher.replay()
    assert (report.entries, report.aside) == (4, 0)
    assert second.machines.made == before
    assert sorted(second.queues()) == ["alone", "of-a", "of-b"]
    logs = second.world.client("logs")
    assert [event["message"] for event in logs.filter_log_events(logGroupName="/g")["events"]] == ["line"]
    assert second.kinds() == ["HttpRequest"] * 3 + ["LogLines"]
    assert not second.world.replaying
    second.dispatcher.close()


def test_log_lines_need_not_come_in_order(aws: Aws) -> None:
    now = int(aws.world.now().timestamp() * 1000)
    aws.world.write_logs("/g", "s", [(now + 1, "second"), (now, "first")])
    aws.world.write_logs("/g", "s", [])
    events = aws.world.client("logs").filter_log_events(logGroupName="/g")["events"]
    assert [event["message"] for event in events] == ["first", "second"]
    assert aws.kinds() == ["LogLines"]


def test_region_follows_the_requests_to_our_services(aws: Aws) -> None:
    aws.world.client("sqs", "eu-west-1").list_queues()
    assert aws.world.region == "us-east-1"
    aws.world.client("stepfunctions", "eu-central-1").list_state_machines()
    assert aws.world.region == "eu-central-1"
    assert aws.world.place().region == "eu-central-1"


def test_clients_are_made_once(aws: Aws) -> None:
    assert aws.world.client("sqs") is aws.world.client("sqs", "us-east-1")
    assert aws.world.client("sqs") is not aws.world.client("sqs", "eu-west-1")


def test_crash_of_moto_is_named_and_not_retried(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def crash(*_: object) -> None:
        raise KeyError("inside moto")

    monkeypatch.setattr(aws.dispatcher.bridge._moto, "process_request", crash)
    with pytest.raises(Exception, match="moto failed on sqs:ListQueues") as caught:
        aws.queues()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501  # type: ignore[attr-defined]
    assert "inside moto" in caplog.text


def test_services_are_asked_what_runs_and_closed(tmp_path: Path) -> None:
    aws = Aws(tmp_path)
    assert aws.dispatcher.running() == 3
    aws.dispatcher.close()
    assert aws.machines.closed


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (
            HttpRequest(
                "GET", "/", [("Authorization", "AWS4-HMAC-SHA256 Credential=AK/20260504/eu-west-1/s3/aws4_request, X")]
            ),
            ("eu-west-1", "s3"),
        ),
        (
            HttpRequest("GET", "/b/k?X-Amz-Credential=AK%2F20260504%2Fus-east-1%2Fs3%2Faws4_request"),
            ("us-east-1", "s3"),
        ),
        (HttpRequest("GET", "/b/k?AWSAccessKeyId=AK&Signature=x"), ("us-east-1", "s3")),
    ],
)
def test_scope(request_: HttpRequest, expected: tuple[str, str]) -> None:
    found = scope_of(request_)
    assert (found.region, found.service) == expected


def test_no_scope() -> None:
    with pytest.raises(ApiError) as caught:
        scope_of(HttpRequest("GET", "/", [("Authorization", "Bearer x")]))
    assert (caught.value.code, caught.value.status) == ("MissingAuthenticationToken", 403)


@pytest.mark.parametrize(
    ("host", "target"),
    [
        ("bucket.localhost:8", "/bucket/key?x"),
        ("my.bucket.s3.localhost:8", "/my.bucket/key?x"),
        ("s3.localhost:8", "/key?x"),
        ("localhost:8", "/key?x"),
        ("127.0.0.1:8", "/key?x"),
    ],
)
def test_bucket_in_the_host_name(host: str, target: str) -> None:
    assert path_style(HttpRequest("GET", "/key?x", [("Host", host)])).target == target


@pytest.mark.parametrize(
    ("service", "headers", "part"),
    [
        ("s3", [], b"<Error><Code>C</Code><Message>a &lt;b&gt;</Message>"),
        (
            "iam",
            [("Content-Type", "application/x-www-form-urlencoded")],
            b"<ErrorResponse><Error><Type>Sender</Type><Code>C",
        ),
        ("logs", [("X-Amz-Target", "Logs.X"), ("Content-Type", "application/x-amz-json-1.1")], b'"__type": "C"'),
        ("scheduler", [], b'"__type": "C"'),
        ("monitoring", [("smithy-protocol", "rpc-v2-cbor")], b"\xa2\x79\x00\x06__type\x79\x00\x01C"),
    ],
)
def test_errors_in_the_protocol_of_the_request(service: str, headers: list[tuple[str, str]], part: bytes) -> None:
    response = render_error(service, ApiError("C", "a <b>"), HttpRequest("POST", "/", headers), "id")
    assert response.status == 400
    assert part in response.body
