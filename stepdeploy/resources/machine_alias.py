"""The alias that executions are started through, and what it served before.

The history stands in the alias's own description, so one UpdateStateMachineAlias moves the alias and records the move:
there is no moment in which AWS holds one without the other, and any machine can read it. `stepdeploy before 2<1` says
that version 2 was served before the present one, and 1 before that. A rollback drops what it returns to: after deploys
1 to 5, a rollback to 4 and a deploy of 6 it reads `before 4<3<2<1`, so what came before 6 is 4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stepdeploy.arns import version_number
from stepdeploy.engine.model import Actual, Aws, Call, Change, Decision
from stepdeploy.errors import NotFound
from stepdeploy.references import Ref
from stepdeploy.resources.base import Base

PREFIX = "stepdeploy before "
DESCRIPTION_LIMIT = 256
"""Characters (https://docs.aws.amazon.com/step-functions/latest/apireference/API_UpdateStateMachineAlias.html)."""


class MachineAlias(Base):
    """desired: arn, version_arn (Ref), served (the newest release record, or None). Outputs: description, as it is once
    the alias is as desired. `needs` names every other resource, so that it moves last."""

    kind = "alias"
    compared = False

    def read(self, aws: Aws) -> Actual | None:
        try:
            found = aws.call("stepfunctions", "describe_state_machine_alias", stateMachineAliasArn=self.desired["arn"])
        except NotFound:
            return None
        routes = {item["stateMachineVersionArn"]: item["weight"] for item in found["routingConfiguration"]}
        description = found.get("description", "")
        return Actual(None, {"routes": routes, "history": read_history(description), "description": description})

    def diff(self, actual: Actual | None, desired: Mapping[str, Any]) -> Decision:
        target = desired["version_arn"]
        if actual is None:
            params = {
                "name": desired["arn"].rsplit(":", 1)[-1],
                "routingConfiguration": [{"stateMachineVersionArn": target, "weight": 100}],
                "description": write_history(()),
            }
            create = Call("stepfunctions", "create_state_machine_alias", params)
            outputs = {"description": params["description"]}
            return Decision((create,), (Change("version", None, label(target)),), outputs)
        routes = actual.view["routes"]
        foreign = moved_by_others(actual.view, desired.get("served"))
        if routes == {target: 100}:
            return Decision(outputs={"description": actual.view["description"]}, foreign=foreign)
        history = history_after(routes, actual.view["history"], version_number(str(target)))
        change = Change("version", describe(routes), label(target))
        call = move(desired["arn"], target, history)
        return Decision((call,), (change,), {"description": call.params["description"]}, foreign=foreign)

    def removal(self, aws: Aws) -> tuple[Call, ...]:
        params = {"stateMachineAliasArn": self.desired["arn"]}
        return (Call("stepfunctions", "delete_state_machine_alias", params),)


def moved_by_others(view: Mapping[str, Any], served: Mapping[str, Any] | None) -> tuple[Change, ...]:
    """What somebody did to the alias without us. The tool writes the description with every move, so where the alias
    serves something else than was recorded under the same description, the move was not ours; under another one it was,
    and its record is missing."""
    if not served or "routes" not in served or served["routes"] == view["routes"]:
        return ()
    if served.get("history") != view["description"]:
        return ()
    return (Change("version", describe(view["routes"]), describe(served["routes"])),)


def move(alias_arn: str, target: Any, before: Sequence[int]) -> Call:
    """The one call that moves an alias wholly to `target` (version ARN or Ref) and records what came `before`,
    newest first."""
    params = {
        "stateMachineAliasArn": alias_arn,
        "routingConfiguration": [{"stateMachineVersionArn": target, "weight": 100}],
        "description": write_history(before),
    }
    return Call("stepfunctions", "update_state_machine_alias", params)


def read_history(description: str) -> tuple[int, ...]:
    """Versions served before the present one, newest first; () where the description is not ours."""
    if not description.startswith(PREFIX):
        return ()
    numbers = description.removeprefix(PREFIX).split("<")
    return tuple(int(number) for number in numbers) if all(number.isdigit() for number in numbers) else ()


def write_history(before: Sequence[int]) -> str:
    """The description that says what was served before; the oldest ones are dropped where it would grow too long."""
    if not before:
        return "stepdeploy: the first version"
    kept = list(before)
    while len(text := PREFIX + "<".join(map(str, kept))) > DESCRIPTION_LIMIT:
        kept.pop()
    return text


def history_after(routes: Mapping[str, int], history: Sequence[int], target: int | None) -> tuple[int, ...]:
    """What was served before, once an alias that served `routes` serves `target` alone (None: a version to come).

    A return to a version drops it and what came after it. An alias that somebody weighted by hand may hold the target,
    or what the history names already: neither is written down twice.
    """
    if target in history:
        return tuple(history[history.index(target) + 1 :])
    left = main_version(routes)
    return tuple(history) if left == target or left in history[:1] else (left, *history)


def main_version(routes: Mapping[str, int]) -> int:
    """The number of the version with the greatest weight."""
    return version_number(max(routes, key=lambda arn: routes[arn])) or 0


def describe(routes: Mapping[str, int]) -> str:
    """`3`, or `3 (90 %), 4 (10 %)` where the alias is weighted."""
    if len(routes) == 1:
        return str(main_version(routes))
    ordered = sorted(routes.items(), key=lambda item: -item[1])
    return ", ".join(f"{version_number(arn)} ({weight} %)" for arn, weight in ordered)


def label(target: Any) -> Any:
    """A version ARN as its number, a Ref as itself."""
    return target if isinstance(target, Ref) else str(version_number(target))
