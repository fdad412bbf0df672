"""The embedded Lambda as boto3 sees it: over HTTP, with the real services around it, and across restarts."""

from __future__ import annotations

import base64
import io
import json
import os
import signal
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from stepdeploy.local import manager
from stepdeploy.local.manager import Running

from .conftest import boto_client

Clients = Callable[..., Any]
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}
ECHO = "def handler(event, context):\n    return event\n"


def zipped(source: str, path: str = "handler.py") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(path, source)
    return buffer.getvalue()


def make_role(aws: Clients, name: str) -> str:
    iam = aws("iam")
    try:
        return str(iam.get_role(RoleName=name)["Role"]["Arn"])
    except iam.exceptions.NoSuchEntityException:
        return str(iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"])


def make(aws: Clients, source: str = ECHO, **params: Any) -> str:
    """A new function with a name of its own."""
    name = f"f-{uuid.uuid4().hex[:8]}"
    defaults = {
        "FunctionName": name,
        "Runtime": "python3.11",
        "Handler": "handler.handler",
        "Role": make_role(aws, "lambda-contract"),
        "Code": {"ZipFile": zipped(source)},
        "Timeout": 10,
    }
    aws("lambda").create_function(**{**defaults, **params})
    return name


def answer(aws: Clients, name: str, event: Any = None, **options: Any) -> Any:
    result = aws("lambda").invoke(FunctionName=name, Payload=json.dumps(event), **options)
    body = json.loads(result["Payload"].read())
    assert "FunctionError" not in result, body
    return body


def wait_until(condition: Callable[[], Any], seconds: float = 15) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
    return found


def code_of(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    response: Any = error.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_create_wait_and_invoke(aws: Clients) -> None:
    name = make(aws)
    aws("lambda").get_waiter("function_active_v2").wait(FunctionName=name)
    assert answer(aws, name, {"a": 1}) == {"a": 1}


def test_update_wait_and_publish(aws: Clients) -> None:
    client = aws("lambda")
    name = make(aws)
    client.update_function_code(FunctionName=name, ZipFile=zipped("def handler(e, c):\n    return 'new'\n"))
    client.get_waiter("function_updated_v2").wait(FunctionName=name)
    client.update_function_configuration(FunctionName=name, Timeout=20)
    client.get_waiter("function_updated_v2").wait(FunctionName=name)
    version = client.publish_version(FunctionName=name)
    client.get_waiter("published_version_active").wait(FunctionName=name, Qualifier=version["Version"])
    assert answer(aws, version["FunctionArn"]) == "new"
    assert client.publish_version(FunctionName=name)["Version"] == version["Version"]


def test_code_from_a_bucket(aws: Clients) -> None:
    bucket = f"b-{uuid.uuid4().hex[:8]}"
    aws("s3").create_bucket(Bucket=bucket)
    aws("s3").put_object(Bucket=bucket, Key="code.zip", Body=zipped(ECHO))
    name = make(aws, Code={"S3Bucket": bucket, "S3Key": "code.zip"})
    assert answer(aws, name, 7) == 7


def test_code_from_a_bucket_without_the_object(aws: Clients) -> None:
    bucket = f"b-{uuid.uuid4().hex[:8]}"
    aws("s3").create_bucket(Bucket=bucket)
    with pytest.raises(ClientError, match=r"S3 Error Code: NoSuchKey") as caught:
        make(aws, Code={"S3Bucket": bucket, "S3Key": "code.zip"})
    assert code_of(caught) == ("InvalidParameterValueException", 400)


def test_a_role_that_does_not_exist(aws: Clients) -> None:
    with pytest.raises(ClientError, match=r"cannot be assumed by Lambda") as caught:
        make(aws, Role="arn:aws:iam::123456789012:role/nobody")
    assert code_of(caught) == ("InvalidParameterValueException", 400)


def test_a_role_of_another_service(aws: Clients) -> None:
    trust = json.dumps(TRUST).replace("lambda.", "states.")
    name = f"r-{uuid.uuid4().hex[:8]}"
    role = aws("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    with pytest.raises(ClientError, match=r"cannot be assumed by Lambda"):
        make(aws, Role=role)


@pytest.mark.parametrize(
    ("operation", "params", "expected"),
    [
        ("get_function", {}, ("ResourceNotFoundException", 404)),
        ("get_function", {"Qualifier": "9"}, ("ResourceNotFoundException", 404)),
        ("get_alias", {"Name": "live"}, ("ResourceNotFoundException", 404)),
        ("get_policy", {}, ("ResourceNotFoundException", 404)),
        ("publish_version", {"RevisionId": "x"}, ("PreconditionFailedException", 412)),
        ("publish_version", {"CodeSha256": "x"}, ("InvalidParameterValueException", 400)),
        ("update_function_configuration", {"Timeout": 901}, ("ValidationException", 400)),
        ("put_function_concurrency", {"ReservedConcurrentExecutions": 999}, ("InvalidParameterValueException", 400)),
        ("create_function_url_config", {"AuthType": "NONE"}, ("NotImplementedByEmbeddedAws", 400)),
    ],
)
def test_errors_have_aws_codes_and_status(
    aws: Clients, operation: str, params: dict[str, Any], expected: tuple[str, int]
) -> None:
    name = "not-there" if operation == "get_function" and not params else make(aws)
    with pytest.raises(ClientError) as caught:
        getattr(aws("lambda"), operation)(FunctionName=name, **params)
    assert code_of(caught) == expected


def test_a_modelled_exception_can_be_caught(aws: Clients) -> None:
    client = aws("lambda")
    with pytest.raises(client.exceptions.ResourceConflictException):
        make(aws, FunctionName=make(aws))


def test_the_request_id_of_the_answer_is_that_of_the_context(aws: Clients) -> None:
    name = make(aws, "def handler(event, context):\n    return context.aws_request_id\n")
    result = aws("lambda").invoke(FunctionName=name)
    assert json.loads(result["Payload"].read()) == result["ResponseMetadata"]["RequestId"]


def test_a_function_error(aws: Clients) -> None:
    name = make(aws, "def handler(event, context):\n    raise ValueError('no')\n")
    result = aws("lambda").invoke(FunctionName=name, LogType="Tail")
    body = json.loads(result["Payload"].read())
    assert (result["StatusCode"], result["FunctionError"]) == (200, "Unhandled")
    assert (body["errorType"], body["errorMessage"]) == ("ValueError", "no")
    assert "[ERROR] ValueError: no" in base64.b64decode(result["LogResult"]).decode()


def test_weights_of_an_alias(aws: Clients) -> None:
    client = aws("lambda")
    source = "def handler(event, context):\n    return [context.function_version, context.invoked_function_arn]\n"
    name = make(aws, source, Publish=True)
    client.update_function_configuration(FunctionName=name, Timeout=11)
    client.publish_version(FunctionName=name)
    weights = {"AdditionalVersionWeights": {"2": 0.5}}
    alias = client.create_alias(FunctionName=name, Name="live", FunctionVersion="1", RoutingConfig=weights)
    seen = [answer(aws, name, Qualifier="live") for _ in range(60)]
    assert {version for version, _ in seen} == {"1", "2"}
    assert {arn for _, arn in seen} == {alias["AliasArn"]}


def test_the_versions_paginator(aws: Clients) -> None:
    client = aws("lambda")
    name = make(aws, Publish=True)
    for timeout in (11, 12, 13):
        client.update_function_configuration(FunctionName=name, Timeout=timeout)
        client.publish_version(FunctionName=name)
    pages = client.get_paginator("list_versions_by_function").paginate(
        FunctionName=name, PaginationConfig={"PageSize": 2}
    )
    assert [item["Version"] for page in pages for item in page["Versions"]] == ["$LATEST", "1", "2", "3", "4"]


def test_version_numbers_survive_a_new_function_of_the_name(aws: Clients) -> None:
    name = make(aws, Publish=True)
    aws("lambda").delete_function(FunctionName=name)
    make(aws, FunctionName=name, Publish=True)
    versions = aws("lambda").list_versions_by_function(FunctionName=name)["Versions"]
    assert [item["Version"] for item in versions] == ["$LATEST", "2"]


def test_a_layer(aws: Clients) -> None:
    content = {"ZipFile": zipped("value = 'from the layer'\n", "python/shared_by_layer.py")}
    layer = aws("lambda").publish_layer_version(LayerName=f"l-{uuid.uuid4().hex[:8]}", Content=content)
    source = "import shared_by_layer\ndef handler(e, c):\n    return shared_by_layer.value\n"
    assert answer(aws, make(aws, source, Layers=[layer["LayerVersionArn"]])) == "from the layer"


def test_logs_are_in_cloudwatch(aws: Clients) -> None:
    name = make(aws, "def handler(event, context):\n    print('a line of the handler')\n")
    answer(aws, name)
    found = aws("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    messages = [event["message"] for event in found]
    assert [message.split()[0] for message in messages] == ["INIT_START", "START", "a", "END", "REPORT"]
    streams = aws("logs").describe_log_streams(logGroupName=f"/aws/lambda/{name}")["logStreams"]
    assert "/[$LATEST]" in streams[0]["logStreamName"]


def test_a_function_talks_to_the_embedded_aws(aws: Clients) -> None:
    bucket = f"b-{uuid.uuid4().hex[:8]}"
    aws("s3").create_bucket(Bucket=bucket)
    source = (
        "import boto3\n"
        "def handler(bucket, context):\n"
        "    boto3.client('s3').put_object(Bucket=bucket, Key='k', Body=b'written by a function')\n"
    )
    answer(aws, make(aws, source, Timeout=30), bucket)
    assert aws("s3").get_object(Bucket=bucket, Key="k")["Body"].read() == b"written by a function"


def test_an_event_is_run_later_and_its_failure_buried(aws: Clients) -> None:
    queue = aws("sqs").create_queue(QueueName=f"q-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    attributes = aws("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    name = make(
        aws,
        "def handler(event, context):\n    raise ValueError('never')\n",
        DeadLetterConfig={"TargetArn": attributes["QueueArn"]},
    )
    aws("lambda").put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0)
    result = aws("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=b'{"n": 1}')
    assert (result["StatusCode"], result["Payload"].read()) == (202, b"")
    letter = wait_until(
        lambda: aws("sqs").receive_message(QueueUrl=queue, MessageAttributeNames=["All"]).get("Messages")
    )[0]
    assert json.loads(letter["Body"]) == {"n": 1}
    assert letter["MessageAttributes"]["ErrorMessage"]["StringValue"] == "never"


def test_messages_of_a_queue_reach_the_function(aws: Clients) -> None:
    sqs = aws("sqs")
    queue = sqs.create_queue(QueueName=f"q-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    source = "def handler(event, context):\n    print('got', *[r['body'] for r in event['Records']])\n"
    name = make(aws, source)
    mapping = aws("lambda").create_event_source_mapping(FunctionName=name, EventSourceArn=arn)
    sqs.send_message(QueueUrl=queue, MessageBody="hello")
    group = f"/aws/lambda/{name}"

    def logged() -> bool:
        try:
            events = aws("logs").filter_log_events(logGroupName=group)["events"]
        except ClientError:
            return False
        return any(event["message"] == "got hello" for event in events)

    wait_until(logged)
    wait_until(lambda: not _messages(sqs, queue))
    aws("lambda").delete_event_source_mapping(UUID=mapping["UUID"])


def _messages(sqs: Any, queue: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)


def test_reserved_concurrency_zero_throttles(aws: Clients) -> None:
    name = make(aws)
    aws("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    with pytest.raises(ClientError) as caught:
        aws("lambda").invoke(FunctionName=name)
    assert code_of(caught) == ("TooManyRequestsException", 429)
    response: Any = caught.value.response
    assert response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"


class Server:
    """A server of one's own, to be killed and started again."""

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        self.start()

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = boto_client(self.running.endpoint, service)
        return self._clients[service]

    def kill(self) -> None:
        os.kill(self.running.pid, signal.SIGKILL)
        wait_until(lambda: not alive(self.running.pid))

    def start(self) -> None:
        self.running: Running = manager.ensure(self.workspace, idle_minutes=5)
        self._clients: dict[str, Any] = {}


def alive(pid: int) -> bool:
    """False also for a zombie that nobody has collected yet."""
    try:
        os.kill(pid, 0)
        stat = Path(f"/proc/{pid}/stat")
        return not stat.exists() or stat.read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path)
    yield made
    manager.down(tmp_path)


def test_functions_survive_the_death_of_the_server(server: Server) -> None:
    name = make(server.client, Publish=True, Tags={"a": "1"})
    before = server.client("lambda")
    before.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    layer = before.publish_layer_version(LayerName="l", Content={"ZipFile": zipped("", "python/x.py")})
    expected = [before.get_function(FunctionName=name), before.get_alias(FunctionName=name, Name="live")]
    server.kill()
    server.start()
    after = server.client("lambda")
    found = [after.get_function(FunctionName=name), after.get_alias(FunctionName=name, Name="live")]
    for item in (*expected, *found):
        del item["ResponseMetadata"]
    assert found == expected
    assert after.get_layer_version_by_arn(Arn=layer["LayerVersionArn"])["Version"] == 1
    assert answer(server.client, name, 5, Qualifier="live") == 5


def test_functions_die_with_the_server(server: Server, tmp_path: Path) -> None:
    note = tmp_path / "pids"
    source = (
        "import os, pathlib, subprocess, time\n"
        "def handler(event, context):\n"
        "    child = subprocess.Popen(['sleep', '50'])\n"
        f"    pathlib.Path({str(note)!r}).write_text(f'{{os.getpid()}} {{child.pid}}')\n"
        "    while True:\n        pass\n"
    )
    name = make(server.client, source, Timeout=60)
    server.client("lambda").invoke(FunctionName=name, InvocationType="Event")
    pids = [int(pid) for pid in wait_until(lambda: note.exists() and note.read_text().split())]
    assert [alive(pid) for pid in pids] == [True, True]
    server.kill()
    wait_until(lambda: not any(alive(pid) for pid in pids), seconds=5)
