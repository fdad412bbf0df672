"""A driver on a clock that only waiting moves: steps, proof, breaches, other drivers, death at every moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from stepdeploy.errors import AccessDenied, Conflict, ShiftStopped, UnderWay, WentBack
from stepdeploy.shift.control import Control
from stepdeploy.shift.state import Driver
from tests.unit.fake_aws import GONE
from tests.unit.shift.shift_world import ALIAS, MACHINE, ME, OTHER, PACE, THROTTLED, Killed, Stop, World


@pytest.fixture
def world() -> World:
    return World()


def control(world: World, me: Driver = OTHER) -> Control:
    return Control(
        world.aws, world.store, "greeting", MACHINE, ALIAS, False, PACE, me, sleep=world.wait, clock=lambda: world.now
    )


# -- the good way ----------------------------------------------------------------------------------------------------


def test_a_canary_that_proves_itself_gets_all_weight(world: World) -> None:
    world.ended(8, 5, after=10)
    began = world.now
    ended = world.run(world.shift("canary:10%/60s"))
    assert world.updates == [{8: 10, 7: 90}, {8: 100}]
    assert world.description == "stepdeploy before 7<6<5"
    assert ended.outcome == world.stored().outcome == "served"
    assert ended.driver is None and 60 <= world.now - began < 70


def test_linear_steps_each_take_their_time_and_their_own_proof(world: World) -> None:
    for step in range(3):
        world.ended(8, 5, after=60 * step + 10)
    began = world.now
    world.run(world.shift("linear:25%/60s"))
    assert [update[8] for update in world.updates] == [25, 50, 75, 100]
    assert 180 <= world.now - began < 190


def test_the_history_tells_each_step_by_the_version_that_has_most_weight(world: World) -> None:
    world.ended(8, 5, after=10)
    world.run(world.shift("canary:10%/60s"))
    told = [(one["how"], one["outcome"], one["commit"], one["by"], one["routes"]) for one in world.records]
    assert told == [
        ("canary", "step 1 of 2", "git aaa", "ada@here", [[f"{MACHINE}:8", 10], [f"{MACHINE}:7", 90]]),
        ("canary", "served", "git bbb", "ada@here", [[f"{MACHINE}:8", 100]]),
    ]
    assert world.records[-1]["history"] == world.description


def test_too_few_executions_wait_beyond_the_step(world: World) -> None:
    world.ended(8, 4, after=10)
    world.ended(8, 1, after=300)
    began = world.now
    world.run(world.shift("canary:10%/60s"))
    assert world.updates[-1] == {8: 100} and 300 <= world.now - began < 310
    assert {look.verdict.what for look in world.looks if look.verdict} == {"wait", "go"}


def test_executions_of_the_first_step_that_end_in_the_second_count_there(world: World) -> None:
    world.ended(8, 5, after=5)
    world.executions += [(8, world.now + 50, world.now + 100, "FAILED")] * 2
    with pytest.raises(WentBack, match="2 of 2 executions that ended failed"):
        world.run(world.shift("linear:30%/60s"))
    assert world.updates == [{8: 30, 7: 70}, {8: 60, 7: 40}, {7: 100}]


def test_an_alias_that_shows_the_update_late_is_not_taken_for_somebody_elses(world: World) -> None:
    world.lag = 6.0
    world.ended(8, 5, after=10)
    world.run(world.shift("canary:10%/60s"))
    assert world.updates[-1] == {8: 100}
    assert any(look.verdict is None for look in world.looks)


# -- back ------------------------------------------------------------------------------------------------------------


def test_a_breach_moves_all_weight_back_in_one_call_and_says_why(world: World) -> None:
    described = world.description
    world.ended(8, 2, after=10, status="TIMED_OUT")
    began = world.now
    with pytest.raises(WentBack) as error:
        world.run(world.shift("linear:10%/60s"))
    assert world.updates == [{8: 10, 7: 90}, {7: 100}]
    assert world.description == described, "the record of what was served before is as it was"
    assert world.now - began < 60, "a breach does not wait for the step to be over"
    assert "version 8 went back, the alias serves 7 again: 2 of 2 executions that ended failed" in str(error.value)
    assert world.stored().outcome == f"went back: {world.stored().reasons[0]}"
    last = world.records[-1]
    assert (last["commit"], last["routes"], last["how"]) == (
        "git aaa",
        [[f"{MACHINE}:7", 100]],
        "canary"[:0] or "linear",
    )
    assert last["outcome"].startswith("went back: 2 of 2")


def test_an_alarm_moves_it_back(world: World) -> None:
    world.alarms = {"Slow": ("OK", "notBreaching")}
    world.ended(8, 9, after=1)
    world.later(20, lambda: world.alarms.update(Slow=("ALARM", "notBreaching")))
    with pytest.raises(WentBack, match="the alarm Slow is in ALARM: said AWS"):
        world.run(world.shift(alarms=("Slow",)))
    assert world.updates[-1] == {7: 100}


def test_an_alarm_that_is_deleted_meanwhile_moves_it_back(world: World) -> None:
    world.alarms = {"Slow": ("OK", "notBreaching")}
    world.later(20, world.alarms.clear)
    with pytest.raises(WentBack, match="does not exist any more"):
        world.run(world.shift(alarms=("Slow",)))


@pytest.mark.parametrize(("alarm", "why"), [(None, "0 of 5 executions"), ("Mute", "the alarm Mute has no data yet")])
def test_no_proof_within_the_longest_wait_is_no_success(world: World, alarm: Any, why: str) -> None:
    began = world.now
    if alarm:
        world.alarms = {alarm: ("INSUFFICIENT_DATA", "missing")}
        world.ended(8, 9, after=1)
    with pytest.raises(WentBack, match=f"no proof within 10m after the step was over: {why}"):
        world.run(world.shift(max_wait=600, alarms=(alarm,) if alarm else ()))
    assert world.updates[-1] == {7: 100} and 660 <= world.now - began < 680


def test_metrics_condemn_where_the_list_knows_nothing(world: World) -> None:
    world.metrics = {"ExecutionsStarted": 9, "ExecutionsFailed": 3, "ExecutionsSucceeded": 1}
    with pytest.raises(WentBack, match="3 of 4 executions that ended failed by its metrics"):
        world.run(replace(world.shift("canary:10%/300s"), express=True))
    assert "stepfunctions:list_executions" not in world.aws.labels()


# -- other hands -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("routes", "description", "why"),
    [
        ({6: 100}, None, "it serves 6"),
        ({8: 50, 7: 50}, None, r"it serves 8 \(50 %\), 7 \(50 %\)"),
        ({7: 100}, None, "it serves 7"),
        ({}, None, "it does not exist any more"),
        (None, "mine", "its description is not ours"),
    ],
)
def test_an_alias_that_somebody_else_changed_is_left_alone(
    world: World, routes: Any, description: Any, why: str
) -> None:
    def change() -> None:
        world.routes = world.routes if routes is None else routes
        world.description = description or world.description

    world.later(30, change)
    if routes == {}:
        world.later(30, lambda: world.aws.answers.update({"stepfunctions:describe_state_machine_alias": GONE}))
    with pytest.raises(ShiftStopped, match=why):
        world.run(world.shift())
    assert len(world.updates) == 1, "nothing was touched"
    assert "somebody else" in str(world.stored().outcome) and world.stored().driver is None


def test_ctrl_c_leaves_the_weights_and_lets_the_next_driver_begin_at_once(world: World) -> None:
    drive = world.drive(world.store.begin(world.shift()))
    world.later(20, drive._stop.set)
    with pytest.raises(ShiftStopped) as error:
        drive.begin()
    assert "the alias stays at 7 (90 %), 8 (10 %)" in str(error.value)
    assert "release resume" in str(error.value.hint) and "release abort" in str(error.value.hint)
    assert world.routes == {8: 10, 7: 90} and world.stored().driver is None and world.stored().outcome is None
    world.ended(8, 5, after=1)
    assert control(world).resume(lambda _: None, Stop(world)).outcome == "served"


def test_two_shifts_of_one_alias_cannot_begin(world: World) -> None:
    world.store.begin(world.shift())
    with pytest.raises(UnderWay, match="a gradual release of version 8"):
        world.store.begin(world.shift())


def test_resume_is_refused_while_the_driver_lives(world: World) -> None:
    world.store.begin(world.shift())
    with pytest.raises(
        UnderWay, match="process 0 on here drives this gradual release: its last sign of life is 0 s old"
    ):
        control(world).resume(lambda _: None, Stop(world))


def test_a_driver_whose_clock_is_off_is_known_by_its_signs(world: World) -> None:
    shift = world.store.begin(replace(world.shift(), beat=world.now - 3600))
    world.later(6, lambda: world.store.save(shift) and None)
    with pytest.raises(UnderWay, match="a sign of life just now"):
        control(world).resume(lambda _: None, Stop(world))


def test_a_silent_driver_is_replaced_and_moves_nothing_when_it_wakes(world: World) -> None:
    asleep = world.drive(world.store.begin(world.shift()))
    asleep.mover.to(0)
    world.wait(PACE.stale + 1)
    world.ended(8, 5, after=1)
    ended = control(world).resume(lambda _: None, Stop(world))
    assert ended.outcome == "served" and world.updates == [{8: 10, 7: 90}, {8: 100}]
    with pytest.raises(ShiftStopped, match="does not drive the gradual release any more: served"):
        asleep.run()
    assert len(world.updates) == 2


# -- abort -----------------------------------------------------------------------------------------------------------


def test_a_living_driver_is_asked_to_go_back(world: World) -> None:
    drive = world.drive(world.store.begin(world.shift()))
    world.later(20, lambda: world.store.save(replace(world.stored(), wish="aborted by eve@there")) and None)
    with pytest.raises(WentBack, match="aborted by eve@there"):
        drive.begin()
    assert world.updates == [{8: 10, 7: 90}, {7: 100}]
    assert world.records[-1]["how"] == "abort"


def test_abort_does_it_itself_where_nobody_drives(world: World) -> None:
    drive = world.drive(world.store.begin(world.shift()))
    drive.mover.to(0)
    drive._leave("x")
    assert control(world).abort("eve@there").outcome == "went back: aborted by eve@there"
    assert world.routes == {7: 100} and world.records[-1]["outcome"] == "went back: aborted by eve@there"


def test_abort_does_it_itself_where_the_driver_stays_silent(world: World) -> None:
    world.drive(world.store.begin(world.shift())).mover.to(0)
    began = world.now
    assert control(world).abort("eve@there").outcome == "went back: aborted by eve@there"
    assert world.updates == [{8: 10, 7: 90}, {7: 100}] and world.now - began >= PACE.stale


# -- death and bad weather -------------------------------------------------------------------------------------------


def killing(world: World, number: int, after: bool) -> Callable[..., Any]:
    """AWS's call that ends the process at its `number`th mutating call, before or after that took effect."""
    real, count = world.aws.call, iter(range(1, 10_000))

    def call(service: str, operation: str, **params: Any) -> Any:
        mine = operation in ("put_item", "update_state_machine_alias", "transact_write_items")
        if not mine or next(count) != number:
            return real(service, operation, **params)
        if after:
            real(service, operation, **params)
        raise Killed

    return call


