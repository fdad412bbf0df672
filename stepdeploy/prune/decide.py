"""What may go and what stays, and why. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from stepdeploy.prune.definitions import Calls, FunctionVersion
from stepdeploy.prune.facts import LATEST, Function, Layer, Machine, Needed

NEWEST = "it is one of the newest"


def machine_reasons(machine: Machine, keep: int) -> dict[int, str]:
    """Version -> why it stays. A version that is not named goes."""
    if not machine.prunable:
        return dict.fromkeys(machine.versions, "its machine is not pruned")
    reasons: dict[int, str] = {}

    def stays(versions: Iterable[int], why: str) -> None:
        for version in versions:
            if version in machine.versions:
                reasons.setdefault(version, why)

    stays(machine.versions[:keep], NEWEST)
    for alias in machine.aliases:
        stays(alias.serves, f"the alias {alias.name} serves it")
    for alias in machine.aliases:
        stays(_last(machine, alias.history, keep), f"the alias {alias.name} served it, and may be rolled back to it")
    stays(_last(machine, machine.served, keep), "the history of releases names it, and a rollback may go back to it")
    for use in machine.uses:
        stays([use.version] if use.version is not None else [], use.why)
    return reasons


def _last(machine: Machine, history: Iterable[int], keep: int) -> list[int]:
    """The first of a history that a rollback can still go back to."""
    return [version for version in history if version in machine.versions][:keep]


def doomed_versions(machine: Machine, keep: int) -> list[int]:
    """The versions that go, oldest first."""
    return sorted(set(machine.versions) - set(machine_reasons(machine, keep)))


def needed_functions(callers: Iterable[tuple[str, Calls]]) -> dict[FunctionVersion, str]:
    """Function version -> who calls it. callers: who, and what they call."""
    needed: dict[FunctionVersion, str] = {}
    for who, calls in callers:
        for version in calls.named:
            needed.setdefault(version, who)
    return needed


def function_candidates(function: Function, needed: Needed) -> list[int]:
    """The versions that nothing we have read so far needs, oldest first. The newest stays: a deploy compares $LATEST to it,
    and publishes from it."""
    if not function.prunable or not function.versions:
        return []
    kept = {function.versions[-1], *function.held, *(number for name, number in needed if name == function.name)}
    return [number for number in function.versions if number not in kept]


def layer_candidates(layer: Layer, functions: Iterable[Function], doomed: Mapping[str, Collection[int]]) -> list[int]:
    """The versions that no function version uses which stays, oldest first. doomed: function name -> versions that go."""
    used = {
        arn
        for function in functions
        for version, layers in function.layers.items()
        if version == LATEST or int(version) not in doomed.get(function.name, ())
        for arn in layers
    }
    return [number for number in layer.versions[:-1] if f"{layer.arn}:{number}" not in used]
