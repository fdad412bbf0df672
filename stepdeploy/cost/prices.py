"""The prices: definitions/prices.json of the project, else those that ship with the tool."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from stepdeploy import jsonsource, schema
from stepdeploy.cost.bill import Rates
from stepdeploy.errors import InvalidProject

FILE = Path("definitions") / "prices.json"
MAX_AGE_DAYS = 180


@dataclass(frozen=True)
class Prices(Rates):
    """shipped: whether they are the tool's own. reference: {"usd_per_execution", "source"} to show beside, or None. stale:
    copies that functions of the project carry, and that are of something else."""

    region: str
    sources: tuple[str, ...]
    reference: Mapping[str, Any] | None = None
    shipped: bool = False
    stale: tuple[str, ...] = ()

    def warnings(self, region: str, today: date) -> list[str]:
        """What a reader of the figures should know of the prices."""
        found = []
        if self.shipped:
            found.append(f"the project has no {FILE.as_posix()}; these are the tool's own prices")
        age = (today - self.as_of).days
        if age > MAX_AGE_DAYS:
            found.append(f"the prices are {age} days old (of {self.as_of}): look them up again")
        if self.region != region:
            found.append(f"the prices are those of {self.region}, and the project runs in {region}")
        found += [f"{name} differs from {FILE.as_posix()}: what it records is at other prices" for name in self.stale]
        return found


def load(directory: Path) -> Prices:
    """The prices of the project in `directory`. Raises InvalidProject where its file is broken."""
    path = directory / FILE
    if not path.is_file():
        return _made(json.loads((schema.SCHEMAS / "prices.default.json").read_text(encoding="utf-8")), shipped=True)
    source = jsonsource.load(path)
    problems = schema.problems(source, schema.shipped("prices"))
    if not problems:
        try:
            return _made(source.value, shipped=False, stale=_stale(directory, source.value))
        except ValueError:
            message = f"'{source.value['as_of']}' is no date"
            problems = [InvalidProject(message, where=source.where(("as_of",)))]
    raise InvalidProject(str(problems[0]), problems=tuple(problems))


def _stale(directory: Path, value: Mapping[str, Any]) -> tuple[str, ...]:
    """Copies in lambdas/<function>/ that differ from `value`, or cannot be read."""
    found = []
    for path in sorted(directory.glob(f"lambdas/*/{FILE.name}")):
        try:
            same = json.loads(path.read_text(encoding="utf-8")) == value
        except (OSError, ValueError):
            same = False
        if not same:
            found.append(path.relative_to(directory).as_posix())
    return tuple(found)


def _made(value: Mapping[str, Any], *, shipped: bool, stale: tuple[str, ...] = ()) -> Prices:
    return Prices(
        as_of=date.fromisoformat(value["as_of"]),
        region=value["region"],
        sources=tuple(value["sources"]),
        usd=value["prices"],
        reference=value.get("reference"),
        shipped=shipped,
        stale=stale,
    )
