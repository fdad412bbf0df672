"""State machines and their aliases."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from stepdeploy import __version__
from stepdeploy.engine.model import plain
from stepdeploy.project.context import Context
from stepdeploy.project.provenance import who
from stepdeploy.references import Pending, Ref, find, refs_in
from stepdeploy.resources.base import Base, canonical
from stepdeploy.resources.machine_alias import MachineAlias
from stepdeploy.resources.release_record import ReleaseRecord
from stepdeploy.resources.state_machine import StateMachine

Served = Mapping[str, Mapping[str, Any]]
"""Machine key -> its newest release record."""


def machines(project: Context) -> Iterator[Base]:
    description = version_description(project)
    for key, machine in project.settings.state_machines.items():
        group = project.log_group(f"machine-{key}", "state_machine", key, machine.log_retention_days)
        yield group
        desired = {
            "arn": project.arn("state_machine", key),
            "definition": project.templates[f"machine:{key}"].value,
            "role": project.arn("role", machine.role),
            "type": machine.type,
            "logging": {
                "level": machine.log_level,
                "include_execution_data": machine.include_execution_data,
                "log_group_arn": group.desired["arn"],
            },
            "tracing": machine.tracing,
            "version_description": description,
            "tags": project.tags,
        }
        needs = frozenset({group.address, f"role:{machine.role}"})
        yield StateMachine(key, project.name("state_machine", key), desired, needs)


def alias(project: Context, key: str, served: Served | None = None) -> MachineAlias | None:
    """The alias of a machine, apart from the rest; None where the settings say that it has none."""
    machine = project.settings.state_machines[key]
    if machine.alias is None:
        return None
    arn = f"{project.arn('state_machine', key)}:{machine.alias}"
    version = Ref(f"state_machine:{key}", "version_arn")
    desired = {"arn": arn, "version_arn": version, "served": (served or {}).get(key)}
    return MachineAlias(key, f"{project.name('state_machine', key)}:{machine.alias}", desired)


def aliases(project: Context, before: frozenset[str], served: Served) -> list[MachineAlias]:
    """All aliases. One moves only when everything else (`before`: addresses) is as it should be, and after those of the
    machines that its own machine starts."""
    made = {key: one for key in project.settings.state_machines if (one := alias(project, key, served))}
    children = children_first(started_by(project))
    return [
        replace(one, needs=before | {made[child].address for child in children[key] if child in made})
        for key, one in made.items()
    ]


def records(
    project: Context, aliases: Sequence[MachineAlias], table: str, served: Served, codes: Mapping[str, str]
) -> list[ReleaseRecord]:
    """A release record of each alias, once it has moved. table: the tool's own. codes: function -> digest of its code."""
    return [
        ReleaseRecord(
            one.key,
            table,
            {
                "table": table,
                "machine": one.key,
                "alias": one.name,
                "newest": served.get(one.key),
                "facts": {
                    "version_arn": one.desired["version_arn"],
                    "history": Ref(one.address, "description"),
                    "by": who(),
                    "commit": project.commit,
                    "content_hash": content_hash(project, one.key, codes),
                    "functions": _functions(project, one.key),
                    "how": "deploy",
                    "outcome": "served",
                },
            },
            frozenset({one.address}),
        )
        for one in aliases
    ]


def content_hash(project: Context, key: str, codes: Mapping[str, str]) -> str:
    """`sha256:...` of a machine's definition before AWS names anything in it, and of the code that it calls."""
    definition = plain(project.templates[f"machine:{key}"].value)
    called = {name: codes[name] for name in _called(project, key)}
    return f"sha256:{hashlib.sha256(canonical([definition, called]).encode()).hexdigest()}"


def _functions(project: Context, key: str) -> Pending:
    """`NovaSECExtractor:3 Merger:1`, known once the versions are."""
    parts: list[str | Ref] = []
    for name in _called(project, key):
        parts += [" " if parts else "", f"{project.name('function', name)}:", Ref(f"function:{name}", "version")]
    return Pending(tuple(part for part in parts if part != ""))


def _called(project: Context, key: str) -> list[str]:
    """Keys of the functions whose version a machine's definition names."""
    refs = refs_in(project.templates[f"machine:{key}"].value)
    keys = {ref.address.removeprefix("function:") for ref in refs if ref.address.startswith("function:")}
    return [name for name in project.settings.functions if name in keys]


def started_by(project: Context) -> dict[str, list[str]]:
    """Machine -> the machines that its definition names."""
    known = project.settings.state_machines
    found: dict[str, list[str]] = {}
    for key, machine in known.items():
        names = [reference.name for reference in find(machine.source)]
        keys = [name.partition(":")[2].partition(".")[0] for name in names if name.startswith("state_machine:")]
        found[key] = [child for child in dict.fromkeys(keys) if child in known and child != key]
    return found


def children_first(started: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """The same without the steps that lead back: where machines start one another in a circle, none can be first, and the
    one that stands first in project.json is the last to move."""
    kept: dict[str, list[str]] = {}

    def visit(key: str, above: tuple[str, ...]) -> None:
        if key in kept:
            return
        kept[key] = [child for child in started[key] if child not in above]
        for child in kept[key]:
            visit(child, (*above, child))

    for key in started:
        visit(key, (key,))
    return kept


def version_description(project: Context) -> str:
    """What a published machine version is described as: the commit it was made from, and the tool."""
    return f"{project.commit} by stepdeploy {__version__}"
