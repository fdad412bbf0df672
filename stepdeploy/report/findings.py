"""Validation findings -> lines and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from stepdeploy.asl import Finding
from stepdeploy.report.spans import Line

WIDEST = 100
"""Characters of an offending line that are shown."""


@dataclass(frozen=True)
class Located:
    """A finding and its place, file:line:column. text: the line of the file, where it is known. by: who says so, where it
    is not this tool: "AWS"."""

    finding: Finding
    where: str
    text: str | None = None
    by: str = ""

    @property
    def place(self) -> tuple[str, int, int]:
        """File, line and column; 1 where there is none."""
        file, line, column = (*self.where.rsplit(":", 2), "", "")[:3]
        if line.isdigit() and column.isdigit():
            return file, int(line), int(column)
        return self.where, 1, 1


def finding_lines(found: Sequence[Located]) -> Iterator[Line]:
    """Each finding: what and where, the line of the file with a caret, what AWS calls it, what to do."""
    for item in found:
        finding = item.finding
        style = "red" if finding.severity == "error" else "yellow"
        yield [
            (f"{item.where}: ", "bold"),
            (f"{finding.severity} ", style),
            (f"{item.by or finding.rule} ", "dim"),
            (finding.message, ""),
        ]
        yield from _excerpt(item, style)
        if finding.code:
            yield [("    ", ""), (finding.code + (f" at {finding.location}" if finding.location else ""), "dim")]
        if finding.hint:
            yield [("    ", ""), (finding.hint, "dim")]
    errors = sum(item.finding.severity == "error" for item in found)
    if found:
        yield [(f"{_count(errors, 'error')}, {_count(len(found) - errors, 'warning')}", "bold")]
    else:
        yield [("Everything checks out.", "green")]


def _excerpt(item: Located, style: str) -> Iterator[Line]:
    """The line and below it a caret; of a long line what is around the column."""
    if item.text is None or not item.text.strip():
        return
    _, line, column = item.place
    first = max(0, column - 1 - WIDEST // 2) if len(item.text) > WIDEST else 0
    shown = "".join(char if char.isprintable() else " " for char in item.text[first : first + WIDEST]).rstrip()
    margin = f"{line:>5} "
    yield [(f"{margin}| ", "dim"), (shown, "")]
    yield [(f"{' ' * len(margin)}| ", "dim"), (" " * (column - 1 - first), ""), ("^", style)]


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def finding_json(item: Located) -> dict[str, Any]:
    """A finding as data."""
    finding = item.finding
    file, line, column = item.place
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "layer": finding.layer,
        "code": finding.code or None,
        "message": finding.message,
        "hint": finding.hint,
        "location": finding.location,
        "where": item.where,
        "file": file,
        "line": line,
        "column": column,
        "by": item.by or "stepdeploy",
    }
