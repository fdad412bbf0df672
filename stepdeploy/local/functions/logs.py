"""What an invocation leaves in CloudWatch Logs, in AWS's text and JSON formats.

https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html, .../monitoring-cloudwatchlogs-logformat.html.
"""

from __future__ import annotations

import base64
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

#: Bytes of log that LogType=Tail gives back.
TAIL_BYTES = 4096
#: Events that are held back before they are written, so that a long run's output shows while it runs.
_HELD_EVENTS = 500
_HELD_SECONDS = 1.0

Write = Callable[[list[tuple[int, str]]], None]


@dataclass(frozen=True)
class Report:
    """The numbers of a REPORT line. Durations in milliseconds; init: None for a warm start."""

    duration: float
    init: float | None
    memory_size_mb: int
    memory_used_mb: int
    status: str = "success"
    error_type: str = ""

    @property
    def billed(self) -> int:
        """Whole milliseconds, the start of the process included (so since August 2025)."""
        return math.ceil(self.duration + (self.init or 0))


class InvocationLog:
    """Collects the lines of one invocation and writes them in batches.

    write: gets (epoch ms, text) pairs. logging: the function's LoggingConfig. runtime: version as INIT_START shows it.
    """

    def __init__(self, write: Write, request_id: str, version: str, logging: dict[str, Any], runtime: str) -> None:
        self._write = write
        self._request_id = request_id
        self._version = version
        self._json = logging["LogFormat"] == "JSON"
        self._quiet = logging.get("SystemLogLevel") == "WARN"
        self._runtime = runtime
        self._held: list[tuple[int, str]] = []
        self._written_at = time.monotonic()
        self._tail = ""

    def add(self, lines: list[tuple[int, str]]) -> None:
        """Lines that the function printed."""
        self._held += lines
        self._tail = (self._tail + "".join(f"{text}\n" for _, text in lines))[-TAIL_BYTES:]
        if len(self._held) >= _HELD_EVENTS or time.monotonic() - self._written_at > _HELD_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write what is held."""
        if self._held:
            held, self._held = self._held, []
            self._write(held)
        self._written_at = time.monotonic()

    def initialising(self) -> None:
        """The process is being started."""
        record = {"initializationType": "on-demand", "phase": "init", "runtimeVersion": self._runtime}
        self._system(f"INIT_START Runtime Version: {self._runtime}", "platform.initStart", record)

    def start(self) -> None:
        """The handler is called."""
        record = {"requestId": self._request_id, "version": self._version}
        self._system(f"START RequestId: {self._request_id} Version: {self._version}", "platform.start", record)

    def timed_out(self, seconds: float) -> None:
        """The process was killed because its time was up."""
        if not self._json:
            at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
            self._line(f"{at}.000Z {self._request_id} Task timed out after {seconds:.2f} seconds\n")

    def exited(self, reason: str, kind: str) -> None:
        """The process ended without an answer."""
        if not self._json:
            self._line(f"RequestId: {self._request_id} Error: {reason}\n{kind}")

    def end(self, report: Report) -> None:
        """The invocation is over; writes everything."""
        if not self._json:
            self._line(f"END RequestId: {self._request_id}")
        self._system(self._text_report(report), "platform.report", self._json_report(report))
        self.flush()

    def tail(self) -> str:
        """The last 4 KB, base64, as LogResult has them."""
        return base64.b64encode(self._tail.encode()[-TAIL_BYTES:]).decode()

    def _system(self, text: str, kind: str, record: dict[str, Any]) -> None:
        if not self._json:
            self._line(text)
        elif not self._quiet:
            now = time.time()
            at = f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(now))}.{int(now * 1000) % 1000:03d}Z"
            self._line(json.dumps({"time": at, "type": kind, "record": record}))

    def _line(self, text: str) -> None:
        self.add([(int(time.time() * 1000), text)])

    def _text_report(self, report: Report) -> str:
        parts = [
            f"REPORT RequestId: {self._request_id}",
            f"Duration: {report.duration:.2f} ms",
            f"Billed Duration: {report.billed} ms",
            f"Memory Size: {report.memory_size_mb} MB",
            f"Max Memory Used: {report.memory_used_mb} MB",
        ]
        if report.init is not None:
            parts.append(f"Init Duration: {report.init:.2f} ms")
        if report.status != "success":
            parts.append(f"Status: {report.status}")
        if report.status == "error":
            parts.append(f"Error Type: {report.error_type}")
        return "\t".join(parts) + "\t"

    def _json_report(self, report: Report) -> dict[str, Any]:
        metrics: dict[str, Any] = {
            "durationMs": round(report.duration, 3),
            "billedDurationMs": report.billed,
            "memorySizeMB": report.memory_size_mb,
            "maxMemoryUsedMB": report.memory_used_mb,
        }
        if report.init is not None:
            metrics["initDurationMs"] = round(report.init, 3)
        record: dict[str, Any] = {"requestId": self._request_id, "metrics": metrics, "status": report.status}
        if report.status == "error":
            record["errorType"] = report.error_type
        return record
