"""What a new version has to prove at each step before it gets more weight."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from stepdeploy.shift.strategy import ALL_AT_ONCE, Strategy, duration, parse

DEFAULTS: Mapping[str, Any] = {
    "strategy": "all-at-once",
    "alarms": (),
    "min_executions": 5,
    "max_failure_percent": 20,
    "max_wait": "1h",
}
"""Of `release` in the settings (stepdeploy/schemas/project.schema.json)."""


@dataclass(frozen=True)
class Policy:
    """alarms: names on AWS. min_executions: executions of the new version that must have ended in a step.
    max_failure_percent: of those that ended. max_wait: seconds beyond a step's own that it may wait for its proof."""

    strategy: Strategy = ALL_AT_ONCE
    alarms: tuple[str, ...] = field(default_factory=tuple)
    min_executions: int = 5
    max_failure_percent: float = 20
    max_wait: float = 3600

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "strategy": str(self.strategy), "alarms": list(self.alarms)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Policy:
        """What `to_json` gave. Raises KeyError, TypeError, ValueError, UsageError for anything else."""
        return cls(
            parse(data["strategy"]),
            tuple(str(name) for name in data["alarms"]),
            int(data["min_executions"]),
            float(data["max_failure_percent"]),
            float(data["max_wait"]),
        )


def policy_of(raw: Mapping[str, Any], strategy: str | None, alarm_name: Callable[[str], str]) -> Policy:
    """The policy that `release` in the settings asks for.

    raw: {"strategy", "alarms": [key of the project's alarms, or {"name": on AWS}], "min_executions", ...}, all
    optional. strategy: of the command line, in place of the settings'. alarm_name: key -> name on AWS.
    Raises UsageError.
    """
    wanted = {**DEFAULTS, **raw}
    names = [alarm_name(alarm) if isinstance(alarm, str) else str(alarm["name"]) for alarm in wanted["alarms"]]
    return Policy(
        parse(strategy or wanted["strategy"]),
        tuple(dict.fromkeys(names)),
        wanted["min_executions"],
        wanted["max_failure_percent"],
        duration(wanted["max_wait"]),
    )
