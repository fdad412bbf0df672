"""What a state says of itself: its type and query language."""

from __future__ import annotations

from collections.abc import Iterator

from stepdeploy.asl.fields import STATES
from stepdeploy.asl.model import Document, State
from stepdeploy.asl.registry import Hit, rule
from stepdeploy.asl.shapes import JSONATA, JSONPATH

_STATES = "https://docs.aws.amazon.com/step-functions/latest/dg/workflow-states.html"
_LANGUAGES = "https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html"


@rule("ASL020", "error", "Type must name a type of state", source=_STATES)
def known_type(state: State) -> Iterator[Hit]:
    if "Type" not in state.value:
        yield Hit(state.pointer, "These fields are required: [Type]")
    elif not state.type:
        yield Hit((*state.pointer, "Type"), f"Value is not one of the state types: [{', '.join(STATES)}]")


@rule("ASL021", "error", "A state of a JSONata machine cannot go back to JSONPath", source=_LANGUAGES, on="document")
def no_way_back(document: Document) -> Iterator[Hit]:
    yield from _turning_back(document, inner=False)


@rule(
    "ASL025",
    "warning",
    "A state of an inner machine goes back to JSONPath in a JSONata machine",
    source=_LANGUAGES,
    code="",
    on="document",
)
def no_way_back_inside(document: Document) -> Iterator[Hit]:
    yield from _turning_back(document, inner=True)


def _turning_back(document: Document, *, inner: bool) -> Iterator[Hit]:
    """Kept apart by depth: AWS is on record for the machine's own states only."""
    if document.language != JSONATA:
        return
    for state in document.states:
        if state.language == JSONPATH and inner == (state.scope.parent is not None):
            yield Hit(
                (*state.pointer, "QueryLanguage"),
                "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine",
                "Leave QueryLanguage off at the top and set it to JSONata in the states that use it.",
            )


@rule("ASL022", "error", "States, branches, retriers and the like are objects", source=_STATES, on="document")
def objects_where_they_belong(document: Document) -> Iterator[Hit]:
    for pointer in document.misfits:
        yield Hit(pointer, "Expected value of type Object")
