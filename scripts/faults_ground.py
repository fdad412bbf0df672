"""Deploys what cases begin with, and records how each operation runs undisturbed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from faults_cases import Scenario, make_sources
from faults_checks import Ground, record
from faults_workers import one, side_by_side


def prepare(
    folder: Path, scenarios: Sequence[Scenario], at_once: int
) -> tuple[Ground, dict[str, list[dict[str, Any]]], list[str]]:
    """Deploy the releases that cases begin with, and record an undisturbed run of each operation.

    Returns what cases stand on, the calls of each operation, and what went wrong already.
    """
    ground = Ground(folder, make_sources(folder), {0: None}, {})
    for release in range(1, max(scenario.deployed for scenario in scenarios) + 1):
        step = Scenario("", "", release, release - 1, ("deploy", "--yes"))
        state = folder / f"deployed-{release}"
        problems = one(lambda step=step, state=state: deploy(ground, step, state))
        if problems:
            return ground, {}, [f"deploy of release {release}: {problem}" for problem in problems]
        ground.states[release] = state
    found = dict(side_by_side([(one.key, lambda one=one: record(ground, one)) for one in scenarios], at_once))
    broken: list[str] = []
    for scenario in scenarios:
        answer = found[scenario.key]
        broken += [f"{scenario.title}: {problem}" for problem in answer.get("problems", [answer.get("crash")])]
        ground.wanted[scenario.key] = answer.get("state", {})
    return ground, {key: answer.get("calls", []) for key, answer in found.items()}, broken


def deploy(ground: Ground, step: Scenario, state: Path) -> list[str]:
    """Deploy one release on top of the one before, and keep the server's state."""
    with ground.world(step, tools=1, keep=state) as place:
        ran = place.run(*step.arguments)
    return [f"exit {ran.code}: {ran.err[-2000:]}"] if ran.code else []
