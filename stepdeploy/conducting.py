"""What a deploy and a rollback ask for before and while they move an alias: refusals, the smoke gate, gradual moves.

Costs no call where every alias serves one version, moves at once, and has no smoke cases.
"""

from __future__ import annotations

import re
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from stepdeploy.arns import version_number
from stepdeploy.errors import NotFound, UsageError
from stepdeploy.shift.conduct import AliasConduct, recorded_facts, unfit_alarms
from stepdeploy.shift.driver import LOCAL_PACE, Pace, Watch
from stepdeploy.shift.evidence import read_alarms
from stepdeploy.shift.judge import unfit
from stepdeploy.shift.policy import Policy, policy_of
from stepdeploy.shift.store import Store, split_refusal, under_way
from stepdeploy.smoke import Outcome, cases_of, run_cases, verdict

if TYPE_CHECKING:
    from stepdeploy.app import App
    from stepdeploy.engine.apply import Conduct
    from stepdeploy.engine.model import Action, Plan
    from stepdeploy.settings import Machine

Say = Callable[[str], None]


class Conducting:
    """The aliases of a project in one environment, as they are moved. Every method raises StepdeployError and its kin."""

    def __init__(self, app: App) -> None:
        self._app = app
        self.stop = threading.Event()

    @property
    def _pace(self) -> Pace:
        return LOCAL_PACE if self._app.settings.is_local else Pace()

    @property
    def _store(self) -> Store:
        return Store(self._app.aws, self._app.settings.ledger_table)

    # -- for a deploy and a rollback ---------------------------------------------------------------------------------

    def check(self, plan: Plan, *, strategy: str | None = None, end_split: bool = False) -> None:
        """Refuse, before anything is touched, what cannot go well: an alias that is being shifted or is split, alarms
        that do not exist or fire already. Costs no call where every alias serves one version and moves at once.

        Raises UsageError, UnderWay.
        """
        made = {action.address for action in plan.actions if action.verb == "create"}
        for key, action in _aliases(plan):
            policy = self.policy(key, strategy)
            if weighted := _weighted(action):
                self._refuse_weighted(key, weighted, end_split)
            if policy.strategy.kind != "all-at-once" and action.verb == "update":
                self._refuse_alarms(key, policy, made)

    def conducts(
        self,
        plan: Plan,
        *,
        strategy: str | None = None,
        end_split: bool = False,
        smoke: bool = True,
        watch: Watch,
        say: Say,
    ) -> dict[str, Conduct]:
        """How a deploy performs the actions on aliases and their release records.

        watch: called at each look of a gradual release; say: told what a person should know. Both from other threads.
        """
        found: dict[str, Conduct] = {}
        for key, action in _aliases(plan):
            one = self._conduct(plan, key, self.policy(key, strategy), say)
            one.watch, one.stop, one.ends = watch, self.stop, "ended by a deploy" if end_split else None
            machine = self._app.machine(key)
            one.gate = partial(self._gate if smoke else self._open_gate, machine, say)
            found |= {action.address: one, f"release:{key}": one.record_conduct}
        return found

    def rollback_conducts(self, plan: Plan) -> dict[str, Conduct]:
        """How a rollback performs them: what holds a weighted alias ends, then the alias moves at once."""
        found: dict[str, Conduct] = {}
        for key, action in _aliases(plan):
            if not _weighted(action):
                continue
            one = self._conduct(plan, key, Policy(), lambda _: None)
            one.ends, one.ends_all = "ended by a rollback", True
            found[action.address] = one
        return found

    @contextmanager
    def heeding_ctrl_c(self, *, patient: bool = False) -> Iterator[None]:
        """Within it Ctrl-C lets a gradual release stop where it is, before it does what it always does; patient: only the
        second one does, for what drives in this very thread."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.getsignal(signal.SIGINT)

        def heed(number: int, frame: Any) -> None:
            first = not self.stop.is_set()
            self.stop.set()
            if callable(before) and not (patient and first):
                before(number, frame)

        signal.signal(signal.SIGINT, heed)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def policy(self, key: str, strategy: str | None = None) -> Policy:
        """How a machine's new versions get their executions. strategy: of the command line."""
        settings = self._app.settings
        raw = settings.state_machines[key].release
        return policy_of(raw, strategy, lambda alarm: settings.physical_name("alarm", alarm))

    def _conduct(self, plan: Plan, key: str, policy: Policy, say: Say) -> AliasConduct:
        machine = self._app.machine(key)
        arn = self._app.machine_arn(machine)
        release = next((action for action in plan.actions if action.address == f"release:{key}"), None)
        return AliasConduct(
            aws=self._app.aws,
            machine=key,
            machine_arn=arn,
            alias_arn=f"{arn}:{machine.alias}",
            express=machine.type == "EXPRESS",
            policy=policy,
            gate=lambda _: None,
            store=self._store,
            pace=self._pace,
            record=recorded_facts(release),
            newest=self._app.releases.ledger.served.get(key),
            say=say,
        )

    def _refuse_weighted(self, key: str, words: str, end_split: bool) -> None:
        found = self._store.read(key)
        if found is not None and found.outcome is None and found.kind != "split":
            raise under_way(found)
        if not end_split:
            raise split_refusal(key, words)

    def _refuse_alarms(self, key: str, policy: Policy, made: set[str]) -> None:
        names = {self._app.settings.physical_name("alarm", address.partition(":")[2]) for address in made
                 if address.startswith("alarm:")}  # fmt: skip
        if problems := unfit(read_alarms(self._app.aws, [name for name in policy.alarms if name not in names])):
            raise unfit_alarms(key, problems)

    # -- smoke cases -------------------------------------------------------------------------------------------------

    def smoke(
        self, key: str | None, *, version: int | None = None, alias: str | None = None, watch: Callable[[Outcome], None]
    ) -> list[Outcome]:
        """Run a machine's smoke cases on a version, or through an alias (default: the machine's own)."""
        if version is not None and alias is not None:
            raise UsageError("--version and --alias name one target each: give one of them")
        machine = self._app.machine(key)
        if not cases_of(machine.smoke, self._app.env):
            raise UsageError(
                f"{machine.key} has no smoke cases for environment {self._app.env}",
                hint=f"Write some in definitions/{machine.key}.smoke.json; docs/releases.md shows how.",
            )
        qualifier = version or alias or machine.alias
        arn = self._app.machine_arn(machine)
        try:
            return self._run_cases(machine, f"{arn}:{qualifier}" if qualifier else arn, watch)
        except NotFound as error:
            error.hint = "`versions` lists what is published; `deploy` makes a first one."
            raise

    def _run_cases(self, machine: Machine, target: str, watch: Callable[[Outcome], None]) -> list[Outcome]:
        return run_cases(
            self._app.aws,
            target,
            cases_of(machine.smoke, self._app.env),
            express=machine.type == "EXPRESS",
            watch=watch,
            poll=0.1 if self._app.settings.is_local else 1.0,
            stop=self.stop,
        )

    def _gate(self, machine: Machine, say: Say, version_arn: str) -> None:
        name = self._app.settings.physical_name("state_machine", machine.key)
        what = f"version {version_number(version_arn)} of {name}"
        outcomes = self._run_cases(machine, version_arn, lambda outcome: say(smoke_text(what, outcome)))
        verdict(outcomes, what)

    def _open_gate(self, machine: Machine, say: Say, version_arn: str) -> None:
        if cases_of(machine.smoke, self._app.env):
            say(f"the smoke cases of {machine.key} were not run on version {version_number(version_arn)}")


def _aliases(plan: Plan) -> list[tuple[str, Action]]:
    """Machine key -> the action that makes or moves its alias."""
    return [
        (action.address.partition(":")[2], action)
        for action in plan.actions
        if action.address.startswith("alias:") and action.verb != "delete" and "@" not in action.address
    ]


def _weighted(action: Action) -> str:
    """What an alias serves, `7 (60 %), 8 (40 %)`, where that is more than one version; else ""."""
    served = str(next((change.before for change in action.changes if change.path == "version"), ""))
    return served if len(re.findall(r"\((?!0 )\d+ %\)", served)) > 1 else ""


def smoke_text(what: str, outcome: Outcome) -> str:
    """One line on a case that has ended."""
    ended = "passed" if outcome.passed else "failed"
    return f"smoke case '{outcome.case.name}' on {what}: {ended}, {outcome.seconds:.1f} s"
