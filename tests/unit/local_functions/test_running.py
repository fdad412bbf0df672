"""Invocation: what a function gets, and what its caller gets."""

from __future__ import annotations

import base64
import json
import os
import threading
import time
from typing import Any

import pytest
from lambda_fakes import Do, FakeWorld, code, fail, gone, run, wait_until, zipped

from stepdeploy.local.functions.service import FunctionsService
from stepdeploy.local.wire import ApiError

ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"


def test_the_event_comes_back(create: Do, service: FunctionsService) -> None:
    create()
    assert run(service, {"a": [1, "ü", None]}) == {"a": [1, "ü", None]}


def test_no_payload_is_an_empty_event(create: Do, service: FunctionsService) -> None:
    create()
    assert service.invoke("f", None, b"").payload == b"{}"


def test_a_process_is_used_again(create: Do, service: FunctionsService) -> None:
    create(
        "import os\ncount = 0\ndef handler(e, c):\n    global count\n    count += 1\n    return [os.getpid(), count]\n"
    )
    (first_pid, first), (second_pid, second) = run(service), run(service)
    assert first_pid == second_pid != os.getpid()
    assert (first, second) == (1, 2)


def test_new_code_runs_in_a_new_process(create: Do, do: Do, service: FunctionsService) -> None:
    source = "import os\ndef handler(e, c):\n    return [os.getpid(), {}]\n"
    create(source.format(1))
    old, _ = run(service)
    do("UpdateFunctionCode", FunctionName="f", **code(source.format(2)))
    new, answer = run(service)
    assert answer == 2
    assert old != new
    assert gone(old)


def test_the_context_object(create: Do, service: FunctionsService) -> None:
    create(
        "def handler(event, context):\n"
        "    names = 'aws_request_id function_name function_version invoked_function_arn memory_limit_in_mb '\\\n"
        "            'log_group_name log_stream_name client_context'\n"
        "    left = context.get_remaining_time_in_millis()\n"
        "    return {**{name: getattr(context, name) for name in names.split()}, 'left': left}\n",
        Timeout=5,
    )
    found = json.loads(service.invoke("f", None, b"{}", request_id="r-1").payload)
    assert 3000 < found.pop("left") <= 5000
    assert found.pop("log_stream_name").split("]")[0].endswith("/[$LATEST")
    assert found == {
        "aws_request_id": "r-1",
        "function_name": "f",
        "function_version": "$LATEST",
        "invoked_function_arn": ARN,
        "memory_limit_in_mb": "128",
        "log_group_name": "/aws/lambda/f",
        "client_context": None,
    }


def test_the_client_context(create: Do, service: FunctionsService) -> None:
    create("def handler(event, context):\n    return context.client_context.custom\n")
    encoded = base64.b64encode(json.dumps({"custom": {"a": "b"}}).encode()).decode()
    assert run(service, client_context=encoded) == {"a": "b"}


