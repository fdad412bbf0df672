"""What a `${name}` stands for: a parameter, a place, or an attribute of a resource.

Attributes that follow from a resource's name (name, ARN) are known at once; those that AWS assigns (a version ARN) are
Refs, which the engine replaces once they are known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from stepdeploy.arns import Place
from stepdeploy.references import Ref
from stepdeploy.settings import Settings

DEFAULTS = {
    "function": "version_arn",
    "state_machine": "alias_arn",
    "table": "name",
    "bucket": "name",
    "topic": "arn",
    "queue": "arn",
    "role": "arn",
    "layer": "version_arn",
    "alarm": "arn",
    "log_group": "arn",
    "rule": "arn",
    "dashboard": "name",
}
"""The attribute that `${kind:key}` without one means."""
ASSIGNED = {
    ("function", "version_arn"), ("function", "version"), ("layer", "version_arn"), ("queue", "url"),
    ("state_machine", "version_arn"),
}  # fmt: skip
"""Attributes that only AWS can tell."""


class Names:
    """Looks names up. `used` collects the parameters that were asked for."""

    def __init__(self, settings: Settings, place: Place) -> None:
        self.settings = settings
        self.place = place
        self.used: set[str] = set()

    def lookup(self, name: str) -> Any:
        """The value of `name`. Raises KeyError where there is none."""
        if ":" not in name:
            return self._plain(name)
        kind, _, rest = name.partition(":")
        if kind == "aws":
            return {
                "region": self.place.region,
                "account": self.place.account,
                "partition": self.place.partition,
            }[rest]
        key, _, attribute = rest.partition(".")
        return self.attribute(kind, key, attribute or DEFAULTS[kind])

    def known(self) -> list[str]:
        """All names that could be written, for the nearest one to a misspelt name."""
        resources = [f"{kind}:{key}" for kind in DEFAULTS for key in self.settings.keys_of(kind)]
        return [*self.settings.parameters, "env", "aws:region", "aws:account", "aws:partition", *resources]

    def _plain(self, name: str) -> Any:
        if name == "env":
            return self.settings.env
        value = self.settings.parameters[name]
        self.used.add(name)
        return value

    def attribute(self, kind: str, key: str, attribute: str) -> Any:
        """An attribute of a resource. Raises KeyError for an unknown resource or attribute."""
        if key not in self.settings.keys_of(kind):
            raise KeyError(f"{kind}:{key}")
        if (kind, attribute) in ASSIGNED:
            return Ref(f"{kind}:{key}", attribute)
        name = self.settings.physical_name(kind, key)
        return self.static(kind, key, name)[attribute]

    def static(self, kind: str, key: str, name: str) -> Mapping[str, str]:
        """The attributes that follow from a name: name and arn, and what the kind has besides."""
        place = self.place
        arn: Callable[[str], str] = {
            "function": place.function,
            "state_machine": place.state_machine,
            "table": place.table,
            "bucket": place.bucket,
            "topic": place.topic,
            "queue": place.queue,
            "role": place.role,
            "alarm": place.alarm,
            "log_group": place.log_group,
            "layer": place.layer,
            "rule": place.rule,
            "dashboard": place.dashboard,
        }[kind]
        bus = self.settings.section("rules")[key].get("bus", "default") if kind == "rule" else "default"
        found = {"name": name, "arn": arn(name if bus == "default" else f"{bus}/{name}")}
        if kind in ("function", "state_machine"):
            group = self.settings.log_group_name(kind, key)
            found |= {"log_group": group, "log_group_arn": place.log_group(group)}
        if kind == "state_machine":
            alias = self.settings.state_machines[key].alias
            found["alias_arn"] = f"{found['arn']}:{alias}" if alias else found["arn"]
        return found
