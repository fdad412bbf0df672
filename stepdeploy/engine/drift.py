"""What somebody else changed since we last applied a resource.

A fact that AWS has is drift where it is neither what the last deploy applied nor what a deploy that was interrupted
meant to apply. Both are compared by the resource's own `diff`, so drift is shown in the words of a plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stepdeploy.engine.changes import overlapping
from stepdeploy.engine.model import Actual, Change, Drift, Resource, is_known
from stepdeploy.errors import InvalidProject

Facts = Mapping[str, Mapping[str, Any]]
"""Address -> desired facts of a resource."""


def drift(
    resource: Resource, actual: Actual | None, applied: Facts, intended: Facts, changes: Sequence[Change]
) -> Drift | None:
    """None where there is none, or where nothing is on record. changes: what the plan would change."""
    records = [facts[resource.address] for facts in (applied, intended) if resource.address in facts]
    if resource.address not in applied:
        return None
    if actual is None:
        return Drift(resource.address, gone=True)
    foreign = _differences(resource, actual, records[0])
    for record in records[1:]:
        foreign = overlapping(foreign, _differences(resource, actual, record))
    if not foreign:
        return None
    return Drift(resource.address, foreign, tuple(change.path for change in overlapping(foreign, changes)))


def _differences(resource: Resource, actual: Actual, record: Mapping[str, Any]) -> tuple[Change, ...]:
    """What differs between `actual` and what was recorded; a value that was not known when it was is not compared."""
    try:
        decision = resource.diff(actual, record)
    except InvalidProject as error:
        return (Change("", None, error.message),)
    if not decision.calls:
        return ()
    return tuple(change for change in decision.changes if is_known(change.after))
