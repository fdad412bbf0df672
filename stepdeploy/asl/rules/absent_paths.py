"""Paths that find nothing on some way through the machine."""

from __future__ import annotations

from collections.abc import Iterator

from stepdeploy.asl.model import Document
from stepdeploy.asl.registry import Hit, rule
from stepdeploy.asl.rules.data_common import FLOW, hits


@rule(
    "ASL113",
    "error",
    "A path finds something on every way that leads to it",
    source=FLOW,
    code="",
    layer="data",
    on="document",
)
def absent_path(document: Document) -> Iterator[Hit]:
    yield from hits(document, "path", hint="Set it on that way, or lead the way past this state.")
