"""Plan the removal of all that a project and environment has made, from its inventory on AWS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stepdeploy.engine.drift import Facts
from stepdeploy.engine.model import Action, Actual, Aws, Call, Plan
from stepdeploy.engine.plan import read_all
from stepdeploy.errors import NotFound
from stepdeploy.ledger.recording import settled
from stepdeploy.resources.base import Base
from stepdeploy.resources.inventory import put_inventory
from stepdeploy.resources.recorded import DATA, KINDS, kind_of, recorded
from stepdeploy.resources.release_record import put_record

RELEASES = "table:releases"
"""The table that holds the inventory itself: it goes last, and stays while data stays."""


def plan(
    aws: Aws,
    on_record: Mapping[str, str],
    arns: Mapping[str, str],
    *,
    delete_data: bool,
    owner_tags: Mapping[str, str],
    applied: Facts | None = None,
    project: str,
    env: str,
    account: str,
    region: str,
) -> Plan:
    """on_record: the inventory (address -> name). arns: address -> ARN. applied: what the last deploy applied. A resource
    that is gone already is passed over; one that does not bear our tags (any more) is left alone and named in the
    notes."""
    resources = [recorded(address, name, arns[address]) for address, name in on_record.items()]
    actuals = read_all(resources, aws)
    notes: list[str] = []
    actions: list[Action] = []
    kept: dict[str, str] = {}
    inventory: str | None = None
    for resource in sorted(resources, key=_rank):
        actual = actuals[resource.address]
        if actual is None:
            continue
        if resource.address == RELEASES and _is_ours(actual, owner_tags):
            inventory = resource.name
            continue
        if reason := _reason_to_keep(resource, actual, delete_data, owner_tags):
            notes.append(f"{resource.address} ({resource.name}) is kept: {reason}")
            kept[resource.address] = resource.name
            continue
        needs = frozenset(action.address for action in actions if _rank_of(action.address) < _rank(resource))
        actions.append(Action(resource.address, resource.name, "delete", _removal(resource, aws), (), needs))
    if inventory and (actions or not kept):
        facts = {address: facts for address, facts in (applied or {}).items() if address in kept}
        machines = [action.address.removeprefix("alias:") for action in actions if action.address.startswith("alias:")]
        needs = frozenset(action.address for action in actions)
        actions.append(_last_word(inventory, kept, needs, facts, machines))
    return Plan(project, env, account, region, tuple(actions), tuple(sorted(kept)), tuple(notes))


def _rank(resource: Base) -> int:
    return _rank_of(resource.address)


def _rank_of(address: str) -> int:
    if address == RELEASES:
        return len(KINDS) + 1
    return list(KINDS).index(kind_of(address))


def _reason_to_keep(resource: Base, actual: Actual, delete_data: bool, owner_tags: Mapping[str, str]) -> str | None:
    if not _is_ours(actual, owner_tags):
        return "it does not bear our tags"
    if isinstance(resource, tuple(DATA)) and not delete_data:
        return "it holds data (--delete-data removes it)"
    return None


def _is_ours(actual: Actual, owner_tags: Mapping[str, str]) -> bool:
    return actual.tags is None or all(actual.tags.get(key) == value for key, value in owner_tags.items())


def _removal(resource: Base, aws: Aws) -> tuple[Call, ...]:
    try:
        return resource.removal(aws)
    except NotFound:
        return ()


def _last_word(
    table: str, kept: Mapping[str, str], needs: frozenset[str], facts: Facts, machines: Sequence[str]
) -> Action:
    """Shrink the ledger to what is kept, or remove its table where nothing is. machines: keys of those that lose their
    alias."""
    if not kept:
        call = Call("dynamodb", "delete_table", {"TableName": table})
        return Action(RELEASES, table, "delete", (call,), (), needs)
    nothing = {"routes": {}, "history": "", "how": "destroy", "outcome": "served nothing any more"}
    calls = (
        put_inventory(table, {**kept, RELEASES: table}),
        settled(table, facts),
        *(put_record(table, machine, nothing) for machine in machines),
    )
    return Action("inventory:current", table, "update", calls, (), needs)
