"""The text of a definition: its size, and that it is JSON."""

from __future__ import annotations

from collections.abc import Iterator

from stepdeploy.asl.registry import Hit, Text, rule

_QUOTAS = "https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"
_STRUCTURE = "https://docs.aws.amazon.com/step-functions/latest/dg/statemachine-structure.html"
MOST_BYTES = 1024 * 1024


@rule("ASL001", "error", "A definition is JSON", source=_STRUCTURE, code="INVALID_JSON_DESCRIPTION", on="text")
def is_json(text: Text) -> Iterator[Hit]:
    if text.error is not None:
        yield Hit((), text.error.message, text.error.hint, nowhere=True)


@rule("ASL002", "error", "A definition has at most 1 MB", source=_QUOTAS, code="DEFINITION_TOO_LONG", on="text")
def size(text: Text) -> Iterator[Hit]:
    if text.size > MOST_BYTES:
        message = f"The definition has {text.size:,} bytes in UTF-8; at most {MOST_BYTES:,} are allowed"
        yield Hit((), message, nowhere=True)


@rule("ASL003", "error", "A definition is a JSON object", source=_STRUCTURE, on="text")
def is_object(text: Text) -> Iterator[Hit]:
    if text.error is None and not isinstance(text.value, dict):
        yield Hit((), "Definition must be a valid JSON object", nowhere=True)
