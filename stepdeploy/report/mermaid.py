"""A state machine as a Mermaid flowchart, what changed in colour: for Markdown that shows diagrams.

Green is new, red is gone (drawn where it was), yellow has changed. A dotted arrow is a Catch; a red one leads where a
state led before. Source of the syntax: https://mermaid.js.org/syntax/flowchart.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from stepdeploy.conditions import brief_condition
from stepdeploy.engine.model import Change
from stepdeploy.report.state_changes import place_of

Mark = Literal["added", "removed", "changed", ""]
MAX_EDGES = 400
"""GitHub draws no diagram of more than 500 edges or 50,000 characters (https://mermaid.js.org/config/schema-docs/config.html)."""
LABEL_LIMIT = 40
STYLES = {
    "added": "fill:#d3f9d8,stroke:#2b8a3e,color:#000",
    "removed": "fill:#ffe3e3,stroke:#c92a2a,color:#000,stroke-dasharray:4 3",
    "changed": "fill:#fff3bf,stroke:#e67700,color:#000",
}
_SHAPES = {"Choice": ("{{", "}}"), "Succeed": ("([", "])"), "Fail": ("([", "])"), "Wait": ("(", ")")}
_ESCAPED = {char: f"#{ord(char)};" for char in '#"<>&`|%{}\\'}


@dataclass(eq=False)
class _Box:
    """A state. scopes: name of a scope in it -> its boxes."""

    id: str
    name: str
    state: Mapping[str, Any]
    mark: Mark = ""
    scopes: dict[str, list[_Box]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Edge:
    start: str
    end: str
    label: str
    catch: bool = False
    gone: bool = False


def diagram(definition: Mapping[str, Any], changes: Sequence[Change]) -> str:
    """The flowchart of a definition (JSON data without secrets) as it will be. changes: those that made it so.

    Of a machine with more than MAX_EDGES edges only what changed and what is next to it; "" where that is too much, too.
    """
    drawing = _Drawing(changes)
    boxes = drawing.scope(definition, "definition")
    edges = list(drawing.edges(boxes))
    if len(edges) > MAX_EDGES:
        near = {box.id for box in _all(boxes) if box.mark}
        edges = [edge for edge in edges if edge.start in near or edge.end in near]
        near |= {end for edge in edges for end in (edge.start, edge.end)}
        boxes = list(_pruned(boxes, near))
        if len(edges) > MAX_EDGES:
            return ""
    return "\n".join(_lines(boxes, edges))


class _Drawing:
    """The boxes and edges of one diagram."""

    def __init__(self, changes: Sequence[Change]) -> None:
        self.marks: dict[str, Mark] = {}
        self.gone: dict[str, list[Change]] = {}
        self.former: dict[str, list[str]] = {}
        self.count = 0
        for change in changes:
            self._note(change)

    def _note(self, change: Change) -> None:
        place, name = place_of(change), change.state
        if change.state and not place and change.kind == "removed":
            self.gone.setdefault(change.path.rpartition(f"/States/{name}")[0], []).append(change)
            return
        if not place and change.kind == "renamed":
            name = str(change.after)
        mark: Mark = "added" if not place and change.kind == "added" else "changed"
        self.marks.setdefault(name, mark)
        if change.kind == "retargeted" and isinstance(change.before, str):
            self.former.setdefault(name, []).append(change.before)

    def scope(self, scope: Any, path: str, mark: Mark = "") -> list[_Box]:
        """The boxes of a scope, those that are gone last. mark: of the state it is in, where that is new as a whole."""
        states = scope.get("States") if isinstance(scope, Mapping) else None
        found = [self._box(name, state, path, mark) for name, state in (states or {}).items()]
        gone = [self._new(item.state, item.before, "removed") for item in self.gone.get(path, ())]
        return [*found, *gone]

    def _new(self, name: str, state: Any, mark: Mark) -> _Box:
        self.count += 1
        return _Box(f"s{self.count}", name, state if isinstance(state, Mapping) else {}, mark)

    def _box(self, name: str, state: Any, path: str, mark: Mark) -> _Box:
        box = self._new(name, state, mark or self.marks.get(name, ""))
        inside: Mark = "added" if box.mark == "added" else ""
        here = f"{path}/States/{name}"
        for slot, scope in _inner(box.state):
            box.scopes[slot] = self.scope(scope, f"{here}/{slot}", inside)
        return box

    def edges(self, boxes: list[_Box]) -> Iterator[_Edge]:
        """Of one scope and those within."""
        ids = {box.name: box.id for box in boxes}
        for box in boxes:
            for target, label, catch in _leads(box.state):
                if target in ids:
                    yield _Edge(box.id, ids[target], label, catch, box.mark == "removed")
            for target in dict.fromkeys(self.former.get(box.name, ())):
                if target in ids and target not in [lead[0] for lead in _leads(box.state)]:
                    yield _Edge(box.id, ids[target], "", gone=True)
            for inner in box.scopes.values():
                yield from self.edges(inner)


def _inner(state: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    branches = state.get("Branches")
    for index, branch in enumerate(branches if isinstance(branches, list) else []):
        yield f"Branches[{index}]", branch
    for name in ("ItemProcessor", "Iterator"):
        if isinstance(state.get(name), Mapping):
            yield name, state[name]


def _leads(state: Mapping[str, Any]) -> Iterator[tuple[Any, str, bool]]:
    """(target, label, whether it is a Catch) of every way out of a state."""
    yield state.get("Next"), "", False
    for rule in _entries(state.get("Choices")):
        yield rule.get("Next"), brief_condition(rule), False
    yield state.get("Default"), "otherwise", False
    for entry in _entries(state.get("Catch")):
        errors = entry.get("ErrorEquals")
        yield entry.get("Next"), ", ".join(map(str, errors)) if isinstance(errors, list) else "", True


def _entries(value: Any) -> list[Mapping[str, Any]]:
    return [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []


def _all(boxes: Iterable[_Box]) -> Iterator[_Box]:
    for box in boxes:
        yield box
        for inner in box.scopes.values():
            yield from _all(inner)


def _pruned(boxes: Iterable[_Box], kept: set[str]) -> Iterator[_Box]:
    """Those of `kept`, and those with one of them inside."""
    for box in boxes:
        box.scopes = {name: inner for name, boxes in box.scopes.items() if (inner := list(_pruned(boxes, kept)))}
        if box.id in kept or box.scopes:
            yield box


def _lines(boxes: list[_Box], edges: list[_Edge]) -> Iterator[str]:
    yield "flowchart TD"
    for name, style in STYLES.items():
        yield f"  classDef {name} {style}"
    yield from _boxes(boxes, "  ")
    for edge in edges:
        label = f'|"{_label(edge.label)}"|' if edge.label else ""
        yield f"  {edge.start} {'-.->' if edge.catch or edge.gone else '-->'}{label} {edge.end}"
    if gone := [str(index) for index, edge in enumerate(edges) if edge.gone]:
        yield f"  linkStyle {','.join(gone)} stroke:#c92a2a"


def _boxes(boxes: list[_Box], indent: str) -> Iterator[str]:
    for box in boxes:
        if not box.scopes:
            opening, closing = _SHAPES.get(str(box.state.get("Type")), ("[", "]"))
            mark = f":::{box.mark}" if box.mark else ""
            yield f'{indent}{box.id}{opening}"{_label(box.name, 80)}"{closing}{mark}'
            continue
        yield f'{indent}subgraph {box.id}["{_label(box.name, 80)}"]'
        for index, (slot, inner) in enumerate(box.scopes.items()):
            branch = slot.startswith("Branches") and len(box.scopes) > 1
            if branch:
                yield f'{indent}  subgraph {box.id}b{index}["branch {index}"]'
            yield from _boxes(inner, f"{indent}  {'  ' if branch else ''}")
            if branch:
                yield f"{indent}  end"
        yield f"{indent}end"
        if box.mark:
            yield f"{indent}style {box.id} {STYLES[box.mark]}"


def _label(text: str, limit: int = LABEL_LIMIT) -> str:
    """Text that Mermaid shows as it is, cut."""
    text = " ".join(text.split()) or "(no name)"
    text = text if len(text) <= limit else text[: limit - 1] + "…"
    return "".join(_ESCAPED.get(char, char) for char in text)
