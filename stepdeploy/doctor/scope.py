"""The names of all that a project wants on AWS, without building any zip."""

from __future__ import annotations

from stepdeploy.project import (
    RELEASES,
    Project,
    data,
    functions,
    machines,
    messages,
    monitoring,
    roles,
    rules,
    senders,
    warmth,
)
from stepdeploy.resources.base import Base

LEDGER = f"ledger:{RELEASES}"
"""Address of the items in the tool's own table, which as a table is `table:releases`."""


def wanted(project: Project) -> dict[str, str]:
    """Address -> name on AWS, as the inventory has them, and the ledger's. Raises InvalidProject."""
    made: list[Base] = [
        *data.tables(project),
        *data.buckets(project),
        *messages.topics(project),
        *messages.queues(project),
        *roles.roles(project),
        *functions.functions(project),
        *senders.permissions(project),
        *messages.subscriptions(project),
        *machines.machines(project),
        *rules.rules(project),
        *warmth.before_the_alias(project),
        *monitoring.alarms(project),
        *monitoring.dashboards(project),
    ]
    names = {resource.address: resource.name for resource in made}
    aliases = [alias for key in project.settings.state_machines if (alias := project.alias(key))]
    return {
        **names,
        **{f"layer:{key}": project.name("layer", key) for key in project.settings.layers},
        **{alias.address: alias.name for alias in aliases},
        f"table:{RELEASES}": project.settings.ledger_table,
        LEDGER: project.settings.ledger_table,
    }


def passed_roles(project: Project) -> dict[str, list[str]]:
    """Service principal -> ARNs of the roles that are handed to it."""
    found: dict[str, list[str]] = {}
    for role in roles.roles(project):
        found.setdefault(role.desired["trust"], []).append(project.place.role(role.name))
    return found
