"""A loopback server that plays the webhooks, an AWS in the process, and the function's folder on the import path."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from common import aws
from moto import mock_aws

FOLDER = Path(__file__).parents[3] / "lambdas" / "notify_webhook"
SECRET = "company-data-extraction/test/webhooks"
KEY = "a-signing-key-of-32-characters!!"


@dataclass(frozen=True)
class Received:
    """One request that the server got. headers: names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Hooks:
    """The server. answers: path -> statuses to give, one after the other, the last one for good; a status may come
    with headers; None: never answer."""

    host: str
    answers: dict[str, list[Any]] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str) -> str:
        return f"http://{self.host}{path}"

    def at(self, path: str) -> list[Received]:
        return [request for request in self.received if request.path == path]

    def next_answer(self, path: str) -> Any:
        planned = self.answers.get(path, [200])
        return planned.pop(0) if len(planned) > 1 else planned[0]


@pytest.fixture
def hooks(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hooks]:
    """The server, admitted by the setting that exists for that."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            names = {name.lower(): value for name, value in self.headers.items()}
            found.received.append(Received("POST", self.path, names, body))
            answer = found.next_answer(self.path)
            if answer is None:
                found.release.wait(20)
                return
            status, headers = answer if isinstance(answer, tuple) else (answer, {})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found = Hooks(f"127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    monkeypatch.setenv("ALLOWED_PRIVATE_HOSTS", found.host)
    yield found
    found.release.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Any]]:
    """Gives modules of the function by name, imported as Lambda does: its own folder first on the path."""
    monkeypatch.syspath_prepend(str(FOLDER))
    ours = {path.stem for path in FOLDER.glob("*.py")}
    for name in ours:
        sys.modules.pop(name, None)
    yield __import__
    for name in ours:
        sys.modules.pop(name, None)


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Any], None]]:
    """Puts the secret's content (JSON, or text as it stands) into an AWS in this process."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "WEBHOOK_SECRET_ID": SECRET,
        "WEBHOOK_RETRY_SECONDS": "0.01",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    clients = aws.client
    clients.cache_clear()
    with mock_aws():

        def put(content: Any) -> None:
            text = content if isinstance(content, str) else json.dumps(content)
            boto3.client("secretsmanager").create_secret(Name=SECRET, SecretString=text)

        yield put
    clients.cache_clear()


def event(message: str = "it broke", subject: str | None = "Pipeline (dev): MergeError") -> dict[str, Any]:
    """An event of SNS with one message, in the shape of the Lambda developer guide."""
    sns = {
        "Type": "Notification",
        "MessageId": "95df01b4-ee98-5cb9-9903-4c221d41eb5e",
        "TopicArn": "arn:aws:sns:us-east-1:123456789012:CompanyExtractionFailures-dev",
        "Subject": subject,
        "Message": message,
        "Timestamp": "2026-11-23T12:45:07.000Z",
        "MessageAttributes": {},
    }
    return {"Records": [{"EventVersion": "1.0", "EventSource": "aws:sns", "Sns": sns}]}
