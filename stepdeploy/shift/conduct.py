"""What a deploy does in place of an alias's one call: the smoke gate first, then the move, at once or in steps."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from stepdeploy.arns import version_number
from stepdeploy.engine.apply import Make, Outputs
from stepdeploy.engine.model import Action, Aws, Call, Stamped
from stepdeploy.errors import StepdeployError, UsageError
from stepdeploy.references import resolve
from stepdeploy.resources.machine_alias import describe, history_after, main_version, move, read_history
from stepdeploy.shift.driver import Drive, Pace, Watch
from stepdeploy.shift.evidence import count_listed, read_alarms
from stepdeploy.shift.judge import unfit
from stepdeploy.shift.moves import Seen, read_alias
from stepdeploy.shift.policy import Policy
from stepdeploy.shift.state import Driver, Shift, weighted
from stepdeploy.shift.store import Overtaken, Store, split_refusal

Gate = Callable[[str], None]
"""Given the ARN of a version, raises SmokeFailed where the alias must not serve it."""


@dataclass
class AliasConduct:
    """Conducts the alias of one machine (stepdeploy.engine.apply.Conduct).

    machine: its key. policy: how weight moves. gate: asked before the alias may serve a version. record: facts of the
    release record of this deploy, Refs in it; newest: the newest record so far. ends: how a split, or with all a gradual
    release too, ends by this move; None where it must not. say: tells a person something. stop: set by Ctrl-C. drove: whether a shift was driven,
    which then has recorded itself.
    """

    aws: Aws
    machine: str
    machine_arn: str
    alias_arn: str
    express: bool
    policy: Policy
    gate: Gate
    store: Store
    pace: Pace
    record: Mapping[str, Any] = field(default_factory=dict)
    newest: Mapping[str, Any] | None = None
    ends: str | None = None
    ends_all: bool = False
    watch: Watch = lambda _: None
    say: Callable[[str], None] = lambda _: None
    stop: threading.Event = field(default_factory=threading.Event)
    drove: bool = False

    def __call__(self, action: Action, make: Make, outputs: Callable[[], Outputs]) -> None:
        """Raises SmokeFailed, WentBack, ShiftStopped, UnderWay, AwsError; the alias is where it was, or says where."""
        known = outputs()
        target = str(resolve(target_of(action.calls[0]), known))
        gradual = self.policy.strategy.kind != "all-at-once"
        first = action.verb == "create"
        if gradual and first:
            self.say(f"{action.name} is new: there is nothing to shift from, so {self.policy.strategy} is passed over")
        if gradual and not first:
            self._check_alarms()
        self.gate(target)
        if self.ends is not None:
            self._end(self.ends)
        if first or not gradual:
            for call in action.calls:
                make(call)
            return
        self._drive(action.calls[0], make, target, known)

    def record_conduct(self, action: Action, make: Make, outputs: Callable[[], Outputs]) -> None:
        """Conducts the release record: nothing where the shift has written its own."""
        for call in () if self.drove else action.calls:
            make(call)

    def _check_alarms(self) -> None:
        if problems := unfit(read_alarms(self.aws, self.policy.alarms)):
            raise unfit_alarms(self.machine, problems)

    def _end(self, outcome: str) -> None:
        """End what is under way, so that whoever drives it stops before the alias moves."""
        while True:
            found = self.store.read(self.machine)
            if found is None or found.outcome is not None or not (self.ends_all or found.kind == "split"):
                return
            with suppress(Overtaken):
                self.store.save(found.ended(outcome))
                return

    def _drive(self, call: Call, make: Make, target: str, known: Outputs) -> None:
        seen = read_alias(self.aws, self.alias_arn)
        if sum(weight > 0 for weight in seen.routes.values()) > 1:
            if self.ends is None:
                raise split_refusal(self.machine, describe(seen.routes))
            seen = self._whole(make, seen)
        shift = self._shift(seen, target, known)
        # What a look needs, before anything moves: a permission that lacks shows now.
        count_listed(self.aws, replace(shift, began=time.time()), target, 1) if not self.express else None
        me = Driver.me()
        shift = self.store.begin(replace(shift, driver=me, beat=time.time()))
        self.drove = True
        drive = Drive(
            self.aws, self.store, shift, me, make=make, pace=self.pace, watch=self.watch, stop=self.stop
        )  # fmt: skip
        drive.begin()

    def _whole(self, make: Make, seen: Seen) -> Seen:
        """All weight on the version that has most of it, since only two can share an alias."""
        main = max(seen.routes, key=lambda arn: seen.routes[arn])
        call = move(
            self.alias_arn, main, history_after(seen.routes, read_history(seen.description), version_number(main))
        )
        make(call)
        return Seen({main: 100}, call.params["description"])

    def _shift(self, seen: Seen, target: str, known: Outputs) -> Shift:
        origin, number = main_version(seen.routes), version_number(target) or 0
        strategy = self.policy.strategy
        facts = facts_of(resolve(self.record, known))
        was = self.newest or {}
        record = {"by": self.record.get("by", ""), str(number): facts}
        if was.get("routes") and main_version(was["routes"]) == origin:
            record[str(origin)] = facts_of(was)
        return Shift(
            id=uuid.uuid4().hex[:8],
            machine=self.machine,
            machine_arn=self.machine_arn,
            alias_arn=self.alias_arn,
            kind="canary" if strategy.kind == "canary" else "linear",
            stages=weighted(origin, number, strategy.weights),
            origin=origin,
            before=read_history(seen.description),
            described=seen.description,
            policy=self.policy,
            express=self.express,
            record=record,
        )


def target_of(call: Call) -> Any:
    """The version, or the Ref to it, that an alias's call moves it to."""
    return call.params["routingConfiguration"][0]["stateMachineVersionArn"]


def facts_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """What a release record says of the version itself."""
    return {key: record[key] for key in ("commit", "content_hash", "functions") if record.get(key) is not None}


def recorded_facts(action: Action | None) -> Mapping[str, Any]:
    """The facts that a release action is going to record, Refs in them; {} where there is none."""
    if action is None:
        return {}
    stamped = action.calls[0].params["TransactItems"][0]["Put"]["Item"]["record"]["S"]
    return stamped.value or {} if isinstance(stamped, Stamped) else {}


def unfit_alarms(machine: str, problems: tuple[str, ...]) -> StepdeployError:
    """The error for alarms that cannot guard a release."""
    return UsageError(
        "; ".join(problems),
        where=f"alias:{machine}",
        hint="Nothing has moved. Put `release.alarms` of definitions/project.json, or the alarm, right; then deploy again.",
    )
