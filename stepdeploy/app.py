"""Wiring: one method a command. Settings, the AWS session and the project are made when a command first needs them."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stepdeploy import settings as settings_module
from stepdeploy.arns import Place, partition_of
from stepdeploy.errors import InvalidProject, NotFound, StepdeployError, UsageError
from stepdeploy.settings import Machine, Settings

if TYPE_CHECKING:
    from stepdeploy.aws.session import Session
    from stepdeploy.batches import Batches
    from stepdeploy.executions import Started, Step
    from stepdeploy.project import Project
    from stepdeploy.releases import Releases
    from stepdeploy.report.findings import Located
    from stepdeploy.shifts import Shifts
    from stepdeploy.upkeep import Upkeep
    from stepdeploy.validation import Definition


class App:
    """One project in one environment. Every method raises StepdeployError and its kin."""

    def __init__(
        self,
        *,
        project: Path,
        env: str = "local",
        profile: str | None = None,
        region: str | None = None,
        parameters: Mapping[str, str] | None = None,
    ) -> None:
        self.directory = project.resolve()
        self.env = env
        self._profile = profile
        self._region = region
        self._parameters = parameters or {}

    @property
    def has_project(self) -> bool:
        """Whether there is one in the folder."""
        return (self.directory / "definitions" / "project.json").is_file()

    @cached_property
    def settings(self) -> Settings:
        return settings_module.load(self.directory, self.env, overrides=self._parameters, region=self._region)

    @cached_property
    def place(self) -> Place:
        settings = self.settings
        return Place(partition_of(settings.region), settings.region, settings.account_id)

    @cached_property
    def project(self) -> Project:
        from stepdeploy.project import Project

        return Project(self.settings, self.place, self.directory / ".build")

    @cached_property
    def aws(self) -> Session:
        """The session, its account checked. Starts the embedded AWS where the environment is local."""
        from stepdeploy.aws.session import Session, Target

        settings = self.settings
        if settings.is_local:
            return Session(Target(settings.region, endpoint=str(self.local_up()["endpoint"])))
        session = Session(Target(settings.region, profile=self._profile or settings.profile))
        if (account := session.account()) != settings.account_id:
            raise StepdeployError(
                f"the credentials belong to account {account}, and environment {self.env} is for {settings.account_id}",
                where=f"definitions/environments/{self.env}.json",
                hint="Nothing was touched. Use another --profile, or set account_id of the environment.",
            )
        return session

    @cached_property
    def batches(self) -> Batches:
        """The commands on batches."""
        from stepdeploy.batches import Batches

        return Batches(self)

    @cached_property
    def upkeep(self) -> Upkeep:
        """The commands that keep things in order."""
        from stepdeploy.upkeep import Upkeep

        return Upkeep(self)

    @cached_property
    def releases(self) -> Releases:
        """Plans, deploys, rollbacks, and what they left."""
        from stepdeploy.releases import Releases

        return Releases(self)

    @cached_property
    def shifts(self) -> Shifts:
        """Smoke cases and gradual releases."""
        from stepdeploy.shifts import Shifts

        return Shifts(self)

    # -- definitions -------------------------------------------------------------------------------------------------

    def machine(self, key: str | None) -> Machine:
        """A state machine by its key; None = the project's default_machine, else the only one."""
        machines = self.settings.state_machines
        key = key or self.settings.raw.get("default_machine")
        if key is None and len(machines) == 1:
            return next(iter(machines.values()))
        if key is None or key not in machines:
            what = "the project has several state machines" if key is None else f"there is no state machine {key!r}"
            raise UsageError(what, hint=f"Name one with --machine: {', '.join(machines)}.")
        return machines[key]

    def render(self, key: str | None) -> Any:
        """A definition with its names replaced; what AWS assigns stands as `${name}`."""
        from stepdeploy.report.lines import as_template

        machine = self.machine(key)
        return as_template(self.project.templates[f"machine:{machine.key}"].value)

    def validate(self, machine: str | None = None) -> list[Located]:
        """All findings on all definitions, or on that of one machine. Raises InvalidProject where a file cannot even be read or rendered."""
        from stepdeploy.asl import check_value
        from stepdeploy.validation import locate, stand_ins, surroundings

        found: list[Located] = []
        for key, one in self.settings.state_machines.items():
            if machine in (None, key):
                definition = stand_ins(self, self.project.templates[f"machine:{key}"].value)
                findings = check_value(definition, machine_type=one.type, **surroundings(self, one))
                found += sorted((locate(one.source, finding) for finding in findings), key=lambda item: item.place)
        return found

    def definitions(self) -> list[Definition]:
        """All definitions, rendered, as AWS is to be asked about them."""
        from stepdeploy.validation import Definition

        machines = self.settings.state_machines
        rendered = {key: self.render(key) for key in machines}
        return [
            Definition(json.dumps(rendered[key]), rendered[key], one.type, one.source) for key, one in machines.items()
        ]

    def refuse_broken_definitions(self) -> None:
        """Raise InvalidProject with all errors that `validate` finds. What was sound before is not checked again."""
        from stepdeploy.checked import Checked, digest
        from stepdeploy.validation import surroundings

        machines = self.settings.state_machines
        rendered = json.dumps(
            [[self.render(key), one.type, surroundings(self, one)] for key, one in machines.items()], default=dict
        )
        known = digest(rendered, checker=(Path(__file__).parent / "asl",))
        checked = Checked(self.directory / ".build")
        if checked.knows(known):
            return
        errors = [item for item in self.validate() if item.finding.severity == "error"]
        if errors:
            problems = tuple(
                InvalidProject(item.finding.message, where=item.where, hint=item.finding.hint) for item in errors
            )
            raise InvalidProject(str(problems[0]), problems=problems)
        checked.add(known)

    # -- what is there -----------------------------------------------------------------------------------------------

    def versions(self, key: str | None, limit: int) -> list[dict[str, Any]]:
        """The newest versions of a machine."""
        from stepdeploy import versions

        machine = self.machine(key)
        return versions.listing(self.aws, self.machine_arn(machine), self.project.alias(machine.key), limit)

    def release_rows(self) -> list[list[str]]:
        """What each alias serves: alias, version, functions."""
        from stepdeploy import versions
        from stepdeploy.engine.together import together

        if rows := self.releases.just_served():
            return rows
        aliases = [(machine, self.project.alias(machine.key)) for machine in self.settings.state_machines.values()]
        jobs = [
            partial(versions.served, self.aws, self.machine_arn(machine), alias) for machine, alias in aliases if alias
        ]
        return [[row["alias"], row["serves"], row["functions"]] for row in together(jobs) if row]

    def status(self) -> dict[str, Any]:
        """Machines with what they serve and how executions fare, and all resources on record."""
        settings = self.settings
        machines = [row for machine in settings.state_machines.values() if (row := self._machine_status(machine))]
        return {
            "project": settings.project,
            "environment": settings.env,
            "target": self.aws.target.endpoint or f"account {settings.account_id}, {settings.region}",
            "machines": machines,
            "resources": dict(self.releases.ledger.resources),
        }

    def _machine_status(self, machine: Machine) -> dict[str, Any] | None:
        from stepdeploy import executions, versions

        arn = self.machine_arn(machine)
        try:
            recent = executions.listing(self.aws, arn, status=None, limit=100)
        except NotFound:
            return None
        alias = self.project.alias(machine.key)
        served = (versions.served(self.aws, arn, alias) if alias else None) or {}
        newest = versions.listing(self.aws, arn, None, 1)
        counts = Counter(item["status"] for item in recent)
        return {
            "machine": self.settings.physical_name("state_machine", machine.key),
            "alias": machine.alias,
            "serves": served.get("serves"),
            "before": served.get("before"),
            "functions": served.get("functions"),
            "newest": newest[0]["version"] if newest else None,
            "executions": ", ".join(f"{count} {status}" for status, count in sorted(counts.items())) or "none",
        }

    # -- executions --------------------------------------------------------------------------------------------------

    def start(
        self,
        *,
        company: str | None = None,
        website: str | None = None,
        symbol: str | None = None,
        payload: str | None = None,
        live: bool = False,
        name: str | None = None,
        force: bool = False,
        machine: str | None = None,
    ) -> Started:
        """Check the input, and start through the alias (or find the execution of the same name)."""
        from stepdeploy import executions
        from stepdeploy.inputs import build_input, check_input, takes

        chosen = self.machine(machine)
        data = build_input(company, website, symbol, payload, live=live, read_stdin=sys.stdin.read)
        if force and takes(chosen.input_schema, "force"):
            data["force"] = True
        check_input(data, chosen.input_schema)
        name = name or executions.execution_name(chosen.execution_name, data, datetime.now(UTC), force=force)
        arn = self.machine_arn(chosen)
        target = f"{arn}:{chosen.alias}" if chosen.alias else arn
        try:
            return executions.start(self.aws, target, arn, name, data)
        except NotFound as error:
            error.hint = "Run deploy first."
            raise

    def wait(self, arn: str, *, limit: float | None, watch: Callable[[Step], None]) -> dict[str, Any]:
        """Follow an execution to its end."""
        from stepdeploy import executions

        poll = 0.2 if self.settings.is_local else 2.0
        return executions.wait(self.aws, arn, limit=limit, watch=watch, poll=poll)

    def executions(self, key: str | None, *, status: str | None, limit: int) -> list[dict[str, Any]]:
        """The newest executions, as rows."""
        from stepdeploy import executions

        found = executions.listing(self.aws, self.machine_arn(self.machine(key)), status=status, limit=limit)
        return [executions.row(item) for item in found]

    def execution(self, key: str | None, name: str) -> tuple[dict[str, Any], list[Step]]:
        """DescribeExecution with input and output parsed, and its timeline."""
        from stepdeploy import executions

        arn = executions.to_arn(self.machine_arn(self.machine(key)), name)
        found = self.aws.call("stepfunctions", "describe_execution", executionArn=arn)
        found.pop("ResponseMetadata", None)
        for field in ("input", "output"):
            if isinstance(found.get(field), str):
                found[field] = json.loads(found[field])
        return found, executions.steps(self.aws, arn)

    def stop(self, key: str | None, name: str, cause: str) -> dict[str, Any]:
        """Stop an execution and return its name and status."""
        from stepdeploy import executions

        arn = executions.to_arn(self.machine_arn(self.machine(key)), name)
        self.aws.call("stepfunctions", "stop_execution", executionArn=arn, error="Stopped", cause=cause)
        deadline = time.monotonic() + 10
        while True:
            found = self.aws.call("stepfunctions", "describe_execution", executionArn=arn)
            if found["status"] != "RUNNING" or time.monotonic() > deadline:
                return {"name": found["name"], "status": found["status"], "executionArn": arn}
            time.sleep(0.1)

    def logs(
        self,
        *,
        function: str | None,
        execution: str | None,
        since: str,
        limit: int,
        follow: bool,
        machine: str | None,
    ) -> Iterator[dict[str, Any]]:
        """Log lines of a function, or of the machine."""
        from stepdeploy import logs

        settings = self.settings
        if function is not None and function not in settings.functions:
            raise UsageError(f"there is no function {function!r}", hint=f"There are: {', '.join(settings.functions)}.")
        if function:
            group = settings.log_group_name("function", function)
        else:
            group = settings.log_group_name("state_machine", self.machine(machine).key)
        contains = execution.rsplit(":", 1)[-1] if execution else None
        return logs.read(self.aws, group, since=logs.seconds_of(since), limit=limit, follow=follow, contains=contains)

    def cost(self, *, machine: str | None = None, **wanted: Any) -> dict[str, Any]:
        """What executions cost; wanted: fields of cost.costs.Wanted, where the answer's form stands too."""
        from stepdeploy.cost.costs import Wanted, costs, where
        from stepdeploy.cost.prices import load

        chosen = self.machine(machine)
        place = where(self.settings, chosen, self.machine_arn(chosen))
        return costs(self.aws, place, load(self.directory), Wanted(**wanted), datetime.now(UTC))

    def machine_arn(self, machine: Machine) -> str:
        """The unqualified ARN of a machine."""
        return self.place.state_machine(self.settings.physical_name("state_machine", machine.key))

    # -- the embedded AWS --------------------------------------------------------------------------------------------

    def local_up(self) -> dict[str, Any]:
        """Start the embedded AWS, or find it running. One that STEPDEPLOY_LOCAL_ENDPOINT names is only found."""
        from stepdeploy.local import elsewhere, manager

        local = self.settings.local
        if local is None:
            raise UsageError(f"environment {self.env} is on real AWS", hint="The embedded AWS belongs to --env local.")
        if address := elsewhere.endpoint():
            return {"endpoint": address, "pid": elsewhere.health(address)["pid"], "started": False}
        running = manager.ensure(self.directory, samples=local.samples, idle_minutes=local.idle_minutes)
        return {"endpoint": running.endpoint, "pid": running.pid, "started": running.started_by_us}

    def local_down(self) -> bool:
        """Stop it; whether it was running."""
        from stepdeploy.local import elsewhere, manager

        elsewhere.refuse("stopped")
        return manager.down(self.directory)

    def local_status(self) -> dict[str, Any]:
        """Whether it runs, and where."""
        from stepdeploy.local import elsewhere, manager

        if address := elsewhere.endpoint():
            return {"running": True, "endpoint": address, "pid": elsewhere.health(address)["pid"]}
        found = manager.status(self.directory)
        return {"running": False} if found is None else {"running": True, **vars(found)}

    def local_reset(self) -> None:
        """Stop it and delete what it holds."""
        from stepdeploy.local import elsewhere, manager

        elsewhere.refuse("emptied")
        manager.reset(self.directory)
