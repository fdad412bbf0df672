"""The session: what is a read, what a read-only session refuses, what is counted, whom credentials are shown."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from stepdeploy.aws.session import Session, Target, is_read
from stepdeploy.errors import NotFound, StepdeployError, Unreachable, UsageError
from tests.unit.aws.clients import Scripted, refusal


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("get_function", True), ("list_tags_of_resource", True), ("describe_state_machine", True),
        ("head_bucket", True), ("filter_log_events", True), ("query", True), ("scan", True),
        ("put_item", False), ("create_function", False), ("publish_version", False), ("start_execution", False),
        ("tag_role", False), ("delete_table", False), ("update_alias", False), ("subscribe", False), ("invoke", False),
    ],
)  # fmt: skip
def test_what_is_a_read(operation: str, expected: bool) -> None:
    assert is_read(operation) is expected


def test_a_read_only_session_refuses_to_write_before_it_has_a_client() -> None:
    aws = Session(Target("eu-west-1"), read_only=True)
    with pytest.raises(StepdeployError, match="read-only session was asked for iam:delete_role"):
        aws.call("iam", "delete_role", RoleName="r")
    assert aws.writes == {} and aws._clients == {}


def test_a_read_only_session_reads() -> None:
    aws = Scripted({"get_role": [{"Role": {}}]}, read_only=True)
    assert aws.call("iam", "get_role", RoleName="r") == {"Role": {}}
    assert aws.reads == {"iam:get_role": 1}


def test_reads_are_neither_retried_nor_waited_for() -> None:
    aws = Scripted({"get_function": [refusal("ResourceNotFoundException", "no such function")]})
    with pytest.raises(NotFound) as caught:
        aws.call("lambda", "get_function", FunctionName="Greet")
    assert caught.value.where == "Greet" and caught.value.operation == "lambda:GetFunction"
    assert aws.reads == {"lambda:get_function": 1} and aws.time.naps == []


class Paginator:
    def __init__(self, pages: list[Any]) -> None:
        self.found = pages

    def paginate(self, **params: Any) -> Iterator[Any]:
        for page in self.found:
            if isinstance(page, Exception):
                raise page
            yield page


def paged(*pages: Any) -> Scripted:
    aws = Scripted({})
    aws.played.get_paginator = lambda operation: Paginator(list(pages))  # type: ignore[method-assign]
    return aws


def test_pages_are_read_one_by_one_and_counted() -> None:
    aws = paged({"Items": [1, 2]}, {}, {"Items": None}, {"Items": [3]})
    found = aws.pages("logs", "describe_log_groups", "Items")
    assert next(found) == 1 and aws.reads.total() == 1
    assert list(found) == [2, 3] and aws.reads == {"logs:describe_log_groups": 4}


def test_an_error_on_a_later_page_is_translated() -> None:
    aws = paged({"Items": [1]}, refusal("ResourceNotFoundException", "gone"))
    found = aws.pages("logs", "describe_log_groups", "Items", logGroupName="g")
    assert next(found) == 1
    with pytest.raises(NotFound) as caught:
        next(found)
    assert caught.value.where == "g"


class Recorder(BaseHTTPRequestHandler):
    seen: list[dict[str, str]] = []

    def do_POST(self) -> None:
        self.seen.append({name.lower(): value for name, value in self.headers.items()})
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def loopback() -> Iterator[str]:
    Recorder.seen = []
    server = HTTPServer(("127.0.0.1", 0), Recorder)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def users_environment(monkeypatch: pytest.MonkeyPatch, loopback: str) -> None:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAUSERSOWN", "AWS_SECRET_ACCESS_KEY": "users-secret",
        "AWS_SESSION_TOKEN": "users-token", "AWS_PROFILE": "not-on-this-machine",
        "HTTP_PROXY": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("users_environment")
def test_the_users_credentials_profile_and_proxy_play_no_part_on_loopback(loopback: str) -> None:
    aws = Session(Target("eu-west-1", profile="another", endpoint=loopback))
    aws.call("dynamodb", "list_tables")
    aws.call("dynamodb", "describe_table", TableName="t")
    assert len(Recorder.seen) == 2
    for headers in Recorder.seen:
        assert "Credential=local/" in headers["authorization"]
        assert "x-amz-security-token" not in headers
        assert "AKIAUSERSOWN" not in str(headers) and "users-" not in str(headers)


def test_a_client_is_made_once_though_many_threads_ask(loopback: str) -> None:
    aws = Session(Target("eu-west-1", endpoint=loopback))
    made: list[Any] = []
    threads = [threading.Thread(target=lambda: made.append(aws._client("dynamodb"))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 6 and len(set(map(id, made))) == 1


@pytest.mark.parametrize(
    ("service", "operation", "params", "made"),
    [
        ("lambda", "publish_layer_version", {"LayerName": "l", "Content": {"ZipFile": b"z"}}, 1),
        ("lambda", "publish_version", {"FunctionName": "f"}, 3),
        ("iam", "create_role", {"RoleName": "r", "AssumeRolePolicyDocument": "{}"}, 3),
    ],
)
def test_what_would_be_made_twice_is_not_tried_again_when_its_answer_is_lost(
    service: str, operation: str, params: dict[str, Any], made: int
) -> None:
    calls = 0

    def take(listening: socket.socket) -> None:
        nonlocal calls
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                calls += b" /" in connection.recv(1 << 16)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=take, args=(listening,), daemon=True)
        thread.start()
        aws = Session(Target("eu-west-1", endpoint=f"http://127.0.0.1:{listening.getsockname()[1]}"))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("botocore.endpoint.time.sleep", lambda _: None)
            with pytest.raises(Unreachable):
                aws.call(service, operation, **params)
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(5)
    assert calls == made


def test_a_server_that_is_down_is_unreachable() -> None:
    aws = Session(Target("eu-west-1", endpoint="http://127.0.0.1:9"))
    with pytest.raises(Unreachable):
        aws.call("dynamodb", "list_tables")


def test_an_unknown_profile_is_a_matter_of_usage() -> None:
    with pytest.raises(UsageError, match="nope"):
        Session(Target("eu-west-1", profile="nope")).account()


def test_no_credentials_at_all_are_told_before_anything_is_sent() -> None:
    with pytest.raises(Unreachable, match="no AWS credentials") as caught:
        Session(Target("eu-west-1")).account()
    assert "--env local needs none" in (caught.value.hint or "")


def test_the_account_is_that_of_the_credentials() -> None:
    assert Scripted({"get_caller_identity": [{"Account": "111122223333"}]}).account() == "111122223333"
