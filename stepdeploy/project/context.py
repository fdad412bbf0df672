"""What the makers of resources share: settings, names, templates, and where we are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from stepdeploy.arns import Place
from stepdeploy.errors import InvalidProject
from stepdeploy.names import Names
from stepdeploy.project.provenance import git_commit
from stepdeploy.project.templates import Rendered, render
from stepdeploy.references import Pending, Ref
from stepdeploy.resources.log_group import LogGroup
from stepdeploy.settings import Settings


class Context:
    """A project in one environment. build_dir: where zips are made. Raises InvalidProject when templates are first
    asked for and one is broken."""

    def __init__(self, settings: Settings, place: Place, build_dir: Path) -> None:
        self.settings = settings
        self.place = place
        self.build_dir = build_dir
        self.names = Names(settings, place)
        self.tags = dict(settings.tags)

    @cached_property
    def templates(self) -> Mapping[str, Rendered]:
        """Everything with names in it, rendered (stepdeploy/project/templates.py)."""
        return render(self.settings, self.names)

    @cached_property
    def commit(self) -> str:
        """The git commit of the project's folder, asked once."""
        return git_commit(self.settings.directory)

    def section(self, name: str) -> Mapping[str, Any]:
        """A section of project.json, its names replaced."""
        found: Mapping[str, Any] = self.templates["project"].value.get(name, {})
        return found

    def name(self, kind: str, key: str) -> str:
        """A resource's name on AWS."""
        return self.settings.physical_name(kind, key)

    def arn(self, kind: str, key: str) -> str:
        """A resource's ARN, without a version or alias."""
        return str(self.names.attribute(kind, key, "arn"))

    def text(self, value: Any) -> Any:
        """A value that AWS takes as text, such as an environment variable: JSON where it is none."""
        return value if isinstance(value, str | Ref | Pending) else json.dumps(value)

    def problem(self, message: str, *path: str | int, hint: str | None = None) -> InvalidProject:
        """What is wrong at a place in project.json."""
        return InvalidProject(message, where=self.settings.source.where(path), hint=hint)

    def log_group(self, key: str, kind: str, owner: str, days: int) -> LogGroup:
        """The group of a function's or machine's log."""
        name = self.settings.log_group_name(kind, owner)
        desired = {"arn": self.place.log_group(name), "retention_days": days, "tags": self.tags}
        return LogGroup(key, name, desired)
