"""Variables: what is read must be assigned somewhere. AWS takes the definition, and the execution fails."""

from __future__ import annotations

from collections.abc import Iterator

from stepdeploy.asl import expressions, syntax
from stepdeploy.asl.embedded import dynamic_values, path_fields, texts_of
from stepdeploy.asl.findings import Pointer
from stepdeploy.asl.model import Document, Part, Scope
from stepdeploy.asl.registry import Hit, did_you_mean, rule

_VARIABLES = "https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html"
_OWN_ROOTS = ("$", "$$", "@")


@rule(
    "ASL110",
    "error",
    "Every execution reads a variable that no state assigns",
    source=_VARIABLES,
    code="",
    layer="data",
    on="document",
)
def value_of_unassigned(document: Document) -> Iterator[Hit]:
    yield from _hits(document, fatal=True)


@rule(
    "ASL111",
    "warning",
    "Some execution may read a variable that no state assigns",
    source=_VARIABLES,
    code="",
    layer="data",
    on="document",
)
def expression_with_unassigned(document: Document) -> Iterator[Hit]:
    yield from _hits(document, fatal=False)


def _hits(document: Document, *, fatal: bool) -> Iterator[Hit]:
    known: set[str] | None = None
    for name, pointer, ends in _unassigned(document):
        if ends == fatal:
            if known is None:
                known = {key for scope in document.scopes for key in scope.assigned or ()}
            hint = did_you_mean(name, known) or "Set it in the Assign of a state that runs before."
            yield Hit(pointer, f"Nothing assigns the variable ${name}", hint)


def _unassigned(document: Document) -> Iterator[tuple[str, Pointer, bool]]:
    """Variables that are read and not assigned: name, where, and whether that ends the execution."""
    known: dict[int, set[str] | None] = {}
    for part in document.parts:
        for name, pointer, whole in _read(part):
            home = part.home()
            if id(home) not in known:
                known[id(home)] = _visible(home)
            names = known[id(home)]
            if names is not None and name not in names:
                yield name, pointer, whole and part.fatal()


def _read(part: Part) -> Iterator[tuple[str, Pointer, bool]]:
    """Variables that a part reads: name, where, and whether the whole value comes from it."""
    for text, pointer in texts_of(part):
        for name in sorted(expressions.free_variables(text)):
            yield name, pointer, expressions.start(text) == name
    for value, pointer in dynamic_values(part):
        yield from ((name, pointer, True) for name in syntax.roots(value) if name not in _OWN_ROOTS)
    if "Variable" in part.value:
        return  # a Choice rule may ask whether a variable is there
    for value, pointer in path_fields(part):
        yield from ((name, pointer, True) for name in syntax.roots(value) if name not in _OWN_ROOTS)


def _visible(scope: Scope) -> set[str] | None:
    """The variables of a scope and those around it; None when they cannot be known."""
    names: set[str] = set()
    for one in scope.chain():
        if one.assigned is None:
            return None
        names |= one.assigned.keys()
    return names
