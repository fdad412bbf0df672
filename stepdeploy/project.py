"""Settings and folders -> the list of desired resources, with every `${name}` replaced."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from stepdeploy.arns import Place
from stepdeploy.engine.model import FileBytes
from stepdeploy.errors import InvalidProject, StepdeployError
from stepdeploy.jsonsource import Source
from stepdeploy.names import Names
from stepdeploy.packaging import Archive, function_archive, layer_archive
from stepdeploy.references import check_unused, substitute
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
        """Everything with names in it, rendered: "machine:<key>", "policy:<role>", "environment:<function>",
        "alarm:<key>", "topic:<key>"."""
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
