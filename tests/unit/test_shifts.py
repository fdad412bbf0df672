"""What a deploy asks before it touches anything, and what Ctrl-C does."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from stepdeploy.app import App
from stepdeploy.engine.model import Action, Call, Change, Plan
from stepdeploy.errors import UnderWay, UsageError
from stepdeploy.shift.state import to_text
from tests.unit.fake_aws import FakeAws
from tests.unit.shift.shift_world import World
from tests.unit.small_project import write_project


def app(folder: Path, aws: FakeAws) -> App:
    made = App(project=write_project(folder, lambda files: None))
    cast(Any, made).__dict__["aws"] = aws
    return made


def plan(before: str | None, verb: Any = "update") -> Plan:
    call = Call("stepfunctions", f"{verb}_state_machine_alias", {})
    move = Action("alias:main", "Main-local:live", verb, (call,), (Change("version", before, "9"),))
    alarm = Action("alarm:failed", "Failed-local", "create", ())
    return Plan("small", "local", "1", "eu-west-1", (alarm, move))


ITEM = {"pk": {"S": "shift:main"}, "sk": {"S": "current"}, "serial": {"N": "1"}, "ended": {"BOOL": False}}


@pytest.mark.parametrize("before", ["7", "7 (100 %), 8 (0 %)"])
def test_an_alias_that_serves_one_version_costs_no_call(tmp_path: Path, before: str) -> None:
    app(tmp_path, FakeAws({})).shifts.check(plan(before))


def test_a_split_alias_is_refused_unless_told(tmp_path: Path) -> None:
    shifts = app(tmp_path, FakeAws({"dynamodb:get_item": {}})).shifts
    with pytest.raises(UnderWay, match=r"the alias of main is split: it serves 7 \(60 %\), 8 \(40 %\)"):
        shifts.check(plan("7 (60 %), 8 (40 %)"))
    shifts.check(plan("7 (60 %), 8 (40 %)"), end_split=True)


def test_a_gradual_release_is_not_ended_by_end_split(tmp_path: Path) -> None:
    item = {**ITEM, "shift": {"S": to_text(World().shift())}}
    shifts = app(tmp_path, FakeAws({"dynamodb:get_item": {"Item": item}})).shifts
    with pytest.raises(UnderWay, match="a gradual release of version 8"):
        shifts.check(plan("7 (60 %), 8 (40 %)"), end_split=True)


def test_alarms_are_looked_for_only_where_weight_moves_in_steps(tmp_path: Path) -> None:
    folder = write_project(
        tmp_path,
        lambda files: files["definitions/project.json"]["state_machines"]["main"].update(
            release={"alarms": ["failed", {"name": "Theirs"}]}
        ),
    )
    made = App(project=folder)
    aws = FakeAws({"cloudwatch:describe_alarms": {"MetricAlarms": []}})
    cast(Any, made).__dict__["aws"] = aws
    made.shifts.check(plan("7"))
    made.shifts.check(plan(None, "create"), strategy="canary:10%/5m")
    assert aws.made == []
    with pytest.raises(UsageError, match="there is no alarm Theirs") as error:
        made.shifts.check(plan("7"), strategy="canary:10%/5m")
    assert aws.made[0][1]["AlarmNames"] == ["Theirs"], "the project's own is made by this very plan"
    assert "Failed" not in str(error.value)


@pytest.fixture
def ctrl_c_interrupts() -> Iterator[None]:
    """As in a terminal. A process that a shell starts in the background inherits that Ctrl-C is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c_interrupts")
def test_ctrl_c_stops_a_release_before_it_does_what_it_always_does(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    shifts = app(tmp_path, FakeAws({})).shifts
    with pytest.raises(KeyboardInterrupt), shifts.heeding_ctrl_c():
        signal.raise_signal(signal.SIGINT)
    assert shifts.stop.is_set() and signal.getsignal(signal.SIGINT) is before


@pytest.mark.usefixtures("ctrl_c_interrupts")
def test_where_this_thread_drives_only_the_second_ctrl_c_interrupts(tmp_path: Path) -> None:
    shifts = app(tmp_path, FakeAws({})).shifts
    with pytest.raises(KeyboardInterrupt), shifts.heeding_ctrl_c(patient=True):
        signal.raise_signal(signal.SIGINT)
        assert shifts.stop.is_set()
        signal.raise_signal(signal.SIGINT)
