"""What a check finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Pointer = tuple[str | int, ...]
"""Keys and indexes from the top of a definition to a value, as in `("States", "C", "Choices", 0, "Next")`."""

Severity = Literal["error", "warning"]
Layer = Literal["language", "integration", "data"]


@dataclass(frozen=True)
class Finding:
    """One finding.

    rule: the rule's id (docs/rules.md lists them). severity: an error stops a deploy. pointer: where in the
    definition. code: AWS's own where AWS refuses such a definition, else "". layer: what the rule knows about.
    location: AWS's way of pointing (`location_of`). line, column: from 1; None where only the value was given.
    """

    rule: str
    severity: Severity
    message: str
    pointer: Pointer = ()
    code: str = ""
    hint: str | None = None
    layer: Layer = "language"
    location: str = ""
    line: int | None = None
    column: int | None = None


def location_of(pointer: Pointer) -> str:
    """AWS's way of pointing: `("States", "C", "Choices", 0, "Next")` -> `/States/C/Choices[0]/Next`; "/" is the top."""
    return "".join(f"[{part}]" if isinstance(part, int) else f"/{part}" for part in pointer) or "/"
