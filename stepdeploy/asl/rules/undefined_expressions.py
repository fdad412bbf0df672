"""JSONata expressions that yield nothing: the state fails with States.QueryEvaluationError."""

from __future__ import annotations

from collections.abc import Iterator

from stepdeploy.asl.model import Document
from stepdeploy.asl.registry import Hit, rule
from stepdeploy.asl.rules.data_common import hits


@rule(
    "ASL118",
    "error",
    "A JSONata expression yields something on every way that leads to it",
    source="https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html",
    code="",
    layer="data",
    on="document",
)
def undefined_expression(document: Document) -> Iterator[Hit]:
    hint = "Give a fallback, as in {% $exists($states.input.a) ? $states.input.a : null %}."
    yield from hits(document, "expression", hint=hint)
