"""Rules: functions over a part of a definition that yield `Hit`s, and what is known about each."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, NamedTuple

from stepdeploy.asl.findings import Finding, Layer, Pointer, Severity, location_of
from stepdeploy.asl.model import Document
from stepdeploy.errors import InvalidProject

Subject = Literal["text", "document", "scope", "state", "part"]


class Hit(NamedTuple):
    """What a rule yields.

    pointer: the exact place. at: the place that AWS names, where it is another.
    nowhere: AWS names no place. warning: this hit is less than the errors that the rule is about.
    """

    pointer: Pointer
    message: str
    hint: str | None = None
    at: Pointer | None = None
    nowhere: bool = False
    warning: bool = False


_MOST_COMPARED = 200


@dataclass(frozen=True, slots=True)
class Text:
    """A definition as it came. size: bytes in UTF-8. error: why it is no JSON. value: what it holds otherwise."""

    size: int
    error: InvalidProject | None
    value: Any


Check = Callable[..., Iterator[Hit]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule and its metadata. title: one line. source: the page that the rule follows. on: what `check` is given."""

    id: str
    severity: Severity
    title: str
    source: str
    code: str
    layer: Layer
    on: Subject
    types: tuple[str, ...]
    check: Check

    def finding(self, hit: Hit) -> Finding:
        """A hit as a finding."""
        location = "" if hit.nowhere else location_of(hit.pointer if hit.at is None else hit.at)
        severity: Severity = "warning" if hit.warning else self.severity
        return Finding(
            rule=self.id,
            severity=severity,
            message=hit.message,
            pointer=hit.pointer,
            code=self.code,
            hint=hit.hint,
            layer=self.layer,
            location=location,
        )


_rules: dict[str, Rule] = {}


def rule(
    id: str,
    severity: Severity,
    title: str,
    *,
    source: str,
    code: str = "SCHEMA_VALIDATION_FAILED",
    layer: Layer = "language",
    on: Subject = "state",
    types: tuple[str, ...] = (),
) -> Callable[[Check], Check]:
    """Register a function as a rule. `types`: only states of these types. code "": AWS takes such a definition."""

    def register(check: Check) -> Check:
        if id in _rules:
            raise ValueError(f"two rules are called {id}")
        _rules[id] = Rule(id, severity, title, source, code, layer, on, types, check)
        return check

    return register


@cache
def rules() -> tuple[Rule, ...]:
    """All rules, by id."""
    import stepdeploy.asl.rules  # noqa: F401 - registers them

    return tuple(sorted(_rules.values(), key=lambda item: item.id))


def did_you_mean(name: str, known: Collection[str]) -> str | None:
    """A hint with the known name that is nearest. None for many or long names: finding it would take too long."""
    if len(known) > _MOST_COMPARED or len(name) > _MOST_COMPARED:
        return None
    near = difflib.get_close_matches(name, known, 1)
    return f"Did you mean {near[0]!r}?" if near else None


def run_text(text: Text) -> Iterator[Finding]:
    """The findings of the rules that come before there is a model."""
    for item in _on("text"):
        for hit in item.check(text):
            yield item.finding(hit)


def run(document: Document) -> Iterator[Finding]:
    """The findings of all other rules on a definition.

    The data is looked at where nothing is wrong with the language: what AWS refuses never runs.
    """
    broken = False
    for layer in ("language", "integration", "data"):
        if layer == "data" and broken:
            return
        for finding in _run(document, layer):
            broken = broken or (layer == "language" and finding.severity == "error")
            yield finding


def _run(document: Document, layer: str) -> Iterator[Finding]:
    for subject, items in (
        ("document", (document,)),
        ("scope", document.scopes),
        ("part", document.parts),
    ):
        for item in _on(subject, layer):
            for one in items:
                for hit in item.check(one):
                    yield item.finding(hit)
    for state in document.states:
        for item in _on_state(state.type, layer):
            for hit in item.check(state):
                yield item.finding(hit)


@cache
def _on(subject: str, layer: str = "") -> tuple[Rule, ...]:
    return tuple(item for item in rules() if item.on == subject and layer in ("", item.layer))


@cache
def _on_state(type_: str, layer: str) -> tuple[Rule, ...]:
    return tuple(item for item in _on("state", layer) if not item.types or type_ in item.types)
