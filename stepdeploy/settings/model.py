"""What the settings of a project hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stepdeploy.jsonsource import Source
from stepdeploy.naming import NameRules

LOCAL_ACCOUNT = "123456789012"
"""The account of the embedded AWS."""

LOG_GROUPS = {"function": "/aws/lambda/", "state_machine": "/aws/vendedlogs/states/"}
"""Groups under vendedlogs need no entry each in the account's Logs resource policy
(https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html)."""


@dataclass(frozen=True)
class Local:
    """The embedded AWS of an environment. samples: folder that stands in for the internet, or None."""

    samples: Path | None
    idle_minutes: float = 30


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A state machine. source: its definition file. role: key of its policy. input_schema: parsed, or None.
    alias: None where it has none. release: how new versions get their executions, with what the environment says of it.
    smoke: the file of its smoke cases, or None."""

    key: str
    name: str
    source: Source
    role: str
    type: str = "STANDARD"
    alias: str | None = "production"
    log_level: str = "ALL"
    include_execution_data: bool = True
    log_retention_days: int = 30
    tracing: bool = True
    input_schema: Mapping[str, Any] | None = None
    execution_name: str | None = None
    release: Mapping[str, Any] = field(default_factory=dict)
    smoke: Source | None = None


@dataclass(frozen=True, kw_only=True)
class Function:
    """A Lambda function. key: its folder's name. source: its function.json (environment at /environment).
    reserved_concurrency: None for the account's limit. dead_letter: {"queue" or "topic": key}; on_failure: the same, or
    {"function": key}. event_sources: as they stand in function.json."""

    key: str
    folder: Path
    source: Source
    name: str
    role: str
    description: str = ""
    handler: str = "handler.lambda_handler"
    memory_mb: int = 256
    timeout_seconds: int = 30
    layers: tuple[str, ...] = ()
    log_retention_days: int = 30
    ephemeral_mb: int = 512
    tracing: bool = True
    reserved_concurrency: int | None = None
    provisioned_concurrency: int | None = None
    warm_up_minutes: int | None = None
    event_sources: tuple[Mapping[str, Any], ...] = ()
    dead_letter: Mapping[str, str] | None = None
    on_failure: Mapping[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A Lambda layer. requirements: file of pinned requirements, or None. include: folders beside them."""

    key: str
    name: str
    description: str = ""
    requirements: Path | None = None
    include: tuple[Path, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Settings:
    """A project in one environment.

    policies: role key -> iam/<key>.json. dashboards: key -> its template in definitions/. roles: role key -> name. parameter_places: parameter -> file:line:column of its
    declaration. raw: project.json as it stands, for the sections that are no dataclasses (`section`).
    """

    directory: Path
    env: str
    project: str
    region: str
    account_id: str
    profile: str | None
    local: Local | None
    runtime: str
    architecture: str
    tags: Mapping[str, str]
    parameters: Mapping[str, Any]
    parameter_places: Mapping[str, str]
    state_machines: Mapping[str, Machine]
    functions: Mapping[str, Function]
    layers: Mapping[str, Layer]
    policies: Mapping[str, Source]
    roles: Mapping[str, str]
    raw: Mapping[str, Any]
    source: Source
    names: NameRules
    dashboards: Mapping[str, Source] = field(default_factory=dict)

    @property
    def is_local(self) -> bool:
        """Whether the environment is the embedded AWS."""
        return self.local is not None

    @property
    def owner_tags(self) -> dict[str, str]:
        """The tags that tell our resources from others."""
        return {key: self.tags[key] for key in ("stepdeploy:project", "stepdeploy:environment")}

    @property
    def ledger_table(self) -> str:
        """The name of the tool's own table."""
        return f"stepdeploy-{self.project}-{self.env}"

    def section(self, name: str) -> Mapping[str, Mapping[str, Any]]:
        """A section of project.json by its name ("tables"); {} where there is none."""
        found: Mapping[str, Mapping[str, Any]] = self.raw.get(name, {})
        return found

    def keys_of(self, kind: str) -> tuple[str, ...]:
        """The keys of all resources of a kind ("function", "table", ...)."""
        if kind == "log_group":
            return ()
        return tuple(self._names_of(kind))

    def physical_name(self, kind: str, key: str) -> str:
        """A resource's name on AWS. Raises KeyError for an unknown key."""
        fifo = kind == "queue" and bool(self.section("queues")[key].get("fifo"))
        return self.names.physical(kind, self._names_of(kind)[key], fifo=fifo)

    def log_group_name(self, kind: str, key: str) -> str:
        """`/aws/lambda/<function>` or `/aws/vendedlogs/states/<machine>`."""
        return LOG_GROUPS[kind] + self.physical_name(kind, key)

    def _names_of(self, kind: str) -> Mapping[str, str]:
        """Key -> name as it stands in the settings."""
        if kind == "role":
            return self.roles
        if kind == "function":
            return {key: function.name for key, function in self.functions.items()}
        if kind == "layer":
            return {key: layer.name for key, layer in self.layers.items()}
        return {key: raw["name"] for key, raw in self.section(f"{kind}s").items()}
