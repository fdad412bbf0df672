"""What the interpreter takes and gives: the types its callers use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True)
class Outcome:
    """How an execution ended. `status` is SUCCEEDED, FAILED, TIMED_OUT or ABORTED; `output` is JSON data."""

    status: str
    output: Any = None
    error: str | None = None
    cause: str | None = None


def _ignore(_: Any) -> None:
    """Default of the reporting hooks of a TaskCall."""


@dataclass(frozen=True)
class TaskCall:
    """One attempt of a Task state.

    resource: the state's Resource. parameters: what Parameters or Arguments made (the effective input without them).
    context: the live context object; holds Task.Token for `.waitForTaskToken` and activities. timeout, heartbeat: seconds.
    credentials: the state's Credentials, evaluated. attempt: 0 for the first, 1 for the first retry.
    submitted: call it with the service's answer once a `.sync` or `.waitForTaskToken` call was accepted.
    started: call it with the worker's name (or None) once an activity was picked up.
    """

    resource: str
    parameters: Any
    state: str
    context: dict[str, Any]
    timeout: float | None = None
    heartbeat: float | None = None
    credentials: dict[str, Any] | None = None
    attempt: int = 0
    submitted: Callable[[Any], None] = field(default=_ignore, compare=False)
    started: Callable[[str | None], None] = field(default=_ignore, compare=False)


class TaskError(Exception):
    """A task failed. The interpreter enforces `TaskCall.timeout`; a runner that watches heartbeats raises
    TaskError("States.HeartbeatTimeout"). "States.Runtime" means that the call could not be made: nothing catches it.
    """

    def __init__(self, error: str | None, cause: str | None = None) -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause


class TaskRunner(Protocol):
    """Performs tasks. It may also have `prepare(call) -> None`, called before the call is recorded as scheduled;
    a TaskError("States.Runtime", reason) raised there says that the parameters cannot be used."""

    async def __call__(self, call: TaskCall) -> Any:
        """The task's result (JSON data). Raises TaskError. Is cancelled on a timeout, a stop or a failed sibling."""
        ...


class Clock(Protocol):
    """The time of Wait states, retry delays and the context object."""

    def now(self) -> datetime:
        """The time now, aware (UTC)."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Returns when `seconds` have passed on this clock."""
        ...


class History(Protocol):
    """Takes the events of an execution."""

    def add(self, type: str, details: dict[str, Any], *, previous: int = 0) -> int:
        """Records an event and returns its id (1, 2, 3...).

        type, details: as in GetExecutionHistory, for instance "PassStateEntered" and
        {"stateEnteredEventDetails": {"name": ..., "input": <JSON text>, "inputDetails": {"truncated": False}}}.
        previous: the id of the event that led here, 0 at the start.
        """
        ...


@dataclass(frozen=True)
class Limits:
    """Quotas (https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html). None lifts a limit.

    payload: bytes of an input, output or variable. events: of a history (EXPRESS has no limit).
    inline_concurrency, distributed_concurrency: Map iterations at the same time.
    """

    payload: int = 262_144
    events: int | None = 25_000
    inline_concurrency: int = 40
    distributed_concurrency: int = 10_000


@dataclass(frozen=True)
class Stop:
    """Why an execution is stopped: give it to `asyncio.Task.cancel(Stop(...))` of the task that awaits `run`."""

    error: str | None = None
    cause: str | None = None


@dataclass
class MapRun:
    """One run of a Distributed Map. The counts are live; `items` and `total` (child executions) are 0 until the items
    are read. max_concurrency: 0 for no limit of its own. tolerated_percentage: 0 to 100. status: as in DescribeMapRun.
    """

    arn: str
    state: str
    label: str
    execution_arn: str
    max_concurrency: int
    tolerated_count: int
    tolerated_percentage: float
    items: int = 0
    total: int = 0
    status: str = "RUNNING"
    succeeded: int = 0
    failed: int = 0
    aborted: int = 0
    timed_out: int = 0


class MapHooks:
    """The outside world of Distributed Maps. Subclass it; every method has a default."""

    async def read(self, resource: str, parameters: dict[str, Any]) -> bytes | list[Any]:
        """What an ItemReader reads: the object's bytes (s3:getObject) or the listed objects (s3:listObjectsV2).

        Raises TaskError; its cause ends up in States.ItemReaderFailed.
        """
        raise TaskError("States.ItemReaderFailed", f"No reader for {resource}")

    async def write(self, resource: str, parameters: dict[str, Any], key: str, body: bytes) -> None:
        """Stores one file of a ResultWriter under `key` in parameters["Bucket"]. Raises TaskError."""
        raise TaskError("States.ResultWriterFailed", f"No writer for {resource}")

    def map_run_started(self, run: MapRun) -> None:
        """A Map Run begins."""

    def map_run_ended(self, run: MapRun) -> None:
        """A Map Run is over; run.status says how."""

    def child_started(self, run: MapRun, context: dict[str, Any]) -> History | None:
        """A child execution begins (context: its context object); may give it a history of its own."""
        return None

    def child_ended(self, run: MapRun, context: dict[str, Any], outcome: Outcome) -> None:
        """A child execution is over."""
