"""Rules of Choice states."""

from __future__ import annotations

from collections.abc import Iterator

from stepdeploy.asl.fields import CHOICE_RULE, NESTED_RULE, OPERATORS
from stepdeploy.asl.model import Part
from stepdeploy.asl.registry import Hit, rule
from stepdeploy.asl.shapes import JSONPATH

_CHOICE = "https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html"


@rule("ASL050", "error", "A comparison needs a Variable, And, Or and Not take none", source=_CHOICE, on="part")
def variable(part: Part) -> Iterator[Hit]:
    if part.shape not in (CHOICE_RULE, NESTED_RULE) or part.language != JSONPATH:
        return
    compares = any(name in OPERATORS for name in part.value)
    if compares and "Variable" not in part.value:
        yield Hit(part.pointer, "These fields are required: [Variable]")
    combines = [name for name in ("And", "Or", "Not") if name in part.value]
    if combines and not compares and "Variable" in part.value:
        yield Hit((*part.pointer, "Variable"), "Field 'Variable' is not supported", f"with {combines[0]}", part.pointer)
