"""The real pipeline on the embedded AWS under bad conditions: S3 refuses, the cache is poisoned, webhooks are down or slow."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.conftest import ROOT, Tool

APPLE = ["Apple Inc", "--website", "https://www.apple.com", "--symbol", "AAPL"]
TESLA = ["Tesla", "--website", "https://www.tesla.com", "--symbol", "TSLA"]
SECRET = "company-data-extraction/local/webhooks"
# The merger may not write while a file is there: what its role would do without s3:PutObject, which nothing enforces here.
DENIED = """

_put_as_allowed = _put


def _put(bucket, key, document, **condition):
    import pathlib

    if not pathlib.Path({marker!r}).exists():
        return _put_as_allowed(bucket, key, document, **condition)
    with aws.errors_as(StorageError, f"writing s3://{{bucket}}/{{key}}"):
        raise ClientError({{"Error": {{"Code": "AccessDenied", "Message": "Access Denied"}}}}, "PutObject")
"""


@dataclass
class Hook:
    """A webhook that takes a notification and does not answer until it is let go."""

    port: int
    asked: threading.Event = field(default_factory=threading.Event)
    let_go: threading.Event = field(default_factory=threading.Event)


@pytest.fixture(scope="module")
def slow_hook() -> Iterator[Hook]:
    hook = Hook(0)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hook.asked.set()
            hook.let_go.wait(60)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hook.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield hook
    hook.let_go.set()
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def closed_port() -> Iterator[int]:
    """A port that refuses connections: bound, and nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@pytest.fixture(scope="module")
def denied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """While this file is there, the merger may not write to S3."""
    return tmp_path_factory.mktemp("denied") / "s3"


@pytest.fixture(scope="module")
def pipeline(make_tool: Callable[[Path], Tool], denied: Path, slow_hook: Hook, closed_port: int) -> Tool:
    tool = make_tool(ROOT)
    storage = tool.project / "lambdas" / "dynamodb_to_s3_merger" / "merged_storage.py"
    storage.write_text(storage.read_text() + DENIED.format(marker=str(denied)))
    hosts = [f"127.0.0.1:{port}" for port in (slow_hook.port, closed_port)]
    parameters = {"webhook_secret_id": SECRET, "allowed_private_hosts": ",".join(hosts)}
    tool.ok("deploy", "--yes", *(part for item in parameters.items() for part in ("--param", "=".join(item))))
    hooks = [{"kind": "generic", "url": f"http://{host}/hook", "signing_key": "k" * 16} for host in hosts]
    client(tool, "secretsmanager").create_secret(Name=SECRET, SecretString=json.dumps(hooks))
    return tool


def client(tool: Tool, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=tool.json("local", "status")["endpoint"],
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="y",
        config=Config(s3={"addressing_style": "path"}),
    )


def resource(tool: Tool, name: str) -> str:
    return str(tool.json("status")["resources"][name])


def kept(tool: Tool, company: str) -> tuple[set[str], set[tuple[str, str]]]:
    """What there is of a company: keys in S3, and items by table and timestamp."""
    listed = client(tool, "s3").list_objects_v2(Bucket=resource(tool, "bucket:merged"), Prefix=f"companies/{company}/")
    items = {
        (table, item["extraction_timestamp"]["S"])
        for table in ("table:sec_data", "table:cxo_data")
        for item in client(tool, "dynamodb").scan(TableName=resource(tool, table))["Items"]
        if item["company_id"]["S"] == company
    }
    return {item["Key"] for item in listed.get("Contents", [])}, items


def states(tool: Tool, name: str) -> set[str]:
    return {step["state"] for step in tool.json("executions", "show", name)["steps"]}


def test_an_s3_that_refuses_the_merge_leaves_nothing_behind(pipeline: Tool, denied: Path) -> None:
    """The merge fails, is cleaned up after, told, and ends as what it is; the next run finds a clean place."""
    queue = client(pipeline, "sqs").create_queue(QueueName="told")["QueueUrl"]
    topic = f"arn:aws:sns:us-east-1:123456789012:{resource(pipeline, 'topic:failures')}"
    client(pipeline, "sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789012:told"
    )
    denied.touch()
    ran = pipeline("start-execution", *TESLA, "--name", "tesla-denied", "--wait")
    denied.unlink()
    assert ran.code == 10 and "MergeError" in ran.err and "AccessDenied" in ran.err
    assert {"MergeFailed", "CleanupFailedRun", "NotifyFailure", "PipelineFailed"} <= states(pipeline, "tesla-denied")
    assert kept(pipeline, "tesla") == (set(), set())
    (message,) = client(pipeline, "sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=10)["Messages"]
    told = json.loads(message["Body"])
    assert told["Subject"].endswith(": MergeError") and "AccessDenied" in told["Message"]
    again = pipeline.json("start-execution", *TESLA, "--name", "tesla-allowed", "--wait")
    assert (again["status"], again["output"]["cached"]) == ("SUCCEEDED", False), "nothing was claimed, nothing cached"
    keys, items = kept(pipeline, "tesla")
    assert len(items) == 2 and again["output"]["s3"]["key"] in keys


def test_a_poisoned_cache_entry_is_passed_over(pipeline: Tool) -> None:
    first = pipeline.json("start-execution", *APPLE, "--name", "apple-first", "--wait")["output"]
    poison = {
        "company_id": {"S": "apple-inc"},
        "extraction_timestamp": {"S": "9999-99-99"},
        "document": {"M": {"completeness": {"S": "all"}}},
    }
    client(pipeline, "dynamodb").put_item(TableName=resource(pipeline, "table:sec_data"), Item=poison)
    place = first["s3"]
    for key in (place["key"], place["latest"]["key"]):
        client(pipeline, "s3").put_object(Bucket=place["bucket"], Key=key, Body=b'{"company": ')
    again = pipeline.json("start-execution", *APPLE, "--name", "apple-again", "--wait")
    assert (again["status"], again["output"]["cached"]) == ("SUCCEEDED", False)
    assert again["output"]["s3"]["key"] != place["key"]
    third = pipeline.json("start-execution", *APPLE, "--name", "apple-third", "--wait")["output"]
    assert (third["cached"], third["s3"]["key"]) == (True, again["output"]["s3"]["key"])


def test_webhooks_that_are_down_or_slow_are_nothing_to_the_pipeline(pipeline: Tool, slow_hook: Hook) -> None:
    """An execution fails and ends while the first webhook still holds its notification; the second refuses everyone."""
    slow_hook.asked.clear()
    ran = pipeline("start-execution", "Nobody Knows Ltd", "--website", "https://www.tesla.com", "--wait")
    assert ran.code == 10 and "CompanyNotFound" in ran.err
    assert slow_hook.asked.wait(30)
    assert not slow_hook.let_go.is_set(), "it has not been answered yet"
    assert pipeline.json("start-execution", *APPLE, "--name", "apple-during", "--wait")["status"] == "SUCCEEDED"
