"""JSONata expressions: closed, sound, and reading only what Step Functions binds."""

from __future__ import annotations

from collections.abc import Iterator

from stepdeploy.asl import expressions
from stepdeploy.asl.embedded import texts_of
from stepdeploy.asl.model import Part
from stepdeploy.asl.registry import Hit, rule

_JSONATA = "https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html"


@rule("ASL090", "error", "A JSONata expression is closed and sound", source=_JSONATA, on="part")
def sound(part: Part) -> Iterator[Hit]:
    for text, pointer in texts_of(part):
        reason = expressions.problem(text)
        if reason:
            yield Hit(pointer, f"The JSONata expression is not valid: {reason}")


@rule(
    "ASL091",
    "error",
    "A JSONata expression starts from $states or a variable, not from a bare name, $ or $$",
    source=_JSONATA,
    code="UNSUPPORTED_JSONATA_EXPRESSION",
    on="part",
)
def supported(part: Part) -> Iterator[Hit]:
    for text, pointer in texts_of(part):
        for reason in expressions.unsupported(text):
            yield Hit(pointer, reason, "The state's input is $states.input.")


@rule(
    "ASL092",
    "error",
    "$states.errorOutput exists in Catch only",
    source=_JSONATA,
    code="UNSUPPORTED_JSONATA_EXPRESSION",
    on="part",
)
def error_output(part: Part) -> Iterator[Hit]:
    if part.shape.name == "Catch":
        return
    for text, pointer in texts_of(part):
        if "errorOutput" in text and expressions.reads_error_output(text):
            yield Hit(
                pointer, "$states.errorOutput is available in Catch only", "Use it in the catcher's Output or Assign."
            )
