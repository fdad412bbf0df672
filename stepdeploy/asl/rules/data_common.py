"""What the rules of the data layer share: hits out of the misses of one kind."""

from __future__ import annotations

from collections.abc import Iterator

from stepdeploy.asl.data.analysis import analyse
from stepdeploy.asl.data.worlds import Kind, Miss
from stepdeploy.asl.model import Document
from stepdeploy.asl.registry import Hit

FLOW = "https://docs.aws.amazon.com/step-functions/latest/dg/concepts-input-output-filtering.html"


def hits(document: Document, *kinds: Kind, hint: str | None = None) -> Iterator[Hit]:
    """A hit for each miss; a warning where the state may do well, or where its Catch takes the failure."""
    for miss in analyse(document).found.values():
        if miss.kind in kinds:
            message = f"by {_way(miss)}, `{miss.text}` {miss.detail}"
            yield Hit(miss.pointer, message, hint, warning=not miss.certain or miss.caught)


def _way(miss: Miss) -> str:
    way = miss.way.text() if miss.way else ""
    others = miss.ways - 1
    return f"{way} (and {others} other way{'s' if others > 1 else ''})" if others else way
