"""One process that runs a function: start it, hand it an invocation, collect what it prints, kill it."""

from __future__ import annotations

import json
import os
import selectors
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from stepdeploy.local.functions.runner.frames import Decoder, encode
from stepdeploy.local.functions.runner.printed import Printed
from stepdeploy.local.functions.runner.recipe import Recipe

BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
#: How often a waiting server looks whether the process lives and how much memory it has.
TICK_SECONDS = 0.1
_CHUNK = 1 << 16

#: Takes (epoch milliseconds, text) pairs as they are printed.
Sink = Callable[[list[tuple[int, str]]], None]


@dataclass(frozen=True)
class Answer:
    """How a wait for the process ended.

    kind: "ready", "fault" (start failed), "result", "error", "oversize" as sent by the process; or "exit" (it died;
    status as subprocess gives it), "timeout", "memory". body: payload. kind_of_error: errorType.
    """

    kind: Literal["ready", "fault", "result", "error", "oversize", "exit", "timeout", "memory"]
    body: bytes = b""
    kind_of_error: str = ""
    status: int = 0
    memory_kb: int = 0


class FunctionProcess:
    """A process for one recipe. Used by one thread at a time; `end` may come from any."""

    def __init__(self, recipe: Recipe, scratch: Path, stream: str) -> None:
        """Start it. scratch: where it gets a folder for temporary files. stream: its CloudWatch Logs stream."""
        self.recipe = recipe
        self.stream = stream
        self.fresh = True
        self.started = time.monotonic()
        self.idle_since = self.started
        self._home = scratch / uuid.uuid4().hex[:12]
        self._home.mkdir(parents=True, mode=0o700)
        self._decoder = Decoder()
        self._printed = Printed()
        self._dead = False
        self._spawn()

    def _spawn(self) -> None:
        requests, self._requests = os.pipe()
        self._responses, responses = os.pipe()
        lifeline, self._lifeline = os.pipe()
        theirs = (requests, responses, lifeline)
        folders = {"before": self.recipe.before, "after": self.recipe.after, "request_id": str(uuid.uuid4())}
        arguments = [*map(str, theirs), json.dumps(folders)]
        home = str(self._home)
        variables = {"HOME": home, "TMPDIR": home, "AWS_LAMBDA_LOG_STREAM_NAME": self.stream}
        try:
            self._process = subprocess.Popen(
                [self.recipe.command, "-I", "-S", "-X", "utf8", str(BOOTSTRAP), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=self.recipe.code,
                env={**self.recipe.environment, **variables},
                pass_fds=theirs,
                umask=0o077,
                start_new_session=True,
            )
        except OSError:
            for descriptor in (self._requests, self._responses, self._lifeline):
                os.close(descriptor)
            shutil.rmtree(self._home, ignore_errors=True)
            raise
        finally:
            for descriptor in theirs:
                os.close(descriptor)
        assert self._process.stdout is not None
        self._output = self._process.stdout
        for descriptor in (self._requests, self._responses, self._output.fileno()):
            os.set_blocking(descriptor, False)

    @property
    def pid(self) -> int:
        return self._process.pid

    def alive(self) -> bool:
        return not self._dead and self._process.poll() is None

    def wait_ready(self, seconds: float, sink: Sink) -> Answer:
        """Wait until the handler is loaded."""
        return self._exchange(b"", seconds, sink)

    def call(self, header: dict[str, Any], body: bytes, seconds: float, sink: Sink) -> Answer:
        """Run one invocation. header: request_id, arn, deadline_ms, client_context."""
        return self._exchange(encode(header, body), seconds, sink)

    def _exchange(self, data: bytes, seconds: float, sink: Sink) -> Answer:
        """Write a request and wait for one frame, taking in what is printed meanwhile."""
        deadline = time.monotonic() + seconds
        next_look = time.monotonic() + TICK_SECONDS
        pending = memoryview(data)
        with selectors.DefaultSelector() as selector:
            selector.register(self._responses, selectors.EVENT_READ)
            selector.register(self._output, selectors.EVENT_READ)
            if pending:
                selector.register(self._requests, selectors.EVENT_WRITE)
            while True:
                remaining = deadline - time.monotonic()
                events = selector.select(max(min(remaining, TICK_SECONDS), 0))
                descriptors = {key.fd for key, _ in events}
                if self._requests in descriptors:
                    pending = self._write(pending)
                    if not pending:
                        selector.unregister(self._requests)
                if self._output.fileno() in descriptors and not self._read_output(sink):
                    selector.unregister(self._output)
                ended = self._read_frame() if self._responses in descriptors else None
                if ended is None and time.monotonic() >= min(next_look, deadline):
                    ended = self._look(remaining)
                    next_look = time.monotonic() + TICK_SECONDS
                if ended is not None:
                    self._finish(ended, sink)
                    return ended

    def _write(self, pending: memoryview) -> memoryview:
        try:
            return pending[os.write(self._requests, pending) :]
        except BlockingIOError:
            return pending
        except BrokenPipeError:
            return pending[:0]  # it has died; reading will tell

    def _read_frame(self) -> Answer | None:
        while True:
            try:
                data = os.read(self._responses, 1 << 20)
            except BlockingIOError:
                return None
            if not data:
                return self._exited()
            self._decoder.feed(data)
            frame = self._decoder.take()
            if frame is not None:
                header, body = frame
                if header["memory_kb"] > self.recipe.memory_mb * 1024:
                    return Answer("memory", memory_kb=self.recipe.memory_mb * 1024)
                return Answer(header["kind"], body, header.get("type", ""), memory_kb=header["memory_kb"])

    def _exited(self) -> Answer:
        try:
            status = self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:  # it closed the pipe and goes on: no more use
            status = -signal.SIGKILL
        return Answer("exit", status=status)

    def _look(self, remaining: float) -> Answer | None:
        """What ends a wait besides an answer. Looked at now and then, as it costs more than a warm invocation."""
        if remaining <= 0:
            return Answer("timeout", memory_kb=self._resident_kb())
        if self._process.poll() is not None:
            return self._read_frame() or self._exited()
        resident = self._resident_kb()
        if resident > self.recipe.memory_mb * 1024:
            return Answer("memory", memory_kb=self.recipe.memory_mb * 1024)
        return None

    def _resident_kb(self) -> int:
        """Memory in use now; 0 where the system has no /proc."""
        try:
            pages = int(Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1])
        except (OSError, ValueError, IndexError):
            return 0
        return pages * os.sysconf("SC_PAGE_SIZE") // 1024

    def _read_output(self, sink: Sink) -> bool:
        """Take in what is there now. False: the process closed its output."""
        try:
            data = os.read(self._output.fileno(), _CHUNK)
        except BlockingIOError:
            return True
        self._printed.feed(data)
        lines = self._printed.take()
        if lines:
            sink(lines)
        return bool(data)

    def _finish(self, answer: Answer, sink: Sink) -> None:
        """Kill it where it cannot go on, then take in all that it printed before it answered."""
        if answer.kind not in ("ready", "result", "error", "oversize"):
            self.end()
        while True:
            try:
                data = os.read(self._output.fileno(), _CHUNK)
            except BlockingIOError:
                break
            if not data:
                break
            self._printed.feed(data)
        lines = self._printed.take(everything=True)
        if lines:
            sink(lines)

    def end(self) -> None:
        """Kill the process and all that it started; it leads a session of its own. May be called from any thread."""
        self._dead = True
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass  # gone already
        self._process.wait()

    def kill(self) -> None:
        """End it and let go of everything. For the one thread that has it; may be called again."""
        self.end()
        for descriptor in (self._requests, self._responses, self._lifeline):
            if descriptor >= 0:
                os.close(descriptor)
        self._requests = self._responses = self._lifeline = -1
        self._output.close()
        shutil.rmtree(self._home, ignore_errors=True)