def test_the_environment_is_clean(
    create: Do, service: FunctionsService, monkeypatch: pytest.MonkeyPatch, world: FakeWorld
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_SERVER", "x")
    monkeypatch.setenv("AWS_PROFILE", "production")
    create("import os\ndef handler(e, c):\n    return dict(os.environ)\n", Environment={"Variables": {"MODE": "test"}})
    found = run(service)
    assert "SECRET_OF_THE_SERVER" not in found
    assert "AWS_PROFILE" not in found
    assert found["MODE"] == "test"
    assert found["AWS_ENDPOINT_URL"] == world.endpoint
    assert found["AWS_REGION"] == found["AWS_DEFAULT_REGION"] == "us-east-1"
    assert found["AWS_LAMBDA_FUNCTION_NAME"] == "f"
    assert found["_HANDLER"] == "handler.handler"
    assert found["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.11"


def test_boto3_is_offered_and_nothing_else_of_our_environment(create: Do, service: FunctionsService) -> None:
    create(
        "import importlib.util\n"
        "def handler(names, c):\n    return [name for name in names if importlib.util.find_spec(name)]\n"
    )
    offered = ["boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3"]
    assert run(service, [*offered, "pytest", "moto", "requests", "stepdeploy", "click"]) == offered


def test_boto3_can_be_imported(create: Do, service: FunctionsService) -> None:
    create("import boto3\ndef handler(e, c):\n    return boto3.client('s3').meta.endpoint_url\n", Timeout=30)
    assert run(service) == "http://127.0.0.1:9"


def test_packages_in_the_zip_come_before_those_of_the_runtime(create: Do, service: FunctionsService) -> None:
    files: dict[str, str | bytes] = {
        "handler.py": "import boto3\ndef handler(e, c):\n    return boto3.mine\n",
        "boto3.py": "mine = 7\n",
    }
    create(Code={"ZipFile": zipped(files)})
    assert run(service) == 7


def test_a_handler_in_a_package(create: Do, service: FunctionsService) -> None:
    files: dict[str, str | bytes] = {"app/api.py": "def main(e, c):\n    return __name__\n"}
    create(Code={"ZipFile": zipped(files)}, Handler="app/api.main")
    assert run(service) == "app.api"


def test_layers_are_importable_and_the_later_wins(create: Do, do: Do, service: FunctionsService) -> None:
    layers = []
    for number in (1, 2):
        files: dict[str, str | bytes] = {
            "python/shared.py": f"value = {number}\n",
            f"python/only{number}.py": "",
            "bin/tool": "",
        }
        made = do("PublishLayerVersion", LayerName=f"layer{number}", Content={"ZipFile": zipped(files)})
        layers.append(made["LayerVersionArn"])
    create("import shared, only1, only2\ndef handler(e, c):\n    return shared.value\n", Layers=layers)
    assert run(service) == 2


def test_a_response_over_6_mb(create: Do, service: FunctionsService) -> None:
    create("def handler(size, c):\n    return 'x' * size\n")
    assert len(run(service, 6_000_000)) == 6_000_000
    assert fail(service, 6_300_000)["errorType"] == "Function.ResponseSizeTooLarge"
    assert run(service, 1) == "x"


def test_a_request_over_6_mb(create: Do, service: FunctionsService) -> None:
    create("def handler(event, c):\n    return len(event)\n")
    assert run(service, "x" * 6_000_000) == 6_000_000
    with pytest.raises(ApiError) as caught:
        run(service, "x" * 6_300_000)
    assert caught.value.code == "RequestTooLargeException"


def test_a_payload_that_is_no_json(create: Do, service: FunctionsService) -> None:
    create()
    with pytest.raises(ApiError) as caught:
        service.invoke("f", None, b"{")
    assert caught.value.code == "InvalidRequestContentException"


def test_what_is_printed_is_logged_in_order(create: Do, service: FunctionsService, world: FakeWorld) -> None:
    create(
        "import logging, sys\n"
        "print('loaded')\n"
        "def handler(e, c):\n"
        "    print('one')\n"
        "    logging.getLogger('x').warning('two\\nlines')\n"
        "    logging.getLogger('x').info('dropped')\n"
        "    print('three', file=sys.stderr)\n"
        "    print('no end', end='')\n"
    )
    service.invoke("f", None, b"{}", request_id="r-1")
    assert {group for group, _, _ in world.logs} == {"/aws/lambda/f"}
    assert len({stream for _, stream, _ in world.logs}) == 1
    texts = [text for _, _, text in world.logs]
    assert texts[0].startswith("INIT_START Runtime Version: python:3.11")
    assert texts[1:4] == ["loaded", "START RequestId: r-1 Version: $LATEST", "one"]
    assert texts[4].startswith("[WARNING]\t")
    assert texts[4].endswith("Z\tr-1\ttwo\nlines")
    assert texts[5:8] == ["three", "no end", "END RequestId: r-1"]
    assert texts[8].startswith("REPORT RequestId: r-1\tDuration: ")
    assert "Memory Size: 128 MB\tMax Memory Used: " in texts[8]
    assert "Init Duration: " in texts[8]


def test_a_warm_start_has_no_init_duration(create: Do, service: FunctionsService, world: FakeWorld) -> None:
    create()
    run(service)
    world.logs.clear()
    run(service)
    assert "Init Duration" not in world.log_text()
    assert "INIT_START" not in world.log_text()


def test_an_error_is_logged(create: Do, service: FunctionsService, world: FakeWorld) -> None:
    create("def handler(e, c):\n    raise KeyError('k')\n")
    fail(service)
    logged = next(text for _, _, text in world.logs if text.startswith("[ERROR]"))
    assert logged.startswith("[ERROR] KeyError: 'k'\nTraceback (most recent call last):\n  File ")


def test_json_logs(create: Do, service: FunctionsService, world: FakeWorld) -> None:
    create(
        "import logging\ndef handler(e, c):\n    logging.getLogger().info('hello', extra={'order': 7})\n",
        LoggingConfig={"LogFormat": "JSON", "LogGroup": "/mine"},
    )
    service.invoke("f", None, b"{}", request_id="r-1")
    found = [json.loads(text) for _, _, text in world.logs]
    assert {group for group, _, _ in world.logs} == {"/mine"}
    assert [item["type"] for item in found if "type" in item] == [
        "platform.initStart",
        "platform.start",
        "platform.report",
    ]
    line = next(item for item in found if item.get("message") == "hello")
    assert (line["level"], line["requestId"], line["order"]) == ("INFO", "r-1", 7)


def test_more_output_than_a_pipe_holds(create: Do, service: FunctionsService, world: FakeWorld) -> None:
    create("def handler(e, c):\n    for n in range(5000):\n        print(n, 'x' * 60)\n", Timeout=30)
    run(service)
    numbers = [int(text.split()[0]) for _, _, text in world.logs if text.endswith("xxx")]
    assert numbers == list(range(5000))


def test_the_tail_of_the_log(create: Do, service: FunctionsService) -> None:
    create("def handler(e, c):\n    print('x' * 5000)\n    print('last')\n")
    tail = base64.b64decode(service.invoke("f", None, b"{}", tail=True).log_tail).decode()
    assert len(tail) <= 4096
    assert "\nlast\nEND RequestId: " in tail
    assert service.invoke("f", None, b"{}").log_tail == ""


def test_a_log_that_cannot_be_written_does_not_stop_the_function(
    create: Do, service: FunctionsService, world: FakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("no log group")

    monkeypatch.setattr(world, "write_logs", broken)
    create()
    assert run(service, 5) == 5


def test_the_code_is_read_only_and_tmpdir_is_not(create: Do, service: FunctionsService) -> None:
    create(
        "import os, pathlib, tempfile\n"
        "def handler(e, c):\n"
        "    pathlib.Path(tempfile.gettempdir(), 'x').write_text('fine')\n"
        "    try:\n        pathlib.Path('x').write_text('no')\n"
        "    except OSError as error:\n        return [error.strerror, sorted(os.listdir('.'))]\n"
    )
    strerror, files = run(service)
    assert strerror == "Read-only file system"
    assert "x" not in files


def test_a_dry_run_does_not_run(create: Do, service: FunctionsService, world: FakeWorld) -> None:
    create()
    assert service.invoke("f", None, b"{}", kind="DryRun").status == 204
    assert world.logs == []


def test_reserved_concurrency_throttles(create: Do, do: Do, service: FunctionsService) -> None:
    create("import time\ndef handler(e, c):\n    time.sleep(e)\n", Timeout=20)
    do("PutFunctionConcurrency", FunctionName="f", ReservedConcurrentExecutions=1)
    thread = threading.Thread(target=lambda: service.invoke("f", None, b"1.5"))
    thread.start()
    wait_until(lambda: service.running() == 1)
    with pytest.raises(ApiError) as caught:
        service.invoke("f", None, b"0")
    thread.join()
    assert (caught.value.code, caught.value.status) == ("TooManyRequestsException", 429)
    assert caught.value.members["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert service.invoke("f", None, b"0").function_error is None


def test_invoke_over_the_api(create: Do, do: Do) -> None:
    create()
    answer = do("Invoke", FunctionName="f", Payload=b'{"a": 1}', LogType="Tail")
    assert answer["StatusCode"] == 200
    assert answer["Payload"] == b'{"a": 1}'
    assert answer["ExecutedVersion"] == "$LATEST"
    assert answer["FunctionError"] is None
    assert base64.b64decode(answer["LogResult"]).startswith(b"INIT_START")


def test_what_is_journalled(service: FunctionsService) -> None:
    assert service.mutates("CreateFunction")
    assert service.mutates("UpdateAlias")
    assert not service.mutates("Invoke")
    assert not service.mutates("GetFunction")


def test_close_leaves_no_process(create: Do, service: FunctionsService) -> None:
    create("import os\ndef handler(e, c):\n    return os.getpid()\n")
    pid = run(service)
    service.close()
    assert gone(pid)
    with pytest.raises(ApiError):
        service.invoke("f", None, b"{}")


def test_close_ends_what_is_running(create: Do, service: FunctionsService) -> None:
    create("import time\ndef handler(e, c):\n    time.sleep(60)\n", Timeout=90)
    thread = threading.Thread(target=lambda: service.invoke("f", None, b"{}"))
    thread.start()
    wait_until(lambda: service.running() == 1)
    time.sleep(0.2)
    service.close()
    thread.join(timeout=5)
    assert not thread.is_alive()


def test_control_plane_starts_no_process(create: Do, do: Do, service: FunctionsService) -> None:
    create(Publish=True)
    do("UpdateFunctionCode", FunctionName="f", Publish=True, **code("y = 1"))
    assert service._pool.counts() == (0, 0)
