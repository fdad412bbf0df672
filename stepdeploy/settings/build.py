"""Sound JSON files -> Settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from stepdeploy.errors import InvalidProject, StepdeployError, UsageError
from stepdeploy.jsonsource import Source
from stepdeploy.naming import NameRules
from stepdeploy.references import nearest
from stepdeploy.settings.model import LOCAL_ACCOUNT, Function, Layer, Local, Machine, Settings

DEFAULT_LAMBDA = {"runtime": "python3.13", "architecture": "arm64"}


@dataclass(frozen=True)
class Files:
    """The JSON files of a project that passed their schemas. functions: by folder; policies: by role key;
    definitions: by file name; broken_policies, broken_functions: keys of those whose file did not pass."""

    directory: Path
    env: str
    project: Source
    environment: Source
    functions: Mapping[str, Source]
    policies: Mapping[str, Source]
    broken_policies: frozenset[str]
    broken_functions: frozenset[str]
    definitions: Mapping[str, Source]


def build(files: Files, overrides: Mapping[str, Any], region: str | None, problems: list[StepdeployError]) -> Settings:
    """The settings; `problems` gets those of parameters. A machine whose definition is broken or missing is left out."""
    raw, here = files.project.value, files.environment.value
    machines = {key: machine for key, item in raw["state_machines"].items() if (machine := _machine(key, item, files))}
    functions = {key: _function(key, source, files.directory) for key, source in files.functions.items()}
    account = here.get("account_id", LOCAL_ACCOUNT)
    platform = {**DEFAULT_LAMBDA, **raw.get("lambda", {}), **here.get("lambda", {})}
    return Settings(
        directory=files.directory,
        env=files.env,
        project=raw["project"],
        region=region or here["region"],
        account_id=account,
        profile=here.get("profile"),
        local=_local(files),
        runtime=platform["runtime"],
        architecture=platform["architecture"],
        tags=_tags(files),
        parameters=_parameters(files, overrides, problems),
        parameter_places={
            name: files.project.where(("parameters", name), key=True) for name in raw.get("parameters", {})
        },
        state_machines=machines,
        functions=functions,
        layers={key: _layer(key, item, files) for key, item in raw.get("layers", {}).items()},
        policies=files.policies,
        roles=_role_names(raw, files),
        raw=raw,
        source=files.project,
        dashboards={
            key: files.definitions[item["template"]]
            for key, item in raw.get("dashboards", {}).items()
            if item["template"] in files.definitions
        },
        names=NameRules(here.get("name_prefix", ""), here.get("name_suffix", f"-{files.env}"), account),
    )


def _fields_of(kind: type[Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    """The members of `raw` that are fields of a dataclass; the dataclass has the defaults of the others."""
    names = {field.name for field in fields(kind)}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in raw.items() if name in names}


def _machine(key: str, raw: Mapping[str, Any], files: Files) -> Machine | None:
    source = files.definitions.get(raw.get("definition", f"{key}.asl.json"))
    if source is None:
        return None
    schema = files.definitions.get(raw.get("input_schema", ""))
    given = {
        "role": key,
        **_fields_of(Machine, raw),
        "input_schema": schema.value if schema else None,
        "release": {**raw.get("release", {}), **files.environment.value.get("release", {})},
        "smoke": files.definitions.get(raw.get("smoke", f"{key}.smoke.json")),
    }
    return Machine(key=key, source=source, **given)


def _function(key: str, source: Source, directory: Path) -> Function:
    given = {"role": key, **_fields_of(Function, source.value)}
    return Function(key=key, folder=directory / "lambdas" / key, source=source, **given)


def _layer(key: str, raw: Mapping[str, Any], files: Files) -> Layer:
    given = {"name": f"{files.project.value['project']}-{key}", **_fields_of(Layer, raw)}
    if "requirements" in given:
        given["requirements"] = files.directory / given["requirements"]
    given["include"] = tuple(files.directory / name for name in given.get("include", ()))
    return Layer(key=key, **given)


def _local(files: Files) -> Local | None:
    if "local" not in files.environment.value:
        return None
    given = dict(files.environment.value["local"])
    samples = files.directory / given.pop("samples") if "samples" in given else None
    return Local(samples, **given)


def _tags(files: Files) -> dict[str, str]:
    raw = files.project.value
    return {
        **raw.get("tags", {}),
        **files.environment.value.get("tags", {}),
        "stepdeploy:project": raw["project"],
        "stepdeploy:environment": files.env,
        "stepdeploy:owner": raw["owner"],
    }


def _role_names(raw: Mapping[str, Any], files: Files) -> dict[str, str]:
    """Role key -> name: the user's, else that of the first machine, function or rule that uses it, with `Role`."""
    names: dict[str, str] = {}
    rules = raw.get("rules", {}).items()
    for key, item in [
        *raw["state_machines"].items(),
        *((key, source.value) for key, source in files.functions.items()),
        *((key, item) for key, item in rules if any("state_machine" in target for target in item["targets"])),
    ]:
        names.setdefault(item.get("role", key), f"{item['name']}Role")
    return {key: raw.get("roles", {}).get(key, {}).get("name", name) for key, name in names.items()}


def _parameters(files: Files, overrides: Mapping[str, Any], problems: list[StepdeployError]) -> dict[str, Any]:
    """Declared values, under those of the environment, under those of the command line."""
    declared: dict[str, Any] = files.project.value.get("parameters", {})
    values = dict(declared)
    for name, value in files.environment.value.get("parameters", {}).items():
        if name not in declared:
            where = files.environment.where(("parameters", name), key=True)
            hint = nearest(name, declared) or "Declare it under parameters in definitions/project.json."
            problems.append(InvalidProject(f"the project declares no parameter '{name}'", where=where, hint=hint))
        values[name] = value
    for name, given in overrides.items():
        if name not in declared:
            hint = nearest(name, declared) or f"There are: {', '.join(declared) or 'none'}."
            raise UsageError(f"the project declares no parameter '{name}'", hint=hint)
        values[name] = _override(name, given, declared[name])
    return values


def _override(name: str, given: Any, declared: Any) -> Any:
    """A parameter from the command line: JSON, or text where it is none. Text stays text (`1.10`) where the declaration is
    text, unless it is quoted as JSON text is; a declared number or truth value must stay one."""
    if not isinstance(given, str):
        return given
    try:
        value = json.loads(given)
    except ValueError:
        value = given
    if isinstance(declared, str):
        return value if isinstance(value, str) else given
    for kind, words in ((bool, "true or false"), ((int, float), "a number")):
        if isinstance(declared, kind):
            if isinstance(value, bool) == isinstance(declared, bool) and isinstance(value, kind):
                return value
            raise UsageError(f"parameter '{name}' must be {words}, not '{given}'")
    return value
