"""Items of a Map state: what cannot be an array fails every execution that comes there."""

from __future__ import annotations

from collections.abc import Iterator

from stepdeploy.asl.data.analysis import analyse
from stepdeploy.asl.model import Document
from stepdeploy.asl.registry import Hit, rule


@rule(
    "ASL112",
    "error",
    "Items is an array",
    source="https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html",
    code="",
    layer="data",
    on="document",
)
def items(document: Document) -> Iterator[Hit]:
    for miss in analyse(document).found.values():
        if miss.kind == "items":
            way = miss.way.text() if miss.way else ""
            message = f"by {way}, `{miss.text}` must be an array, and is {miss.detail}"
            yield Hit(miss.pointer, message, warning=not miss.certain or miss.caught)
