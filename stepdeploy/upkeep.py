"""The commands that keep things in order, `versions prune` and `doctor`: one method each, as in app.py."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from stepdeploy.errors import StepdeployError

if TYPE_CHECKING:
    from stepdeploy.app import App
    from stepdeploy.doctor import Check
    from stepdeploy.engine.model import Plan


class Upkeep:
    """Upkeep of a project in one environment. Every method raises StepdeployError and its kin."""

    def __init__(self, app: App) -> None:
        self._app = app

    def plan_prune(self, machine: str | None, *, keep: int, redrive: bool) -> Plan:
        """What a prune would remove, of one machine or of all that the project has. Makes no mutating call."""
        from stepdeploy import prune

        app, settings = self._app, self._app.settings
        keys = tuple(settings.state_machines) if machine is None else (app.machine(machine).key,)
        scope = prune.Scope(
            place=app.place,
            project=settings.project,
            env=settings.env,
            owner_tags=settings.owner_tags,
            # Read first, and with it the number of deploys so far: one that comes between plan and apply is noticed.
            on_record=app.releases.ledger.resources,
            machines=keys,
            keep=keep,
            now=datetime.now(UTC),
            redrive=redrive,
            served={key: self._served(key, keep) for key in keys},
        )
        return prune.plan(app.aws, scope)

    def _served(self, key: str, keep: int) -> list[int]:
        """The versions that the alias of a machine served, the last one first, as the history of releases has it."""
        from stepdeploy.arns import version_number

        found: dict[int, None] = {}
        for record in self._app.releases.history(key, limit=10 * keep):
            for arn in record.get("routes", {}):
                found.setdefault(version_number(arn) or 0)
        return list(found)

    def versions_check(self, machine: str | None, newest: int) -> Check | None:
        """What to say of a machine whose versions come near the quota, else None. newest: the greatest number."""
        from stepdeploy import doctor

        chosen = self._app.machine(machine)
        name = self._app.settings.physical_name("state_machine", chosen.key)
        return doctor.versions_check(self._app.aws, name, self._app.machine_arn(chosen), newest)

    def doctor(self) -> list[Check]:
        """All checks. Only what is wrong with the project's own files raises (InvalidProject)."""
        from stepdeploy import doctor

        app = self._app
        project = app.project
        try:
            aws = app.aws
        except StepdeployError as error:
            return doctor.examine_without_aws(project, error)
        return doctor.examine(doctor.Patient(aws, project, aws.target.endpoint, self._on_record()))

    def _on_record(self) -> dict[str, str]:
        """The inventory; {} where it cannot be read, which is a check of its own."""
        try:
            return dict(self._app.releases.ledger.resources)
        except StepdeployError:
            return {}

    def policies(self, *, with_destroy: bool, split: bool) -> list[dict[str, Any]]:
        """The least policy of a deployer: one document, or several that each fit into a managed policy. Needs no AWS."""
        from stepdeploy import doctor
        from stepdeploy.doctor import policy

        phases = (*policy.DEPLOY, "destroy") if with_destroy else policy.DEPLOY
        made = doctor.least(self._app.project, {}, phases)
        return policy.split(made) if split else [policy.document(made)]
