"""Cases that are no fault at one call: two deploys at once, and AWS's eventual consistency."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import faults_state
from aws_proxy import Seen
from faults_cases import SCENARIOS
from faults_checks import CRASH, Ground, Watch
from faults_meddle import Eventually
from faults_runs import Ran
from faults_warm import client

from stepdeploy.local.functions.control import PENDING_VARIABLE
from stepdeploy.local.wire import HttpResponse

ROUNDS = 3
TOGETHER_SECONDS = 30.0


@dataclass(frozen=True)
class Special:
    """kind: "at once" or "eventually". scenario: of which operation."""

    kind: str
    scenario: str
    number: int = 1

    @property
    def id(self) -> str:
        return f"{self.scenario}/{self.kind}/{self.number}"

    @property
    def title(self) -> str:
        return {"at-once": "two at once", "eventually": "eventual consistency"}[self.kind]


SPECIALS = (
    *(
        Special("at-once", scenario, number)
        for scenario in ("first", "redeploy", "destroy")
        for number in range(1, ROUNDS + 1)
    ),
    *(Special("eventually", scenario) for scenario in ("first", "redeploy", "rollback", "destroy")),
)


def perform_special(ground: Ground, case: Special) -> dict[str, Any]:
    """As `faults_checks.perform`."""
    began = time.monotonic()
    work = {"at-once": _two_at_once, "eventually": _eventually}[case.kind]
    problems = work(ground, case)
    times = os.times()
    cpu = times.user + times.system + times.children_user + times.children_system
    return {"problems": problems, "seconds": round(time.monotonic() - began, 2), "cpu": round(cpu, 2)}


class _Together:
    """Holds the first attempt of each of two runs to take the lock until both have come, so that they race for it."""

    def __init__(self) -> None:
        self._barrier = threading.Barrier(2)
        self._lock = threading.Lock()
        self._come = 0

    def __call__(self, seen: Seen, ask: Callable[[], HttpResponse]) -> HttpResponse:
        if seen.operation.label == "dynamodb:UpdateItem" and seen.operation.resource.endswith("inventory lock"):
            with self._lock:
                self._come += 1
                wait = self._come <= 2
            if wait:
                try:
                    self._barrier.wait(TOGETHER_SECONDS)
                except threading.BrokenBarrierError:
                    pass  # the other run ended without trying
        return ask()


def _two_at_once(ground: Ground, case: Special) -> list[str]:
    """Exactly one goes through; the other says who holds the lock."""
    scenario = SCENARIOS[case.scenario]
    with ground.world(scenario, tools=2) as place:
        watch = Watch(place, _Together())
        place.proxy.meddle = watch
        tools = [place.start(*scenario.arguments) for _ in range(2)]
        ran = [tool.wait() for tool in tools]
        place.settle()
        problems = list(watch.problems)
        problems += _one_won([(tool.pid, one) for tool, one in zip(tools, ran, strict=True)])
        problems += faults_state.differences(ground.wanted[scenario.key], faults_state.read(client))
    return problems


def _one_won(runs: list[tuple[int, Ran]]) -> list[str]:
    problems = [f"a run crashed: {ran.err[-600:]}" for _, ran in runs if CRASH in ran.err]
    winners = [pid for pid, ran in runs if ran.code == 0]
    if len(winners) != 1:
        told = "; ".join(f"exit {ran.code}: {ran.err[-400:]}" for _, ran in runs)
        return [*problems, f"{len(winners)} of two runs at once went through: {told}"]
    ((_, loser),) = [(pid, ran) for pid, ran in runs if pid != winners[0]]
    if f"process {winners[0]}" not in loser.err:
        problems.append(f"the one that was refused does not name the holder, process {winners[0]}: {loser.err[-600:]}")
    return problems


def _eventually(ground: Ground, case: Special) -> list[str]:
    """Roles, updates and aliases take their time; the first run succeeds all the same, in real time."""
    scenario = SCENARIOS[case.scenario]
    os.environ[PENDING_VARIABLE] = "3"
    with ground.world(scenario, tools=2) as place:
        late = Eventually(place.aws.answer)
        watch = Watch(place, late)
        ran = place.run(*scenario.arguments, meddle=watch)
        problems = list(watch.problems)
        if ran.code:
            problems.append(f"exit {ran.code}: {ran.err[-600:]}")
        if case.scenario == "first" and not late.refusals:
            problems.append("no role was tried before it could be assumed: this case shows nothing")
        if scenario.repeatable:
            again = place.run(*scenario.arguments, meddle=watch)
            problems += [f"the same again: exit {again.code}: {again.err[-600:]}"] if again.code else []
        _wait_until_settled()
        problems += faults_state.differences(ground.wanted[scenario.key], faults_state.read(client))
    return problems


def _wait_until_settled() -> None:
    """Functions are Pending for a while."""
    deadline = time.monotonic() + 15
    while any(text in str(faults_state.read(client)["function"]) for text in ("Pending", "InProgress")):
        if time.monotonic() > deadline:
            return
        time.sleep(0.2)
