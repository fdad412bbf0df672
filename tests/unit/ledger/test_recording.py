"""What the ledger is told before and after a plan."""

from __future__ import annotations

from dataclasses import replace

from stepdeploy.engine.model import Action, Call, Plan
from stepdeploy.ledger.reading import Ledger
from stepdeploy.ledger.recording import BEGIN, SETTLE, TABLE, recorded

EMPTY = Plan("p", "e", "111122223333", "eu-west-1", ())
FACTS = {"role:r": {"a": 1}, "role:s": {"a": 2}}


def action(address: str, verb: str = "create", *needs: str) -> Action:
    return Action(address, "N", verb, (Call("x", "y", {}),), (), frozenset(needs))  # type: ignore[arg-type]


def facts_of(made: Plan, address: str) -> object:
    (call,) = next(one for one in made.actions if one.address == address).calls
    item = call.params["Item"] if "Item" in call.params else call.params["TransactItems"][0]["Put"]["Item"]
    return item["facts"]["B"].value


def test_nothing_to_do_and_nothing_to_settle_stays_nothing() -> None:
    made = recorded(replace(EMPTY, desired=FACTS), Ledger(applied=FACTS), "T")
    assert not made


def test_what_is_meant_comes_first_and_what_was_applied_last() -> None:
    plan = replace(EMPTY, actions=(action(TABLE), action("role:r"), action("alias:m")), desired=FACTS)
    made = {one.address: one for one in recorded(plan, Ledger(applied={"role:gone": {"a": 3}}), "T").actions}
    assert made[BEGIN].needs == {TABLE} and made["role:r"].needs == {BEGIN} and BEGIN in made["alias:m"].needs
    assert made[TABLE].needs == frozenset()
    assert made[SETTLE].needs == {BEGIN, TABLE, "role:r", "alias:m"}
    # What left the project and is still there stays on record.
    assert facts_of(recorded(plan, Ledger(applied={"role:gone": {"a": 3}}), "T"), SETTLE) == {
        "role:gone": {"a": 3},
        **FACTS,
    }


def test_an_interrupted_deploy_that_left_nothing_to_do_is_settled() -> None:
    made = recorded(replace(EMPTY, desired=FACTS), Ledger(applied=FACTS, intended=FACTS), "T")
    assert [one.address for one in made.actions] == [SETTLE]


def test_what_the_plan_removes_or_cannot_finish_is_not_recorded() -> None:
    plan = replace(EMPTY, actions=(action("rule:old", "delete"),), desired=FACTS, unfinished=frozenset({"role:s"}))
    made = recorded(plan, Ledger(applied={"rule:old": {"a": 1}}), "T")
    assert facts_of(made, SETTLE) == {"role:r": {"a": 1}}


def test_a_release_record_does_not_hold_up_the_rest() -> None:
    plan = replace(EMPTY, actions=(action("alias:m"), action("release:m", "update", "alias:m")), desired=FACTS)
    made = {one.address: one for one in recorded(plan, Ledger(), "T").actions}
    assert "release:m" not in made[SETTLE].needs and made["release:m"].needs >= {"alias:m"}
