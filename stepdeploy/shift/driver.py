"""Drives one shift: looks, judges, moves or waits, until it has ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from stepdeploy.engine.model import Aws
from stepdeploy.errors import AccessDenied, AwsError, ShiftStopped, StepdeployError
from stepdeploy.shift.evidence import gather
from stepdeploy.shift.judge import Evidence, Verdict, judge
from stepdeploy.shift.moves import Make, Mover
from stepdeploy.shift.state import Driver, Shift
from stepdeploy.shift.store import Overtaken, Store
from stepdeploy.shift.strategy import duration_text

HOW_TO_GO_ON = "`release resume` goes on with it, from any machine; `release abort` moves all weight back."


@dataclass(frozen=True)
class Pace:
    """Seconds. poll: between two looks. beat: between two signs of life. stale: without one, after which a driver is
    taken for dead. grace: of Mover. bear: for which looks may fail before the driver gives up."""

    poll: float = 5.0
    beat: float = 5.0
    stale: float = 30.0
    grace: float = 15.0
    bear: float = 120.0


LOCAL_PACE = Pace(poll=0.2, beat=0.4, stale=10.0, bear=10.0)
"""On the embedded AWS, where a look costs nothing."""


@dataclass(frozen=True)
class Look:
    """What a driver saw. evidence, verdict: None where nothing is judged yet. due: second at which the step is over."""

    shift: Shift
    evidence: Evidence | None
    verdict: Verdict | None
    due: float


Watch = Callable[[Look], None]


class Drive:
    """One process's turn at a shift that it holds (shift.driver is `me`).

    make: performs a mutating call. stop: set where the process is to end, as by Ctrl-C. clock: seconds since 1970.
    """

    def __init__(
        self,
        aws: Aws,
        store: Store,
        shift: Shift,
        me: Driver,
        *,
        make: Make,
        pace: Pace,
        watch: Watch = lambda _: None,
        stop: threading.Event | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.aws = aws
        self.me = me
        self.mover = Mover(aws, store, shift, make, grace=pace.grace, clock=clock)
        self._pace = pace
        self._watch = watch
        self._stop = stop or threading.Event()
        self._clock = clock
        self._failing_since: float | None = None

    @property
    def shift(self) -> Shift:
        """As it is written down."""
        return self.mover.shift

    def begin(self) -> Shift:
        """Make the first move of a shift that was begun just now, and `run`."""
        self._until_overtaken(partial(self.mover.to, 0))
        return self.run()

    def run(self) -> Shift:
        """Drive to the end, and return the shift that has ended; a split once it holds.

        Raises WentBack (a breach, an abort, no proof in time), ShiftStopped (interrupted, overtaken, the alias was
        changed by somebody else), AwsError.
        """
        self._until_overtaken(self._run)
        return self.shift

    def go_back(self, why: str) -> None:
        """Move all weight back now. Raises WentBack, which says why, and what `run` raises."""
        self._until_overtaken(partial(self._go_back, why))

    def _run(self) -> None:
        if self.shift.wish is not None:
            # Whoever wished it, or its driver, died before it was done.
            self._go_back(self.shift.wish)
        self.mover.finish()
        while self.shift.outcome is None and not self.shift.holds:
            if self._stop.is_set():
                raise self._interrupted()
            self._step()

    def _go_back(self, why: str) -> None:
        self.mover.check_alias()
        self.mover.back((why,))

    def _step(self) -> None:
        """Look, judge, and move or wait."""
        pace, now = self._pace, self._clock()
        if now - self.shift.beat >= pace.beat:
            self.mover.save(replace(self.shift, beat=now))
        try:
            look = self._look(now)
        except AwsError as error:
            self._bear(error, now)
            self._stop.wait(pace.poll)
            return
        self._failing_since = None
        self._watch(look)
        if not self._act(look, now):
            self._stop.wait(min(pace.poll, max(look.due - now, 0.05)) if look.due > now else pace.poll)

    def _look(self, now: float) -> Look:
        due = self.shift.since + self.shift.policy.strategy.seconds
        if not self.mover.check_alias():
            return Look(self.shift, None, None, due)
        evidence = gather(self.aws, self.shift, now)
        return Look(self.shift, evidence, judge(self.shift.policy, evidence), due)

    def _act(self, look: Look, now: float) -> bool:
        """Whether the verdict moved the alias on. Raises WentBack where it moved it back."""
        verdict, policy = look.verdict, self.shift.policy
        if verdict is None:
            return False
        if verdict.what == "back":
            self.mover.back(verdict.reasons)
        if now < look.due:
            return False
        if verdict.what == "go":
            self.mover.to(self.shift.step + 1)
            return True
        if now >= look.due + policy.max_wait:
            late = f"no proof within {duration_text(policy.max_wait)} after the step was over"
            self.mover.back((f"{late}: {'; '.join(verdict.reasons)}",))
        return False

    def _bear(self, error: AwsError, now: float) -> None:
        """A look may fail, and the next one work; but not for long, since nobody judges meanwhile."""
        self._failing_since = now if self._failing_since is None else self._failing_since
        if now - self._failing_since < self._pace.bear and not isinstance(error, AccessDenied):
            return
        raise self._leave("the new version cannot be judged any more", f": {error}") from error

    def _interrupted(self) -> StepdeployError:
        return self._leave("stopped in the middle of a gradual release")

    def _leave(self, why: str, more: str = "") -> StepdeployError:
        """Let the next driver begin at once."""
        self.mover.save(replace(self.shift, driver=None))
        return ShiftStopped(
            f"{why}; the alias stays at {self.shift.words()}{more}",
            where=f"alias:{self.shift.machine}",
            hint=HOW_TO_GO_ON,
        )

    def _until_overtaken(self, work: Callable[[], None]) -> None:
        while True:
            try:
                return work()
            except Overtaken as error:
                work = self._obey(error.current)

    def _obey(self, current: Shift | None) -> Callable[[], None]:
        """Somebody else wrote: a wish to go back, which is obeyed, or a new driver. Raises ShiftStopped."""
        if current is not None and current.driver == self.me and current.outcome is None:
            self.mover.shift = current
            return self._run if current.wish is None else partial(self._go_back, current.wish)
        if current is None or current.driver is None:
            what = "its record is gone" if current is None else current.outcome or "somebody else stopped it"
        else:
            what = f"{current.driver} drives it now"
        raise ShiftStopped(
            f"this process does not drive the gradual release any more: {what}",
            where=f"alias:{self.shift.machine}",
            hint="See it with `release status`.",
        )
