"""History events as CloudWatch Logs lines, as loggingConfiguration asks (https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html)."""

from __future__ import annotations

import json
import zlib
from typing import Any

from stepdeploy.local.states import logconfig
from stepdeploy.local.states.background import Batches
from stepdeploy.local.states.history import Event, without_data
from stepdeploy.local.states.names import region_of
from stepdeploy.local.states.records import Execution
from stepdeploy.local.world import World

#: A line is cut at 248 KiB by AWS; ours leaves the data of such an event out.
MOST_BYTES = 248 * 1024
#: How long a line waits for others to be written with, seconds.
LINGER = 0.2
_ERROR_ENDINGS = ("Failed", "TimedOut", "Aborted")
_FATAL = ("ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted")

_Line = tuple[str, str, str, int, str]


def wanted(level: str, type: str) -> bool:
    """Does a level let an event of that type through? ERROR takes failures of tasks and states, FATAL only the end's."""
    if level == "ALL":
        return True
    if level == "ERROR":
        return type.endswith(_ERROR_ENDINGS)
    return level == "FATAL" and type in _FATAL


def line(event: Event, execution_arn: str, *, data: bool) -> str:
    """The JSON text of an event, in the order of members that AWS uses."""
    shown = event if data else without_data(event)
    details: dict[str, Any] = next((value for key, value in shown.items() if key.endswith("EventDetails")), {})
    return json.dumps(
        {
            "id": str(event["id"]),
            "type": event["type"],
            "details": details,
            "previous_event_id": str(event["previousEventId"]),
            "event_timestamp": str(int(event["timestamp"].timestamp() * 1000)),
            "execution_arn": execution_arn,
            "redrive_count": "0",
        },
        separators=(",", ":"),
    )


class EventLog:
    """Writes events to the log groups of the machines, in batches and in the background."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._queue: Batches[_Line] = Batches("states-logs", self._write, linger=LINGER)

    def put(self, execution: Execution, event: Event) -> None:
        configuration = execution.revision.logging
        group = logconfig.group_name(configuration)
        if group is None or not wanted(configuration["level"], event["type"]):
            return
        text = line(event, execution.arn, data=configuration["includeExecutionData"])
        if len(text.encode()) > MOST_BYTES:
            text = line(event, execution.arn, data=False)
        name = execution.machine.rsplit(":", 1)[-1]
        stream = f"states/{name}/{execution.started:%Y-%m-%d-%H-%M}/{zlib.crc32(execution.arn.encode()):08x}"
        milliseconds = int(event["timestamp"].timestamp() * 1000)
        self._queue.put((region_of(execution.arn), group, stream, milliseconds, text))

    def flush(self) -> None:
        self._queue.flush()

    def close(self) -> None:
        self._queue.close()

    def _write(self, batch: list[_Line]) -> None:
        streams: dict[tuple[str, str, str], list[tuple[int, str]]] = {}
        for region, group, stream, milliseconds, text in batch:
            streams.setdefault((region, group, stream), []).append((milliseconds, text))
        for (region, group, stream), lines in streams.items():
            self._world.write_logs(group, stream, lines, region=region)
