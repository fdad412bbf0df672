"""Variables that are assigned on some ways to a state, and not on all."""

from __future__ import annotations

from collections.abc import Iterator

from stepdeploy.asl.model import Document
from stepdeploy.asl.registry import Hit, rule
from stepdeploy.asl.rules.data_common import hits


@rule(
    "ASL114",
    "error",
    "A variable is assigned on every way to where it is read",
    source="https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html",
    code="",
    layer="data",
    on="document",
)
def unset_variable(document: Document) -> Iterator[Hit]:
    hint = "Assign it on that way too. Branches and iterations keep theirs; a distributed Map sees none of outside."
    yield from hits(document, "variable", hint=hint)
