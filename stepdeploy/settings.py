"""A project's settings: definitions/project.json, definitions/environments/<env>.json, lambdas/*/function.json, iam/*.json.

Every file is checked against a JSON Schema (stepdeploy/schemas); all problems are reported at once, each with
file:line:column. `${names}` are not replaced here: see stepdeploy.project.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stepdeploy import jsonsource, schema
from stepdeploy.errors import InvalidProject, StepdeployError, UsageError
from stepdeploy.jsonsource import Source
from stepdeploy.naming import NameRules

LOCAL_ACCOUNT = "123456789012"
"""The account of the embedded AWS."""


@dataclass(frozen=True)
class Local:
    """The embedded AWS of an environment. samples: folder that stands in for the internet, or None."""

    samples: Path | None
    idle_minutes: float


@dataclass(frozen=True)
class Machine:
    """A state machine. source: its definition file. input_schema: parsed, or None."""

    key: str
    name: str
    source: Source
    role: str
    type: str
    alias: str | None
    log_level: str
    include_execution_data: bool
    log_retention_days: int
    tracing: bool
    input_schema: Mapping[str, Any] | None
    execution_name: str | None


@dataclass(frozen=True)
class Function:
    """A Lambda function. source: its function.json (environment at /environment)."""

    key: str
    folder: Path
    source: Source
    name: str
    description: str
    handler: str
    memory_mb: int
    timeout_seconds: int
    layers: tuple[str, ...]
    role: str
    log_retention_days: int
    ephemeral_mb: int
    tracing: bool
    reserved_concurrency: int | None


@dataclass(frozen=True)
class Layer:
    """A Lambda layer. requirements: file of pinned requirements, or None. include: folders beside them."""

    key: str
    name: str
    description: str
    requirements: Path | None
    include: tuple[Path, ...]


@dataclass(frozen=True)
class Settings:
    """A project in one environment. `raw` holds the checked sections of project.json as they stand there."""

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
    raw: Mapping[str, Any]
    source: Source
    names: NameRules
    roles: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_local(self) -> bool:
        return self.local is not None

    @property
    def owner_tags(self) -> dict[str, str]:
        """The tags that tell our resources from others."""
        return {key: self.tags[key] for key in ("stepdeploy:project", "stepdeploy:environment")}

    def section(self, name: str) -> Mapping[str, Mapping[str, Any]]:
        """A section of project.json by its name ("tables"); {} where there is none."""
        found: Mapping[str, Mapping[str, Any]] = self.raw.get(name, {})
        return found

    def keys_of(self, kind: str) -> tuple[str, ...]:
        """The keys of all resources of a kind ("function", "table", ...)."""
        if kind == "function":
            return tuple(self.functions)
        if kind == "role":
            return tuple(self.roles)
        if kind == "log_group":
            return ()
        return tuple(self.section({"state_machine": "state_machines"}.get(kind, f"{kind}s")))

    def physical_name(self, kind: str, key: str) -> str:
        """A resource's name on AWS."""
        if kind == "function":
            return self.names.physical(kind, self.functions[key].name)
        if kind == "role":
            return self.names.physical(kind, self.roles[key])
        if kind == "layer":
            return self.names.physical(kind, self.layers[key].name)
        section = self.section({"state_machine": "state_machines"}.get(kind, f"{kind}s"))
        return self.names.physical(kind, section[key]["name"], fifo=bool(section[key].get("fifo")))

    def log_group_name(self, kind: str, key: str) -> str:
        """`/aws/lambda/<function>`; `/aws/vendedlogs/states/<machine>`: groups under vendedlogs need no entry each in the
        account's Logs resource policy (https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html)."""
        prefix = {"function": "/aws/lambda/", "state_machine": "/aws/vendedlogs/states/"}[kind]
        return prefix + self.physical_name(kind, key)


def environments(directory: Path) -> list[str]:
    """Names of the environments of a project."""
    return sorted(path.stem for path in (directory / "definitions" / "environments").glob("*.json"))


def load(
    directory: Path, env: str, *, overrides: Mapping[str, str] | None = None, region: str | None = None
) -> Settings:
    """Read and check a project. overrides: parameters from the command line, JSON or plain text.

    Raises UsageError (no project, no such environment), InvalidProject (everything that is wrong).
    """
    project_file = directory / "definitions" / "project.json"
    if not project_file.is_file():
        raise UsageError(
            f"{directory} is no stepdeploy project: it has no definitions/project.json", hint="Name one with --project."
        )
    if env not in environments(directory):
        raise UsageError(
            f"there is no environment {env!r}", hint=f"There are: {', '.join(environments(directory)) or 'none'}."
        )
    loader = _Loader(directory, env)
    settings = loader.load(overrides or {}, region)
    if loader.problems:
        raise InvalidProject(str(loader.problems[0]), problems=tuple(loader.problems))
    assert settings is not None
    return settings


