"""What names a place in a definition to a person: where a state stands, which entry of a list it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stepdeploy.conditions import brief_condition
from stepdeploy.resources.definition_tree import Node


def position(node: Node) -> str:
    """Where a state is reached from: `after A and B`, `on errors of C`, `at the start of P[0]`; "" from nowhere."""
    if node.scope.value.get("StartAt") == node.name:
        return "at the start" + (f" of {node.scope.label}" if node.scope.owner else "")
    others = [other for other in node.scope.nodes if other is not node]
    if before := [other.name for other in others if node.name in _follow(other)]:
        return f"after {_listed(before)}"
    catching = [other.name for other in others if node.name in _nexts(other.value.get("Catch"))]
    return f"on errors of {_listed(catching)}" if catching else ""


def label(field: str, entry: Mapping[str, Any]) -> str:
    """A Choice rule's condition; a Retry or Catch entry's errors."""
    if field == "Choices":
        return brief_condition(entry)
    errors = entry.get("ErrorEquals")
    return ", ".join(map(str, errors)) if isinstance(errors, list) else ""


def _follow(node: Node) -> list[Any]:
    return [node.value.get("Next"), node.value.get("Default"), *_nexts(node.value.get("Choices"))]


def _nexts(entries: Any) -> list[Any]:
    entries = entries if isinstance(entries, list) else []
    return [entry.get("Next") for entry in entries if isinstance(entry, Mapping)]


def _listed(names: list[str]) -> str:
    """`A`, `A and B`, `A, B and 3 more`."""
    if len(names) <= 2:
        return " and ".join(names)
    return f"{names[0]}, {names[1]} and {len(names) - 2} more"
