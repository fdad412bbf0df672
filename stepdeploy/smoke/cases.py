"""What a smoke file holds, and whether an execution did what its case expects. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from stepdeploy import jsonsource, schema
from stepdeploy.engine.changes import changes
from stepdeploy.engine.model import Change
from stepdeploy.executions import Step, readable_cause

TIMEOUT_SECONDS = 60
MOST_DIFFERENCES = 8
"""Of an output that a case shows."""
ABSENT: Any = object()


@dataclass(frozen=True)
class Case:
    """One execution and what is expected of it. output: JSON, ABSENT where any will do. output_schema: a JSON Schema
    (draft 2020-12), or None."""

    name: str
    input: Any
    status: str = "SUCCEEDED"
    output: Any = ABSENT
    output_schema: Mapping[str, Any] | None = None
    error: str | None = None
    timeout_seconds: float = TIMEOUT_SECONDS


def cases_of(source: jsonsource.Source | None, env: str) -> tuple[Case, ...]:
    """The cases of a smoke file (stepdeploy/schemas/smoke.schema.json) that run in an environment."""
    if source is None:
        return ()
    return tuple(
        Case(
            raw["name"],
            raw.get("input", {}),
            raw.get("status", "SUCCEEDED"),
            raw.get("output", ABSENT),
            raw.get("output_schema"),
            raw.get("error"),
            raw.get("timeout_seconds", TIMEOUT_SECONDS),
        )
        for raw in source.value["cases"]
        if env in raw.get("environments", (env,))
    )


def problems(case: Case, found: Mapping[str, Any], steps: list[Step]) -> list[str]:
    """What differs from what a case expects, a line each; [] where nothing does.

    found: DescribeExecution's answer. steps: the execution's timeline, for the state that failed.
    """
    if found["status"] != case.status:
        return [f"status: expected {case.status}, was {found['status']}{_why(found, steps)}"]
    if case.error is not None and found.get("error") != case.error:
        return [f"error: expected {case.error}, was {found.get('error') or 'none'}{_why(found, steps)}"]
    if found["status"] != "SUCCEEDED":
        return []
    return list(_output_problems(case, json.loads(found.get("output") or "null")))


def _why(found: Mapping[str, Any], steps: list[Step]) -> str:
    """`: NobodyThere: There is nobody to greet. (state Nobody)`."""
    if found["status"] == "SUCCEEDED":
        return ""
    told = ": ".join(part for part in (found.get("error"), readable_cause(found.get("cause") or "")) if part)
    state = failing_state(steps)
    return (f": {told}" if told else "") + (f" (state {state})" if state else "")


def failing_state(steps: list[Step]) -> str:
    """The state that an execution ended in: the last one that failed, or was entered and never left."""
    left = {step.state for step in steps if step.kind == "exited"}
    entered = [step.state for step in steps if step.kind == "entered" and step.state not in left]
    failed = [step.state for step in steps if step.kind == "failed"]
    return (entered or failed or [""])[-1]


def _output_problems(case: Case, output: Any) -> Iterator[str]:
    if case.output is not ABSENT:
        found = changes(case.output, output, "output")
        yield from (_difference(change) for change in islice(found, MOST_DIFFERENCES))
        if len(found) > MOST_DIFFERENCES:
            yield f"{len(found) - MOST_DIFFERENCES} more differences of the output"
    if case.output_schema is not None:
        text = json.dumps(output)
        for problem in islice(schema.problems(jsonsource.Source(output, "output", text), case.output_schema), 8):
            yield f"output: {problem.message.removeprefix('the file ')}"


def _difference(change: Change) -> str:
    if change.kind == "added":
        return f"{change.path}: not expected, was {_shown(change.after)}"
    if change.kind == "removed":
        return f"{change.path}: expected {_shown(change.before)}, is missing"
    return f"{change.path}: expected {_shown(change.before)}, was {_shown(change.after)}"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 100 else text[:97] + "..."
