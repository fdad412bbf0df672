"""The embedded AWS ends, by kill -9 or in peace, and everything is there again: ids and dates included."""

from __future__ import annotations

import io
import json
import os
import signal
import sqlite3
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from stepdeploy.local import manager, paths
from stepdeploy.local.manager import Running

from .conftest import boto_client

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": ["lambda.amazonaws.com", "states.amazonaws.com"]},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)
ALLOW = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
TOPIC = "arn:aws:sns:us-east-1:123456789012:news"
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:flow"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:jobs"
Call = Callable[..., Any]


@pytest.fixture
def caller() -> Iterator[Callable[[str], Call]]:
    """`caller(endpoint)("s3", "put_object", ...)`: one call; the answer without its metadata, bodies read."""
    clients: dict[tuple[str, str], Any] = {}

    def for_endpoint(endpoint: str) -> Call:
        def call(service: str, operation: str, **arguments: Any) -> Any:
            if (endpoint, service) not in clients:
                clients[endpoint, service] = boto_client(endpoint, service)
            answer = getattr(clients[endpoint, service], operation)(**arguments)
            for name in ("Body", "Payload"):
                if hasattr(answer.get(name), "read"):
                    answer[name] = answer[name].read()
            answer.pop("ResponseMetadata")
            return answer

        return call

    yield for_endpoint
    for client in clients.values():
        client.close()


def fill(call: Call, endpoint: str) -> None:
    """Make something in each service that keeps state."""
    call("s3", "create_bucket", Bucket="kept")
    call("s3", "put_bucket_versioning", Bucket="kept", VersioningConfiguration={"Status": "Enabled"})
    for body in (b"one", b"two"):
        call("s3", "put_object", Bucket="kept", Key="a b/ü", Body=body)
    call("s3", "delete_object", Bucket="kept", Key="gone")
    _multipart(call)
    call("iam", "create_role", RoleName="worker", AssumeRolePolicyDocument=TRUST, Tags=[{"Key": "a", "Value": "b"}])
    call("iam", "put_role_policy", RoleName="worker", PolicyName="p", PolicyDocument=ALLOW)
    call("iam", "create_policy", PolicyName="shared", PolicyDocument=ALLOW)
    call("logs", "create_log_group", logGroupName="/kept", tags={"a": "b"})
    call("logs", "create_log_stream", logGroupName="/kept", logStreamName="s")
    events = [{"timestamp": int(time.time() * 1000), "message": "kept line"}]
    call("logs", "put_log_events", logGroupName="/kept", logStreamName="s", logEvents=events)
    call("sns", "create_topic", Name="news")
    call("sqs", "create_queue", QueueName="jobs", Attributes={"VisibilityTimeout": "7"})
    call("sns", "subscribe", TopicArn=TOPIC, Protocol="sqs", Endpoint=QUEUE)
    call("secretsmanager", "create_secret", Name="key", SecretString="hush")
    call("secretsmanager", "put_secret_value", SecretId="key", SecretString="hush2")
    call("kms", "create_key", Description="d")
    call("events", "put_rule", Name="rule", ScheduleExpression="rate(1 hour)")
    _table(call)
    _function(call)
    _machine(call)


def _function(call: Call) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("handler.py", "def handle(event, context):\n    return {'got': event}\n")
    call(
        "lambda",
        "create_function",
        FunctionName="echo",
        Runtime=f"python{sys.version_info.major}.{sys.version_info.minor}",
        Handler="handler.handle",
        Role="arn:aws:iam::123456789012:role/worker",
        Code={"ZipFile": packed.getvalue()},
    )
    _await_settled(call)
    call("lambda", "publish_version", FunctionName="echo")
    call("lambda", "update_function_configuration", FunctionName="echo", Timeout=7)
    _await_settled(call)
    call("lambda", "create_alias", FunctionName="echo", Name="live", FunctionVersion="1")
    assert invoked(call) == {"got": {"a": 1}}
    _await(lambda: "REPORT" in str(call("logs", "filter_log_events", logGroupName="/aws/lambda/echo")))


def invoked(call: Call) -> Any:
    return json.loads(call("lambda", "invoke", FunctionName="echo", Qualifier="live", Payload=b'{"a": 1}')["Payload"])


def _await_settled(call: Call) -> None:
    """Until the function is neither Pending nor being updated."""

    def is_settled() -> bool:
        found = call("lambda", "get_function_configuration", FunctionName="echo")
        return (found["State"], found["LastUpdateStatus"]) == ("Active", "Successful")

    _await(is_settled)


