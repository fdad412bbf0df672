"""GetResources over all services: moto's own know their tagged resources; Lambda, Step Functions and DynamoDB are added.

https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any

Tagged = tuple[str, str, dict[str, str]]
"""ARN, resource type as the API names it, tags."""
Lister = Callable[[str], Iterator[Tagged]]
"""Region -> its tagged resources."""


class _Listed:
    """Looks to moto like one of its backends whose resources bear tags."""

    def __init__(self, lister: Lister, region: str) -> None:
        self._lister = lister
        self._region = region

    def iter_tagged_resources(self) -> Iterator[Any]:
        from moto.core.resource_tagging import TaggedResource

        for arn, kind, tags in self._lister(self._region):
            yield TaggedResource(arn=arn, tags=tags, resource_type=kind)

    def owns_arn(self, arn: str) -> bool:
        """TagResources and UntagResources go to the services themselves."""
        return False


def add(listers: Sequence[Lister]) -> None:
    """From now on GetResources finds what `listers` list. Called once, when moto's package has been loaded."""
    import moto.resourcegroupstaggingapi.models as tagging
    from moto.core.resource_tagging import iter_taggable_backends

    def iterate(account: str, region: str) -> Iterator[Any]:
        return chain(iter_taggable_backends(account, region), (_Listed(lister, region) for lister in listers))

    tagging.__dict__["iter_taggable_backends"] = iterate  # not exported, and a duck of ours


def tables(backend: Callable[[str, str, str], Any], account: str) -> Lister:
    """DynamoDB's tables. backend: MotoBridge.backend."""

    def listed(region: str) -> Iterator[Tagged]:
        for table in list(backend("dynamodb", region, account).tables.values()):
            yield table.table_arn, "dynamodb:table", {tag["Key"]: tag["Value"] for tag in table.tags}

    return listed
