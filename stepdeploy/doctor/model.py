"""What a check says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Verdict = Literal["ok", "warning", "problem", "not checked"]


@dataclass(frozen=True)
class Check:
    """One judgement. found: what there is, a sentence. todo: what to do about it, "" where there is nothing to do."""

    name: str
    verdict: Verdict
    found: str
    todo: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        return {"check": self.name, "verdict": self.verdict, "found": self.found, "todo": self.todo}


def not_checked(name: str, why: str, todo: str = "") -> Check:
    """A check that could not be made, and says so."""
    return Check(name, "not checked", why, todo)
