"""Roles, one a policy file."""

from __future__ import annotations

from collections.abc import Iterator

from stepdeploy.errors import InvalidProject
from stepdeploy.project.context import Context
from stepdeploy.project.senders import EVENTS
from stepdeploy.resources.base import Base
from stepdeploy.resources.role import Role

LAMBDA = "lambda.amazonaws.com"
STATES = "states.amazonaws.com"
WORDS = {LAMBDA: "a function", STATES: "a machine", EVENTS: "a rule"}


def roles(project: Context) -> Iterator[Base]:
    """What uses a role must be of one service: the role would else be assumable by both."""
    principals: dict[str, str] = {}
    for key, principal in _users(project):
        if principals.setdefault(key, principal) != principal:
            where = project.settings.policies[key].where()
            one, other = WORDS[principals[key]], WORDS[principal]
            raise InvalidProject(f"{one} and {other} cannot share a role ('{key}')", where=where)
    for key, principal in principals.items():
        desired = {
            "trust": principal,
            "account": project.place.account,
            "policy": project.templates[f"policy:{key}"].value,
            "tags": project.tags,
        }
        yield Role(key, project.name("role", key), desired)


def _users(project: Context) -> Iterator[tuple[str, str]]:
    """(role, service that assumes it)."""
    settings = project.settings
    for function in settings.functions.values():
        yield function.role, LAMBDA
    for machine in settings.state_machines.values():
        yield machine.role, STATES
    for key, raw in settings.section("rules").items():
        if any("state_machine" in target for target in raw["targets"]):
            yield raw.get("role", key), EVENTS
