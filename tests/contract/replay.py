"""Replays executions recorded on AWS through the interpreter: tasks answer what they answered then, time flies."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import random
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stepdeploy.interpreter import MemoryHistory, Outcome, TaskCall, TaskError, VirtualClock, run

RECORDINGS = Path(__file__).resolve().parents[2] / "../shared/aws-executions"
ACCOUNT = "111111111111"


class RecordedTasks:
    """Answers the n-th attempt of a Task state with its n-th recorded result."""

    def __init__(self, recording: dict[str, Any]) -> None:
        self.results = {task["state"]: list(task["results"]) for task in recording.get("tasks", [])}
        self.used: dict[str, int] = defaultdict(int)
        self.refused = recording.get("fails_before_task_call")
        self.expected = recording["expected"]
        self.calls: list[tuple[dict[str, Any], TaskCall]] = []

    def prepare(self, call: TaskCall) -> None:
        """What the service refused before a call was made, it refuses again."""
        if self.refused and not self.results.get(call.state):
            cause = self.expected["cause"] or ""
            raise TaskError(self.expected["error"], cause.partition("). ")[2] or cause)

    async def __call__(self, call: TaskCall) -> Any:
        result = self.results[call.state][self.used[call.state]]
        self.used[call.state] += 1
        self.calls.append((result, call))
        if result.get("event", "").startswith("Activity"):
            call.started(None)
        if "submitted" in result:
            call.submitted(result["submitted"])
        await asyncio.sleep(0)
        if result.get("timeout"):
            raise TaskError("States.Timeout", result.get("cause"))
        if "output" in result:
            return result["output"]
        cause = result.get("cause")
        raise TaskError(result.get("error"), cause if cause is None or isinstance(cause, str) else _text(cause))


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def context_of(recording: dict[str, Any]) -> dict[str, Any]:
    """A context object like the recorded one, whose own values the recorder replaced. EXPRESS is never redriven."""
    redrive = {} if recording["type"] == "EXPRESS" else {"RedriveCount": 0}
    return {
        "Execution": {
            "Id": f"arn:aws:states:us-east-1:{ACCOUNT}:execution:machine:name",
            "Input": recording["input"],
            "Name": "name",
            "RoleArn": "snf_role_arn",
            "StartTime": "2024-01-01T00:00:00.000Z",
            **redrive,
        },
        "StateMachine": {"Id": f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:machine", "Name": "machine"},
    }


def recordings(folder: str) -> list[dict[str, Any]]:
    """The replayable recordings of executions/ or final_only/."""
    files = sorted((RECORDINGS / folder).glob("*.json"))
    rows = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    return [row for row in rows if row.get("replayable", True)]


async def replay(recording: dict[str, Any]) -> dict[str, Any]:
    """One execution as score.py's `compare` wants it, plus `events` and the `calls` that were made."""
    history = MemoryHistory()
    tasks = RecordedTasks(recording)
    random.seed(0)
    outcome = await asyncio.wait_for(
        run(
            recording["definition"],
            recording["input"],
            context=context_of(recording),
            tasks=tasks,
            clock=VirtualClock(datetime(2024, 1, 1, tzinfo=UTC)),
            history=history,
        ),
        timeout=20,
    )
    return result_row(recording["id"], outcome, history) | {"calls": tasks.calls}


def result_row(identifier: str, outcome: Outcome, history: MemoryHistory) -> dict[str, Any]:
    """An outcome and its history in score.py's format."""
    return {
        "id": identifier,
        "status": outcome.status,
        "output": outcome.output,
        "error": outcome.error,
        "cause": outcome.cause,
        "states": [row for row in map(_state_row, history.events) if row],
        "events": [event["type"] for event in history.events],
    }


def _state_row(event: dict[str, Any]) -> dict[str, Any] | None:
    entered = event.get("stateEnteredEventDetails")
    exited = event.get("stateExitedEventDetails")
    row: dict[str, Any] = {"id": event["id"], "previousEventId": event["previousEventId"]}
    if entered:
        return row | {"event": "entered", "name": entered["name"], "input": json.loads(entered["input"])}
    if exited:
        row |= {"event": "exited", "name": exited["name"], "output": json.loads(exited["output"])}
        variables = exited.get("assignedVariables", {})
        return row | {"assignedVariables": {name: json.loads(text) for name, text in variables.items()}}
    return None


def scorer() -> Any:
    """The recordings' score.py as a module."""
    spec = importlib.util.spec_from_file_location("aws_score", RECORDINGS / "score.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
