"""Releases: plan, apply under the deploy lock, roll back, destroy; one method each, as in app.py. docs/releases.md."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stepdeploy import __version__
from stepdeploy.errors import AwsError, Conflict, Drifted, Locked, StalePlan, UsageError
from stepdeploy.ledger.reading import Ledger, Lock, read

if TYPE_CHECKING:
    from stepdeploy.app import App
    from stepdeploy.engine.apply import Applied, Conduct, Progress
    from stepdeploy.engine.model import Drift, Plan
    from stepdeploy.ledger.unfinished import Unfinished
    from stepdeploy.resources.base import Base
    from stepdeploy.resources.machine_alias import MachineAlias
    from stepdeploy.settings import Machine


KINDS_OF = {"bucket": "buckets", "topic": "topics", "alarm": "alarms", "queue": "queues", "rule": "rules"}
"""Kind -> its section in project.json."""


class Releases:
    """The releases of a project in one environment. Every method raises StepdeployError and its kin."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._ledger: Ledger | None = None
        self._ahead: Future[Ledger] | None = None
        self._planned: list[Base] = []
        self._outputs: Mapping[str, Mapping[str, Any]] = {}

    @property
    def ledger(self) -> Ledger:
        """What the tool's own table holds, read once; again after an apply."""
        if self._ledger is None:
            ahead, self._ahead = self._ahead, None
            self._ledger = ahead.result() if ahead else self._read_ledger()
        return self._ledger

    def _read_ledger(self) -> Ledger:
        return read(self._app.aws, self._app.settings.ledger_table)

    def _look_ahead(self, *, whole: bool = True) -> None:
        """Ask AWS for what is needed first while the project is still being rendered and packed. whole: a plan of all
        resources follows; else one of the machines."""
        if self._ledger is not None or self._ahead is not None:
            return
        aws = self._app.aws
        if whole:
            aws.index_tags(self._app.settings.owner_tags)
        self._ahead = Future()
        threading.Thread(target=self._fill, args=(self._ahead, whole), name="ledger", daemon=True).start()

    def _fill(self, ahead: Future[Ledger], whole: bool) -> None:
        try:
            ahead.set_result(self._read_ledger())
        except BaseException as error:
            ahead.set_exception(error)
            return
        self._app.aws.prepare(self._services(whole))

    def _services(self, whole: bool) -> list[str]:
        """Services whose clients a plan of this project needs, by the kinds that it has."""
        from stepdeploy.resources.recorded import SERVICES

        raw = self._app.settings.raw
        always = ("state_machine", "function", "role", "log_group")
        more = [kind for kind in KINDS_OF if raw.get(KINDS_OF[kind])] if whole else []
        return [SERVICES[kind] for kind in (*always, *more)]

    # -- plans -------------------------------------------------------------------------------------------------------

    def plan(self, *, adopt: bool = False) -> Plan:
        """What a deploy would do. Makes no mutating call. adopt: take over what exists and is not ours."""
        from stepdeploy.engine.plan import build
        from stepdeploy.ledger.recording import recorded

        self._app.refuse_broken_definitions()
        self._look_ahead()
        self._planned = self._resources()
        made = build(
            self._planned,
            self._app.aws,
            **self._place(),
            owner_tags=self._app.settings.owner_tags,
            applied=self.ledger.applied,
            intended=self.ledger.intended,
            adopt=adopt,
        )
        notes = (*made.notes, *self.ledger.notes, *map(drift_note, made.drift), *self._lock_note())
        return recorded(replace(made, notes=notes), self.ledger, self._app.settings.ledger_table)

    def plan_rollback(
        self, key: str | None, *, to: int | None = None, commit: str | None = None, before: str | None = None
    ) -> Plan:
        """The plan that moves a machine's alias back."""
        from stepdeploy import rollback
        from stepdeploy.ledger.history import parse_time
        from stepdeploy.project.provenance import who

        self._look_ahead(whole=False)
        if sum(value is not None for value in (to, commit, before)) > 1:
            raise UsageError("--to, --to-commit and --before name one target each: give one of them")
        machine = self._app.machine(key)
        when = parse_time(before, datetime.now(UTC)) if before else None
        to = to or (None if commit or before else self._interrupted_rollback(machine.key))
        where = rollback.Where(machine.key, self._app.machine_arn(machine), self._app.settings.ledger_table, who())
        return rollback.plan(
            self._app.aws,
            self._alias(machine),
            where,
            lambda: self.history(machine.key),
            rollback.Target(to, commit, when),
            **self._place(),
        )

    def _interrupted_rollback(self, machine: str) -> int | None:
        """The version that a rollback was going to when it died, as the lock that it left says: another `rollback`
        finishes that one instead of going further back."""
        from stepdeploy.ledger.lock import Holder, is_over

        held = self.ledger.lock
        over = held.token and is_over(held, Holder.me().host, time.time())
        purpose = held.purpose if over else self._unfinished.of(held.serial)
        kind, _, rest = purpose.partition(" ")
        name, _, version = rest.rpartition(" ")
        return int(version) if kind == "rollback" and name == machine and version.isdigit() else None

    @property
    def _unfinished(self) -> Unfinished:
        from stepdeploy.ledger.unfinished import Unfinished

        return Unfinished(self._app.directory / ".stepdeploy" / f"unfinished-{self._app.env}.json")

    def plan_destroy(self, *, delete_data: bool) -> Plan:
        """The plan that deletes all that is on record."""
        from stepdeploy import destroy
        from stepdeploy.resources.recorded import arn_of

        recorded = self.ledger.resources
        arns = {address: arn_of(self._app.place, address, name) for address, name in recorded.items()}
        return destroy.plan(
            self._app.aws,
            recorded,
            arns,
            delete_data=delete_data,
            owner_tags=self._app.settings.owner_tags,
            applied=self.ledger.applied,
            **self._place(),
        )

    # -- saved plans -------------------------------------------------------------------------------------------------

    def save(self, plan: Plan, path: Path) -> None:
        """Write a plan to be applied later, exactly as it is."""
        from stepdeploy import planfile

        planfile.save(plan, path, serial=self.ledger.lock.serial, tool=__version__)

    def load(self, path: Path) -> Plan:
        """A saved plan that still fits: of this project and environment, and nothing that it read has moved.

        Raises StalePlan.
        """
        from stepdeploy import planfile

        saved, serial = planfile.load(path, self._app.directory / ".build" / "planned")
        place = self._place()
        for field in ("project", "env", "account", "region"):
            if getattr(saved, field) != place[field]:
                raise StalePlan(
                    f"it is for {field} {getattr(saved, field)!r}, and this is {place[field]!r}", where=str(path)
                )
        if self.ledger.lock.serial != serial:
            raise _moved(path, "another deploy went through since it was made")
        self._refuse_moved(saved, path)
        return saved

    def _refuse_moved(self, saved: Plan, path: Path) -> None:
        """Read again all that the plan was made from, and compare."""
        from stepdeploy.engine.plan import digest, read_all

        there = {one.address: one for one in self._resources()}
        if missing := sorted(saved.observed.keys() - there.keys()):
            raise _moved(path, f"the project does not have {', '.join(missing[:3])} any more")
        now = read_all([there[address] for address in saved.observed], self._app.aws)
        moved = [address for address, seen in saved.observed.items() if digest(now[address]) != seen]
        if moved:
            raise _moved(path, f"AWS has changed since it was made: {', '.join(sorted(moved))}")

    def _resources(self) -> list[Base]:
        """What the project wants, each with what is on record of it."""
        wanted = self._app.project.resources(lambda: self.ledger.resources, lambda: self.ledger.served)
        applied = self.ledger.applied
        return [replace(one, known=applied.get(one.address)) if one.compared else one for one in wanted]

    # -- apply -------------------------------------------------------------------------------------------------------

    def refuse(self, plan: Plan, *, overwrite_drift: bool) -> None:
        """Raise Drifted where `plan` would overwrite somebody's change, Locked where somebody deploys."""
        from stepdeploy.ledger.lock import Holder, is_over, refusal

        held = self.ledger.lock
        now = datetime.now(UTC).timestamp()
        if plan and held.token and not is_over(held, Holder.me().host, now):
            raise refusal(held, now, self._app.settings.ledger_table)
        lost = [drift for drift in plan.drift if drift.overwritten]
        if lost and not overwrite_drift:
            what = "; ".join(f"{drift.address}: {', '.join(drift.overwritten)}" for drift in lost)
            raise Drifted(
                f"live changes made outside the tool would be overwritten: {what}",
                hint="Nothing was changed. Take them over into the project, or deploy with --overwrite-drift.",
            )

    def apply(
        self, plan: Plan, watch: Callable[[Progress], None], conducts: Mapping[str, Conduct] | None = None
    ) -> Applied:
        """Run a plan under the deploy lock, journalled in .stepdeploy/journal."""
        from stepdeploy.engine.apply import apply
        from stepdeploy.engine.journal import Journal
        from stepdeploy.ledger.lock import DeployLock

        app = self._app
        path = app.directory / ".stepdeploy" / "journal" / f"{app.env}-{datetime.now(UTC):%Y%m%dT%H%M%S}.jsonl"
        with Journal(path) as journal:
            rest = self._table_first(plan, journal, watch)
            with DeployLock(
                app.aws, app.settings.ledger_table, serial=self.ledger.lock.serial, purpose=plan.purpose
            ) as lock:
                self._unfinished.begin(plan.purpose, self.ledger.lock.serial)
                try:
                    applied = apply(rest, app.aws, journal, watch=watch, conducts=conducts, go_on=lock.check)
                    self._outputs = applied.outputs
                finally:
                    self._ledger = None
        self._unfinished.end()
        return applied

    def _table_first(self, plan: Plan, journal: Any, watch: Callable[[Progress], None]) -> Plan:
        """The lock needs its table: make it before all else. Returns what is left of the plan."""
        from stepdeploy.engine.apply import apply
        from stepdeploy.ledger.recording import SETTLE, TABLE

        made = [action for action in plan.actions if action.address == TABLE and action.verb == "create"]
        if not made:
            return plan
        # What is set on the table once it is there can wait until we hold the lock.
        first = replace(made[0], calls=made[0].calls[:1])
        later = tuple(replace(action, calls=action.calls[1:]) for action in made if action.calls[1:])
        try:
            outputs = apply(replace(plan, actions=(first,)), self._app.aws, journal, watch=watch).outputs
        except Conflict as error:
            if held := self._who_came_first():
                raise held from error
            raise Locked(
                "another first deploy of this project and environment has just begun",
                where=made[0].name,
                hint="Nothing was changed. Run the command again.",
            ) from error
        rest = tuple(action for action in plan.actions if action.address != TABLE)
        # The alias still waits for it, and so does the word that all is applied.
        waits = ("alias:", SETTLE) if later else ()
        freed = tuple(
            action if action.address.startswith(waits) else replace(action, needs=action.needs - {TABLE})
            for action in rest
        )
        return replace(plan, actions=(*later, *freed), known={**plan.known, **outputs})

    def _who_came_first(self) -> Locked | None:
        """Another first deploy made the table a moment ago; its lock, which names it, comes next."""
        from stepdeploy.ledger.lock import refusal

        for _ in range(180):  # a table takes some seconds to become active
            try:
                held = self._read_ledger().lock
            except AwsError:  # the table is still being made
                held = Lock()
            if held.token:
                return refusal(held, time.time(), self._app.settings.ledger_table)
            time.sleep(0.25)
        return None

    def tidy(self) -> None:
        """Free a lock that a dead deploy left behind, where there is nothing else to do."""
        from stepdeploy.ledger.lock import Holder, free, is_over

        self._unfinished.end()
        held = self.ledger.lock
        if held.token and is_over(held, Holder.me().host, time.time()):
            free(self._app.aws, self._app.settings.ledger_table, held.token)
            self._ledger = None

    def unlock(self) -> Lock:
        """Take the lock from whoever holds it; what was there."""
        from stepdeploy.ledger.lock import free

        return free(self._app.aws, self._app.settings.ledger_table)

    # -- what is there -----------------------------------------------------------------------------------------------

    def history(self, key: str, limit: int = 200) -> list[dict[str, Any]]:
        """The release records of a machine, newest first."""
        from stepdeploy.resources.release_record import read_records

        return read_records(self._app.aws, self._app.settings.ledger_table, key, limit)

    def history_rows(self, key: str | None, limit: int) -> list[dict[str, Any]]:
        """The history of a machine's alias, newest first: served ("8", or "8 (90 %), 7 (10 %)"), from, until (None =
        now), by, how, commit, content_hash, functions, outcome."""
        from stepdeploy.ledger.history import rows

        return rows(self.history(self._app.machine(key).key, limit))

    def just_served(self) -> list[list[str]]:
        """Alias, version, functions of each machine, as the deploy that has just ended left them; [] where none has."""
        from stepdeploy.arns import version_number
        from stepdeploy.engine.model import is_known, settle

        facts = [(one, settle(one.desired["facts"], self._outputs)) for one in self._planned if one.kind == "release"]
        if not self._outputs or not all(is_known(fact) for _, fact in facts):
            return []
        return [
            [
                one.desired["alias"],
                str(version_number(fact["version_arn"])),
                " ".join(sorted(fact["functions"].split())),
            ]
            for one, fact in facts
        ]

    def drift(self) -> tuple[Drift, ...]:
        """What somebody changed outside the tool."""
        return self.plan().drift

    def _lock_note(self) -> list[str]:
        from stepdeploy.ledger.lock import since_text

        held = self.ledger.lock
        return [f"{held.holder} is deploying since {since_text(held)}"] if held.token else []

    def _alias(self, machine: Machine) -> MachineAlias:
        alias = self._app.project.alias(machine.key)
        if alias is None:
            raise UsageError(f"{machine.key} has no alias, so there is nothing to move")
        return alias

    def _place(self) -> dict[str, str]:
        settings = self._app.settings
        return {
            "project": settings.project,
            "env": settings.env,
            "account": settings.account_id,
            "region": settings.region,
        }


def drift_note(drift: Drift) -> str:
    """One line for a person; values of environment variables are not shown."""
    if drift.gone:
        return f"{drift.address} was removed outside the tool"
    from stepdeploy.report.drift import drift_texts

    return f"{drift.address} was changed outside the tool: {'; '.join(drift_texts(drift.changes))}"


def _moved(path: Path, why: str) -> StalePlan:
    return StalePlan(f"{why}; nothing was changed", where=str(path), hint="Make it again: plan --out FILE.")
