"""Processes that run the tool once, and processes that do one job: each forked from a process that has all loaded already."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
