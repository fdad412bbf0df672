"""A shift on paper: there and back, what it tells, and records that nobody can read."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import Any

import pytest

from stepdeploy.errors import StepdeployError, UnderWay
from stepdeploy.shift.state import BACK, Driver, Shift, from_text, to_text, weighted
from stepdeploy.shift.store import Overtaken, under_way
from tests.unit.shift.shift_world import ME, TABLE, World


@pytest.fixture
def shift() -> Shift:
    return World().shift("linear:40%/5m", alarms=("Slow",))


@pytest.mark.parametrize(
    "change", [{}, {"driver": None}, {"wish": "x", "maybe": ()}, {"outcome": "served", "moving": None}]
)
def test_there_and_back(shift: Shift, change: dict[str, Any]) -> None:
    wanted = replace(shift, **change)
    assert from_text(to_text(wanted), 0, "x") == wanted


def test_what_the_alias_serves_at_each_stage(shift: Shift) -> None:
    assert [dict(shift.at(stage)) for stage in (BACK, 0, 1, 2)] == [{7: 100}, {8: 40, 7: 60}, {8: 80, 7: 20}, {8: 100}]
    assert shift.description(BACK) == "stepdeploy before 6<5"
    assert {shift.description(stage) for stage in (0, 1, 2)} == {"stepdeploy before 7<6<5"}
    assert [shift.words(stage) for stage in (BACK, 0, 2)] == ["7", "7 (60 %), 8 (40 %)", "8"]


def test_an_alias_that_somebody_described_gets_its_words_back(shift: Shift) -> None:
    theirs = replace(shift, described="do not touch", before=())
    assert theirs.description(BACK) == "do not touch" and theirs.description(0) == "stepdeploy before 7"


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "null", '{"driver": null}', '{"driver": {"id": 1}, "stages": 3}', "not json"],
)
def test_a_record_that_was_edited_by_hand_is_a_clear_error(text: str) -> None:
    with pytest.raises(StepdeployError, match="the record of the gradual release cannot be read") as error:
        from_text(text, 1, "table, item shift:greeting")
    assert error.value.where == "table, item shift:greeting" and "rollback --to" in str(error.value.hint)


@pytest.mark.parametrize(
    "edit",
    [lambda data: data.update(stages=[[["x", 10]]]), lambda data: data["policy"].update(strategy="canary"),
     lambda data: data.pop("origin"), lambda data: data.update(extra=1), lambda data: data.update(driver="me")],
)  # fmt: skip
def test_so_is_one_with_a_field_that_makes_no_sense(shift: Shift, edit: Any) -> None:
    data = json.loads(to_text(shift))
    edit(data)
    with pytest.raises(StepdeployError, match="cannot be read"):
        from_text(json.dumps(data), 1, "x")


def test_an_item_without_its_text_is_one_too() -> None:
    world = World()
    world.items["shift:greeting", "current"] = {"pk": {"S": "shift:greeting"}, "sk": {"S": "current"}}
    with pytest.raises(StepdeployError, match="cannot be read") as error:
        world.store.read("greeting")
    assert error.value.where == f"{TABLE}, item shift:greeting"


def test_of_two_writers_the_second_learns_what_stands_there() -> None:
    world = World()
    one = world.store.begin(world.shift())
    world.store.save(replace(one, wish="first"))
    with pytest.raises(Overtaken) as error:
        world.store.save(replace(one, wish="second"))
    assert error.value.current is not None and error.value.current.wish == "first"
    assert world.stored().serial == 2


def test_an_ended_shift_makes_room_for_the_next() -> None:
    world = World()
    world.store.save(world.store.begin(world.shift()).ended("served"))
    assert world.store.begin(replace(world.shift(), id="next")).serial == 1
    assert world.stored().id == "next"


def test_who_is_dead_is_only_known_on_the_same_host() -> None:
    me = Driver.me()
    assert me.pid == os.getpid() and not me.is_dead(me)
    gone = Driver("x", me.host, 2**22 + 7)
    assert gone.is_dead(me) and not replace(gone, host="elsewhere").is_dead(me)
    assert not replace(gone, pid=1).is_dead(me), "it lives, though it may not be ours"


def test_errors_of_what_is_under_way_name_the_way_out(shift: Shift) -> None:
    error = under_way(replace(shift, step=1))
    assert isinstance(error, UnderWay)
    assert "version 8 (linear:40%/5m) is under way: step 2 of 3, driven by process 0 on here" in str(error)
    assert "release abort" in str(error.hint)
    split = replace(shift, kind="split", stages=weighted(7, 8, (50,)), step=0)
    assert "is split: it serves" in str(under_way(split)) and "--end-split" in str(under_way(split).hint)
    assert ME.host in str(ME)
