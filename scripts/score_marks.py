"""Right, wrong, missing, invented: how a found value is judged, and the sums of that."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

MARKS = ("right", "wrong", "missing", "invented")
# What is worst comes first.
_WORST = ("invented", "wrong", "missing")


@dataclass
class Marks:
    """Counts by name (of a field, a role) and what is behind the bad ones, as (mark, words)."""

    counts: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(lambda: dict.fromkeys(MARKS, 0)))
    cases: list[tuple[str, str]] = field(default_factory=list)

    def add(self, name: str, mark: str, words: str) -> None:
        """Count one value. words: what it was and should be; kept unless it is right."""
        self.counts[name][mark] += 1
        if mark != "right":
            self.cases.append((mark, words))

    def total(self, mark: str) -> int:
        """The sum over all names."""
        return sum(counts[mark] for counts in self.counts.values())

    @property
    def values(self) -> int:
        """How many values were judged."""
        return sum(self.total(mark) for mark in MARKS)

    @property
    def share_right(self) -> float:
        """Right ones of all, 0 to 1; 1 of none."""
        return self.total("right") / self.values if self.values else 1.0

    def worst(self) -> list[str]:
        """The bad cases in words, worst first."""
        ordered = sorted(self.cases, key=lambda case: _WORST.index(case[0]))
        return [f"{mark}: {words}" for mark, words in ordered]


def judged(name: str, expected: Any, found: Any, state_code: Callable[[str], str | None]) -> str:
    """The mark of a found value. Both None is right: an honest null."""
    wanted, got = comparable(name, expected, state_code), comparable(name, found, state_code)
    if got is None:
        return "right" if wanted is None else "missing"
    if wanted is None:
        return "invented"
    alternatives = wanted if isinstance(wanted, list) else [wanted]
    return "right" if got in alternatives else "wrong"


def comparable(name: str, value: Any, state_code: Callable[[str], str | None]) -> Any:
    """A value in a form in which spelling does not count: case, blanks, brackets, names of states against their codes."""
    if isinstance(value, list):
        return [comparable(name, one, state_code) for one in value]
    if value is None or value == "" or isinstance(value, bool):
        return None if value == "" else value
    if isinstance(value, (int, float)) and name not in ("cik", "pcaob_id", "ein"):
        return value
    text = unicodedata.normalize("NFKC", str(value))
    if name in ("phone", "ein"):
        return re.sub(r"\D", "", text)
    if name in ("cik", "pcaob_id"):
        return text.strip().lstrip("0")
    if name in ("hq_address", "auditor_location"):
        return _place(text, state_code)
    number = re.fullmatch(r"-?\d+(\.\d+)?", text.strip())
    if number:
        return float(text) if number[1] else int(text)
    return re.sub(r"\s+", " ", text.replace("’", "'")).strip().lower()


def _place(text: str, state_code: Callable[[str], str | None]) -> str:
    parts = re.split(r",\s*", text)
    words = " ".join(state_code(part) or part for part in parts)
    words = re.sub(r"\b([A-Z][a-z]+(?: [A-Z][a-z]+)?) (?=\d{5})", lambda m: f"{state_code(m[1]) or m[1]} ", words)
    return re.sub(r"[\W_]+", " ", words.lower()).strip()
