"""Validation findings -> lines and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from stepdeploy.asl import Finding
from stepdeploy.report.spans import Line


@dataclass(frozen=True)
class Located:
    """A finding and its file:line:column."""

    finding: Finding
    where: str


def finding_lines(found: Sequence[Located]) -> Iterator[Line]:
    """One finding a line, its hint below."""
    for item in found:
        style = "red" if item.finding.severity == "error" else "yellow"
        yield [
            (f"{item.where}: ", "bold"),
            (f"{item.finding.severity} ", style),
            (f"{item.finding.rule} ", "dim"),
            (item.finding.message, ""),
        ]
        if item.finding.hint:
            yield [("    ", ""), (item.finding.hint, "dim")]
    errors = sum(item.finding.severity == "error" for item in found)
    if found:
        yield [(f"{_count(errors, 'error')}, {_count(len(found) - errors, 'warning')}", "bold")]
    else:
        yield [("Everything checks out.", "green")]


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def finding_json(item: Located) -> dict[str, Any]:
    """A finding as data."""
    finding = item.finding
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "message": finding.message,
        "hint": finding.hint,
        "location": finding.location,
        "where": item.where,
    }
