"""What `release status` shows, and what a driver tells as it goes."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest

from stepdeploy.report.screen import Screen
from stepdeploy.report.shift_view import StatusView, Teller, due_text, look_line, moving, standing_lines
from stepdeploy.shift.driver import Look
from stepdeploy.shift.judge import Counts, Evidence, Verdict
from stepdeploy.shift.standing import standing
from tests.unit.shift.shift_world import ALIAS, OTHER, PACE, World


def shown(data: dict[str, Any], now: float) -> list[str]:
    return ["".join(text for text, _ in line) for line in standing_lines(data, now)]


def under_way(**policy: Any) -> tuple[World, dict[str, Any]]:
    """A canary in its first step, ten seconds old, with three executions of the new version."""
    world = World()
    world.alarms = {"Slow": ("INSUFFICIENT_DATA", "missing")}
    drive = world.drive(world.store.begin(world.shift("canary:10%/1m", alarms=("Slow",), **policy)))
    drive.mover.to(0)
    world.ended(8, 2, after=1)
    world.ended(8, 1, after=2, status="FAILED")
    world.executions.append((7, world.now + 3, None, "RUNNING"))
    world.wait(10)
    return world, look(world)


def look(world: World) -> dict[str, Any]:
    return standing(world.aws, world.store, "greeting", ALIAS, pace=PACE, me=OTHER, now=world.now)


def test_a_shift_under_way() -> None:
    world, data = under_way()
    lines = shown(data, world.now)
    assert lines[0] == "greeting:live  canary:10%/1m, version 7 → 8"
    assert lines[1].startswith("      8  ██░") and lines[1].endswith(" 10 %  3 started, 3 ended, 1 failed")
    assert lines[2].endswith(" 90 %  1 started, 0 ended, 0 failed, 1 running")
    assert lines[3:] == [
        "  step 1 of 2  10 % → 100 %  next step in 50s  3 ended in this step, 5 needed",
        "  waits: 3 of 5 executions have ended in this step",
        "  waits: the alarm Slow has no data yet (INSUFFICIENT_DATA; it treats missing data as missing)",
        "  driven by process 0 on here, sign of life 10 s ago",
        "  alarm Slow INSUFFICIENT_DATA",
    ]
    assert moving(data)


def test_a_driver_that_is_gone_is_told_with_the_way_out() -> None:
    world, _ = under_way()
    world.wait(PACE.stale)
    assert "  process 0 on here is gone or silent (40 s): release resume, or release abort" in shown(
        look(world), world.now
    )
    world.store.save(replace(world.stored(), driver=None))
    assert "  nobody drives it: release resume, or release abort" in shown(look(world), world.now)


def test_what_has_ended_and_what_never_was() -> None:
    world, _ = under_way()
    world.store.save(world.stored().ended("went back: too bad"))
    world.routes = {7: 100}
    lines = shown(look(world), world.now)
    assert lines[0] == "greeting:live  nothing under way"
    assert lines[-1] == "  last: canary:10%/1m to version 8, went back: too bad"
    assert not moving(look(world))
    fresh = World()
    assert shown(look(fresh), fresh.now)[0] == "greeting:live  nothing under way"
    fresh.routes = {}
    assert shown(look(fresh), fresh.now) == ["greeting:live  does not exist; run deploy"]


def test_in_a_pipe_the_status_is_shown_once() -> None:
    _, data = under_way()
    stream = io.StringIO()
    StatusView(Screen(stream=stream), lambda: [data]).show(live=True)
    assert stream.getvalue().startswith("greeting:live  canary:10%/1m")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (50, "next step in 50s"),
        (200, "next step in 3m 20s"),
        (7205, "next step in 2h 5s"),
        (-12, "step is over since 12s"),
    ],
)
def test_when_the_next_step_is_due(seconds: float, text: str) -> None:
    assert due_text(seconds) == text


def test_a_driver_tells_steps_and_changes_of_verdict_and_else_only_now_and_then() -> None:
    world = World()
    shift = replace(world.shift(), step=0, since=world.now)
    told: list[str] = []
    teller = Teller(lambda line: told.append("".join(text for text, _ in line)), clock=lambda: world.now)
    waits = Verdict("wait", ("1 of 5 executions have ended in this step",))
    for verdict, seconds in ((waits, 5), (waits, 31), (waits, 5), (Verdict("go"), 1), (Verdict("go"), 1)):
        teller.look(Look(shift, Evidence(Counts(2, 1, 0, 1)), verdict, world.now + 30))
        world.now += seconds
    assert len(told) == 3
    assert told[0] == (
        "greeting: version 8 has 10 % (step 1 of 2), next step in 30s; 1 ended, 0 failed; "
        "waits: 1 of 5 executions have ended in this step"
    )
    unseen = "".join(text for text, _ in look_line(Look(shift, None, None, world.now), world.now + 4))
    assert unseen == "greeting: version 8 has 10 % (step 1 of 2), step is over since 4s"
