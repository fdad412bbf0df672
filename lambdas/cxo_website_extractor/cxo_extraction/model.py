"""What the extractor gives back: people, roles, pages, and an honest account of what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from common.errors import UnexpectedContent

ROLES = ("CEO", "CFO", "CTO", "COO")


@dataclass(slots=True)
class Person:
    """One person on a page. group: 'executive', 'board' or 'other'; confidence: 0 to 1.

    method says how the person was read ('card', 'line', 'prose', 'json-ld', 'page-data'); quote is the page's text.
    """

    name: str
    title: str
    group: str = "other"
    bio: str = ""
    url: str = ""
    method: str = "card"
    quote: str = ""
    confidence: float = 0.5
    unit: str = ""  # the subsidiary whose heading the person stands under
    leftover: bool = False  # only in a hidden dialog while the visible cards show others; or an adviser

    def to_dict(self) -> dict[str, Any]:
        """The person as stored: name, title, group, bio and unit (when there is one), source and confidence."""
        stored: dict[str, Any] = {"name": self.name, "title": self.title, "group": self.group}
        for name, text in (("bio", self.bio), ("unit", self.unit)):
            if text:
                stored[name] = text
        stored["source"] = {"url": self.url, "method": self.method, "quote": self.quote}
        stored["confidence"] = round(self.confidence, 2)
        return stored

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Person:
        """The person that was stored. Raises KeyError, TypeError when it is of another form."""
        source = stored["source"]
        return cls(
            stored["name"],
            stored["title"],
            stored["group"],
            stored.get("bio", ""),
            source["url"],
            source["method"],
            source["quote"],
            float(stored["confidence"]),
            stored.get("unit", ""),
        )


@dataclass(slots=True)
class CxoDocument:
    """All that was read from a company's site. pages: the addresses that people were read from.

    Not stored: passages (text, address) where the head of the company may be named, when no rule found one; bio_pages:
    how many biography pages the executives have; bio_batches: those left to workers, as lists of addresses.
    """

    company_name: str
    website_url: str
    people: list[Person] = field(default_factory=list)
    roles: dict[str, list[str]] = field(default_factory=lambda: {role: [] for role in ROLES})
    pages: list[str] = field(default_factory=list)
    api_calls: int = 0
    skipped: list[str] = field(default_factory=list)
    passages: list[tuple[str, str]] = field(default_factory=list)
    bio_pages: int = 0
    bio_batches: list[list[str]] = field(default_factory=list)

    def of(self, group: str) -> list[Person]:
        """The people of one group, in page order."""
        return [person for person in self.people if person.group == group]

    def checks(self) -> dict[str, bool]:
        """Each applicable check and whether it holds; completeness is the share that do."""
        executives = self.of("executive")
        checks = {
            "leadership_page": bool(self.pages),
            "executives": bool(executives),
            "head_of_company": self.has_head(),
        }
        for person in executives:
            checks[f"name:{person.name}"] = 1 < len(person.name) <= 80
            checks[f"title:{person.name}"] = bool(person.title)
            checks[f"source:{person.name}"] = bool(person.url and person.quote)
        return checks

    def has_head(self) -> bool:
        """Whether a CEO, or who stands for one (president, managing director, executive director), is known."""
        if self.roles.get("CEO"):
            return True
        heads = ("president", "managing director", "managing partner", "executive director", "founder", "owner")
        return any(
            head in person.title.lower() and "vice president" not in person.title.lower() and not person.unit
            for person in self.of("executive")
            for head in heads
        )

    def completeness(self) -> float:
        """Share of the applicable checks that hold, 0 to 100, one decimal."""
        checks = self.checks()
        return round(100 * sum(checks.values()) / len(checks), 1)

    def missing(self) -> list[str]:
        """The checks that do not hold, then the roles that no one on the page has ('role:CFO')."""
        failed = [name for name, holds in self.checks().items() if not holds]
        return failed + [f"role:{role}" for role in ROLES if not self.roles.get(role)]

    def to_dict(self) -> dict[str, Any]:
        """The document as stored in DynamoDB: plain JSON types only."""
        return {
            "company_name": self.company_name,
            "website_url": self.website_url,
            "executives": [person.to_dict() for person in self.of("executive")],
            "board": [person.to_dict() for person in self.of("board")],
            "others": [person.to_dict() for person in self.of("other")],
            "roles": {role: list(names) for role, names in self.roles.items()},
            "pages": list(self.pages),
            "sources": list(self.pages),
            "completeness": self.completeness(),
            "missing": self.missing(),
            "skipped": list(self.skipped),
            "api_calls": self.api_calls,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> CxoDocument:
        """The document that was stored. Raises UnexpectedContent when it is of another form."""
        try:
            people = [Person.from_dict(row) for group in ("executives", "board", "others") for row in stored[group]]
            return cls(
                stored["company_name"],
                stored["website_url"],
                people,
                {role: list(stored["roles"].get(role, [])) for role in ROLES},
                list(stored["pages"]),
                int(stored["api_calls"]),
                list(stored["skipped"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UnexpectedContent(f"the stored extraction is not a CXO document: {error!r}") from error
