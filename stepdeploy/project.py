"""Settings and folders -> the list of desired resources, with every `${name}` replaced."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from stepdeploy import __version__
from stepdeploy.arns import Place
from stepdeploy.engine.model import FileBytes
from stepdeploy.errors import InvalidProject, StepdeployError
from stepdeploy.jsonsource import Source
from stepdeploy.names import Names
from stepdeploy.packaging import Archive, Target, function_archive, layer_archive
from stepdeploy.references import Pending, Ref, check_unused, substitute
from stepdeploy.resources.alarm import Alarm
from stepdeploy.resources.base import Base
from stepdeploy.resources.bucket import Bucket
from stepdeploy.resources.function import Function
from stepdeploy.resources.inventory import Inventory
from stepdeploy.resources.layer import Layer
from stepdeploy.resources.log_group import LogGroup
from stepdeploy.resources.machine_alias import MachineAlias
from stepdeploy.resources.queue import Queue
from stepdeploy.resources.role import Role
from stepdeploy.resources.state_machine import StateMachine
from stepdeploy.resources.table import Table
from stepdeploy.resources.topic import Topic
from stepdeploy.settings import Function as FunctionSettings
from stepdeploy.settings import Settings

RELEASES = "releases"
"""Key of the table that the tool keeps for itself."""


@dataclass(frozen=True)
class Rendered:
    """A template with its names replaced. definition may hold Refs. source: where its values stand."""

    value: Any
    source: Source


class Project:
    """A project in one environment, ready to be planned. Raises InvalidProject with all problems of its templates."""

    def __init__(self, settings: Settings, place: Place, build_dir: Path) -> None:
        self.settings = settings
        self.place = place
        self.build_dir = build_dir
        self.names = Names(settings, place)
        self.tags = dict(settings.tags)

    @cached_property
    def templates(self) -> Mapping[str, Rendered]:
        """Everything with names in it, rendered: "machine:<key>", "policy:<role>", "function:<key>", "project"."""
        problems: list[StepdeployError] = []
        rendered: dict[str, Rendered] = {}
        for name, source in self._sources():
            try:
                rendered[name] = Rendered(substitute(source, self.names.lookup, self.names.known()), source)
            except InvalidProject as error:
                problems += error.problems
        if not problems:
            problems += check_unused(self.settings.parameter_places, self.names.used)
        if problems:
            raise InvalidProject(str(problems[0]), problems=tuple(problems))
        return rendered

    def resources(self) -> list[Base]:
        """Everything that the project wants, the alias last."""
        found: list[Base] = [
            *self._data(),
            *self._topics_and_queues(),
            *self._layers(),
            *self._roles(),
            *self._functions(),
            *self._machines(),
            *self._alarms(),
        ]
        return [*found, *self._inventory(found), *self._aliases(found)]

    def _sources(self) -> Iterator[tuple[str, Source]]:
        for key, machine in self.settings.state_machines.items():
            yield f"machine:{key}", machine.source
        for key, policy in self.settings.policies.items():
            if key in self.settings.roles:
                yield f"policy:{key}", policy
        for key, function in self.settings.functions.items():
            yield f"function:{key}", function.source
        yield "project", self._without_parameters()

    def _without_parameters(self) -> Source:
        """project.json as a template: alarms and subscriptions may hold names; parameters are values, not templates."""
        source = self.settings.source
        value = {key: item for key, item in source.value.items() if key != "parameters"}
        return Source(value, source.name, source.text)

    def _section(self, name: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.templates["project"].value.get(name, {})
        return found

    def name(self, kind: str, key: str) -> str:
        return self.settings.physical_name(kind, key)

    def _arn(self, kind: str, key: str) -> str:
        return str(self.names.attribute(kind, key, "arn"))

    def _data(self) -> Iterator[Base]:
        for key, raw in self._section("tables").items():
            desired = {
                "arn": self._arn("table", key),
                "hash_key": raw["hash_key"],
                "range_key": raw.get("range_key"),
                "ttl_attribute": raw.get("ttl_attribute"),
                "point_in_time_recovery": raw.get("point_in_time_recovery", True),
                "tags": self.tags,
            }
            yield Table(key, self.name("table", key), desired)
        for key, raw in self._section("buckets").items():
            desired = {
                "region": self.place.region,
                "versioned": raw.get("versioned", True),
                "expire_noncurrent_days": raw.get("expire_noncurrent_days"),
                "tags": self.tags,
            }
            yield Bucket(key, self.name("bucket", key), desired)

    def _topics_and_queues(self) -> Iterator[Base]:
        for key, raw in self._section("topics").items():
            subscriptions = [[item["protocol"], item["endpoint"]] for item in raw.get("subscriptions", [])]
            desired = {
                "arn": self._arn("topic", key),
                "display_name": raw.get("display_name", ""),
                "subscriptions": subscriptions,
                "tags": self.tags,
            }
            yield Topic(key, self.name("topic", key), desired)
        for key, raw in self._section("queues").items():
            yield self._queue(key, raw)

    def _queue(self, key: str, raw: Mapping[str, Any]) -> Base:
        dead_letter, needs = None, frozenset[str]()
        if "dead_letter" in raw:
            target = raw["dead_letter"]["queue"]
            if target not in self._section("queues"):
                where = self.settings.source.where(f"/queues/{key}/dead_letter/queue")
                raise InvalidProject(f"there is no queue {target!r}", where=where)
            dead_letter = {"arn": self._arn("queue", target), "max_receives": raw["dead_letter"]["max_receives"]}
            needs = frozenset({f"queue:{target}"})
        desired = {
            "arn": self._arn("queue", key),
            "fifo": raw.get("fifo", False),
            "visibility_timeout_seconds": raw.get("visibility_timeout_seconds", 30),
            "retention_seconds": raw.get("retention_days", 4) * 86_400,
            "dead_letter": dead_letter,
            "tags": self.tags,
        }
        return Queue(key, self.name("queue", key), desired, needs)

    def _layers(self) -> Iterator[Base]:
        settings = self.settings
        target = Target.of(settings.runtime, settings.architecture, local=settings.is_local)
        for key, layer in settings.layers.items():
            archive = layer_archive(layer.name, layer.requirements, layer.include, target, self.build_dir)
            desired = {
                **_archive_facts(archive),
                "description": layer.description,
                "runtime": settings.runtime,
                "architecture": settings.architecture,
            }
            yield Layer(key, self.name("layer", key), desired)

    def _functions(self) -> Iterator[Base]:
        for key, function in self.settings.functions.items():
            group = self._log_group(f"function-{key}", "function", key, function.log_retention_days)
            yield group
            yield self._function(key, function, group)

    def _function(self, key: str, function: FunctionSettings, group: Base) -> Base:
        rendered = self.templates[f"function:{key}"].value
        environment = {name: _env_text(value) for name, value in rendered.get("environment", {}).items()}
        desired = {
            **_archive_facts(function_archive(function.folder, self.build_dir)),
            "arn": self._arn("function", key),
            "runtime": self.settings.runtime,
            "architecture": self.settings.architecture,
            "handler": function.handler,
            "role": self._arn("role", function.role),
            "memory_mb": function.memory_mb,
            "timeout_seconds": function.timeout_seconds,
            "environment": environment,
            "layers": [Ref(f"layer:{layer}", "version_arn") for layer in function.layers],
            "description": rendered.get("description", ""),
            "tracing": "Active" if function.tracing else "PassThrough",
            "ephemeral_mb": function.ephemeral_mb,
            "reserved_concurrency": function.reserved_concurrency,
            "tags": self.tags,
        }
        needs = frozenset({group.address, f"role:{function.role}"})
        return Function(key, self.name("function", key), desired, needs)

    def _machines(self) -> Iterator[Base]:
        for key, machine in self.settings.state_machines.items():
            group = self._log_group(f"machine-{key}", "state_machine", key, machine.log_retention_days)
            yield group
            definition = self.templates[f"machine:{key}"].value
            desired = {
                "arn": self._arn("state_machine", key),
                "definition": definition,
                "role": self._arn("role", machine.role),
                "type": machine.type,
                "logging": {
                    "level": machine.log_level,
                    "include_execution_data": machine.include_execution_data,
                    "log_group_arn": group.desired["arn"],
                },
                "tracing": machine.tracing,
                "version_description": self.version_description,
                "tags": self.tags,
            }
            needs = frozenset({group.address, f"role:{machine.role}"})
            yield StateMachine(key, self.name("state_machine", key), desired, needs)

    def alias(self, key: str) -> MachineAlias | None:
        """The alias of a machine, apart from the rest; None where the settings say that it has none."""
        machine = self.settings.state_machines[key]
        if machine.alias is None:
            return None
        arn = f"{self._arn('state_machine', key)}:{machine.alias}"
        desired = {"arn": arn, "version_arn": Ref(f"state_machine:{key}", "version_arn")}
        return MachineAlias(key, f"{self.name('state_machine', key)}:{machine.alias}", desired)

    def _aliases(self, others: list[Base]) -> Iterator[Base]:
        """An alias moves only when everything else is as it should be."""
        for key in self.settings.state_machines:
            if alias := self.alias(key):
                yield replace(alias, needs=frozenset(other.address for other in others))

    def _alarms(self) -> Iterator[Base]:
        for key, raw in self._section("alarms").items():
            threshold = raw["threshold"]
            if isinstance(threshold, str):
                where = self.settings.source.where(f"/alarms/{key}/threshold")
                raise InvalidProject(f"the threshold is {threshold!r} and must be a number", where=where)
            settings = {
                "AlarmDescription": raw.get("description", ""),
                "Namespace": raw["namespace"],
                "MetricName": raw["metric"],
                "Dimensions": [{"Name": name, "Value": value} for name, value in raw.get("dimensions", {}).items()],
                "Statistic": raw.get("statistic", "Sum"),
                "Period": raw["period_seconds"],
                "EvaluationPeriods": raw["evaluation_periods"],
                "DatapointsToAlarm": raw.get("datapoints_to_alarm"),
                "Threshold": float(threshold),
                "ComparisonOperator": raw["comparison"],
                "TreatMissingData": raw.get("treat_missing_data", "notBreaching"),
                "AlarmActions": raw.get("actions", []),
                "Unit": raw.get("unit"),
            }
            settings = {name: value for name, value in settings.items() if value not in (None, "")}
            desired = {"arn": self._arn("alarm", key), "settings": settings, "tags": self.tags}
            yield Alarm(key, self.name("alarm", key), desired)

    def _log_group(self, key: str, kind: str, owner: str, days: int) -> Base:
        name = self.settings.log_group_name(kind, owner)
        desired = {"arn": self.place.log_group(name), "retention_days": days, "tags": self.tags}
        return LogGroup(key, name, desired)

    def _roles(self) -> Iterator[Base]:
        """One role a policy file. Functions and machines cannot share one: it would be assumable by both services."""
        users = {function.role: "lambda.amazonaws.com" for function in self.settings.functions.values()}
        for machine in self.settings.state_machines.values():
            if machine.role in users:
                where = self.settings.policies[machine.role].where()
                raise InvalidProject("a machine and a function cannot share a role", where=where)
        users |= {machine.role: "states.amazonaws.com" for machine in self.settings.state_machines.values()}
        for key, principal in users.items():
            desired = {
                "trust": principal,
                "account": self.place.account,
                "policy": self.templates[f"policy:{key}"].value,
                "tags": self.tags,
            }
            yield Role(key, self.name("role", key), desired)

    def _inventory(self, others: list[Base]) -> Iterator[Base]:
        """The tool's own table, and in it the list of all that there is."""
        name = f"stepdeploy-{self.settings.project}-{self.settings.env}"
        keys = {"hash_key": "pk", "range_key": "sk", "ttl_attribute": None, "point_in_time_recovery": True}
        table = Table(RELEASES, name, {"arn": self.place.table(name), **keys, "tags": self.tags})
        yield table
        aliases = [alias for key in self.settings.state_machines if (alias := self.alias(key))]
        resources = {resource.address: resource.name for resource in (*others, table, *aliases)}
        yield Inventory("current", name, {"resources": resources}, frozenset({table.address}))

    @cached_property
    def version_description(self) -> str:
        """What a published machine version is described as: the commit it was made from, and the tool."""
        return f"{git_commit(self.settings.directory)} by stepdeploy {__version__}"


def _archive_facts(archive: Archive) -> dict[str, Any]:
    return {"archive": FileBytes(archive.path, archive.sha256), "code_sha256": archive.code_sha256}


def _env_text(value: Any) -> Any:
    """Environment variables are text on AWS."""
    return value if isinstance(value, str | Ref | Pending) else json.dumps(value)


def git_commit(directory: Path) -> str:
    """`git <12 digits>`, with `+changes` where files differ; "no git" outside a repository."""
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--dirty=+changes", "--exclude=*", "--abbrev=12"],
            cwd=directory, capture_output=True, text=True, timeout=10, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return "no git"
    return f"git {found.stdout.strip()}" if found.returncode == 0 else "no git"
