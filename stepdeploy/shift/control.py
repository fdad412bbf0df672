"""A shift from the outside: show it, go on with it, end it, or split an alias on purpose. From any machine."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from stepdeploy.engine.apply import materialise
from stepdeploy.engine.model import Aws, Call
from stepdeploy.errors import StepdeployError, UnderWay, UsageError, WentBack
from stepdeploy.resources.machine_alias import main_version, read_history
from stepdeploy.shift.driver import Drive, Pace, Watch
from stepdeploy.shift.moves import read_alias
from stepdeploy.shift.state import Driver, Routes, Shift
from stepdeploy.shift.store import Overtaken, Store, under_way


@dataclass(frozen=True)
class Control:
    """The shifts of one machine. clock: seconds since 1970."""

    aws: Aws
    store: Store
    machine: str
    machine_arn: str
    alias_arn: str
    express: bool
    pace: Pace
    me: Driver = field(default_factory=Driver.me)
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.time

    def resume(self, watch: Watch, stop: threading.Event | None = None) -> Shift:
        """Go on with a gradual release that nobody drives, to its end. Raises what Drive.run raises, and UnderWay where
        somebody drives it."""
        shift = self._under_way()
        if shift.holds and shift.moving is None:
            raise UsageError(
                f"the alias is split on purpose and holds: {shift.words()}",
                where=f"alias:{self.machine}",
                hint="`release split VERSION:WEIGHT ...` sets other weights, `release abort` goes back.",
            )
        return self._drive(self._take(shift), watch, stop).run()

    def abort(self, by: str) -> Shift:
        """Move all weight back to the version that was served before, and return the shift that has ended.

        A driver that lives is asked to do it; where it does not answer, or there is none, it is done here.
        """
        why = f"aborted by {by}"
        shift = self._under_way()
        if shift.driver is not None and not shift.driver.is_dead(self.me):
            ended = self._ask(shift, why)
            if ended is not None:
                return ended
        return self._go_back(why)

    def _ask(self, shift: Shift, why: str) -> Shift | None:
        """Leave a wish for the driver; the ended shift, or None where the driver stays silent."""
        asked: Shift | None = None
        while asked is None:
            try:
                asked = self.store.save(replace(shift, wish=why))
            except Overtaken as error:
                if error.current is None or error.current.outcome is not None:
                    return error.current or shift
                shift = error.current
        return self._wait_for_driver(asked)

    def _go_back(self, why: str) -> Shift:
        while True:
            shift = self._under_way()
            try:
                taken = self.store.save(replace(shift, driver=self.me, wish=why, beat=self.clock()))
            except Overtaken:
                continue
            with suppress(WentBack):
                self._drive(taken, lambda _: None, None).go_back(why)
            return self.store.read(self.machine) or taken

    def split(self, routes: Routes, record: Mapping[str, Any]) -> Shift:
        """Give the alias these weights until told otherwise; one version alone ends the split.

        record: facts for the release history (state.Shift.record). Raises UnderWay where a gradual release is.
        """
        seen = read_alias(self.aws, self.alias_arn)
        if not seen.routes:
            raise UsageError("the alias does not exist", where=f"alias:{self.machine}", hint="Run deploy first.")
        held = self.store.read(self.machine)
        if held is not None and held.outcome is None and held.kind != "split":
            raise under_way(held)
        shift = Shift(
            id=uuid.uuid4().hex[:8], machine=self.machine, machine_arn=self.machine_arn, alias_arn=self.alias_arn,
            kind="split", stages=(routes,), origin=main_version(seen.routes), before=read_history(seen.description),
            described=seen.description, express=self.express, record=record, driver=self.me, beat=self.clock(),
        )  # fmt: skip
        if held is not None and held.outcome is None:
            # Weights change; what was served before the split stays what it was.
            before = replace(shift, origin=held.origin, before=held.before, described=held.described)
            shift = self.store.save(replace(before, serial=held.serial))
        else:
            shift = self.store.begin(shift)
        return self._drive(shift, lambda _: None, None).begin()

    def _drive(self, shift: Shift, watch: Watch, stop: threading.Event | None) -> Drive:
        return Drive(
            self.aws, self.store, shift, self.me, make=self._make, pace=self.pace, watch=watch, stop=stop,
            clock=self.clock,
        )  # fmt: skip

    def _make(self, call: Call) -> dict[str, Any]:
        now = datetime.now(UTC)
        return self.aws.call(
            call.service, call.operation, **{key: materialise(value, {}, now) for key, value in call.params.items()}
        )

    def _under_way(self) -> Shift:
        return self._still_under_way(self.store.read(self.machine))

    def _still_under_way(self, shift: Shift | None) -> Shift:
        if shift is None or shift.outcome is not None:
            ended = f"; the last one has ended: {shift.outcome}" if shift else ""
            raise UsageError(f"no gradual release is under way{ended}", where=f"alias:{self.machine}")
        return shift

    def _take(self, shift: Shift) -> Shift:
        """Become the driver. Raises UnderWay where there is one that lives."""
        if shift.driver is not None and not shift.driver.is_dead(self.me):
            silent = self.clock() - shift.beat
            if silent < self.pace.stale:
                raise self._driven(shift, f"its last sign of life is {max(silent, 0):.0f} s old")
            # Its clock may be off by more than that: what counts is whether it gives a sign while we look.
            self.sleep(2 * self.pace.beat)
            now = self._under_way()
            if now.serial != shift.serial:
                raise self._driven(now, "it gave a sign of life just now")
        try:
            return self.store.save(replace(shift, driver=self.me, beat=self.clock()))
        except Overtaken as error:
            raise self._driven(self._still_under_way(error.current), "it took over just now") from error

    def _driven(self, shift: Shift, why: str) -> StepdeployError:
        return UnderWay(
            f"{shift.driver} drives this gradual release: {why}",
            where=f"alias:{self.machine}",
            hint=f"Let it go on; `release status` shows how. A driver that is silent for {self.pace.stale:.0f} s is "
            "taken for dead. `release abort` moves all weight back.",
        )

    def _wait_for_driver(self, shift: Shift) -> Shift | None:
        """The ended shift, once its driver has obeyed; None where it stays silent."""
        asked = self.clock()
        while self.clock() - asked < self.pace.stale:
            self.sleep(min(self.pace.poll, 0.5))
            now = self.store.read(self.machine)
            if now is None or now.outcome is not None:
                return now or shift
            if now.driver is None or now.driver.is_dead(self.me):
                return None
        return None
