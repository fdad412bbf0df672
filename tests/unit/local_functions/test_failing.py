"""What a caller gets when a function fails, and what becomes of its process."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pytest
from lambda_fakes import Do, FakeWorld, fail, gone, run, wait_until

from stepdeploy.local.functions.service import FunctionsService

ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"


def test_an_exception_is_shaped_as_on_aws(create: Do, service: FunctionsService) -> None:
    create("class Odd(Exception):\n    pass\ndef handler(e, c):\n    raise Odd('why')\n")
    result = service.invoke("f", None, b"{}", request_id="r-1")
    found = json.loads(result.payload)
    trace = found.pop("stackTrace")
    assert result.function_error == "Unhandled"
    assert found == {"errorMessage": "why", "errorType": "Odd", "requestId": "r-1"}
    assert len(trace) == 1
    assert "in handler\n    raise Odd('why')\n" in trace[0]


@pytest.mark.parametrize(
    ("source", "handler", "kind", "message"),
    [
        (
            "import requests_that_is_not_there",
            "handler.handler",
            "Runtime.ImportModuleError",
            "Unable to import module 'handler': No module named 'requests_that_is_not_there'",
        ),
        (
            "x = 1",
            "other.handler",
            "Runtime.ImportModuleError",
            "Unable to import module 'other': No module named 'other'",
        ),
        (
            "x = 1",
            "handler.main",
            "Runtime.HandlerNotFound",
            "Handler 'main' missing on module 'handler'",
        ),
        ("x = 1", "handler", "Runtime.MalformedHandlerName", "Bad handler 'handler': "),
        ("x = 1", "sys.exit", "Runtime.BuiltInModuleConflict", "Cannot use built-in module sys as a handler module"),
        ("def handler(:\n", "handler.handler", "Runtime.UserCodeSyntaxError", "Syntax error in module 'handler': "),
        ("1 / 0", "handler.handler", "ZeroDivisionError", "division by zero"),
        (
            "def handler(e, c):\n    return {1, 2}\n",
            "handler.handler",
            "Runtime.MarshalError",
            "Unable to marshal response: Object of type set is not JSON serializable",
        ),
    ],
)
def test_failures_of_the_runtime(
    create: Do, service: FunctionsService, source: str, handler: str, kind: str, message: str
) -> None:
    create(source, Handler=handler)
    found = fail(service)
    assert found["errorType"] == kind
    assert found["errorMessage"].startswith(message)


def test_a_failed_start_is_tried_again(create: Do, service: FunctionsService, tmp_path: Path) -> None:
    marker = tmp_path / "ready"
    create(f"import pathlib\nassert pathlib.Path({str(marker)!r}).exists()\ndef handler(e, c):\n    return 1\n")
    assert fail(service)["errorType"] == "AssertionError"
    marker.touch()
    assert run(service) == 1


def test_a_timeout_kills_the_process(create: Do, service: FunctionsService, world: FakeWorld, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    create(
        "import os, pathlib, time\n"
        f"def handler(e, c):\n    pathlib.Path({str(note)!r}).write_text(str(os.getpid()))\n    time.sleep(60)\n",
        Timeout=1,
    )
    began = time.monotonic()
    result = service.invoke("f", None, b"{}", request_id="r-1")
    assert time.monotonic() - began < 5
    assert json.loads(result.payload) == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": "RequestId: r-1 Error: Task timed out after 1.00 seconds",
    }
    assert "r-1 Task timed out after 1.00 seconds" in world.log_text()
    assert "Status: timeout" in world.log_text()
    assert gone(int(note.read_text()))


def test_a_timeout_also_kills_what_the_function_started(create: Do, service: FunctionsService, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    create(
        "import pathlib, subprocess\n"
        "def handler(e, c):\n"
        "    child = subprocess.Popen(['sleep', '60'])\n"
        f"    pathlib.Path({str(note)!r}).write_text(str(child.pid))\n"
        "    child.wait()\n",
        Timeout=1,
    )
    assert fail(service)["errorType"] == "Sandbox.Timedout"
    wait_until(lambda: _dead_or_zombie(int(note.read_text())))


def _dead_or_zombie(pid: int) -> bool:
    """An orphan stays a zombie where no init process collects it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("sys.exit(3)", "Runtime exited with error: exit status 3"),
        ("sys.exit(0)", "Runtime exited without providing a reason"),
        ("os._exit(4)", "Runtime exited with error: exit status 4"),
        (f"os.kill(os.getpid(), {int(signal.SIGSEGV)})", "Runtime exited with error: signal: segmentation fault"),
    ],
)
def test_a_process_that_ends(create: Do, service: FunctionsService, statement: str, reason: str) -> None:
    create(f"import os, sys\ndef handler(e, c):\n    {statement}\n")
    result = service.invoke("f", None, b"{}", request_id="r-1")
    assert json.loads(result.payload) == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: r-1 Error: {reason}",
    }


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is measured through /proc")
@pytest.mark.parametrize("pause", [0, 30])
def test_too_much_memory(create: Do, service: FunctionsService, pause: int) -> None:
    source = "import time\ndef handler(e, c):\n    x = bytearray(200 << 20)\n    time.sleep({})\n"
    create(source.format(pause), Timeout=60)
    assert fail(service)["errorType"] == "Runtime.OutOfMemory"
