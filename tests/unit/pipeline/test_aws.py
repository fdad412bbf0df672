"""The functions' clients: settings from the environment, retries, and what a cold start loads."""

from __future__ import annotations

import ast
import gc
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, UnknownServiceError
from common import aws, sdk

LAMBDAS = Path(__file__).parents[3] / "lambdas"
FUNCTIONS = sorted(path.parent.name for path in LAMBDAS.glob("*/function.json"))


class Server:
    """An AWS that gives prepared statuses, the last one for good, and keeps the headers that it got."""

    def __init__(self) -> None:
        self.statuses = [200]
        self.headers: list[dict[str, str]] = []
        seen = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                seen.headers.append({name.lower(): value for name, value in self.headers.items()})
                status = seen.statuses.pop(0) if len(seen.statuses) > 1 else seen.statuses[0]
                body = b"{}" if status == 200 else b'{"__type": "InternalServerError"}'
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No client and no session of another test; the environment of a function."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "ASIAFUNCTION",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "token",
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    }.items():
        monkeypatch.setenv(name, value)
    clients, session = aws.client, sdk.session
    clients.cache_clear(), session.cache_clear()
    yield
    clients.cache_clear(), session.cache_clear()


@pytest.fixture
def server(fresh: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Reached by AWS_ENDPOINT_URL."""
    found = Server()
    monkeypatch.setenv("AWS_ENDPOINT_URL", found.url)
    thread = threading.Thread(target=found.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield found
    found.server.shutdown()
    found.server.server_close()
    thread.join()


@pytest.mark.parametrize("service", sdk.SERVICES)
def test_a_client_is_that_of_boto3(fresh: None, service: str) -> None:
    """Region, address, API version and the methods are what boto3 makes of the same environment."""
    ours, theirs = aws.client(service), boto3.Session().client(service)
    assert ours.meta.endpoint_url == theirs.meta.endpoint_url
    assert "eu-central-1" in ours.meta.endpoint_url
    assert ours.meta.service_model.api_version == theirs.meta.service_model.api_version
    assert ours.meta.service_model.operation_names == theirs.meta.service_model.operation_names


def test_the_environment_signs_and_addresses_the_call(server: Server) -> None:
    aws.client("dynamodb").list_tables()
    (headers,) = server.headers
    assert headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=ASIAFUNCTION/")
    assert "/eu-central-1/dynamodb/aws4_request" in headers["authorization"]
    assert headers["x-amz-security-token"] == "token"


@pytest.mark.parametrize(("statuses", "attempts"), [([500, 500, 200], 3), ([400], 1)])
def test_what_may_pass_is_tried_three_times(
    server: Server, monkeypatch: pytest.MonkeyPatch, statuses: list[int], attempts: int
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("botocore.endpoint.time.sleep", waits.append)
    server.statuses = list(statuses)
    try:
        aws.client("dynamodb").list_tables()
    except ClientError:
        assert statuses[-1] != 200
    assert len(server.headers) == attempts
    assert len(waits) == attempts - 1


def test_a_call_has_time_limits(fresh: None) -> None:
    config = aws.client("dynamodb").meta.config
    assert (config.connect_timeout, config.read_timeout) == (5, 15)
    assert aws.client("bedrock-runtime").meta.config.read_timeout == 90


def test_each_service_that_a_function_names_has_a_client() -> None:
    named = {service for path in LAMBDAS.rglob("*.py") for service in _services(path)}
    assert "dynamodb" in named
    assert named <= set(sdk.SERVICES)


def _services(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("aws.client", "aws.prepare"):
            yield from (str(argument.value) for argument in node.args if isinstance(argument, ast.Constant))


def test_any_other_service_has_none(fresh: None) -> None:
    with pytest.raises(UnknownServiceError, match="ec2"):
        aws.client("ec2")


class TestPrepare:
    def test_outside_lambda_it_makes_nothing(self, fresh: None) -> None:
        aws.prepare("dynamodb", "s3")
        assert aws.client.cache_info().currsize == 0

    def test_in_the_init_phase_it_makes_the_clients(self, fresh: None, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
        aws.prepare("dynamodb", "s3")
        assert aws.client.cache_info().currsize == 2

    @pytest.mark.parametrize(("name", "value"), [("AWS_DEFAULT_REGION", ""), ("AWS_ENDPOINT_URL", "no address")])
    def test_a_client_that_cannot_be_made_is_left_to_its_call(
        self, fresh: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str
    ) -> None:
        monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
        monkeypatch.setenv(name, value)
        aws.prepare("dynamodb")
        line = json.loads(capsys.readouterr().out)
        assert (line["level"], line["message"], line["service"]) == ("WARNING", "client not prepared", "dynamodb")

    def test_the_garbage_collector_goes_on(self, fresh: None) -> None:
        aws.client("sqs")
        assert gc.isenabled()
        gc.disable()
        try:
            aws.client("sns")
            assert not gc.isenabled()
        finally:
            gc.enable()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_import_loads_no_sdk_and_the_init_phase_no_boto3(function: str) -> None:
    """Import: nothing of botocore but its errors. Then, what the init phase makes: clients, by botocore alone."""
    code = f"""if True:
        import os, sys
        sys.path[:0] = {[str(LAMBDAS / function), str(LAMBDAS)]!r}
        from common import aws
        services, prepare = [], aws.prepare
        aws.prepare = lambda *names: services.extend(names)
        import handler
        heavy = {{'boto3', 's3transfer', 'botocore.session', 'urllib3'}}
        print('import:', *sorted(heavy & set(sys.modules)))
        os.environ['AWS_LAMBDA_INITIALIZATION_TYPE'] = 'on-demand'
        prepare(*services)
        print('init:', *sorted(heavy & set(sys.modules)))"""
    path = {"PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": "us-east-1", "WEBHOOK_SECRET_ID": "webhooks"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=path, capture_output=True, text=True, check=True)
    assert done.stdout == "import:\ninit: botocore.session urllib3\n"


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        yield from [*names, *([node.module or ""] if isinstance(node, ast.ImportFrom) else [])]


def test_no_function_imports_boto3_nor_makes_a_session_of_its_own() -> None:
    wrong: list[Any] = []
    for path in LAMBDAS.rglob("*.py"):
        for name in _imported(path):
            of_sdk = name.split(".")[0] == "botocore" and name != "botocore.exceptions"
            if name.split(".")[0] == "boto3" or (of_sdk and path.name != "sdk.py"):
                wrong.append((path.relative_to(LAMBDAS), name))
    assert wrong == []
