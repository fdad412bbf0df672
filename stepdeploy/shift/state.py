"""A shift as it stands: what is kept in the table, so that any machine can show it, go on with it or end it."""

from __future__ import annotations

import json
import os
import socket
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from stepdeploy.errors import StepdeployError
from stepdeploy.resources.machine_alias import describe, history_after, write_history
from stepdeploy.shift.policy import Policy

BACK = -1
"""The stage before the first: all weight on the version that was served before."""
Routes = Mapping[int, int]
"""Version number -> weight in percent."""


@dataclass(frozen=True)
class Driver:
    """The process that moves the weights."""

    id: str
    host: str
    pid: int

    @classmethod
    def me(cls) -> Driver:
        """This process. The id tells its turns apart; the host is more than its name, which containers may share."""
        return cls(uuid.uuid4().hex[:8], f"{socket.gethostname()}/{uuid.getnode():x}", os.getpid())

    def is_dead(self, me: Driver) -> bool:
        """Whether it ran on this host and is gone."""
        if self.host != me.host or self.pid <= 0:
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return False

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host.partition('/')[0]}"


@dataclass(frozen=True)
class Shift:
    """One shift of an alias.

    kind: canary, linear or split. stages: what the alias serves at each step; a split has one, which it keeps. origin:
    the version that was served before, before: what was served before that (the alias's history then), described: the
    alias's description then. began: second
    (Unix time) of the first move. step: the stage in force; BACK before the first and after going back. moving: the
    stage that is being moved to, None at rest. since: second at which `step` came into force, by AWS's clock. record:
    facts for the release history. beat: second of the driver's last sign of life. wish: who asked to abort it. outcome:
    None while under way. serial: grows with each write.
    """

    id: str
    machine: str
    machine_arn: str
    alias_arn: str
    kind: Literal["canary", "linear", "split"]
    stages: tuple[Routes, ...]
    origin: int
    before: tuple[int, ...]
    described: str
    policy: Policy = field(default_factory=Policy)
    express: bool = False
    began: float = 0.0
    step: int = BACK
    moving: int | None = 0
    maybe: tuple[int, ...] = (BACK, 0)
    since: float = 0.0
    record: Mapping[str, Any] = field(default_factory=dict)
    driver: Driver | None = None
    beat: float = 0.0
    wish: str | None = None
    reasons: tuple[str, ...] = ()
    outcome: str | None = None
    serial: int = 0

    @property
    def target(self) -> int:
        """The version that is to have all weight in the end; of a split the one named first."""
        return next(iter(self.stages[-1]))

    @property
    def last(self) -> int:
        """The index of the last stage."""
        return len(self.stages) - 1

    @property
    def routes(self) -> Routes:
        """What the alias serves by our own account."""
        return self.at(self.step)

    def at(self, stage: int) -> Routes:
        """What it serves at a stage."""
        return {self.origin: 100} if stage == BACK else self.stages[stage]

    def description(self, stage: int) -> str:
        """The alias's description at a stage, which says what was served before."""
        if stage == BACK:
            return self.described
        routes = self.at(stage)
        target = next(iter(routes)) if len(routes) == 1 else None
        return write_history(history_after(self.by_arn(BACK), self.before, target))

    def by_arn(self, stage: int) -> dict[str, int]:
        """Version ARN -> weight at a stage."""
        return {f"{self.machine_arn}:{version}": weight for version, weight in self.at(stage).items()}

    def words(self, stage: int | None = None) -> str:
        """`7 (90 %), 8 (10 %)`, or `8`."""
        return describe(self.by_arn(self.step if stage is None else stage))

    @property
    def holds(self) -> bool:
        """Whether it is a split, which stays until told otherwise."""
        return self.kind == "split" and len(self.stages[-1]) > 1

    def moving_to(self, stage: int, now: float) -> Shift:
        """About to be moved to a stage."""
        places = (*(self.maybe or (self.step,)), stage)
        return replace(self, moving=stage, maybe=tuple(dict.fromkeys(places)), beat=now)

    def moved(self, since: float, now: float) -> Shift:
        """Known to be moved to where it was moving. since: by AWS's clock."""
        step = BACK if self.moving is None else self.moving
        return replace(self, step=step, maybe=(), since=since, began=self.began or since, beat=now)

    def settled(self) -> Shift:
        """The move is on record, too."""
        return replace(self, moving=None, driver=None if self.holds else self.driver)

    def ended(self, outcome: str) -> Shift:
        """Over."""
        return replace(self, outcome=outcome, driver=None, moving=None, maybe=())


def weighted(origin: int, target: int, weights: tuple[int, ...]) -> tuple[Routes, ...]:
    """The stages in which `target` gets `weights` and `origin` keeps the rest; the target is named first."""
    return tuple({target: weight, origin: 100 - weight} if weight < 100 else {target: 100} for weight in weights)


def to_text(shift: Shift) -> str:
    """The shift as JSON text; serial, which conditions need, stands beside it."""
    data = {
        **vars(shift),
        "stages": [list(routes.items()) for routes in shift.stages],
        "policy": shift.policy.to_json(),
        "driver": vars(shift.driver) if shift.driver else None,
    }
    del data["serial"]
    return json.dumps(data, sort_keys=True)


def from_text(text: str, serial: int, where: str) -> Shift:
    """What `to_text` wrote. Raises StepdeployError for anything else, such as an item edited by hand."""
    try:
        data = json.loads(text)
        driver = data.pop("driver")
        return Shift(
            **{
                **data,
                "stages": tuple({int(version): int(weight) for version, weight in stage} for stage in data["stages"]),
                "before": tuple(int(version) for version in data["before"]),
                "maybe": tuple(int(stage) for stage in data["maybe"]),
                "reasons": tuple(data["reasons"]),
                "policy": Policy.from_json(data["policy"]),
                "driver": Driver(**driver) if driver else None,
                "serial": serial,
            }
        )
    except (KeyError, TypeError, ValueError, AttributeError, StepdeployError) as error:
        raise StepdeployError(
            f"the record of the gradual release cannot be read ({type(error).__name__}: {error})",
            where=where,
            hint="Another version of the tool wrote it, or somebody edited it. Delete the item, then move the alias "
            "where it should be with `rollback --to VERSION`.",
        ) from error
