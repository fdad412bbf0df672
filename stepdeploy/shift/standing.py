"""How a machine's alias stands, as data: for `release status`, in a terminal and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from stepdeploy.arns import version_number
from stepdeploy.engine.model import Aws
from stepdeploy.shift.driver import Pace
from stepdeploy.shift.evidence import count_listed, gather
from stepdeploy.shift.judge import judge
from stepdeploy.shift.moves import read_alias
from stepdeploy.shift.state import Driver, Shift
from stepdeploy.shift.store import Store

ONE_PAGE = 1000
"""Executions of a version that a status reads."""


def standing(
    aws: Aws, store: Store, machine: str, alias_arn: str, *, pace: Pace, me: Driver, now: float
) -> dict[str, Any]:
    """machine, alias (name), versions (a row each: version, weight, and the counts of executions since the shift began),
    shift (None, or what is under way or has ended last, with its verdict), alarms.

    now: seconds since 1970. All times are such seconds.
    """
    seen = read_alias(aws, alias_arn)
    shift = store.read(machine)
    routes = {version_number(arn) or 0: weight for arn, weight in seen.routes.items()}
    told: dict[str, Any] = {
        "machine": machine,
        "alias": alias_arn.rsplit(":", 1)[-1],
        "versions": [{"version": version, "weight": weight} for version, weight in sorted(routes.items())],
        "shift": None,
        "alarms": [],
    }
    if shift is None:
        return told
    told["shift"] = _shift(shift, pace, me, now)
    if shift.outcome is None:
        told["versions"] = [_version(aws, shift, version, routes.get(version, 0)) for version in _shown(shift, routes)]
        told |= _judged(aws, shift, told["shift"], now)
    return told


def _shown(shift: Shift, routes: Mapping[int, int]) -> list[int]:
    return sorted({*routes, *shift.at(shift.step), *shift.stages[-1], shift.origin})


def _version(aws: Aws, shift: Shift, version: int, weight: int) -> dict[str, Any]:
    """A version's weight, and its executions since the shift began."""
    row: dict[str, Any] = {"version": version, "weight": weight}
    if shift.express or not shift.began:
        return row
    # Ended and failed since the beginning, not since this step.
    counts = count_listed(aws, replace(shift, since=shift.began), f"{shift.machine_arn}:{version}", ONE_PAGE)
    return {**row, **asdict(counts)}


def _shift(shift: Shift, pace: Pace, me: Driver, now: float) -> dict[str, Any]:
    under_way = shift.outcome is None
    gradual = shift.kind != "split"
    return {
        "id": shift.id,
        "kind": shift.kind,
        "strategy": str(shift.policy.strategy) if gradual else None,
        "from": shift.origin,
        "to": shift.target,
        "step": shift.step + 1,
        "steps": len(shift.stages),
        "weights": [stage.get(shift.target, 0) for stage in shift.stages],
        "began": shift.began or None,
        "since": shift.since or None,
        "next_at": shift.since + shift.policy.strategy.seconds if under_way and gradual and shift.since else None,
        "max_wait": shift.policy.max_wait if gradual else None,
        "driver": str(shift.driver) if shift.driver else None,
        "driver_alive": _alive(shift, pace, me, now) if under_way and gradual else None,
        "heartbeat_age": round(max(now - shift.beat, 0), 1) if shift.driver else None,
        "outcome": shift.outcome,
    }


def _alive(shift: Shift, pace: Pace, me: Driver, now: float) -> bool:
    return shift.driver is not None and not shift.driver.is_dead(me) and now - shift.beat < pace.stale


def _judged(aws: Aws, shift: Shift, told: dict[str, Any], now: float) -> dict[str, Any]:
    if shift.kind == "split" or not shift.since:
        return {}
    evidence = gather(aws, shift, now)
    verdict = judge(shift.policy, evidence)
    told["verdict"] = verdict.what
    told["reasons"] = list(verdict.reasons)
    told["metrics"] = asdict(evidence.metrics) if evidence.metrics else None
    told["ended_in_step"] = evidence.ended
    told["min_executions"] = shift.policy.min_executions
    return {"alarms": [{"name": alarm.name, "state": alarm.state, "reason": alarm.reason} for alarm in evidence.alarms]}
