"""Choice rules that ask about data that is not there: the execution fails, Default is not taken."""

from __future__ import annotations

from collections.abc import Iterator

from stepdeploy.asl.model import Document
from stepdeploy.asl.registry import Hit, rule
from stepdeploy.asl.rules.data_common import hits


@rule(
    "ASL115",
    "error",
    "A Choice asks only about data that is there",
    source="https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html",
    code="",
    layer="data",
    on="document",
)
def absent_condition(document: Document) -> Iterator[Hit]:
    hint = "Ask for IsPresent (JSONata: $exists) first, in an And; Default is not taken when a path finds nothing."
    yield from hits(document, "condition", hint=hint)
