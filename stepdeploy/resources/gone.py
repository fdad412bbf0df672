"""Wiring that has left the project, on its way out: a rule that would go on firing, a mapping that would go on reading.

What an older version of a machine may call (functions, roles, queues ...) is never removed by a deploy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stepdeploy.arns import Place
from stepdeploy.engine.model import Actual, Aws, Decision
from stepdeploy.errors import NotFound
from stepdeploy.resources.base import Base
from stepdeploy.resources.recorded import WIRING, arn_of, kind_of, recorded

_KINDS = [kind.kind for kind in WIRING]


@dataclass(frozen=True)
class Gone(Base):
    """desired: arn, owner_tags. `key` is the whole address on record, `rule:nightly` or `rule:nightly@old-name`."""

    compared = False

    @property
    def address(self) -> str:
        return self.key

    def read(self, aws: Aws) -> Actual | None:
        resource = recorded(self.key, self.name, self.desired["arn"])
        try:
            actual = resource.read(aws)
            calls = resource.removal(aws) if actual else ()
        except NotFound:
            return None
        if actual is None:
            return None
        # Without tags of its own, so that one that is not ours any more is left alone instead of ending the deploy.
        return Actual(None, {"tags": actual.tags, "calls": calls})

    def diff(self, actual: Actual | None, desired: Mapping[str, Any]) -> Decision:
        if actual is None:
            return Decision()
        tags = actual.view["tags"]
        if tags is not None and any(tags.get(key) != value for key, value in desired["owner_tags"].items()):
            return Decision(notes=(f"{self.address} ({self.name}) is left alone: it does not bear our tags",))
        return Decision(actual.view["calls"], removes=True)


def leaving(
    on_record: Mapping[str, str], desired: Mapping[str, str], place: Place, owner_tags: Mapping[str, str]
) -> list[Gone]:
    """The wiring that is on record under a name that the project does not want any more, in the order of removal, one
    after the other: several may change one function's policy. on_record, desired: address -> name on AWS."""
    wanted = {(kind_of(address), name) for address, name in desired.items()}
    found = [
        (address if address not in desired else f"{address}@{name}", name)
        for address, name in on_record.items()
        if kind_of(address) in _KINDS and (kind_of(address), name) not in wanted
    ]
    gone: list[Gone] = []
    for address, name in sorted(found, key=lambda item: (_KINDS.index(kind_of(item[0])), item)):
        facts = {"arn": arn_of(place, address, name), "owner_tags": owner_tags}
        gone.append(Gone(address, name, facts, frozenset(one.address for one in gone[-1:])))
    return gone
