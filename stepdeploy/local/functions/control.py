"""What every operation of the control plane works with: the store, the code on disk, names, clock."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from stepdeploy.arns import Place, partition_of
from stepdeploy.local.functions.archive import CodeStore
from stepdeploy.local.functions.errors import conflict, no_function, stale_revision
from stepdeploy.local.functions.model import Function, Region, Store, Version
from stepdeploy.local.functions.names import LATEST, Target, is_alias, parse_target
from stepdeploy.local.wire import ApiCall
from stepdeploy.local.world import World

T = TypeVar("T")
#: Seconds that a new function stays Pending, and an update InProgress. AWS takes one to some ten seconds.
PENDING_VARIABLE = "STEPDEPLOY_LOCAL_PENDING_SECONDS"
#: AWS's largest page of the List operations.
MAX_PAGE = 50

Operation = Callable[["Control", ApiCall], dict[str, Any]]


@dataclass
class Control:
    """Shared by all operations. changed: called with a function's region and name after it changed or went away."""

    world: World
    store: Store
    code: CodeStore
    changed: Callable[[str, str], None]

    def place(self, call: ApiCall) -> Place:
        return Place(partition_of(call.region), call.region, call.account)

    def region(self, call: ApiCall) -> Region:
        return self.store.region(call.region)

    def target(self, call: ApiCall) -> Target:
        """The function that the call's FunctionName and Qualifier mean."""
        return parse_target(
            call.params["FunctionName"], call.params.get("Qualifier"), region=call.region, account=call.account
        )

    def function(self, call: ApiCall) -> tuple[Target, Function]:
        """The function of the call. Hold the store's lock. Raises ApiError where it does not exist."""
        target = self.target(call)
        found = self.region(call).functions.get(target.name)
        if found is None:
            raise no_function(target.qualified_arn)
        return target, found

    def settling(self, now: datetime) -> datetime:
        """When a change that is made now will have settled; at once while the journal is replayed, as it then has."""
        seconds = 0.0 if self.world.replaying else float(os.environ.get(PENDING_VARIABLE, "0") or 0)
        return now + timedelta(seconds=seconds)

    def check_version_revision(self, wanted: str | None, version: Version) -> None:
        """Raises ApiError PreconditionFailedException where the caller's guard is stale.

        While the journal is replayed both revisions of a change will do: nothing is left unsettled then.
        """
        if wanted not in (version.pending_revision, version.revision) or not self.world.replaying:
            check_revision(wanted, version.revision_at(self.world.now()))


def resolve(function: Function, target: Target) -> Version:
    """The version that a qualifier means; for an alias its main version. Raises ApiError where there is none."""
    qualifier = target.qualifier or LATEST
    if is_alias(qualifier):
        alias = function.aliases.get(qualifier)
        if alias is None:
            raise no_function(target.qualified_arn)
        qualifier = alias.version
    found = function.version(qualifier)
    if found is None:
        raise no_function(f"{target.arn}:{qualifier}")
    return found


def check_changeable(target: Target, version: Version, now: datetime) -> None:
    """Raises ApiError ResourceConflictException while the function is being made or updated."""
    if version.settled(now):
        return
    if version.is_update:
        raise conflict(
            f"The operation cannot be performed at this time. An update is in progress for resource: {target.arn}"
        )
    raise conflict(
        "The operation cannot be performed at this time. The function is currently in the following state: Pending"
    )


def check_revision(wanted: str | None, current: str) -> None:
    """Raises ApiError PreconditionFailedException where the caller's guard is stale."""
    if wanted is not None and wanted != current:
        raise stale_revision()


def page(
    items: Sequence[T], key: Callable[[T], str], params: dict[str, Any], largest: int = MAX_PAGE
) -> tuple[list[T], str | None]:
    """One page of a listing and the marker of the next. The marker is the key of the last item that was given."""
    size = min(int(params.get("MaxItems") or largest), largest)
    marker = params.get("Marker")
    start = 0
    if marker:
        start = next((index + 1 for index, item in enumerate(items) if key(item) == marker), len(items))
    chosen = list(items[start : start + size])
    more = start + size < len(items)
    return chosen, key(chosen[-1]) if more and chosen else None
