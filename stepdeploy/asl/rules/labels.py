"""Labels of Map states: they become part of the Map Run's ARN."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stepdeploy.asl.model import Document, State
from stepdeploy.asl.registry import Hit, rule

_DISTRIBUTED = "https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html"
_DIAGNOSTICS = (
    "https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinitionDiagnostic.html"
)
MOST_CHARACTERS = 40
_FORBIDDEN = re.compile(r"""[\s?*<>{}\[\]:;,\\|^~$#%&`"/\x00-\x1f\x7f-\x9f]""")


@rule(
    "ASL072",
    "error",
    "A Label has at most 40 characters, none of them white space or special",
    source=_DISTRIBUTED,
    code="INVALID_LABEL_NAME",
    types=("Map",),
)
def label(state: State) -> Iterator[Hit]:
    text = state.value.get("Label")
    if not isinstance(text, str) or "${" in text:
        return
    if len(text) > MOST_CHARACTERS or not text:
        yield Hit((*state.pointer, "Label"), f"Invalid label name: it has {len(text)} characters, not 1 to 40")
    elif _FORBIDDEN.search(text):
        yield Hit((*state.pointer, "Label"), f"Invalid label name: {text!r} has white space or a special character")


@rule("ASL073", "error", "A Label is used once", source=_DIAGNOSTICS, code="DUPLICATE_LABEL_NAME", on="document")
def unique_label(document: Document) -> Iterator[Hit]:
    seen: set[str] = set()
    for state in document.states:
        text = state.value.get("Label")
        if state.type == "Map" and isinstance(text, str):
            if text in seen:
                yield Hit((*state.pointer, "Label"), f"Duplicate label name: {text}")
            seen.add(text)
