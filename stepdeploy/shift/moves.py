"""The moves of a shift: each is written down before it is made and again after it, so a driver that dies in between
leaves behind what it was about to do, and the next one does it again; setting weights twice is the same as once.

Nothing is moved without a conditional write first, which fails once somebody else drives. An alias that is not as we
left it belongs to somebody else: then nothing more is touched.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from stepdeploy.engine.model import Aws, Call
from stepdeploy.errors import NotFound, ShiftStopped, StepdeployError, WentBack
from stepdeploy.resources.machine_alias import describe
from stepdeploy.resources.release_record import SERVED, put_record, read_record
from stepdeploy.shift.state import BACK, Shift
from stepdeploy.shift.store import Store

Make = Callable[[Call], dict[str, Any]]
"""Performs a mutating call and gives its answer."""


@dataclass(frozen=True)
class Seen:
    """What an alias serves (version ARN -> weight) and its description; {} and "" where it does not exist."""

    routes: dict[str, int]
    description: str


def read_alias(aws: Aws, arn: str) -> Seen:
    """The alias as it is."""
    try:
        found = aws.call("stepfunctions", "describe_state_machine_alias", stateMachineAliasArn=arn)
    except NotFound:
        return Seen({}, "")
    routes = {item["stateMachineVersionArn"]: item["weight"] for item in found["routingConfiguration"]}
    return Seen(routes, found.get("description", ""))


class Mover:
    """Holds the shift and moves it. grace: seconds in which an alias may still show what it served before our update
    ("within a few seconds", https://docs.aws.amazon.com/step-functions/latest/apireference/API_UpdateStateMachineAlias.html).
    clock: seconds since 1970. All methods may raise Overtaken."""

    def __init__(
        self, aws: Aws, store: Store, shift: Shift, make: Make, *, grace: float, clock: Callable[[], float]
    ) -> None:
        self.aws = aws
        self.store = store
        self.shift = shift
        self._make = make
        self._grace = grace
        self._clock = clock
        self._seen = False

    def save(self, shift: Shift) -> None:
        """Write a new state down."""
        self.shift = self.store.save(shift)

    def check_alias(self) -> bool:
        """Whether the alias shows what we set last; False while it may still show what was before. Raises ShiftStopped
        where somebody else moved it, and ends the shift: it has no say over the alias any more."""
        shift = self.shift
        found = read_alias(self.aws, shift.alias_arn)
        if shift.maybe:
            if self._is_at(found, *shift.maybe):
                return True
        elif self._is_at(found, shift.step):
            self._seen = True
            return True
        elif not self._seen and self._clock() - shift.since < self._grace and self._is_at(found, *self._earlier()):
            return False
        raise self._changed(found)

    def to(self, stage: int) -> None:
        """Give the versions the weights of a stage, record it, and end the shift where it was the last."""
        self._set(stage)
        self._record(stage)

    def back(self, reasons: tuple[str, ...]) -> None:
        """Move all weight back, in one call. Raises WentBack."""
        reached = self.shift.words()
        why = "; ".join(reasons)
        self.save(replace(self.shift, reasons=reasons))
        self._set(BACK)
        self._record(BACK)
        raise WentBack(
            f"version {self.shift.target} went back, the alias serves {self.shift.words(BACK)} again: {why}",
            where=f"alias:{self.shift.machine}",
            hint=f"It had come to {reached}. `executions list --status FAILED` shows what failed; version "
            f"{self.shift.target} stays published.",
        )

    def finish(self) -> None:
        """Make the first move, or one that a driver who died had written down. Raises WentBack."""
        stage = self.shift.moving
        if stage is None:
            return
        self.check_alias()
        if not self.shift.maybe and self._is_recorded(stage):
            self._close(stage)
        elif not self.shift.maybe:
            self._record(stage)
        elif stage == BACK:
            self.back(self.shift.reasons)
        else:
            self.to(stage)

    def _set(self, stage: int) -> None:
        """The one call that moves weight."""
        self.save(self.shift.moving_to(stage, self._clock()))
        arns = self.shift.by_arn(stage)
        params = {
            "stateMachineAliasArn": self.shift.alias_arn,
            "routingConfiguration": [{"stateMachineVersionArn": arn, "weight": arns[arn]} for arn in arns],
            "description": self.shift.description(stage),
        }
        answer = self._make(Call("stepfunctions", "update_state_machine_alias", params))
        self._seen = False
        # By AWS's clock, since it is AWS that dates executions.
        self.save(self.shift.moved(answer["updateDate"].timestamp(), self._clock()))

    def _record(self, stage: int) -> None:
        """Tell the release history what the alias serves now, with the facts of the version that has most weight."""
        shift = self.shift
        most = max(shift.at(stage), key=lambda version: shift.at(stage)[version])
        facts = {
            **shift.record.get(str(most), {}),
            "by": shift.record.get("by", ""),
            "how": "abort" if stage == BACK and shift.wish else shift.kind,
            "routes": shift.by_arn(stage),
            "history": shift.description(stage),
            "outcome": self._outcome(stage) or f"step {stage + 1} of {len(shift.stages)}",
            "shift": _mark(shift, stage),
        }
        self._make(put_record(self.store.table, shift.machine, facts))
        self._close(stage)

    def _close(self, stage: int) -> None:
        outcome = self._outcome(stage)
        done = outcome is not None and not (self.shift.holds and stage != BACK)
        self.save(self.shift.ended(outcome) if done and outcome else self.shift.settled())

    def _outcome(self, stage: int) -> str | None:
        """How it has ended at a stage; None where it goes on."""
        if stage == BACK:
            return f"went back: {'; '.join(self.shift.reasons)}"
        return "served" if stage == self.shift.last else None

    def _is_recorded(self, stage: int) -> bool:
        key = {"pk": {"S": "inventory"}, "sk": {"S": f"{SERVED}{self.shift.machine}"}}
        item = self.aws.call(
            "dynamodb", "get_item", TableName=self.store.table, Key=key, ConsistentRead=True
        ).get("Item")  # fmt: skip
        return item is not None and read_record(item).get("shift") == _mark(self.shift, stage)

    def _is_at(self, found: Seen, *stages: int) -> bool:
        shift = self.shift
        return any(found == Seen(shift.by_arn(stage), shift.description(stage)) for stage in stages)

    def _earlier(self) -> tuple[int, ...]:
        """The stages that the alias may still show after our last update."""
        step = self.shift.step
        return tuple(range(BACK, step)) if step > BACK else tuple(range(len(self.shift.stages)))

    def _changed(self, found: Seen) -> StepdeployError:
        """Leave the alias, which is somebody else's now, and end the shift."""
        shown = f"it serves {describe(found.routes)}" if found.routes else "it does not exist any more"
        if found.routes == self.shift.by_arn(self.shift.step):
            shown = "its description is not ours"
        why = f"the alias was changed by somebody else: {shown}"
        self.save(self.shift.ended(f"stopped: {why}"))
        return ShiftStopped(
            f"{why} (we had left it at {self.shift.words()}); nothing was touched",
            where=f"alias:{self.shift.machine}",
            hint="The gradual release is over. `deploy` or `rollback` moves the alias to where it should be.",
        )


def _mark(shift: Shift, stage: int) -> str:
    return f"{shift.id} {stage}"
