"""Both documents as the quality checks see them: whatever a document holds, each part is of its type or empty."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, TypedDict

# Texts of a document go into doubts, and doubts into the state of the machine: they stay short.
MAX_TEXT = 200
# More than all money and all shares of the world: a figure beyond it was not read rightly, whatever it is.
MAX_NUMBER = 1e18


class Doubt(TypedDict):
    """One reason not to trust a field. field: "sec.<field>" or "cxo.<part>". weight: points it takes from the score."""

    field: str
    doubt: str
    weight: float


@dataclass(frozen=True)
class Reading:
    """One field of the SEC document. source: its address, "" where none is named. confidence: 0 to 1."""

    value: Any
    confidence: float = 0.0
    source: str = ""
    method: str = ""
    reason: str = ""
    applicable: bool = True


@dataclass(frozen=True)
class Executive:
    """One executive of the website."""

    name: str
    title: str
    confidence: float
    source: str
    method: str
    has_origin: bool


class Sec:
    """The stored SecDocument (`{"fields": {name: {"value", "source", "confidence"}}}`)."""

    def __init__(self, document: Any) -> None:
        self._document = mapping(document)
        self.fields = {text(name): mapping(item) for name, item in mapping(self._document.get("fields")).items()}

    def field(self, name: str) -> Reading:
        """A field; one without a value where the document does not have it."""
        item = self.fields.get(name, {})
        source = mapping(item.get("source"))
        return Reading(
            value=item.get("value"),
            confidence=share(item.get("confidence")),
            source=text(source.get("url")),
            method=text(source.get("method")),
            reason=text(item.get("reason")),
            applicable=item.get("applicable") is not False,
        )

    def figure(self, name: str) -> float | None:
        """A field as a number, None where it is none."""
        return number(self.field(name).value)

    def words(self, name: str) -> str:
        """A field as text, "" where it is none."""
        return text(self.field(name).value)

    def day(self, name: str) -> date | None:
        """A field as a date (ISO 8601), None where it is none."""
        return day_of(self.field(name).value)

    @property
    def notes(self) -> list[str]:
        """What the extractor itself found doubtful."""
        return [note for note in map(text, items(self._document.get("notes"))) if note]

    @property
    def officers(self) -> list[tuple[str, str]]:
        """(name, title) of those who are named in the report as officers or sign it; [] where it was not read."""
        people = items(self._document.get("officers")) or items(mapping(self.fields.get("officers")).get("value"))
        named = [(text(mapping(item).get("name")), text(mapping(item).get("title"))) for item in people]
        return [(name, title) for name, title in named if name]


class Cxo:
    """The stored CxoDocument (`{"executives": [...], "roles": {...}, "pages": [...]}`)."""

    def __init__(self, document: Any) -> None:
        self._document = mapping(document)
        self.is_there = bool(self._document)
        self.company_name = text(self._document.get("company_name"))
        self.pages = [page for page in map(text, items(self._document.get("pages"))) if page]
        self.missing = {text(item) for item in items(self._document.get("missing"))}

    @cached_property
    def executives(self) -> list[Executive]:
        """Those with a name, in the document's order."""
        people = [_executive(mapping(item)) for item in items(self._document.get("executives"))]
        return [person for person in people if person.name]

    @cached_property
    def roles(self) -> dict[str, list[str]]:
        """Role ("CEO") to the names of who hold it."""
        roles = mapping(self._document.get("roles"))
        return {text(role): [name for name in map(text, items(names)) if name] for role, names in roles.items()}


def _executive(item: Mapping[str, Any]) -> Executive:
    source = mapping(item.get("source"))
    url = text(source.get("url"))
    return Executive(
        name=text(item.get("name")),
        title=text(item.get("title")),
        confidence=share(item.get("confidence")),
        source=url,
        method=text(source.get("method")),
        has_origin=bool(url and text(source.get("quote"))),
    )


def mapping(value: Any) -> Mapping[str, Any]:
    """The value where it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def items(value: Any) -> list[Any]:
    """The value where it is a list, else an empty one."""
    return list(value) if isinstance(value, (list, tuple)) else []


def text(value: Any) -> str:
    """Text in one line and not too long; "" where the value is none."""
    return " ".join(value.split())[:MAX_TEXT] if isinstance(value, str) else ""


def number(value: Any) -> float | None:
    """A finite number of a sane size, None for anything else (truth values and numbers as text included)."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if math.isfinite(value) and abs(value) <= MAX_NUMBER else None


def share(value: Any) -> float:
    """A confidence from 0 to 1; 0 for what is none."""
    found = number(value)
    return min(max(found, 0.0), 1.0) if found is not None else 0.0


def day_of(value: Any) -> date | None:
    """The date that ISO 8601 text begins with."""
    match = re.match(r"(\d{4}-\d{2}-\d{2})(?!\d)", value) if isinstance(value, str) else None
    try:
        return date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None


def plain_words(value: str) -> list[str]:
    """The words of a name, lower case ASCII where the letters allow it: `Société Générale S.A.` -> societe generale sa."""
    letters = unicodedata.normalize("NFKD", value.casefold().replace("&", " and "))
    kept = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.findall(r"[^\W_]+", re.sub(r"['’.]", "", kept))