def _await(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it does not come about"
        time.sleep(0.05)


def _machine(call: Call) -> None:
    definition = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
    made = call(
        "stepfunctions",
        "create_state_machine",
        name="flow",
        definition=json.dumps(definition),
        roleArn="arn:aws:iam::123456789012:role/worker",
        publish=True,
    )
    version = made["stateMachineVersionArn"]
    routing = [{"stateMachineVersionArn": version, "weight": 100}]
    call("stepfunctions", "create_state_machine_alias", name="live", routingConfiguration=routing)
    definition["Comment"] = "changed"
    call(
        "stepfunctions",
        "update_state_machine",
        stateMachineArn=MACHINE,
        definition=json.dumps(definition),
        publish=True,
    )


def _multipart(call: Call) -> None:
    upload = call("s3", "create_multipart_upload", Bucket="kept", Key="big")["UploadId"]
    at = {"Bucket": "kept", "Key": "big", "UploadId": upload}
    parts = []
    for number in (1, 2):
        part = call("s3", "upload_part", **at, PartNumber=number, Body=io.BytesIO(b"x" * 5_300_000))
        parts.append({"PartNumber": number, "ETag": part["ETag"]})
    call("s3", "complete_multipart_upload", **at, MultipartUpload={"Parts": parts})


def _table(call: Call) -> None:
    call(
        "dynamodb",
        "create_table",
        TableName="table",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    call("dynamodb", "put_item", TableName="table", Item={"k": {"S": "1"}, "n": {"N": "0"}})
    for _ in range(3):
        call(
            "dynamodb",
            "update_item",
            TableName="table",
            Key={"k": {"S": "1"}},
            UpdateExpression="ADD n :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )
    call("cloudwatch", "put_dashboard", DashboardName="d", DashboardBody='{"widgets": []}')


def state(call: Call, endpoint: str) -> dict[str, Any]:
    """All that was made, as AWS shows it."""
    queue = f"{endpoint}/123456789012/jobs"
    return {
        "buckets": call("s3", "list_buckets"),
        "versions": call("s3", "list_object_versions", Bucket="kept"),
        "object": call("s3", "get_object", Bucket="kept", Key="a b/ü"),
        "big": call("s3", "head_object", Bucket="kept", Key="big"),
        "role": call("iam", "get_role", RoleName="worker"),
        "policy": call("iam", "get_role_policy", RoleName="worker", PolicyName="p"),
        "policies": call("iam", "list_policies", Scope="Local"),
        "groups": call("logs", "describe_log_groups"),
        "group tags": call("logs", "list_tags_log_group", logGroupName="/kept"),
        "lines": call("logs", "filter_log_events", logGroupName="/kept"),
        "topic": call("sns", "get_topic_attributes", TopicArn=TOPIC),
        "subscriptions": call("sns", "list_subscriptions"),
        "queue": call("sqs", "get_queue_attributes", QueueUrl=queue, AttributeNames=["All"]),
        "secret": call("secretsmanager", "describe_secret", SecretId="key"),
        "secret value": call("secretsmanager", "get_secret_value", SecretId="key"),
        "keys": call("kms", "list_keys"),
        "rule": call("events", "describe_rule", Name="rule"),
        "table": call("dynamodb", "describe_table", TableName="table"),
        "items": call("dynamodb", "scan", TableName="table"),
        "function": _without_url(call("lambda", "get_function", FunctionName="echo")),
        "function versions": call("lambda", "list_versions_by_function", FunctionName="echo"),
        "function alias": call("lambda", "get_alias", FunctionName="echo", Name="live"),
        "function lines": call("logs", "filter_log_events", logGroupName="/aws/lambda/echo"),
        "machine": call("stepfunctions", "describe_state_machine", stateMachineArn=MACHINE),
        "machine versions": call("stepfunctions", "list_state_machine_versions", stateMachineArn=MACHINE),
        "machine alias": call("stepfunctions", "describe_state_machine_alias", stateMachineAliasArn=f"{MACHINE}:live"),
        "dashboards": call("cloudwatch", "list_dashboards"),
    }


def _without_url(answer: dict[str, Any]) -> dict[str, Any]:
    """The link to the code is signed anew each time."""
    answer["Code"].pop("Location", None)
    return answer


def end(running: Running, workspace: Path, how: str) -> None:
    if how == "kill -9":
        os.kill(running.pid, signal.SIGKILL)
        os.waitpid(running.pid, 0)
    else:
        assert manager.down(workspace)


@pytest.mark.parametrize("how", ["kill -9", "down"])
def test_everything_is_there_again(tmp_path: Path, caller: Callable[[str], Call], how: str) -> None:
    first = manager.ensure(tmp_path)
    try:
        call = caller(first.endpoint)
        fill(call, first.endpoint)
        before = state(call, first.endpoint)
        time.sleep(1.1)  # so that a date taken at replay would differ
        end(first, tmp_path, how)
        assert manager.status(tmp_path) is None
        second = manager.ensure(tmp_path)
        assert second.started_by_us
        assert second.port == first.port
        assert second.pid != first.pid
        after = state(caller(second.endpoint), second.endpoint)
        assert {name: (before[name], after[name]) for name in before if before[name] != after[name]} == {}
        assert invoked(caller(second.endpoint)) == {"got": {"a": 1}}
        found = manager.status(tmp_path)
        assert found is not None
        assert found.set_aside == 0
        assert found.replayed >= 25
    finally:
        manager.down(tmp_path)


def test_kill_in_the_middle_of_writing_loses_nothing_that_was_answered(
    tmp_path: Path, caller: Callable[[str], Call]
) -> None:
    first = manager.ensure(tmp_path)
    try:
        answered: list[str] = []
        writer = threading.Thread(target=_write_until_it_breaks, args=(first.endpoint, answered))
        writer.start()
        while len(answered) < 40:
            time.sleep(0.005)
        os.kill(first.pid, signal.SIGKILL)
        writer.join()
        os.waitpid(first.pid, 0)
        second = manager.ensure(tmp_path)
        topics = caller(second.endpoint)("sns", "list_topics")["Topics"]
        there = {topic["TopicArn"].rpartition(":")[2] for topic in topics}
        assert set(answered) <= there
        assert len(there - set(answered)) <= 1  # written, but killed before the answer
    finally:
        manager.down(tmp_path)


def _write_until_it_breaks(endpoint: str, answered: list[str]) -> None:
    client = boto_client(endpoint, "sns")
    try:
        for number in range(90):  # list_topics gives 100 at once
            name = f"topic-{number}"
            client.create_topic(Name=name)
            answered.append(name)
    except Exception:
        return
    finally:
        client.close()


def test_an_entry_that_cannot_be_replayed_is_set_aside(tmp_path: Path, caller: Callable[[str], Call]) -> None:
    running = manager.ensure(tmp_path)
    try:
        caller(running.endpoint)("sns", "create_topic", Name="before")
        caller(running.endpoint)("sns", "create_topic", Name="after")
        manager.down(tmp_path)
        journal = sqlite3.connect(paths.journal_file(paths.state_directory(tmp_path)))
        with journal:
            journal.execute("UPDATE entries SET body = ? WHERE id = 1", (b"Action=NoSuchAction&Version=2010-03-31",))
        journal.close()
        for _ in range(2):  # and the next start does not try it again
            running = manager.ensure(tmp_path)
            found = manager.status(tmp_path)
            assert found is not None
            assert (found.replayed, found.set_aside) == (1, 1)
            topics = caller(running.endpoint)("sns", "list_topics")["Topics"]
            assert [topic["TopicArn"] for topic in topics] == ["arn:aws:sns:us-east-1:123456789012:after"]
            manager.down(tmp_path)
        assert any("was set aside" in line for line in manager.log_tail(tmp_path, 200))
    finally:
        manager.down(tmp_path)


def test_reads_and_failures_are_not_journalled_and_secrets_stay_out_of_the_log(
    tmp_path: Path, caller: Callable[[str], Call]
) -> None:
    running = manager.ensure(tmp_path)
    try:
        call = caller(running.endpoint)
        call("secretsmanager", "create_secret", Name="key", SecretString="very-hush-hush")
        call("secretsmanager", "get_secret_value", SecretId="key")
        call("sqs", "create_queue", QueueName="q")
        url = f"{running.endpoint}/123456789012/q"
        call("sqs", "send_message", QueueUrl=url, MessageBody="m")
        with pytest.raises(Exception, match="already exists"):
            call("secretsmanager", "create_secret", Name="key", SecretString="very-hush-hush")
        manager.down(tmp_path)
        directory = paths.state_directory(tmp_path)
        journal = sqlite3.connect(paths.journal_file(directory))
        targets = [dict(json.loads(row[0]))["X-Amz-Target"] for row in journal.execute("SELECT headers FROM entries")]
        journal.close()
        assert targets == ["secretsmanager.CreateSecret", "AmazonSQS.CreateQueue"]
        assert "very-hush-hush" not in paths.log_file(directory).read_text(encoding="utf-8")
    finally:
        manager.down(tmp_path)
