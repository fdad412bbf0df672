"""Paths, expressions and functions that find a value of a type that their field does not take."""

from __future__ import annotations

from collections.abc import Iterator

from stepdeploy.asl.model import Document
from stepdeploy.asl.registry import Hit, rule
from stepdeploy.asl.rules.data_common import FLOW, hits


@rule(
    "ASL117",
    "error",
    "What a path, expression or function is given is of the type that it takes",
    source=FLOW,
    code="",
    layer="data",
    on="document",
)
def data_type(document: Document) -> Iterator[Hit]:
    yield from hits(document, "type")
