"""Performs one case and says what is wrong with how it ended."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faults_state
from aws_proxy import Seen
from faults_cases import ALIAS_WRITES, SCENARIOS, Case, Scenario, described
from faults_meddle import LASTING, ONCE, Fault
from faults_runs import Ran
from faults_warm import client
from faults_world import World, world

from stepdeploy.errors import Exit
from stepdeploy.local.wire import HttpResponse

CRASH = "This is a defect of stepdeploy"
UNREACHED = "the call was not made: undisturbed runs differ from one to the next"


@dataclass(frozen=True)
class Ground:
    """What cases start from. folder: for worlds. source: release number -> project. states: releases deployed -> the
    server's state, None for an empty one. wanted: operation -> what AWS holds after an undisturbed run."""

    folder: Path
    source: Callable[[int], Path]
    states: dict[int, Path | None]
    wanted: dict[str, faults_state.State]

    def world(self, scenario: Scenario, tools: int, keep: Path | None = None) -> Any:
        folder = self.folder / f"case-{os.getpid()}"
        state = self.states[scenario.deployed]
        return world(folder, project=self.source(scenario.release), aws=state, tools=tools, keep=keep)


def record(ground: Ground, scenario: Scenario) -> dict[str, Any]:
    """An undisturbed run: its calls, what AWS holds then, and what was wrong already."""
    with ground.world(scenario, tools=2) as place:
        watch = Watch(place)
        ran = place.run(*scenario.arguments, meddle=watch)
        problems = list(_ended(ran, scenario, "the run")) + watch.problems
        calls = described(place.proxy.calls())
        state = faults_state.read(client)
        if scenario.repeatable:
            problems += _ended(place.run(*scenario.arguments), scenario, "the same again")
            problems += [
                f"after the same again: {line}" for line in faults_state.differences(state, faults_state.read(client))
            ]
    return {"calls": calls, "state": state, "problems": problems}


class Watch:
    """Stands before every call: notes moves of the alias, and refuses to believe in one to a version that has not passed
    its smoke tests, nor was there before. inner: what disturbs the call, if anything."""

    def __init__(
        self, place: World, inner: Callable[[Seen, Callable[[], HttpResponse]], HttpResponse] | None = None
    ) -> None:
        self.moves: list[str] = []
        self.problems: list[str] = []
        self._place = place
        self._inner = inner

    def __call__(self, seen: Seen, ask: Callable[[], HttpResponse]) -> HttpResponse:
        if seen.operation.label not in ALIAS_WRITES:
            return self._inner(seen, ask) if self._inner else ask()

        def watched() -> HttpResponse:
            response = ask()
            if response.status < 300:
                try:
                    self._moved(seen)
                except Exception as error:  # else the tool would be told of a fault that is ours
                    self.problems.append(f"this harness failed: {error!r}")
            return response

        return self._inner(seen, watched) if self._inner else watched()

    def _moved(self, seen: Seen) -> None:
        for route in seen.operation.params["routingConfiguration"]:
            arn = route["stateMachineVersionArn"]
            self.moves.append(arn)
            if arn not in self._place.served and (missing := _expected(self._place) - _seen(arn)):
                self.problems.append(
                    f"the alias was moved to {arn}, whose smoke test had not passed: {sorted(missing)}"
                )


def _expected(place: World) -> set[str]:
    """What the executions of the project's smoke tests take and give: canonical JSON."""
    smoke = json.loads((place.project / "definitions" / "orders.smoke.json").read_text())
    return {_canonical([case["input"], case["output"]]) for case in smoke["cases"]}


def _seen(version: str) -> set[str]:
    """The same of the executions of a version that have succeeded by now."""
    api = client("stepfunctions")
    machine = version.rpartition(":")[0]
    found = api.list_executions(stateMachineArn=machine, statusFilter="SUCCEEDED")["executions"]
    of = (api.describe_execution(executionArn=one["executionArn"]) for one in found)
    return {
        _canonical([json.loads(one["input"]), json.loads(one["output"])])
        for one in of
        if one.get("stateMachineVersionArn") == version
    }


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def perform(ground: Ground, case: Case) -> dict[str, Any]:
    """Run a case. Gives problems (none = passed), seconds, cpu (seconds of all its processes)."""
    began = time.monotonic()
    scenario = SCENARIOS[case.scenario]
    problems: list[str] = []
    with ground.world(scenario, tools=2) as place:
        fault = Fault(case.fault, case.target, place.next.kill)
        watch = Watch(place, fault)
        ran = place.run(*scenario.arguments, meddle=watch)
        problems += watch.problems
        problems += first_run(case, ran, place.proxy.calls(), watch.moves) if fault.reached else [UNREACHED]
        if ran.code != scenario.ends or (scenario.repeatable and case.fault not in ONCE):
            again = Watch(place)
            problems += _ended(place.run(*scenario.arguments, meddle=again), scenario, "the second run")
            problems += again.problems
        problems += faults_state.differences(ground.wanted[scenario.key], faults_state.read(client))
    times = os.times()
    cpu = times.user + times.system + times.children_user + times.children_system
    return {"problems": problems, "seconds": round(time.monotonic() - began, 2), "cpu": round(cpu, 2)}


def first_run(case: Case, ran: Ran, calls: list[Seen], moves: list[str]) -> Iterator[str]:
    """What is wrong with the run that was disturbed."""
    if CRASH in ran.err:
        yield f"the run crashed: {ran.err[-600:]}"
    if case.fault in ONCE and ran.code != SCENARIOS[case.scenario].ends:
        yield f"one error was not tried again: exit {ran.code}: {ran.err[-600:]}"
    if case.fault in LASTING:
        yield from _failed_cleanly(case, ran, calls)
    if case.fault.startswith("killed") and ran.code != -9:
        yield f"the run was killed and ended with exit {ran.code}"
    if case.fault == "lost" and ran.code not in (Exit.DONE, Exit.FAILURE, Exit.PARTLY_APPLIED):
        yield f"the answer was lost, and the run ended with exit {ran.code}: {ran.err[-600:]}"
    is_move = case.target.label in ALIAS_WRITES
    if ran.code != 0 and case.before_alias and not is_move and moves:
        yield f"the alias was moved to {moves}, though {case.target.label} before it had failed"


def _failed_cleanly(case: Case, ran: Ran, calls: list[Seen]) -> Iterator[str]:
    others = [
        seen
        for seen in calls
        if seen.operation.writes and 200 <= seen.status < 300 and not seen.operation.resource.startswith("stepdeploy-")
    ]
    expected = (
        {Exit.PARTLY_APPLIED} if case.writes and case.before_alias and others else {Exit.FAILURE, Exit.PARTLY_APPLIED}
    )
    ends = SCENARIOS[case.scenario].ends
    if ran.code == ends and (ends or not case.writes):
        return  # it did without what it could not read, or had a reason of its own to fail, which it tells
    if ran.code not in expected:
        allowed = " or ".join(str(int(code)) for code in sorted(expected))
        yield f"the error stayed, and the run ended with exit {ran.code} instead of {allowed}: {ran.err[-600:]}"
    if case.target.label not in ran.err:
        yield f"what is told does not name {case.target.label}: {ran.err[-600:]}"


def _ended(ran: Ran, scenario: Scenario, which: str) -> Iterator[str]:
    if ran.code != scenario.ends:
        yield f"{which} ended with exit {ran.code}: {ran.err[-900:]}"
