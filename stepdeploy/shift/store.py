"""Keeps a shift in the tool's own table. Every write has the serial number of the last one as its condition, so of two
drivers one is refused, and learns who has taken over.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithItems.html#WorkingWithItems.ConditionalUpdate
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from stepdeploy.engine.model import Aws
from stepdeploy.errors import Conflict, NotFound, StepdeployError, UnderWay
from stepdeploy.shift.state import Shift, from_text, to_text


class Overtaken(Exception):
    """A write was refused: another one came first. current: what stands there now, None where it is gone."""

    def __init__(self, current: Shift | None) -> None:
        super().__init__("another write came first")
        self.current = current


class Store:
    """table: `stepdeploy-<project>-<env>`. One item a machine, which stays when the shift has ended."""

    def __init__(self, aws: Aws, table: str) -> None:
        self.aws = aws
        self.table = table

    def read(self, machine: str) -> Shift | None:
        """The machine's last shift, under way or ended; None where there was none. Raises StepdeployError."""
        item = self._item(machine)
        return None if item is None else self._shift(machine, item)

    def begin(self, shift: Shift) -> Shift:
        """Write a new shift down. Raises UnderWay where one has not ended."""
        try:
            return self._put(shift, 1, "attribute_not_exists(pk) OR #ended = :yes", {":yes": {"BOOL": True}}, "#ended")
        except Overtaken as error:
            raise under_way(error.current or shift) from error

    def save(self, shift: Shift) -> Shift:
        """Write the next state down; the shift with its new serial. Raises Overtaken."""
        values = {":serial": {"N": str(shift.serial)}}
        return self._put(shift, shift.serial + 1, "#serial = :serial", values, "#serial")

    def _put(self, shift: Shift, serial: int, condition: str, values: Mapping[str, Any], name: str) -> Shift:
        token = uuid.uuid4().hex
        item = {
            **_key(shift.machine),
            "serial": {"N": str(serial)},
            "token": {"S": token},
            "ended": {"BOOL": shift.outcome is not None},
            "shift": {"S": to_text(shift)},
        }
        try:
            self.aws.call(
                "dynamodb", "put_item", TableName=self.table, Item=item, ConditionExpression=condition,
                ExpressionAttributeNames={name: name[1:]}, ExpressionAttributeValues=values,
            )  # fmt: skip
        except Conflict as error:
            if error.code != "ConditionalCheckFailedException":
                raise
            found = self._item(shift.machine)
            # A write whose answer was lost is repeated, and then refused by what it has itself written.
            if found is None or found.get("token", {}).get("S") != token:
                raise Overtaken(None if found is None else self._shift(shift.machine, found)) from error
        return replace(shift, serial=serial)

    def _item(self, machine: str) -> dict[str, Any] | None:
        try:
            found = self.aws.call(
                "dynamodb", "get_item", TableName=self.table, Key=_key(machine), ConsistentRead=True
            ).get("Item")
        except NotFound:
            return None
        return dict(found) if found else None

    def _shift(self, machine: str, item: Mapping[str, Any]) -> Shift:
        where = f"{self.table}, item shift:{machine}"
        try:
            text, serial = str(item["shift"]["S"]), int(item["serial"]["N"])
        except (KeyError, TypeError, ValueError) as error:
            text, serial = f"{error} is missing", 0
        return from_text(text, serial, where)


def under_way(shift: Shift) -> StepdeployError:
    """The error of whoever would move an alias that is being shifted, or is split."""
    if shift.kind == "split":
        return split_refusal(shift.machine, shift.words())
    step = f"step {shift.step + 1} of {len(shift.stages)}" if shift.step >= 0 else "before its first step"
    driven = f", driven by {shift.driver}" if shift.driver else ", and nobody drives it"
    return UnderWay(
        f"a gradual release of version {shift.target} ({shift.policy.strategy}) is under way: {step}{driven}",
        where=f"alias:{shift.machine}",
        hint="See it with `release status`; `release resume` goes on with it, `release abort` moves all weight back.",
    )


def split_refusal(machine: str, words: str) -> StepdeployError:
    """The error of whoever would move an alias that serves two versions, by `release split` or by hand."""
    return UnderWay(
        f"the alias of {machine} is split: it serves {words}",
        where=f"alias:{machine}",
        hint="Nothing was changed. `deploy --end-split` moves it nevertheless; `release split VERSION:100` or `release "
        "abort` ends the split.",
    )


def _key(machine: str) -> dict[str, Any]:
    return {"pk": {"S": f"shift:{machine}"}, "sk": {"S": "current"}}