def test_killed_at_every_write_and_resumed_it_ends_as_if_undisturbed() -> None:
    """Both ways of ending, killed before and after each write; then another machine goes on."""
    for status, final in (("SUCCEEDED", {8: 100}), ("FAILED", {7: 100})):
        number = 0
        while True:
            number += 1
            outcomes = [_killed_and_resumed(number, after, status) for after in (False, True)]
            if outcomes == [None, None]:
                break
            for world in filter(None, outcomes):
                assert world.routes == final, (status, number)
                assert str(world.stored().outcome).startswith("served" if status == "SUCCEEDED" else "went back")
                marks = [record["shift"] for record in world.records]
                assert len(marks) == len(set(marks)), f"recorded twice: {marks}"
                assert marks, "the history knows of it"
        assert number > 8


def _killed_and_resumed(number: int, after: bool, status: str) -> World | None:
    """The world in the end; None where the run was over before it could be killed, or had not begun."""
    world = World()
    world.ended(8, 5, after=10, status=status)
    for later in range(1, 40):
        world.ended(8, 1, after=30 * later, status=status)
    real = world.aws.call
    world.aws.call = killing(world, number, after)  # type: ignore[method-assign]
    try:
        world.run(world.shift("canary:10%/60s"))
        return None
    except WentBack:
        return None
    except Killed:
        pass
    world.aws.call = real  # type: ignore[method-assign]
    world.wait(PACE.stale + 1)
    if world.store.read("greeting") is None:
        world.run(world.shift("canary:10%/60s")) if status == "SUCCEEDED" else _back(world)
    elif world.stored().outcome is None:
        try:
            control(world).resume(lambda _: None, Stop(world))
        except WentBack:
            assert status == "FAILED"
    return world


