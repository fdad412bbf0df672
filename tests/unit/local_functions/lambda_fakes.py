"""A small World for the tests of the embedded Lambda, and helpers to build zips and calls."""

from __future__ import annotations

import io
import json
import os
import time
import uuid
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from stepdeploy.arns import Place
from stepdeploy.local.functions.service import FunctionsService
from stepdeploy.local.wire import ApiCall

#: One API call: operation name and parameters, to the output members.
Do = Callable[..., dict[str, Any]]

ACCOUNT = "123456789012"
REGION = "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/runner"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}


class FakeIam:
    """Roles by name."""

    def __init__(self) -> None:
        self.roles: dict[str, Any] = {"runner": TRUST}

    def get_role(self, RoleName: str) -> dict[str, Any]:
        if RoleName not in self.roles:
            raise ClientError({"Error": {"Code": "NoSuchEntity", "Message": "no"}}, "GetRole")
        arn = f"arn:aws:iam::{ACCOUNT}:role/{RoleName}"
        return {"Role": {"Arn": arn, "AssumeRolePolicyDocument": self.roles[RoleName]}}


class FakeS3:
    """Objects by (bucket, key)."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}

    def get_object(self, Bucket: str, Key: str, VersionId: str = "") -> dict[str, Any]:
        if (Bucket, Key) not in self.objects:
            raise ClientError(
                {"Error": {"Code": "NoSuchKey", "Message": "The specified key does not exist."}}, "GetObject"
            )
        return {"Body": io.BytesIO(self.objects[Bucket, Key])}


class FakeSqs:
    """One queue by name with messages, all in memory."""

    def __init__(self) -> None:
        self.waiting: list[dict[str, Any]] = []
        self.deleted: list[str] = []
        self.sent: list[dict[str, Any]] = []
        self.visibility = "30"

    def get_queue_url(self, QueueName: str) -> dict[str, str]:
        if QueueName == "missing":
            raise ClientError({"Error": {"Code": "NonExistentQueue", "Message": "no such queue"}}, "GetQueueUrl")
        return {"QueueUrl": f"http://queue/{QueueName}"}

    def get_queue_attributes(self, QueueUrl: str, AttributeNames: list[str]) -> dict[str, Any]:
        return {"Attributes": {"VisibilityTimeout": self.visibility}}

    def receive_message(self, **wanted: Any) -> dict[str, Any]:
        count = wanted["MaxNumberOfMessages"]
        batch, self.waiting = self.waiting[:count], self.waiting[count:]
        return {"Messages": batch} if batch else {}

    def delete_message(self, QueueUrl: str, ReceiptHandle: str) -> None:
        self.deleted.append(ReceiptHandle)

    def send_message(self, **message: Any) -> None:
        self.sent.append(message)

    def add(self, *bodies: str) -> None:
        self.waiting += [
            {"MessageId": f"id-{body}", "ReceiptHandle": f"handle-{body}", "Body": body, "MD5OfBody": "0" * 32}
            for body in bodies
        ]


class FakeWorld:
    """What FunctionsService asks of the server. `shift` moves its clock."""

    account = ACCOUNT
    region = REGION
    endpoint = "http://127.0.0.1:9"
    replaying = False

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.clients: dict[str, Any] = {"iam": FakeIam(), "s3": FakeS3(), "sqs": FakeSqs()}
        self.logs: list[tuple[str, str, str]] = []
        self.shift = timedelta()

    def place(self) -> Place:
        return Place("aws", REGION, ACCOUNT)

    def client(self, service: str, region: str | None = None) -> Any:
        return self.clients[service]

    def write_logs(self, group: str, stream: str, lines: list[tuple[int, str]], *, region: str | None = None) -> None:
        self.logs += [(group, stream, text) for _, text in lines]

    def new_id(self) -> str:
        return str(uuid.uuid4())

    def now(self) -> datetime:
        return datetime.now(UTC) + self.shift

    def log_text(self) -> str:
        return "\n".join(text for _, _, text in self.logs)


def zipped(files: dict[str, str | bytes]) -> bytes:
    """A zip with those files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def code(source: str) -> dict[str, bytes]:
    """Code of a function whose `handler.py` is that source."""
    return {"ZipFile": zipped({"handler.py": source})}


def api_call(operation: str, params: dict[str, Any], region: str = REGION) -> ApiCall:
    return ApiCall("lambda", operation, params, region, ACCOUNT, str(uuid.uuid4()))


def run(service: FunctionsService, event: Any = None, **options: Any) -> Any:
    """The function's answer, for one that succeeds."""
    result = service.invoke("f", None, json.dumps(event).encode(), **options)
    assert result.function_error is None, result.payload
    return json.loads(result.payload)


def fail(service: FunctionsService, event: Any = None) -> dict[str, Any]:
    """The error document, for a function that fails."""
    result = service.invoke("f", None, json.dumps(event).encode())
    assert result.function_error == "Unhandled", result.payload
    document: dict[str, Any] = json.loads(result.payload)
    return document


def wait_until(condition: Any, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False
