"""Settings and folders -> the list of desired resources, with every `${name}` replaced.

One group of kinds, one small file: data, messages, functions, warmth, roles, machines, rules, monitoring; senders says
who may send to what.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from stepdeploy.errors import InvalidProject
from stepdeploy.project import data, functions, machines, messages, monitoring, roles, rules, senders, warmth
from stepdeploy.project.context import Context
from stepdeploy.project.provenance import git_commit
from stepdeploy.project.templates import Rendered
from stepdeploy.resources.base import Base
from stepdeploy.resources.gone import leaving
from stepdeploy.resources.inventory import Inventory
from stepdeploy.resources.machine_alias import MachineAlias
from stepdeploy.resources.table import ReadTable, Table

__all__ = ["RELEASES", "Project", "Rendered", "git_commit"]

RELEASES = "releases"
"""Key of the table that the tool keeps for itself."""


class Project(Context):
    """A project in one environment, ready to be planned. Raises InvalidProject with all problems of its templates."""

    def resources(
        self,
        on_record: Callable[[], Mapping[str, str]] = dict,
        served: Callable[[], machines.Served] = dict,
    ) -> list[Base]:
        """Everything that the project wants, the alias last, and what starts machines by their alias after it.

        on_record: gives address -> name of what earlier deploys have made; served: machine key -> its newest release
        record. Both are asked when all else is known to be sound; wiring on record that the project does not want any
        more is removed. Raises InvalidProject.
        """
        all_rules = list(rules.rules(self))
        starting = [rule for rule in all_rules if any(need.startswith("alias:") for need in rule.needs)]
        found: list[Base] = [
            *data.tables(self),
            *data.buckets(self),
            *messages.topics(self),
            *messages.queues(self),
            *functions.layers(self),
            *roles.roles(self),
            *functions.functions(self),
            *senders.permissions(self),
            *messages.subscriptions(self),
            *machines.machines(self),
            *(rule for rule in all_rules if rule not in starting),
            *warmth.before_the_alias(self),
            *monitoring.alarms(self),
            *monitoring.dashboards(self),
        ]
        record = self._record([*found, *starting], on_record, _addresses(found))
        aliases = machines.aliases(self, _addresses([*found, *record]), served())
        codes = {one.key: one.desired["code_sha256"] for one in found if one.kind == "function"}
        records = machines.records(self, aliases, self.settings.ledger_table, served(), codes)
        made = [*found, *record, *aliases, *records, *starting, *warmth.after_the_alias(self, _addresses(aliases))]
        _refuse_twins(made)
        return made

    def alias(self, key: str) -> MachineAlias | None:
        """The alias of a machine, apart from the rest; None where the settings say that it has none."""
        return machines.alias(self, key)

    @property
    def version_description(self) -> str:
        """What a published machine version is described as."""
        return machines.version_description(self)

    def _record(
        self, others: Sequence[Base], on_record: Callable[[], Mapping[str, str]], before: frozenset[str]
    ) -> list[Base]:
        """The tool's own table, in it the list of all that there is, and what leaves that list. What leaves goes when the
        rest is in place, and is forgotten only when it is gone."""
        name = self.settings.ledger_table
        keys = {"hash_key": "pk", "range_key": "sk", "ttl_attribute": None, "point_in_time_recovery": True}
        _refuse_taken(self, name)
        recorded = on_record()
        kind = ReadTable if recorded else Table
        table = kind(RELEASES, name, {"arn": self.place.table(name), **keys, "tags": self.tags})
        aliases = [alias for key in self.settings.state_machines if (alias := self.alias(key))]
        resources = {resource.address: resource.name for resource in (*others, table, *aliases)}
        left = leaving(recorded, resources, self.place, self.settings.owner_tags)
        gone = [replace(one, needs=one.needs | before) for one in left]
        facts = {"resources": resources, "recorded": recorded or None, "leaving": [one.address for one in gone]}
        inventory = Inventory("current", name, facts, frozenset({table.address}))
        if not gone:
            return [table, inventory]
        needs = frozenset({inventory.address, *_addresses(gone)})
        return [table, inventory, *gone, Inventory("after", name, {**facts, "forget": True}, needs)]


def _refuse_taken(project: Context, name: str) -> None:
    """Neither key nor name of the tool's own table may be the project's."""
    for key in project.section("tables"):
        if key == RELEASES:
            raise project.problem(f"the key '{RELEASES}' is that of stepdeploy's own table", "tables", key)
        if project.name("table", key) == name:
            raise project.problem(f"the name '{name}' is that of stepdeploy's own table", "tables", key, "name")


def _refuse_twins(resources: Sequence[Base]) -> None:
    """Two resources of one address: the same subscription twice, or keys that run together to the same name."""
    for address, count in Counter(resource.address for resource in resources).items():
        if count > 1:
            raise InvalidProject(f"there are {count} of {address}", hint="Name it once, or change one of the keys.")


def _addresses(resources: Sequence[Base]) -> frozenset[str]:
    return frozenset(resource.address for resource in resources)