class _Loader:
    """Reads the files of a project, collecting what is wrong instead of stopping at the first."""

    def __init__(self, directory: Path, env: str) -> None:
        self.directory = directory
        self.env = env
        self.problems: list[StepdeployError] = []

    def load(self, overrides: Mapping[str, str], region: str | None) -> Settings | None:
        project = self.read("definitions/project.json", "project")
        environment = self.read(f"definitions/environments/{self.env}.json", "environment")
        functions = {
            path.parent.name: self.read(str(path.relative_to(self.directory)), "function")
            for path in sorted(self.directory.glob("lambdas/*/function.json"))
        }
        policies = {
            path.stem: self.read(str(path.relative_to(self.directory)), "policy")
            for path in sorted(self.directory.glob("iam/*.json"))
        }
        if project is None or environment is None or self.problems:
            return None
        return self.build(project, environment, functions, policies, overrides, region)

    def read(self, name: str, kind: str) -> Source | None:
        """A file, checked by the schema of its kind; None where it is broken."""
        try:
            source = jsonsource.load(self.directory / name)
        except InvalidProject as error:
            self.problems.append(error)
            return None
        found = schema.problems(source, schema.shipped(kind))
        self.problems += found
        return None if found else source

    def problem(self, message: str, where: str, hint: str | None = None) -> None:
        self.problems.append(InvalidProject(message, where=where, hint=hint))

    def build(
        self,
        project: Source,
        environment: Source,
        functions: Mapping[str, Source | None],
        policies: Mapping[str, Source | None],
        overrides: Mapping[str, str],
        region: str | None,
    ) -> Settings:
        raw, here = project.value, environment.value
        local = self.local(environment)
        if local is None and "account_id" not in here:
            self.problem(
                "an environment on real AWS needs account_id",
                environment.where(),
                "It must match before anything is touched.",
            )
        account = here.get("account_id", LOCAL_ACCOUNT)
        names = NameRules(here.get("name_prefix", ""), here.get("name_suffix", f"-{self.env}"), account)
        sound = {key: source for key, source in policies.items() if source is not None}
        machines = self.machines(project, sound)
        lambdas = self.functions(functions, raw, sound)
        platform = {"runtime": "python3.13", "architecture": "arm64", **raw.get("lambda", {}), **here.get("lambda", {})}
        return self.check_names(
            Settings(
                directory=self.directory,
                env=self.env,
                project=raw["project"],
                region=region or here["region"],
                account_id=account,
                profile=here.get("profile"),
                local=local,
                runtime=platform["runtime"],
                architecture=platform["architecture"],
                tags=self.tags(raw, here),
                parameters=self.parameters(project, environment, overrides),
                parameter_places=self.parameter_places(project),
                state_machines=machines,
                functions=lambdas,
                layers=self.layers(project),
                policies=sound,
                raw=raw,
                source=project,
                names=names,
                roles=self.role_names(raw, machines, lambdas),
            )
        )

    def local(self, environment: Source) -> Local | None:
        if "local" not in environment.value:
            return None
        found = environment.value["local"]
        samples = None
        if "samples" in found:
            samples = self.directory / found["samples"]
            if not samples.is_dir():
                self.problem(f"there is no folder {found['samples']}", environment.where("/local/samples"))
        return Local(samples, found.get("idle_minutes", 30))

    def tags(self, raw: Mapping[str, Any], here: Mapping[str, Any]) -> dict[str, str]:
        return {
            **raw.get("tags", {}),
            **here.get("tags", {}),
            "stepdeploy:project": raw["project"],
            "stepdeploy:environment": self.env,
            "stepdeploy:owner": raw["owner"],
        }

    def parameters(self, project: Source, environment: Source, overrides: Mapping[str, str]) -> dict[str, Any]:
        declared = dict(project.value.get("parameters", {}))
        for name, value in environment.value.get("parameters", {}).items():
            if name not in declared:
                where = environment.where(("parameters", name), key=True)
                self.problem(f"the project declares no parameter {name!r}", where, _nearest(name, declared))
            declared[name] = value
        for name, text in overrides.items():
            if name not in declared:
                raise UsageError(f"the project declares no parameter {name!r}", hint=_nearest(name, declared))
            declared[name] = _json_or_text(text)
        return declared

    def parameter_places(self, project: Source) -> dict[str, str]:
        return {name: project.where(("parameters", name), key=True) for name in project.value.get("parameters", {})}

    def machines(self, project: Source, policies: Mapping[str, Source]) -> dict[str, Machine]:
        found: dict[str, Machine] = {}
        for key, raw in project.value["state_machines"].items():
            where = project.where(("state_machines", key), key=True)
            source = self.template(raw.get("definition", f"{key}.asl.json"), where)
            self.need_policy(raw.get("role", key), policies, where)
            input_schema = self.template(raw["input_schema"], where) if "input_schema" in raw else None
            if source is None:
                continue
            found[key] = Machine(
                key=key,
                name=raw["name"],
                source=source,
                role=raw.get("role", key),
                type=raw.get("type", "STANDARD"),
                alias=raw.get("alias", "production"),
                log_level=raw.get("log_level", "ALL"),
                include_execution_data=raw.get("include_execution_data", True),
                log_retention_days=raw.get("log_retention_days", 30),
                tracing=raw.get("tracing", True),
                input_schema=input_schema.value if input_schema else None,
                execution_name=raw.get("execution_name"),
            )
        return found

    def template(self, name: str, where: str) -> Source | None:
        path = self.directory / "definitions" / name
        if not path.is_file():
            self.problem(f"there is no file definitions/{name}", where)
            return None
        try:
            return jsonsource.load(path)
        except InvalidProject as error:
            self.problems.append(error)
            return None

    def need_policy(self, role: str, policies: Mapping[str, Source], where: str) -> None:
        if role not in policies and not (self.directory / "iam" / f"{role}.json").is_file():
            self.problem(f"there is no policy iam/{role}.json", where, "Write one that allows what it does, no more.")

    def functions(
        self, sources: Mapping[str, Source | None], raw: Mapping[str, Any], policies: Mapping[str, Source]
    ) -> dict[str, Function]:
        found: dict[str, Function] = {}
        for key, source in sources.items():
            if source is None:
                continue
            value = source.value
            self.need_policy(value.get("role", key), policies, source.where())
            for index, layer in enumerate(value.get("layers", [])):
                if layer not in raw.get("layers", {}):
                    hint = _nearest(layer, raw.get("layers", {}))
                    self.problem(f"there is no layer {layer!r}", source.where(("layers", index)), hint)
            folder = self.directory / "lambdas" / key
            handler = value.get("handler", "handler.lambda_handler")
            module = folder / (handler.rpartition(".")[0].replace(".", "/") + ".py")
            if not module.is_file():
                where = source.where("/handler")
                self.problem(f"the handler {handler} has no file lambdas/{key}/{module.name}", where)
            found[key] = _function(key, folder, source, handler)
        return found

    def layers(self, project: Source) -> dict[str, Layer]:
        found: dict[str, Layer] = {}
        for key, raw in project.value.get("layers", {}).items():
            paths = [("requirements", raw["requirements"])] if "requirements" in raw else []
            paths += [(f"include/{index}", name) for index, name in enumerate(raw.get("include", []))]
            for where, name in paths:
                if not (self.directory / name).exists():
                    self.problem(f"there is no {name}", project.where(f"/layers/{key}/{where}"))
            found[key] = Layer(
                key=key,
                name=raw.get("name", f"{project.value['project']}-{key}"),
                description=raw.get("description", ""),
                requirements=self.directory / raw["requirements"] if "requirements" in raw else None,
                include=tuple(self.directory / name for name in raw.get("include", [])),
            )
        return found

    def role_names(
        self, raw: Mapping[str, Any], machines: Mapping[str, Machine], functions: Mapping[str, Function]
    ) -> dict[str, str]:
        """Role key -> name: the user's, else that of the first machine or function that uses it, with `Role`."""
        users: list[Machine | Function] = [*machines.values(), *functions.values()]
        names: dict[str, str] = {}
        for user in users:
            names.setdefault(user.role, f"{user.name}Role")
        return {key: raw.get("roles", {}).get(key, {}).get("name", name) for key, name in names.items()}

    def check_names(self, settings: Settings) -> Settings:
        """Names that AWS would refuse, found before anything is made."""
        for kind in ("state_machine", "table", "bucket", "topic", "queue", "alarm", "function", "layer", "role"):
            for key in settings.keys_of(kind):
                name = settings.physical_name(kind, key)
                if reason := settings.names.problem(kind, name):
                    source = settings.functions[key].source if kind == "function" else settings.source
                    section = {"function": "", "state_machine": "state_machines"}.get(kind, f"{kind}s")
                    pointer = "/name" if kind == "function" else f"/{section}/{key}/name"
                    self.problem(f"the {kind.replace('_', ' ')} name {name!r} {reason}", source.where(pointer))
        return settings


def _function(key: str, folder: Path, source: Source, handler: str) -> Function:
    value = source.value
    return Function(
        key=key,
        folder=folder,
        source=source,
        name=value["name"],
        description=value.get("description", ""),
        handler=handler,
        memory_mb=value.get("memory_mb", 256),
        timeout_seconds=value.get("timeout_seconds", 30),
        layers=tuple(value.get("layers", [])),
        role=value.get("role", key),
        log_retention_days=value.get("log_retention_days", 30),
        ephemeral_mb=value.get("ephemeral_mb", 512),
        tracing=value.get("tracing", True),
        reserved_concurrency=value.get("reserved_concurrency"),
    )


def _nearest(name: str, among: Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(name, list(among), 1)
    return f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(among) or 'none'}."


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
