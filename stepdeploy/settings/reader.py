"""Reads the files of a project and hands them on when they are sound."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stepdeploy import jsonsource, schema
from stepdeploy.checked import Checked, digest
from stepdeploy.errors import InvalidProject, StepdeployError, UsageError
from stepdeploy.jsonsource import Source
from stepdeploy.references import raise_all
from stepdeploy.settings.build import Files, build
from stepdeploy.settings.checks import check
from stepdeploy.settings.event_checks import check_events
from stepdeploy.settings.model import Settings
from stepdeploy.settings.release_checks import check_releases

SMOKE = ".smoke.json"


def environments(directory: Path) -> list[str]:
    """Names of the environments of a project, sorted."""
    return sorted(path.stem for path in (directory / "definitions" / "environments").glob("*.json"))


def load(
    directory: Path, env: str, *, overrides: Mapping[str, Any] | None = None, region: str | None = None
) -> Settings:
    """Read and check a project.

    overrides: parameters from the command line; text is read as JSON where the declared value is no text.
    region: in place of the environment's. Raises UsageError (no project, no such environment or parameter),
    InvalidProject (everything that is wrong with the files).
    """
    if not (directory / "definitions" / "project.json").is_file():
        raise UsageError(
            f"{directory} is no stepdeploy project: it has no definitions/project.json", hint="Name one with --project."
        )
    known = environments(directory)
    if env not in known:
        raise UsageError(f"there is no environment '{env}'", hint=f"There are: {', '.join(known) or 'none'}.")
    problems: list[StepdeployError] = []
    files = _read_all(directory, env, problems)
    if files is None:
        raise_all(_in_order(problems))
        raise AssertionError("a file that cannot be used has a problem")
    settings = build(files, overrides or {}, region, problems)
    problems += check(settings, files)
    problems += check_events(settings, files)
    problems += check_releases(settings, files, environments(directory))
    raise_all(_in_order(problems))
    return settings


def _read_all(directory: Path, env: str, problems: list[StepdeployError]) -> Files | None:
    """All JSON files; None where project or environment cannot be used. A broken function or policy is left out, but its
    problem is kept."""
    checked = Checked(directory / ".build")
    project = _read(directory / "definitions" / "project.json", "project", problems, checked)
    environment = _read(directory / "definitions" / "environments" / f"{env}.json", "environment", problems, checked)
    functions = {
        path.parent.name: _read(path, "function", problems, checked)
        for path in sorted(directory.glob("lambdas/*/function.json"))
    }
    policies = {path.stem: _read(path, "policy", problems, checked) for path in sorted(directory.glob("iam/*.json"))}
    if project is None or environment is None:
        return None
    definitions = {
        name: _read(directory / "definitions" / name, "smoke" if name.endswith(SMOKE) else None, problems, checked)
        for name in _named_definitions(project, directory)
    }
    return Files(
        directory=directory,
        env=env,
        project=project,
        environment=environment,
        functions={key: source for key, source in functions.items() if source},
        policies={key: source for key, source in policies.items() if source},
        broken_policies=frozenset(key for key, source in policies.items() if not source),
        broken_functions=frozenset(key for key, source in functions.items() if not source),
        definitions={name: source for name, source in definitions.items() if source},
    )


def _read(path: Path, kind: str | None, problems: list[StepdeployError], checked: Checked) -> Source | None:
    """A file, checked by the schema of its kind; None where it is broken."""
    try:
        source = jsonsource.load(path)
    except InvalidProject as error:
        problems.append(error)
        return None
    if kind is None:
        return source
    known = digest(source.text, checker=(schema.SCHEMAS / f"{kind}.schema.json", schema.SCHEMAS.parent / "schema.py"))
    if checked.knows(known):
        return source
    found = schema.problems(source, schema.shipped(kind))
    problems += found
    if found:
        return None
    checked.add(known)
    return source


def _named_definitions(project: Source, directory: Path) -> list[str]:
    """The files of definitions/ that are named and that exist: definitions, input schemas, smoke cases, dashboards."""
    names: set[str] = set()
    for key, raw in project.value["state_machines"].items():
        names |= {raw.get("definition", f"{key}.asl.json"), raw.get("input_schema", ""), raw.get("smoke", key + SMOKE)}
    names |= {raw["template"] for raw in project.value.get("dashboards", {}).values()}
    return sorted(name for name in names if name and (directory / "definitions" / name).is_file())


def _in_order(problems: list[StepdeployError]) -> list[StepdeployError]:
    """Sorted by file, line and column, each once."""
    found = {(problem.where, problem.message): problem for problem in problems}
    return sorted(found.values(), key=lambda problem: _place(problem.where or ""))


def _place(where: str) -> tuple[str, list[int]]:
    file, *numbers = where.rsplit(":", 2)
    return (file, [int(number) for number in numbers]) if all(map(str.isdigit, numbers)) else (where, [])
