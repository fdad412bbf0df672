"""Names of states."""

from __future__ import annotations

from collections.abc import Iterator

from stepdeploy.asl.findings import location_of
from stepdeploy.asl.model import Document, State
from stepdeploy.asl.registry import Hit, rule

_STATES = "https://docs.aws.amazon.com/step-functions/latest/dg/workflow-states.html"
MOST_CHARACTERS = 80


@rule("ASL023", "error", "A state's name has at most 80 characters", source=_STATES, code="INVALID_STATE_NAME")
def name_length(state: State) -> Iterator[Hit]:
    if len(state.name) > MOST_CHARACTERS or not state.name:
        message = f"Invalid State name: State '{state.name}' exceeds the {MOST_CHARACTERS}-character limit"
        yield Hit(state.pointer, message if state.name else "Invalid State name: it is empty")


@rule(
    "ASL024",
    "error",
    "A state's name is used once in the whole machine, branches and item processors included",
    source="https://states-language.net/#states-fields",
    code="DUPLICATE_STATE_NAME",
    on="document",
)
def unique_name(document: Document) -> Iterator[Hit]:
    first: dict[str, State] = {}
    for state in document.states:
        other = first.setdefault(state.name, state)
        if other is not state:
            hint = f"The other one is at {location_of(other.pointer)}."
            yield Hit(state.pointer, f"Duplicate State name: {state.name}", hint)
