"""An embedded AWS with a proxy before it, and runs of the tool against it, each case in processes of its own.

The parent has loaded all that the tool and the server need, once, and runs no thread. `in_child` forks it; the child forks the
runs of the tool, which wait to be told what to do, and then starts the server: what is forked has one thread, always. The
server comes up by replaying its journal, so that what was deployed once is there for each case within a moment.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import shutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from aws_proxy import Meddler, Proxy
from botocore.config import Config

from stepdeploy.local import wire
from stepdeploy.local.app import EmbeddedAws, Options
from stepdeploy.local.wire import HttpRequest

ROOT = Path(__file__).resolve().parents[1]
REGION = "eu-west-1"
RUN_SECONDS = 180.0
"""Longer than any run may take; the tool's own patience with roles is 90 s."""


@dataclass
class Ran:
    """How a run of the tool ended. code: negative, the signal that ended it."""

    code: int
    out: str
    err: str
    seconds: float


class Tool:
    """A process that will run the tool once. Forked when it is made, so make it before any thread runs."""

    def __init__(self, folder: Path, name: str) -> None:
        self._files = folder / f"{name}.out", folder / f"{name}.err"
        read, self._write = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._write)
            self._child(read)
        os.close(read)
        self._began = 0.0

    def start(self, endpoint: str, arguments: list[str]) -> None:
        """Let it run with these arguments against the AWS at `endpoint`."""
        self._began = time.monotonic()
        self._tell(json.dumps([endpoint, arguments]))

    def wait(self) -> Ran:
        """Until it has ended. Raises TimeoutError after RUN_SECONDS."""
        over = threading.Event()

        def end() -> None:
            over.set()
            self.kill()

        timer = threading.Timer(RUN_SECONDS, end)
        timer.start()
        _, status = os.waitpid(self.pid, 0)
        timer.cancel()
        out, err = (path.read_text(errors="replace") if path.exists() else "" for path in self._files)
        if over.is_set():
            raise TimeoutError(f"the tool still ran after {RUN_SECONDS:.0f} s: {err[-500:]}")
        return Ran(os.waitstatus_to_exitcode(status), out, err, time.monotonic() - self._began)

    def kill(self) -> None:
        """SIGKILL."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def drop(self) -> None:
        """End one that was never started."""
        if not self._began:
            self._tell("")
            os.waitpid(self.pid, 0)

    def _tell(self, line: str) -> None:
        """A line, since the end of the pipe would not show: processes forked later hold it open."""
        os.write(self._write, f"{line}\n".encode())
        os.close(self._write)

    def _child(self, read: int) -> None:
        code = 70
        try:
            if told := os.fdopen(read).readline().strip():
                code = self._run(*json.loads(told))
        except BaseException:
            self._files[1].open("a").write(traceback.format_exc())
        finally:
            os._exit(code)

    def _run(self, endpoint: str, arguments: list[str]) -> int:
        from stepdeploy.commands import cli
        from stepdeploy.commands.context import run

        os.environ["STEPDEPLOY_LOCAL_ENDPOINT"] = endpoint
        with self._files[0].open("w") as out, self._files[1].open("w") as err:
            sys.stdout, sys.stderr, sys.stdin = out, err, io.StringIO()
            try:
                return int(run(cli, arguments))
            finally:
                out.flush()
                err.flush()


class World:
    """A project in a folder, its embedded AWS behind a proxy, and runs of the tool.

    folder: holds `project` and, where there is a state to begin with, `aws`. tools: how many runs there may be. served:
    ARNs of machine versions that were there in the beginning.
    """

    def __init__(self, folder: Path, tools: int) -> None:
        self.folder = folder
        self.project = folder / "project"
        self._tools = [Tool(folder, f"run{number}") for number in range(1, tools + 1)]
        self.aws = EmbeddedAws(Options(folder / "aws", idle_minutes=0))
        self.aws.start()
        _here.aws = self.aws
        self.served = set(_versions())
        self.proxy = Proxy(self.aws.answer)
        self.proxy.start()

    def start(self, *arguments: str) -> Tool:
        """Begin a run of the tool with the next process that waits."""
        tool = self._tools.pop(0)
        tool.start(self.proxy.endpoint, ["--project", str(self.project), *arguments])
        return tool

    @property
    def next(self) -> Tool:
        """The process of the next run."""
        return self._tools[0]

    def run(self, *arguments: str, meddle: Meddler | None = None) -> Ran:
        """A run of the tool, from its start to its end. meddle: stands before its calls."""
        self.proxy.forget()
        self.proxy.meddle = meddle
        ran = self.start(*arguments).wait()
        self.settle()
        self.proxy.meddle = None
        return ran

    def settle(self) -> None:
        """Wait until calls that a run left under way have been answered."""
        deadline = time.monotonic() + 30
        while any(not seen.end for seen in self.proxy.calls()) and time.monotonic() < deadline:
            time.sleep(0.002)

    def close(self) -> None:
        for tool in self._tools:
            tool.drop()
        self.proxy.stop()
        self.aws.close()


def _versions() -> Iterator[str]:
    api = client("stepfunctions")
    for machine in api.list_state_machines()["stateMachines"]:
        found = api.list_state_machine_versions(stateMachineArn=machine["stateMachineArn"])
        yield from (version["stateMachineVersionArn"] for version in found["stateMachineVersions"])


@contextlib.contextmanager
def world(
    folder: Path, *, project: Path, aws: Path | None = None, tools: int, keep: Path | None = None
) -> Iterator[World]:
    """A World in a new folder, with copies of a project and of a server's state (aws: None for an empty one). The folder
    is removed in the end; keep: where the server's state is put before that."""
    folder.mkdir(parents=True)
    try:
        shutil.copytree(project, folder / "project")
        if aws is not None:
            nothing = shutil.ignore_patterns("*.lock", "server.*", "tmp")
            shutil.copytree(aws, folder / "aws", symlinks=True, ignore=nothing)
        made = World(folder, tools)
        try:
            yield made
        finally:
            made.close()
        if keep is not None:
            shutil.move(folder / "aws", keep)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def in_child(work: Callable[[], Any]) -> tuple[int, int]:
    """Fork; the child, in a process group of its own, does `work` and writes what it gives as JSON, {"crash": traceback}
    where it raised. Returns its pid and the descriptor to read from."""
    read, write = os.pipe()
    pid = os.fork()
    if pid:
        os.close(write)
        return pid, read
    try:
        os.setpgid(0, 0)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.close(read)
        answer = json.dumps(work())
    except BaseException:
        answer = json.dumps({"crash": traceback.format_exc()})
    with os.fdopen(write, "w") as file:
        file.write(answer)
    os._exit(0)