def _back(world: World) -> None:
    with pytest.raises(WentBack):
        world.run(world.shift("canary:10%/60s"))


def test_a_write_whose_answer_was_lost_is_known_by_its_token(world: World) -> None:
    """botocore repeats it, and DynamoDB refuses the second one by what the first has written."""
    world.ended(8, 5, after=10)
    world.fails["put_item"] = [Conflict("refused", code="ConditionalCheckFailedException") for _ in range(3)]
    assert world.run(world.shift()).outcome == "served"


def test_looks_that_fail_for_a_while_are_borne(world: World) -> None:
    world.ended(8, 5, after=10)
    world.fails["list_executions"] = [THROTTLED] * 6
    assert world.run(world.shift()).outcome == "served"


def test_looks_that_fail_for_long_end_the_drive_and_not_the_shift(world: World) -> None:
    world.fails["list_executions"] = [THROTTLED] * 1000
    with pytest.raises(ShiftStopped, match=r"judged any more; the alias stays at 7 \(90 %\), 8 \(10 %\): slow down"):
        world.run(world.shift())
    assert world.stored().outcome is None and world.stored().driver is None and world.routes == {8: 10, 7: 90}


def test_a_permission_that_lacks_is_not_waited_for(world: World) -> None:
    world.fails["list_executions"] = [AccessDenied("no", code="AccessDeniedException")]
    began = world.now
    with pytest.raises(ShiftStopped, match="cannot be judged"):
        world.run(world.shift())
    assert world.now == began


# -- splits ----------------------------------------------------------------------------------------------------------


def test_a_split_holds_and_abort_ends_it(world: World) -> None:
    me = control(world, ME)
    shift = me.split({7: 50, 6: 50}, {"by": "ada"})
    assert world.routes == {7: 50, 6: 50} and shift.outcome is None and shift.driver is None
    assert world.records[-1]["outcome"] == "served" and world.records[-1]["how"] == "split"
    me.split({7: 80, 6: 20}, {"by": "ada"})
    assert world.routes == {7: 80, 6: 20}
    assert me.abort("ada").outcome == "went back: aborted by ada"
    assert world.routes == {7: 100} and world.description == "stepdeploy before 6<5"


def test_one_version_alone_ends_a_split(world: World) -> None:
    me = control(world, ME)
    me.split({7: 50, 6: 50}, {"by": "ada"})
    assert me.split({6: 100}, {"by": "ada"}).outcome == "served"
    assert world.routes == {6: 100} and world.description == "stepdeploy before 5"


def test_no_split_over_a_gradual_release(world: World) -> None:
    world.store.begin(world.shift())
    with pytest.raises(UnderWay, match="gradual release of version 8"):
        control(world).split({7: 50, 6: 50}, {})
    assert world.updates == []
