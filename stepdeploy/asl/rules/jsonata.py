"""JSONata expressions: closed, sound, and reading only what Step Functions binds."""

from __future__ import annotations

from collections.abc import Iterator

from stepdeploy.asl import expressions
from stepdeploy.asl.embedded import texts_of
from stepdeploy.asl.findings import Pointer
from stepdeploy.asl.model import Part
from stepdeploy.asl.registry import Hit, rule

_JSONATA = "https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html"

_WITH_RESULT = ("Task", "Map", "Parallel")


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
    if part.shape.name != "Catch":
        for pointer in _reading(part, "errorOutput"):
            hint = "It is in Output and Assign of a Catch."
            yield Hit(pointer, "$states.errorOutput is not available here", hint)


@rule(
    "ASL093",
    "error",
    "$states.result exists in Output and Assign of Task, Map and Parallel states",
    source=_JSONATA,
    code="UNSUPPORTED_JSONATA_EXPRESSION",
    on="part",
)
def result(part: Part) -> Iterator[Hit]:
    if part.shape.name == "Catch":
        return
    for pointer in _reading(part, "result"):
        if part.shape.name not in _WITH_RESULT or pointer[len(part.pointer)] not in ("Output", "Assign"):
            hint = "It is in Output and Assign of Task, Map and Parallel states."
            yield Hit(pointer, "$states.result is not available here", hint)


@rule("ASL094", "warning", "$states.result in Catch: an error leaves no result", source=_JSONATA, code="", on="part")
def result_of_error(part: Part) -> Iterator[Hit]:
    if part.shape.name == "Catch":
        for pointer in _reading(part, "result"):
            yield Hit(pointer, "$states.result is undefined after an error", "The error is $states.errorOutput.")


def _reading(part: Part, member: str) -> Iterator[Pointer]:
    for text, pointer in texts_of(part):
        if member in text and member in expressions.reads_of_states(text):
            yield pointer
