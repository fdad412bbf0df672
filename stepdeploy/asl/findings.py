"""What a check finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """One finding. code: AWS's own, or "". location: AWS's way of pointing, `/States/C/Choices[0]/Next`. pointer: keys and
    indexes into the definition. line, column: from 1; None where only the value was given."""

    rule: str
    severity: Literal["error", "warning"]
    message: str
    pointer: tuple[str | int, ...] = ()
    code: str = ""
    hint: str | None = None
    layer: Literal["language", "integration", "data"] = "language"
    line: int | None = None
    column: int | None = None

    @property
    def location(self) -> str:
        return "".join(f"[{part}]" if isinstance(part, int) else f"/{part}" for part in self.pointer) or "/"
