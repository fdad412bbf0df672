"""What prune knows of machines, functions and layers when it decides: plain facts, no AWS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stepdeploy.prune.definitions import Calls, FunctionVersion

LATEST = "$LATEST"
NO_CALLS = Calls()


@dataclass(frozen=True)
class Alias:
    """An alias of a machine. serves: version numbers, whatever their weight. history: what it served before, newest first
    (stepdeploy/resources/machine_alias.py)."""

    name: str
    serves: tuple[int, ...]
    history: tuple[int, ...] = ()


@dataclass(frozen=True)
class Use:
    """What executions need. version: of the machine, or None where there is no such version (any more), or the machine was
    started without one; calls: what those executions call, then."""

    why: str
    version: int | None = None
    calls: Calls = NO_CALLS


@dataclass(frozen=True)
class Machine:
    """A machine on record. prunable: ours, of this project, and not left out on the command line. versions: newest first.
    served: versions in the history of releases, the last served first."""

    key: str
    name: str
    arn: str
    prunable: bool
    versions: tuple[int, ...]
    aliases: tuple[Alias, ...] = ()
    served: tuple[int, ...] = ()
    uses: tuple[Use, ...] = ()


@dataclass(frozen=True)
class Function:
    """A function on record. layers: version ("7", "$LATEST") -> ARNs of its layers. held: version -> what in Lambda itself
    needs it (an alias, a mapping, provisioned concurrency)."""

    key: str
    name: str
    prunable: bool
    layers: Mapping[str, frozenset[str]]
    held: Mapping[int, str]

    @property
    def versions(self) -> tuple[int, ...]:
        """Published ones, oldest first."""
        return tuple(sorted(int(version) for version in self.layers if version != LATEST))


@dataclass(frozen=True)
class Layer:
    """A layer on record. versions: oldest first."""

    key: str
    name: str
    arn: str
    versions: tuple[int, ...]


Needed = Mapping[FunctionVersion, str]
"""Function version -> who calls it."""


def ranges(numbers: Sequence[int]) -> str:
    """`1-4, 7`: version numbers as a person reads them. numbers: in rising order."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][-1] + 1:
            spans[-1] = [spans[-1][0], number]
        else:
            spans.append([number])
    return ", ".join("-".join(map(str, span)) for span in spans)
