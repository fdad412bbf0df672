"""Whether smoke cases and the settings of releases make sense, and name what there is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from stepdeploy import schema
from stepdeploy.errors import InvalidProject, StepdeployError
from stepdeploy.jsonsource import Source
from stepdeploy.references import nearest
from stepdeploy.settings.build import Files
from stepdeploy.settings.model import Settings

EXPRESS_SECONDS = 60
"""StartSyncExecution answers when the execution has ended, and botocore waits so long for an answer."""


def check_releases(settings: Settings, files: Files, environments: Collection[str]) -> list[StepdeployError]:
    """All problems of `release` sections and of smoke files. environments: names of those that the project has."""
    return [*_releases(settings, files), *_smoke(settings, environments)]


def _releases(settings: Settings, files: Files) -> Iterator[StepdeployError]:
    yield from _alarms(files.environment, ("release",), files.environment.value.get("release", {}), settings)
    for key, raw in files.project.value["state_machines"].items():
        path = ("state_machines", key, "release")
        yield from _alarms(files.project, path, raw.get("release", {}), settings)
        if "release" in raw and raw.get("alias", "") is None:
            where = files.project.where(path, key=True)
            yield InvalidProject(f"'{key}' has no alias, so no release can move one", where=where)


def _alarms(
    source: Source, path: tuple[str | int, ...], release: Mapping[str, Any], settings: Settings
) -> Iterator[StepdeployError]:
    known = settings.section("alarms")
    for index, alarm in enumerate(release.get("alarms", ())):
        if isinstance(alarm, str) and alarm not in known:
            hint = nearest(alarm, known) or f"There are: {', '.join(known) or 'none'}."
            yield InvalidProject(
                f"there is no alarm '{alarm}'",
                where=source.where((*path, "alarms", index)),
                hint=f'{hint} One that the project does not make is written {{"name": "{alarm}"}}.',
            )


def _smoke(settings: Settings, environments: Collection[str]) -> Iterator[StepdeployError]:
    for machine in settings.state_machines.values():
        if machine.smoke is None:
            continue
        names: set[str] = set()
        for index, case in enumerate(machine.smoke.value["cases"]):
            yield from _case(machine.smoke, index, case, environments)
            if machine.type == "EXPRESS" and case.get("timeout_seconds", 0) > EXPRESS_SECONDS:
                where = machine.smoke.where(("cases", index, "timeout_seconds"))
                yield InvalidProject(f"a case of an EXPRESS machine has {EXPRESS_SECONDS} s at most", where=where)
            if case["name"] in names:
                where = machine.smoke.where(("cases", index, "name"))
                yield InvalidProject(f"two cases are named '{case['name']}'", where=where)
            names.add(case["name"])


def _case(
    source: Source, index: int, case: Mapping[str, Any], environments: Collection[str]
) -> Iterator[StepdeployError]:
    here = ("cases", index)
    for place, name in enumerate(case.get("environments", ())):
        if name not in environments:
            hint = nearest(name, environments) or f"There are: {', '.join(environments)}."
            where = source.where((*here, "environments", place))
            yield InvalidProject(f"there is no environment '{name}'", where=where, hint=hint)
    if "output" in case and "output_schema" in case:
        where = source.where((*here, "output_schema"), key=True)
        yield InvalidProject("a case expects an exact output or a schema of it, not both", where=where)
    succeeds = case.get("status", "SUCCEEDED") == "SUCCEEDED"
    if "error" in case and succeeds:
        where = source.where((*here, "error"), key=True)
        yield InvalidProject("a case that expects an error needs the status FAILED or TIMED_OUT", where=where)
    for field in ("output", "output_schema"):
        if field in case and not succeeds:
            where = source.where((*here, field), key=True)
            yield InvalidProject("only an execution that SUCCEEDED has an output", where=where)
    if "output_schema" in case:
        inner = Source(case["output_schema"], source.name, source.text)
        for problem in schema.schema_problems(inner):
            where = source.where((*here, "output_schema"))
            yield InvalidProject(f"output_schema: {problem.message}", where=where, hint=problem.hint)
