"""What is known of a state machine besides its definition. None is "not known" everywhere; it is not scored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stepdeploy.errors import InvalidProject
from stepdeploy.jsonsource import Source


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm that watches this machine or its functions. tells: it has an action."""

    namespace: str
    metric: str
    tells: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class FunctionFacts:
    """A Lambda function. kept_warm: provisioned concurrency or warm-up calls. dependencies: where its libraries are: "none",
    "layer", or "bundled" in its own package."""

    timeout_seconds: int | None = None
    memory_mb: int | None = None
    architecture: str | None = None
    reserved_concurrency: bool | None = None
    kept_warm: bool | None = None
    dependencies: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """The machine's settings.

    log_level: OFF, ERROR, FATAL or ALL. aliased: executions start through an alias that a release moves. named: an
    execution's name is made from its input, so that a request that comes twice runs once. queued: a queue or rule can
    start it. batched: another machine runs it for each item of a list. actions: what its role may do. functions: by
    name. places: "machine" or "function:<name>" -> file:line:column of those settings.
    """

    type: str = "STANDARD"
    log_level: str | None = None
    tracing: bool | None = None
    aliased: bool | None = None
    named: bool | None = None
    queued: bool | None = None
    batched: bool | None = None
    dashboards: int | None = None
    alarms: tuple[Alarm, ...] | None = None
    actions: frozenset[str] | None = None
    functions: Mapping[str, FunctionFacts] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)

    def function(self, name: str | None) -> FunctionFacts:
        """What is known of a function: nothing, where it is not listed."""
        return self.functions.get(name or "", _NOTHING)


_NOTHING = FunctionFacts()
_FLAGS = ("tracing", "aliased", "named", "queued", "batched")
_NUMBERS = {"timeout_seconds": int, "memory_mb": int}


def from_source(source: Source) -> Facts:
    """The facts in a settings file, `{"log_level": "OFF", "functions": {"Name": {"timeout_seconds": 900}}}`: the fields
    of Facts, alarms as `[{"namespace", "metric", "tells"}]`. Raises InvalidProject with its place for anything else."""
    value = _object(source, source.value)
    known = {
        "type": str, "log_level": str, "dashboards": int, "alarms": list, "actions": list, "functions": dict,
        **dict.fromkeys(_FLAGS, bool),
    }  # fmt: skip
    _fields(source, value, known, ())
    given: dict[str, Any] = {key: item for key, item in value.items() if item is not None and key not in _MADE}
    if "alarms" in value:
        given["alarms"] = tuple(_alarm(source, item, index) for index, item in enumerate(value["alarms"]))
    if "actions" in value:
        given["actions"] = frozenset(str(item).lower() for item in value["actions"])
    functions = value.get("functions", {})
    places = {"machine": source.where("")}
    for name, item in functions.items():
        _fields(source, _object(source, item, "functions", name), _FUNCTION, ("functions", name))
        places[f"function:{name}"] = source.where(("functions", name))
    return Facts(
        **given, functions={name: FunctionFacts(**item) for name, item in functions.items()}, places=places
    )  # fmt: skip


_MADE = ("alarms", "actions", "functions")
_FUNCTION = {
    "timeout_seconds": int, "memory_mb": int, "architecture": str, "reserved_concurrency": bool, "kept_warm": bool,
    "dependencies": str,
}  # fmt: skip


def _alarm(source: Source, item: Any, index: int) -> Alarm:
    known = {"namespace": str, "metric": str, "tells": bool}
    _fields(source, _object(source, item, "alarms", index), known, ("alarms", index))
    if "namespace" not in item or "metric" not in item:
        raise InvalidProject("an alarm has a namespace and a metric", where=source.where(("alarms", index)))
    return Alarm(**item)


def _object(source: Source, value: Any, *pointer: str | int) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidProject("must be a JSON object", where=source.where(pointer))
    return value


def _fields(source: Source, value: dict[str, Any], known: Mapping[str, type], at: tuple[str | int, ...]) -> None:
    for key, item in value.items():
        if key not in known:
            hint = f"There are: {', '.join(known)}."
            raise InvalidProject(f"a review knows no setting {key!r}", where=source.where((*at, key)), hint=hint)
        wrong = not isinstance(item, known[key]) or (known[key] is int and isinstance(item, bool))
        if item is not None and wrong:
            raise InvalidProject(f"{key} must be a {_WORDS[known[key]]}", where=source.where((*at, key)))


_WORDS: dict[type, str] = {str: "text", int: "whole number", bool: "true or false", list: "list", dict: "JSON object"}
