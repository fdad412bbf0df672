"""The commands on gradual releases: one method each, as in app.py. docs/releases.md."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from stepdeploy.arns import version_number
from stepdeploy.conducting import Conducting, Say
from stepdeploy.errors import UsageError
from stepdeploy.shift.conduct import facts_of
from stepdeploy.shift.control import Control
from stepdeploy.shift.driver import Watch

if TYPE_CHECKING:
    from stepdeploy.settings import Machine
    from stepdeploy.shift.state import Shift


class Shifts(Conducting):
    """The gradual releases of a project in one environment. Every method raises StepdeployError and its kin."""

    def status(self, key: str | None) -> list[dict[str, Any]]:
        """How the aliases stand (stepdeploy.shift.standing.standing); key: of one machine, None = of all."""
        from stepdeploy.shift.standing import standing

        settings = self._app.settings
        chosen = [self._app.machine(key)] if key else [one for one in settings.state_machines.values() if one.alias]
        return [
            standing(
                self._app.aws, self._store, one.key, f"{self._app.machine_arn(one)}:{one.alias}", pace=self._pace,
                me=self._control(one).me, now=time.time(),
            )
            for one in chosen
        ]  # fmt: skip

    def resume(self, key: str | None, watch: Watch) -> Shift:
        """Go on with a gradual release whose driver is gone."""
        return self._control(self._shifted(key)).resume(watch, self.stop)

    def abort(self, key: str | None) -> Shift:
        """Move all weight back."""
        from stepdeploy.project.provenance import who

        return self._control(self._shifted(key)).abort(who())

    def split(self, key: str | None, routes: Sequence[str], *, smoke: bool = True, say: Say) -> Shift:
        """Share an alias's executions between two versions until told otherwise; one alone ends that. Under the deploy
        lock. smoke: run the smoke cases on a version that the alias has never served."""
        from stepdeploy.ledger.lock import DeployLock
        from stepdeploy.shift.strategy import parse_weights

        weights = parse_weights(tuple(routes))
        machine = self._app.machine(key)
        if machine.alias is None:
            raise UsageError(f"{machine.key} has no alias, so there is nothing to split")
        ledger = self._app.releases.ledger
        records = self._app.releases.history(machine.key)
        served = {version_number(arn) for record in records for arn in record.get("routes", ())}
        described = {version: self._described(machine, version) for version in weights}
        with DeployLock(self._app.aws, self._app.settings.ledger_table, serial=ledger.lock.serial):
            for version in weights:
                if smoke and version not in served:
                    self._gate(machine, say, f"{self._app.machine_arn(machine)}:{version}")
            return self._control(machine).split(weights, self._facts(described, records))

    def _described(self, machine: Machine, version: int) -> Mapping[str, Any]:
        """DescribeStateMachine of a version that still has all it needs. Raises UsageError, NothingToRollBackTo."""
        from stepdeploy.rollback import check_needs
        from stepdeploy.rollback import described as describe_version

        arn = f"{self._app.machine_arn(machine)}:{version}"
        found = describe_version(self._app.aws, arn)
        check_needs(self._app.aws, found, arn)
        return found

    def _facts(
        self, described: Mapping[int, Mapping[str, Any]], records: Sequence[Mapping[str, Any]]
    ) -> dict[str, Any]:
        """What the release history is to say of each version (state.Shift.record)."""
        from stepdeploy.project.provenance import who
        from stepdeploy.resources.machine_alias import main_version
        from stepdeploy.versions import functions_text

        facts: dict[str, Any] = {"by": who()}
        for version, found in described.items():
            known = next((one for one in records if one.get("routes") and main_version(one["routes"]) == version), {})
            commit = str(found.get("description", "")).partition(" by stepdeploy")[0]
            facts[str(version)] = {
                "commit": commit, "functions": functions_text(found["definition"]), **facts_of(known)
            }  # fmt: skip
        return facts

    def _shifted(self, key: str | None) -> Machine:
        """The machine that a command means: the one named, else the only one with something under way."""
        if key is not None:
            return self._app.machine(key)
        machines = self._app.settings.state_machines
        moving = [
            one for one, machine in machines.items()
            if machine.alias and (found := self._store.read(one)) and found.outcome is None
        ]  # fmt: skip
        if len(moving) > 1:
            raise UsageError(
                "several gradual releases are under way", hint=f"Name one with --machine: {', '.join(moving)}."
            )
        return machines[moving[0]] if moving else self._app.machine(None)

    def _control(self, machine: Machine) -> Control:
        arn = self._app.machine_arn(machine)
        return Control(
            self._app.aws, self._store, machine.key, arn, f"{arn}:{machine.alias}", machine.type == "EXPRESS", self._pace
        )  # fmt: skip
