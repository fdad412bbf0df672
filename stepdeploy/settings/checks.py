"""What no schema can tell: whether the files of a project fit one another, the file system and AWS's rules for names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from stepdeploy import schema
from stepdeploy.errors import InvalidProject, StepdeployError
from stepdeploy.jsonsource import Source
from stepdeploy.references import nearest
from stepdeploy.settings.build import Files
from stepdeploy.settings.model import Function, Settings

_NAMED = (
    "state_machine", "table", "bucket", "topic", "queue", "alarm", "rule", "dashboard", "function", "layer", "role",
)  # fmt: skip


def check(settings: Settings, files: Files) -> list[StepdeployError]:
    """All problems of sound files taken together."""
    checks: tuple[Callable[[Settings, Files], Iterator[StepdeployError]], ...] = (
        _environment,
        _parameters,
        _machines,
        _functions,
        _layers,
        _roles,
        _tables_and_alarms,
        _queues,
        _batch,
        _names,
    )
    return [problem for one in checks for problem in one(settings, files)]


def _environment(settings: Settings, files: Files) -> Iterator[StepdeployError]:
    source = files.environment
    if settings.local is None and "account_id" not in source.value:
        hint = "It must be the account of the credentials before anything is touched."
        yield InvalidProject("an environment on real AWS needs 'account_id'", where=source.where(), hint=hint)
    if settings.local and settings.local.samples and not settings.local.samples.is_dir():
        name = source.value["local"]["samples"]
        yield InvalidProject(f"there is no folder {name}", where=source.where("/local/samples"))


def _parameters(settings: Settings, files: Files) -> Iterator[StepdeployError]:
    """Parameters are values; `${name}` in one would reach AWS as it stands."""
    for source in (files.project, files.environment):
        for name, value in source.value.get("parameters", {}).items():
            if _holds_reference(value):
                where = source.where(("parameters", name))
                yield InvalidProject(f"parameter '{name}' holds '${{', and names are not replaced there", where=where)


def _holds_reference(value: Any) -> bool:
    if isinstance(value, str):
        return "${" in value
    if isinstance(value, dict):
        value = list(value.values())
    return isinstance(value, list) and any(map(_holds_reference, value))


def _machines(settings: Settings, files: Files) -> Iterator[StepdeployError]:
    project = files.project
    for key, raw in project.value["state_machines"].items():
        here = ("state_machines", key)
        for field, name in (("definition", f"{key}.asl.json"), ("input_schema", None), ("smoke", None)):
            name = raw.get(field, name)
            if name and not (settings.directory / "definitions" / name).is_file():
                where = project.where((*here, field)) if field in raw else project.where(here, key=True)
                yield InvalidProject(f"there is no file definitions/{name}", where=where)
        yield from _policy(raw, key, files, project.where((*here, "role" if "role" in raw else "name")))
        input_schema = files.definitions.get(raw.get("input_schema", ""))
        if input_schema:
            yield from schema.schema_problems(input_schema)


def _functions(settings: Settings, files: Files) -> Iterator[StepdeployError]:
    for key, function in settings.functions.items():
        source = function.source
        yield from _policy(source.value, key, files, source.where("/role" if "role" in source.value else "/name"))
        for index, layer in enumerate(function.layers):
            if layer not in settings.layers:
                yield _unknown("layer", layer, settings.layers, source.where(("layers", index)))
        file = _handler_file(function)
        if not file.is_file():
            name = file.relative_to(settings.directory)
            yield InvalidProject(f"handler {function.handler} needs the file {name}", where=source.where("/handler"))


def _handler_file(function: Function) -> Path:
    """`jobs/run.main` and `jobs.run.main` are both in `jobs/run.py`."""
    return function.folder / (function.handler.rpartition(".")[0].replace(".", "/") + ".py")


def _policy(raw: Mapping[str, Any], key: str, files: Files, where: str) -> Iterator[StepdeployError]:
    role = raw.get("role", key)
    known = {*files.policies, *files.broken_policies}
    if role not in known:
        hint = nearest(role, known) or "Write one that allows what is needed, and no more."
        yield InvalidProject(f"there is no policy iam/{role}.json", where=where, hint=hint)


def _layers(settings: Settings, files: Files) -> Iterator[StepdeployError]:
    for key, layer in settings.layers.items():
        raw, here = files.project.value["layers"][key], ("layers", key)
        if layer.requirements is None and not layer.include:
            where = files.project.where(here, key=True)
            yield InvalidProject(f"layer '{key}' has neither requirements nor folders to include", where=where)
        if layer.requirements is not None and not layer.requirements.is_file():
            where = files.project.where((*here, "requirements"))
            yield InvalidProject(f"there is no file {raw['requirements']}", where=where)
        for index, folder in enumerate(layer.include):
            if not folder.is_dir():
                where = files.project.where((*here, "include", index))
                yield InvalidProject(f"there is no folder {raw['include'][index]}", where=where)


def _roles(settings: Settings, files: Files) -> Iterator[StepdeployError]:
    if files.broken_functions:
        return  # one of them may have the role
    for key in settings.section("roles"):
        if key not in settings.roles:
            yield _unknown("role", key, settings.roles, files.project.where(("roles", key), key=True))
    for key, source in files.policies.items():
        if key not in settings.roles:
            yield InvalidProject(f"no function and no state machine has the role '{key}'", where=source.where())


def _tables_and_alarms(settings: Settings, files: Files) -> Iterator[StepdeployError]:
    for key, raw in settings.section("tables").items():
        if raw["hash_key"] == raw.get("range_key"):
            where = files.project.where(("tables", key, "range_key"))
            yield InvalidProject("the range key must not be the hash key", where=where)
    for key, raw in settings.section("alarms").items():
        period = raw["period_seconds"]
        if period not in (10, 20, 30) and period % 60:
            # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
            where = files.project.where(("alarms", key, "period_seconds"))
            yield InvalidProject(f"a period is 10, 20, 30 or a multiple of 60 seconds, not {period}", where=where)
        if raw.get("datapoints_to_alarm", 0) > raw["evaluation_periods"]:
            where = files.project.where(("alarms", key, "datapoints_to_alarm"))
            yield InvalidProject("there are more datapoints to alarm than evaluation periods", where=where)


def _queues(settings: Settings, files: Files) -> Iterator[StepdeployError]:
    queues = settings.section("queues")
    for key, raw in queues.items():
        if "dead_letter" not in raw:
            continue
        target, where = raw["dead_letter"]["queue"], files.project.where(("queues", key, "dead_letter", "queue"))
        if target not in queues:
            yield _unknown("queue", target, queues, where)
        elif target == key:
            yield InvalidProject("a queue cannot be its own dead-letter queue", where=where)
        elif bool(queues[target].get("fifo")) != bool(raw.get("fifo")):
            # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
            yield InvalidProject("the dead-letter queue of a FIFO queue, and only that, must be FIFO", where=where)


def _batch(settings: Settings, files: Files) -> Iterator[StepdeployError]:
    """The keys that the sections on machines and batches name."""
    raw = files.project.value
    kinds = {"default_machine": "state_machine", "machine": "state_machine", "items": "state_machine"}
    paths: list[tuple[str, ...]] = [("default_machine",)] if "default_machine" in raw else []
    paths += [("batch", name) for name in raw.get("batch", {})]
    for path in paths:
        key = raw["batch"][path[1]] if len(path) > 1 else raw["default_machine"]
        kind = kinds.get(path[-1], path[-1])
        known = settings.section(f"{kind}s")
        if key not in known:
            yield _unknown(kind.replace("_", " "), key, known, files.project.where(path))


def _unknown(kind: str, key: str, known: Collection[str], where: str) -> InvalidProject:
    hint = nearest(key, known) or f"There are: {', '.join(known) or 'none'}."
    return InvalidProject(f"there is no {kind} '{key}'", where=where, hint=hint)


def _names(settings: Settings, files: Files) -> Iterator[StepdeployError]:
    """Names that AWS would refuse, or that two resources share: found before anything is made."""
    for kind in _NAMED:
        taken: dict[str, str] = {}
        for key in settings.keys_of(kind):
            name = settings.physical_name(kind, key)
            what = f"the {kind.replace('_', ' ')} name '{name}'"
            if reason := settings.names.problem(kind, name):
                yield InvalidProject(f"{what} {reason}", where=_name_place(settings, files, kind, key))
            if name in taken:
                where = _name_place(settings, files, kind, key)
                yield InvalidProject(f"{what} is also that of '{taken[name]}'", where=where)
            taken.setdefault(name, key)


def _name_place(settings: Settings, files: Files, kind: str, key: str) -> str:
    """Where a name stands; for a role without one, the name that it is made from."""
    if kind == "function":
        return settings.functions[key].source.where("/name")
    if kind == "role" and "name" not in settings.section("roles").get(key, {}):
        return _user_place(settings, files.project, key)
    return files.project.where((f"{kind}s", key, "name"))


def _user_place(settings: Settings, project: Source, role: str) -> str:
    for key, raw in settings.section("state_machines").items():
        if raw.get("role", key) == role:
            return project.where(("state_machines", key, "name"))
    for key, raw in settings.section("rules").items():
        if raw.get("role", key) == role:
            return project.where(("rules", key, "name"))
    return next(item.source.where("/name") for item in settings.functions.values() if item.role == role)
