"""Which fields an object may have, must have, and may have only one of."""

from __future__ import annotations

from collections.abc import Iterator

from stepdeploy.asl.fields import STATE
from stepdeploy.asl.model import Part
from stepdeploy.asl.registry import Hit, did_you_mean, rule
from stepdeploy.asl.shapes import JSONATA

_COMMON = "https://docs.aws.amazon.com/step-functions/latest/dg/statemachine-structure.html"
_LANGUAGES = "https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html"
_OPEN = ("Credentials",)
"""Shapes in which AWS takes any further field."""


@rule("ASL010", "error", "A field that the object does not have", source=_COMMON, on="part")
def unknown_field(part: Part) -> Iterator[Hit]:
    shape = part.shape
    if shape is STATE or shape.name in _OPEN:
        return
    for name in part.value:
        if name not in shape.fields:
            hint = did_you_mean(name, shape.fields) or f"A {shape.name} has: {', '.join(shape.fields)}."
            yield Hit((*part.pointer, name), f"Field '{name}' is not supported", hint, part.pointer)


@rule("ASL011", "error", "A field of the other query language", source=_LANGUAGES, on="part")
def field_of_other_language(part: Part) -> Iterator[Hit]:
    for name in part.value:
        field = part.shape.fields.get(name)
        if field is not None and field.language not in (None, part.language):
            message = (
                f"The QueryLanguage is set to '{part.language}', but field '{name}' is only supported for the "
                f"'{field.language}' QueryLanguage"
            )
            instead = "Arguments, Output and Assign" if part.language == JSONATA else "the fields of JSONPath"
            yield Hit((*part.pointer, name), message, f"Use {instead}, or set QueryLanguage.", part.pointer)


@rule("ASL012", "error", "A required field is missing", source=_COMMON, on="part")
def missing_field(part: Part) -> Iterator[Hit]:
    shape = part.shape
    missing = [name for name in shape.required if name not in part.value and shape.applies(name, part.language)]
    if missing:
        yield Hit(part.pointer, f"These fields are required: [{', '.join(missing)}]")
    for group in shape.one_of:
        names = [name for name in group if shape.applies(name, part.language)]
        if names and not any(name in part.value for name in names):
            yield Hit(part.pointer, _lacking(names))


def _lacking(names: list[str]) -> str:
    if names[0] == "RoleArn":
        return "The field 'RoleArn' is required but was missing"
    return f"One of these fields is required: [{', '.join(names)}]"


@rule("ASL013", "error", "Fields that exclude each other", source=_COMMON, on="part")
def exclusive_fields(part: Part) -> Iterator[Hit]:
    for group in (*part.shape.at_most_one, *part.shape.one_of):
        present = [name for name in group if name in part.value]
        if len(present) > 1:
            message = f"There should only be one of the following fields: [{', '.join(present)}]"
            yield Hit((*part.pointer, present[1]), message, f"Keep one of {' and '.join(present)}.", part.pointer)
