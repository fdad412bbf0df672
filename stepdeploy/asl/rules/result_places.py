"""ResultPath into something that is no object."""

from __future__ import annotations

from collections.abc import Iterator

from stepdeploy.asl.model import Document
from stepdeploy.asl.registry import Hit, rule
from stepdeploy.asl.rules.data_common import hits


@rule(
    "ASL116",
    "error",
    "ResultPath leads into an object",
    source="https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultpath.html",
    code="",
    layer="data",
    on="document",
)
def result_place(document: Document) -> Iterator[Hit]:
    yield from hits(document, "place", hint="The execution fails with States.ResultPathMatchFailure.")
