"""Files with `${names}` in them, and what they are once the names are replaced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stepdeploy.errors import InvalidProject, StepdeployError
from stepdeploy.jsonsource import Source
from stepdeploy.names import Names
from stepdeploy.references import check_unused, substitute
from stepdeploy.settings import Settings


@dataclass(frozen=True)
class Rendered:
    """A template with its names replaced. value may hold Refs. source: where its values stand."""

    value: Any
    source: Source


def render(settings: Settings, names: Names) -> dict[str, Rendered]:
    """ "machine:<key>", "policy:<role>", "function:<key>", "dashboard:<key>" and "project" -> rendered. Raises
    InvalidProject with all problems of all templates."""
    problems: list[StepdeployError] = []
    rendered: dict[str, Rendered] = {}
    for name, source in _sources(settings):
        try:
            rendered[name] = Rendered(substitute(source, names.lookup, names.known()), source)
        except InvalidProject as error:
            problems += error.problems
    if not problems:
        problems += check_unused(settings.parameter_places, names.used)
    if problems:
        raise InvalidProject(str(problems[0]), problems=tuple(problems))
    return rendered


def _sources(settings: Settings) -> Iterator[tuple[str, Source]]:
    for key, machine in settings.state_machines.items():
        yield f"machine:{key}", machine.source
    for key, policy in settings.policies.items():
        if key in settings.roles:
            yield f"policy:{key}", policy
    for key, function in settings.functions.items():
        yield f"function:{key}", function.source
    for key, dashboard in settings.dashboards.items():
        yield f"dashboard:{key}", dashboard
    yield "project", _without_parameters(settings.source)


def _without_parameters(source: Source) -> Source:
    """project.json as a template: alarms, rules and subscriptions may hold names; parameters are values, not templates."""
    value: Mapping[str, Any] = {key: item for key, item in source.value.items() if key != "parameters"}
    return Source(value, source.name, source.text)
