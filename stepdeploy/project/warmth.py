"""What keeps a function warm: provisioned concurrency and warm-up rules. Both are off unless function.json turns them on.

Both belong to a version, so both are for functions that a machine calls: what topics, rules and queues call is not a
version (stepdeploy/project/senders.py).
"""

from __future__ import annotations

from collections.abc import Iterator

from stepdeploy.errors import InvalidProject
from stepdeploy.project.context import Context
from stepdeploy.references import Ref, find
from stepdeploy.resources.base import Base
from stepdeploy.resources.provisioned import Provisioned, Replaced
from stepdeploy.resources.warm_up import WarmUp
from stepdeploy.settings import Function

RULE_NAME_LIMIT = 64
"""Characters (https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html)."""


def before_the_alias(project: Context) -> Iterator[Base]:
    """Provisioned concurrency of new versions, and warm-up rules."""
    called = _called_by_machines(project)
    for key, function in project.settings.functions.items():
        for setting in ("provisioned_concurrency", "warm_up_minutes"):
            if getattr(function, setting) and key not in called:
                raise InvalidProject(
                    f"no state machine calls a version of '{key}', so {setting} would be paid for and serve nobody",
                    where=function.source.where((setting,)),
                )
        version = Ref(f"function:{key}", "version")
        if function.provisioned_concurrency:
            desired = {"version": version, "count": function.provisioned_concurrency}
            yield Provisioned(key, project.name("function", key), desired)
        if function.warm_up_minutes:
            yield _warm_up(project, key, function, function.warm_up_minutes)


def after_the_alias(project: Context, aliases: frozenset[str]) -> Iterator[Base]:
    """Old versions lose their provisioned concurrency when nothing calls them any more."""
    for key, function in project.settings.functions.items():
        if function.provisioned_concurrency:
            desired = {"version": Ref(f"function:{key}", "version")}
            yield Replaced(key, project.name("function", key), desired, aliases | {f"provisioned:{key}"})


def _warm_up(project: Context, key: str, function: Function, minutes: int) -> Base:
    physical = project.name("function", key)
    name = f"{physical}-warm-up"
    if len(name) > RULE_NAME_LIMIT:
        where = function.source.where(("warm_up_minutes",))
        raise InvalidProject(f"its rule '{name}' would have more than {RULE_NAME_LIMIT} characters", where=where)
    desired = {
        "arn": project.place.rule(name),
        "minutes": minutes,
        "function": physical,
        "version_arn": Ref(f"function:{key}", "version_arn"),
        "version": Ref(f"function:{key}", "version"),
        "tags": project.tags,
    }
    return WarmUp(key, name, desired)


def _called_by_machines(project: Context) -> set[str]:
    """Keys of the functions whose version a definition names."""
    names = {found.name for machine in project.settings.state_machines.values() for found in find(machine.source)}
    return {
        name.removeprefix("function:").removesuffix(".version_arn") for name in names if name.startswith("function:")
    }