def quiet_environment() -> None:
    """No account, profile or setting of the user; no background work of the server that costs and matters not here."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "STEPDEPLOY_")):
            del os.environ[name]
    os.environ |= {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "STEPDEPLOY_LOCAL_ALARM_SECONDS": "0",
        "NO_COLOR": "1",
    }


def load_everything() -> None:
    """Import what the tool and the server import on their way, and read botocore's models once for all processes."""
    import importlib
    import pkgutil

    import rich.progress  # noqa: F401
    import time_machine  # noqa: F401
    from moto.backends import get_backend
    from moto.core.utils import get_service_model

    import stepdeploy
    from stepdeploy.local import moto_services

    _share_models()
    for module in pkgutil.walk_packages(stepdeploy.__path__, "stepdeploy."):
        if not module.name.endswith("__main__") and ".runner.bootstrap" not in module.name:
            importlib.import_module(module.name)
    for signed, service in moto_services.SERVICES.items():
        package: Any = service.package
        get_backend(package)
        get_service_model(_MODELS.get(signed, signed))
    for signed, request in _EMPTY.items():
        wire.operation_name(signed, request)
    for signed in (*moto_services.SERVICES, *wire.MODELS):
        client(_MODELS.get(signed, signed))
    gc.collect()
    gc.freeze()


class _Here:
    """The embedded AWS of this process."""

    aws: EmbeddedAws


_here = _Here()


@cache
def client(service: str) -> Any:
    """A client of the embedded AWS of this process, without network. They are made before processes are forked."""
    import boto3

    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "y"}
    config = Config(inject_host_prefix=False, retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
    made = boto3.client(service, region_name=REGION, endpoint_url="http://127.0.0.1:1", config=config, **keys)
    made.meta.events.register("before-send", lambda request, **_: _here.aws.world._answer_in_process(request))
    return made


_MODELS = {"monitoring": "cloudwatch", "tagging": "resourcegroupstaggingapi", **wire.MODELS}
_EMPTY = {
    "states": HttpRequest("POST", "/", [("X-Amz-Target", "AWSStepFunctions.ListStateMachines")]),
    "lambda": HttpRequest("GET", "/2015-03-31/functions/"),
}


def _share_models() -> None:
    """All loaders of botocore's models remember together. What they read is never written, but for the paths of S3's
    model, from which each client takes the bucket that the first one took already."""
    from botocore.loaders import Loader

    found: dict[Any, Any] = {}
    prepare = Loader.__init__

    def share(self: Loader, *arguments: Any, **more: Any) -> None:
        prepare(self, *arguments, **more)
        self._cache = found

    Loader.__init__ = share
