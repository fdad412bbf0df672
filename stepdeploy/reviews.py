"""`review`: a machine of the project with its settings, or a definition by itself. The rules are those of stepdeploy.review."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stepdeploy.asl import Finding, check_value
from stepdeploy.errors import InvalidProject
from stepdeploy.jsonsource import Source, load, parse
from stepdeploy.report.lines import as_template
from stepdeploy.review import Alarm, Facts, FunctionFacts, Review, review
from stepdeploy.review.facts import from_source
from stepdeploy.review.fixes import Fix, fixed
from stepdeploy.settings import Function, Machine

if TYPE_CHECKING:
    from stepdeploy.app import App

SETTINGS = ".settings.json"
"""`x.asl.json` is reviewed with the settings in `x.settings.json` where that is there."""
_BUNDLED = 5_000_000
"""Bytes of a function's folder that only libraries make."""


@dataclass(frozen=True)
class Reviewed:
    """What was reviewed and found. name: as shown. source: the file. value: the definition, names replaced."""

    name: str
    source: Source
    value: Any
    facts: Facts
    review: Review


@dataclass(frozen=True)
class Fixed:
    """The safe fixes of a definition. diff: unified, "" where there is nothing to fix. after: the review of `text`."""

    text: str
    fixes: list[Fix]
    diff: str
    after: Review


def review_file(name: str, type_: str | None, settings: str | None) -> Reviewed:
    """Review a definition without a project, with the settings in a file. Raises InvalidProject for what is no definition."""
    path = Path(name)
    source = load(path)
    beside = path.with_name(path.name.removesuffix(".json").removesuffix(".asl") + SETTINGS)
    if settings is None and beside.is_file():
        settings = str(beside)
    facts = from_source(load(Path(settings))) if settings else Facts()
    if type_ is not None:
        facts = replace(facts, type=type_)
    return _reviewed(source.name, source, source.value, facts)


def review_machine(app: App, key: str | None) -> Reviewed:
    """Review a machine of the project. Raises UsageError where there is none of that name."""
    machine = app.machine(key)
    findings = tuple(item.finding for item in app.validate(machine.key))
    return _reviewed(machine.name, machine.source, app.render(machine.key), project_facts(app, machine), findings)


def _reviewed(
    name: str, source: Source, value: Any, facts: Facts, findings: tuple[Finding, ...] | None = None
) -> Reviewed:
    """findings: what the validator says of it, None where it is still to be asked."""
    if not isinstance(value, dict) or not isinstance(value.get("States"), dict):
        hint = "validate says what is wrong with it."
        raise InvalidProject("is no state machine: it has no States", where=source.where(""), hint=hint)
    if findings is None:
        findings = tuple(check_value(value, machine_type=facts.type))
    return Reviewed(name, source, value, facts, review(value, facts, findings))


def fix(reviewed: Reviewed) -> Fixed:
    """Work out the safe fixes. Raises InvalidProject for a definition that AWS would refuse."""
    source, facts = reviewed.source, reviewed.facts
    try:
        text, fixes = fixed(source, reviewed.value, facts)
    except ValueError as error:
        hint = "Run validate, and mend what it finds first."
        raise InvalidProject("AWS would refuse the definition", where=source.where(""), hint=hint) from error
    names = (source.name, f"{source.name} (fixed)")
    diff = "".join(difflib.unified_diff(source.text.splitlines(True), text.splitlines(True), *names, n=2))
    return Fixed(text, fixes, diff, _reviewed(reviewed.name, source, parse(text, source.name).value, facts).review)


# -- what a project knows of a machine ---------------------------------------------------------------------------------


def project_facts(app: App, machine: Machine) -> Facts:
    """Everything that the project's files say of a machine."""
    settings, key = app.settings, machine.key
    texts = {other: json.dumps(app.render(other)) for other in settings.state_machines}
    callers = [other for other in texts if other != key and _names_machine(app, texts[other], key)]
    batches = settings.raw.get("batch") or {}
    place = settings.source.where(("state_machines", key))
    return Facts(
        type=machine.type,
        log_level=machine.log_level,
        tracing=machine.tracing,
        aliased=machine.alias is not None,
        named=machine.execution_name is not None,
        queued=bool(callers) or batches.get("machine") == key or any(_starters(app, key)),
        batched=batches.get("items") == key or any('"Map"' in texts[other] for other in callers),
        dashboards=sum(
            _is_about(app, key, app.project.templates[f"dashboard:{one}"].value) for one in settings.dashboards
        ),
        alarms=tuple(_alarms(app, key)),
        actions=_actions(app, machine.role),
        functions={name: _function_facts(app, one) for name, one in settings.functions.items()},
        places={"machine": place}
        | {f"function:{name}": one.source.where("") for name, one in settings.functions.items()},
    )


def _names_machine(app: App, text: str, key: str) -> bool:
    """Whether a text holds the ARN or the name of a machine."""
    arn = app.machine_arn(app.settings.state_machines[key])
    return any(f"{arn}{end}" in text for end in ('"', ":", "\\")) or f"${{state_machine:{key}." in text


def _starters(app: App, key: str) -> Iterator[str]:
    """Rules, and functions behind a queue, that start a machine."""
    for name, rule in app.project.section("rules").items():
        if any(target.get("state_machine") == key for target in rule.get("targets", ())):
            yield name
    for name, function in app.settings.functions.items():
        environment = app.project.templates[f"function:{name}"].value.get("environment", {})
        if function.event_sources and _names_machine(app, json.dumps(as_template(environment)), key):
            yield name


def _is_about(app: App, key: str, value: Any) -> bool:
    """Whether something names this machine, a function of its definition, or a machine that it starts."""
    text = json.dumps(as_template(value))
    own = json.dumps(app.render(key))
    settings = app.settings
    machines = {key, *(other for other in settings.state_machines if _names_machine(app, own, other))}
    inside = own + "".join(json.dumps(app.render(other)) for other in machines)
    names = [settings.physical_name("state_machine", one) for one in machines]
    names += [settings.physical_name("function", one) for one in settings.functions if f"${{function:{one}." in inside]
    return any(f"{name}{end}" in text for name in names for end in ('"', ":", "\\"))


def _alarms(app: App, key: str) -> Iterator[Alarm]:
    for raw in app.project.section("alarms").values():
        if _is_about(app, key, raw.get("dimensions", {})):
            yield Alarm(raw["namespace"], raw["metric"], bool(raw.get("actions")))


def _actions(app: App, role: str) -> frozenset[str] | None:
    """What a role may do, in lower case."""
    rendered = app.project.templates.get(f"policy:{role}")
    if rendered is None:
        return None
    statements = rendered.value.get("Statement", [])
    found: set[str] = set()
    for statement in statements if isinstance(statements, list) else [statements]:
        if isinstance(statement, Mapping) and statement.get("Effect") == "Allow":
            actions = statement.get("Action", [])
            found.update(str(action).lower() for action in (actions if isinstance(actions, list) else [actions]))
    return frozenset(found)


def _function_facts(app: App, function: Function) -> FunctionFacts:
    return FunctionFacts(
        timeout_seconds=function.timeout_seconds,
        memory_mb=function.memory_mb,
        architecture=app.settings.architecture,
        reserved_concurrency=function.reserved_concurrency is not None,
        kept_warm=bool(function.provisioned_concurrency or function.warm_up_minutes),
        dependencies="layer" if function.layers else _dependencies(function.folder),
    )


def _dependencies(folder: Path) -> str:
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return "bundled" if size > _BUNDLED or (folder / "requirements.txt").is_file() else "none"
