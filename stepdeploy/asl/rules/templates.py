"""Payload templates of JSONPath states (keys that end in `.$`) and the variables that Assign sets."""

from __future__ import annotations

from collections.abc import Iterator

from stepdeploy.asl import syntax
from stepdeploy.asl.embedded import dynamic_values
from stepdeploy.asl.model import Part
from stepdeploy.asl.registry import Hit, rule
from stepdeploy.asl.shapes import JSONPATH

_TEMPLATES = "https://states-language.net/#payload-template"
_VARIABLES = "https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html"
MOST_CHARACTERS = 80


@rule(
    "ASL045", "error", "A key that ends in .$ holds a JSONPath or an intrinsic function", source=_TEMPLATES, on="part"
)
def dynamic_value(part: Part) -> Iterator[Hit]:
    for value, pointer in dynamic_values(part):
        reason = syntax.dynamic_problem(value)
        if reason:
            message = (
                f"The value for the field '{pointer[-1]}' must be a valid JSONPath or a valid intrinsic function call"
            )
            yield Hit(pointer, message, f"{reason[0].upper()}{reason[1:]}.", pointer[:-1])


@rule("ASL046", "error", "A variable's name is an identifier, not 'states'", source=_VARIABLES, on="part")
def variable_name(part: Part) -> Iterator[Hit]:
    assigned = part.value.get("Assign")
    if not isinstance(assigned, dict) or not part.shape.applies("Assign", part.language):
        return
    for key in assigned:
        name = key.removesuffix(".$") if part.language == JSONPATH else key
        if not name.isidentifier() or name == "states" or len(name) > MOST_CHARACTERS:
            hint = f"At most {MOST_CHARACTERS} letters, digits and '_', not starting with a digit; 'states' is taken."
            yield Hit(
                (*part.pointer, "Assign", key), f"Invalid variable name '{name}'", hint, (*part.pointer, "Assign")
            )
