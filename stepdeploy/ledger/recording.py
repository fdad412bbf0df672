"""A plan, and with it what the ledger has to say before and after.

Before anything else is touched, what the deploy means to make is written down; after everything, that it was applied. A
deploy that dies in between leaves its intention, so the next one takes a half-made change for its own and not for
somebody else's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from stepdeploy.engine.drift import Facts
from stepdeploy.engine.model import Action, Call, Packed, Plan
from stepdeploy.ledger.reading import FORMAT, PARTITION, Ledger

BEGIN = "ledger:begin"
SETTLE = "ledger:settle"
TABLE = "table:releases"


def recorded(plan: Plan, ledger: Ledger, table: str) -> Plan:
    """`plan` with the ledger's two actions around it; without any where there is nothing to do and nothing to settle."""
    facts = {address: facts for address, facts in plan.desired.items() if address not in plan.unfinished}
    left = {action.address for action in plan.actions if action.verb == "delete"}
    kept = {address: was for address, was in ledger.applied.items() if address not in plan.desired.keys() | left}
    if not plan.actions:
        unsettled = ledger.intended is not None or (facts.keys() - ledger.applied.keys())
        return replace(plan, actions=(_settle(table, {**kept, **facts}, frozenset()),)) if unsettled else plan
    first = frozenset(action.address for action in plan.actions if action.address == TABLE)
    begin = Action(BEGIN, table, "update", (_put(table, "intended", {**kept, **facts}),), (), first, quiet=True)
    before = {BEGIN, *(action.address for action in plan.actions if action.address == "inventory:current")}
    after = tuple(_later(action, frozenset(before)) for action in plan.actions)
    # What an alias serves is recorded side by side with this: the one does not tell of the other.
    addresses = frozenset(action.address for action in (*after, begin) if not action.address.startswith("release:"))
    return replace(plan, actions=(begin, *after, _settle(table, {**kept, **facts}, addresses)))


def _later(action: Action, before: frozenset[str]) -> Action:
    if action.address in (TABLE, "inventory:current"):
        return action
    return replace(action, needs=action.needs | before)


def _put(table: str, name: str, facts: Facts) -> Call:
    return Call("dynamodb", "put_item", {"TableName": table, "Item": _item(name, facts)})


def settled(table: str, facts: Facts) -> Call:
    """In one transaction: what was meant is applied, and nothing is under way any more."""
    key: Mapping[str, Any] = {"pk": {"S": PARTITION}, "sk": {"S": "intended"}}
    put = {"Put": {"TableName": table, "Item": _item("applied", facts)}}
    delete = {"Delete": {"TableName": table, "Key": key}}
    return Call("dynamodb", "transact_write_items", {"TransactItems": [put, delete]})


def _settle(table: str, facts: Facts, needs: frozenset[str]) -> Action:
    return Action(SETTLE, table, "update", (settled(table, facts),), (), needs, quiet=True)


def _item(name: str, facts: Facts) -> dict[str, Any]:
    return {
        "pk": {"S": PARTITION},
        "sk": {"S": name},
        "format": {"S": FORMAT},
        "facts": {"B": Packed(facts)},
    }
