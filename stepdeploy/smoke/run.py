"""Runs smoke cases on a version, side by side, and tells how they ended."""

from __future__ import annotations

import json
import re
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from stepdeploy.engine.model import Aws
from stepdeploy.errors import SmokeFailed
from stepdeploy.executions import Step, steps
from stepdeploy.smoke.cases import Case, problems

SIDE_BY_SIDE = 16
SLOWEST_POLL = 2.0
"""Seconds between two looks at one execution."""
NAME_LIMIT = 80
"""Characters of an execution's name (https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html)."""


@dataclass(frozen=True)
class Outcome:
    """How a case ended. problems: what differs from what it expects, a line each. seconds: how long it took."""

    case: Case
    arn: str
    status: str
    seconds: float
    problems: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.problems

    def to_json(self) -> dict[str, Any]:
        return {
            "case": self.case.name, "passed": self.passed, "status": self.status, "seconds": round(self.seconds, 2),
            "problems": list(self.problems), "execution": self.arn,
        }  # fmt: skip


def run_cases(
    aws: Aws,
    target_arn: str,
    cases: Sequence[Case],
    *,
    express: bool = False,
    watch: Callable[[Outcome], None] = lambda _: None,
    poll: float = 0.5,
    stop: threading.Event | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> list[Outcome]:
    """Run all cases on a version's or an alias's ARN; their outcomes, in the order of the cases.

    Every run has names of its own, so it never finds the executions of an earlier one. A case that takes longer than
    its timeout is stopped. stop: ends the wait; what still runs is stopped. Raises AwsError.
    """
    if not cases:
        return []
    one = _express if express else partial(_standard, poll=poll, stop=stop or threading.Event(), clock=clock)
    token = uuid.uuid4().hex[:8]

    def run(case: Case) -> Outcome:
        outcome = one(aws, target_arn, case, execution_name(case.name, token))
        watch(outcome)
        return outcome

    with ThreadPoolExecutor(min(len(cases), SIDE_BY_SIDE), thread_name_prefix="smoke") as pool:
        return list(pool.map(run, cases))


def execution_name(case: str, token: str) -> str:
    """`smoke-greets-by-name-1a2b3c4d`."""
    words = re.sub(r"[^A-Za-z0-9]+", "-", case).strip("-")
    return f"smoke-{words[: NAME_LIMIT - len(token) - 7]}-{token}"


def _standard(
    aws: Aws,
    target_arn: str,
    case: Case,
    name: str,
    *,
    poll: float,
    stop: threading.Event,
    clock: Callable[[], float],
) -> Outcome:
    started = clock()
    arn = aws.call("stepfunctions", "start_execution", stateMachineArn=target_arn, name=name, input=_text(case))[
        "executionArn"
    ]
    pause = poll / 4
    while True:
        found = aws.call("stepfunctions", "describe_execution", executionArn=arn)
        took = clock() - started
        if found["status"] != "RUNNING":
            return _outcome(case, found, took, lambda: steps(aws, arn))
        if took >= case.timeout_seconds or stop.is_set():
            return _stopped(aws, arn, case, took)
        stop.wait(min(pause, case.timeout_seconds - took))
        pause = min(pause * 1.5, max(poll, SLOWEST_POLL if took > 10 else poll))


def _stopped(aws: Aws, arn: str, case: Case, took: float) -> Outcome:
    """Stop an execution that takes too long, and say where it was."""
    late = took >= case.timeout_seconds
    why = f"still running after {case.timeout_seconds:g} s" if late else "interrupted"
    waits = [step.state for step in steps(aws, arn) if step.kind == "entered"]
    aws.call("stepfunctions", "stop_execution", executionArn=arn, error="SmokeCaseStopped", cause=f"It was {why}.")
    where = f" (state {waits[-1]})" if waits else ""
    return Outcome(case, arn, "ABORTED", took, (f"{why}{where}; it was stopped",))


def _express(aws: Aws, target_arn: str, case: Case, name: str) -> Outcome:
    """An EXPRESS execution answers by itself, and cannot be stopped; AWS ends it after five minutes at the latest."""
    started = time.monotonic()
    found = aws.call("stepfunctions", "start_sync_execution", stateMachineArn=target_arn, name=name, input=_text(case))
    outcome = _outcome(case, found, time.monotonic() - started, list)
    if outcome.passed and outcome.seconds > case.timeout_seconds:
        late = f"took {outcome.seconds:.1f} s, more than {case.timeout_seconds:g} s"
        return Outcome(case, outcome.arn, outcome.status, outcome.seconds, (late,))
    return outcome


def _outcome(case: Case, found: Mapping[str, Any], took: float, timeline: Callable[[], list[Step]]) -> Outcome:
    """The timeline is asked for only where it has something to explain."""
    wrong = problems(case, found, [])
    if wrong and found["status"] != "SUCCEEDED":
        wrong = problems(case, found, timeline())
    return Outcome(case, found["executionArn"], found["status"], took, tuple(wrong))


def _text(case: Case) -> str:
    return json.dumps(case.input, ensure_ascii=False, sort_keys=True)


def verdict(outcomes: Sequence[Outcome], what: str) -> None:
    """Raise SmokeFailed, with all that differs, unless all cases passed. what: `version 8 of Greeting-local`."""
    failed = [outcome for outcome in outcomes if not outcome.passed]
    if not failed:
        return
    lines = [
        line
        for outcome in failed
        for line in (
            *(f"  {outcome.case.name}: {problem}" for problem in outcome.problems),
            f"  {outcome.case.name}: see {outcome.arn}",
        )
    ]
    raise SmokeFailed(
        "\n".join([f"{what} failed {len(failed)} of {len(outcomes)} smoke cases", *lines]),
        hint="The alias was not moved. `executions show NAME` tells what happened; put the cause right and deploy again.",
    )
