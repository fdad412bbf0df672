"""Leadership pages: each record's site through the CXO extractor, and its people against the true ones."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from score_functions import Functions, Outcome
from score_hosts import Hosts
from score_marks import Marks
from score_truth import Record, people_of

ROLES = ("CEO", "CFO", "CTO", "COO")
_SPELLED = {
    "CEO": r"chief executive|\bceo\b",
    "CFO": r"chief financ|\bcfo\b",
    "CTO": r"chief (?:\w+ (?:and|&) )?techn|\bcto\b",
    "COO": r"chief operati|\bcoo\b",
}
# Letters that Unicode does not take apart into a base letter and a mark.
_LETTERS = str.maketrans({"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "æ": "ae", "Æ": "Ae", "ı": "i"})
_PREFIX = re.compile(r"^(?:mr|mrs|ms|miss|dr|prof|sir|dame)\.?\s+", re.I)


@dataclass
class Share:
    """Things found, things true, things that are both."""

    found: int = 0
    true: int = 0
    both: int = 0

    def add(self, found: set[Any], true: set[Any]) -> None:
        """Count two sets."""
        self.found += len(found)
        self.true += len(true)
        self.both += len(found & true)

    @property
    def precision(self) -> float:
        """What of the found is true; 1 of nothing."""
        return self.both / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """What of the true was found; 1 of nothing."""
        return self.both / self.true if self.true else 1.0

    def __str__(self) -> str:
        return (
            f"precision {self.precision:.3f}, recall {self.recall:.3f} ({self.both} of {self.true}, {self.found} found)"
        )


@dataclass
class PeopleScore:
    """Judges records of leadership pages. homes: [found from the home page, home pages
    recorded]. bios: [that begin as they should, known to begin so]."""

    functions: Functions
    hosts: Hosts
    names: Share = field(default_factory=Share)
    titles: Share = field(default_factory=Share)
    groups: Share = field(default_factory=Share)
    roles: Marks = field(default_factory=Marks)
    homes: list[int] = field(default_factory=lambda: [0, 0])
    bios: list[int] = field(default_factory=lambda: [0, 0])
    cases: list[str] = field(default_factory=list)

    def page(self, record: Record) -> Outcome:
        """Read and judge one site, from its home page where that was recorded."""
        if self.hosts.file(record.document) is None:
            outcome = Outcome(None, f"there is no file {record.document!r}")
        else:
            outcome = self._read(record)
        document = outcome.document or {}
        people = [
            (str(person.get("name", "")), str(person.get("title", "")), str(person.get("group", "")), person)
            for key in ("executives", "board", "others")
            for person in document.get(key) or []
        ]
        self._people(record, [person[:3] for person in people])
        self._roles(record, document.get("roles") or {})
        self._bios(record, {_folded(name): str(person.get("bio", "")) for name, _, _, person in people})
        return outcome

    def _read(self, record: Record) -> Outcome:
        start, page = self.hosts.sites[record.number]
        outcome = self._extract(record, start)
        if start == page:
            return outcome
        self.homes[1] += 1
        if outcome.document is not None and _any_of(record, outcome.document):
            self.homes[0] += 1
            return outcome
        self.cases.append(f"{record.label}: not found from the home page, read from its own address")
        again = self._extract(record, page)
        return again._replace(serper=max(again.serper, outcome.serper), seconds=again.seconds + outcome.seconds)

    def _extract(self, record: Record, url: str) -> Outcome:
        name = str(record.row.get("company_name") or record.company)[:200]
        outcome = self.functions.extract("cxo", {"company_name": name, "website_url": url})
        if outcome.error.startswith("InvalidInput"):  # a name of which no key can be made
            other = f"company {record.number}"
            outcome = self.functions.extract("cxo", {"company_name": other, "website_url": url})
        return outcome

    def _people(self, record: Record, found: list[tuple[str, ...]]) -> None:
        true = people_of(record)
        names = [{_folded(row[0]) for row in rows} for rows in (found, true)]
        titles = [{(_folded(row[0]), _folded(row[1])) for row in rows} for rows in (found, true)]
        groups = [{(_folded(row[0]), row[2]) for row in rows} for rows in (found, true)]
        for share, (got, wanted) in ((self.names, names), (self.titles, titles), (self.groups, groups)):
            share.add(got, wanted)
        self.cases += [f"{record.label}: not a person there: {name}" for name in sorted(names[0] - names[1])]
        self.cases += [f"{record.label}: not found: {name}" for name in sorted(names[1] - names[0])]
        for index, what in ((titles, "title"), (groups, "group")):
            self._differences(record, what, names[0] & names[1], *index)

    def _differences(self, record: Record, what: str, both: set[str], found: set[Any], true: set[Any]) -> None:
        for name in sorted(both):
            got = sorted(value for key, value in found - true if key == name)
            wanted = sorted(value for key, value in true - found if key == name)
            if got or wanted:
                self.cases.append(f"{record.label}: {what} of {name}: {got}, in truth {wanted}")

    def _roles(self, record: Record, found: dict[str, Any]) -> None:
        for role in ROLES:
            expected, sure = _holders(record, role)
            named = {_folded(name) for name in found.get(role) or []}
            for name in sorted(named | expected):
                mark = "right" if name in named & expected else "missing"
                if name in named - expected:
                    mark = "wrong" if expected else "invented"
                self.roles.add(role, mark, f"{record.label} {role}: {sorted(named)}, in truth {sorted(expected)}")
            if not named and not expected and sure:
                self.roles.add(role, "right", "")

    def _bios(self, record: Record, found: dict[str, str]) -> None:
        starts = record.row.get("bio_starts")
        for name, start in (starts if isinstance(starts, dict) else {}).items():
            right = _folded(str(start))[:60] in _folded(found.get(_folded(str(name)), ""))
            self.bios[0] += right
            self.bios[1] += 1
            if not right:
                self.cases.append(f"{record.label}: biography of {name} is missing or another")


def _any_of(record: Record, document: dict[str, Any]) -> bool:
    """Whether the document names at least half of the people, so that it was read from the right page."""
    true = {_folded(name) for name, _, _ in people_of(record)}
    rows: Iterable[dict[str, Any]] = (
        row for key in ("executives", "board", "others") for row in document.get(key) or []
    )
    found = {_folded(str(row.get("name", ""))) for row in rows}
    return 2 * len(true & found) >= len(true)


def _holders(record: Record, role: str) -> tuple[set[str], bool]:
    """(who holds a role in truth, whether the truth says so). A role the truth is silent on may be in its titles."""
    roles = record.row.get("roles")
    stated = roles if isinstance(roles, dict) else {}
    if role in stated:
        value = stated[role]
        names = value if isinstance(value, list) else [value]
        return {_folded(_name(one)) for one in names if _name(one)}, True
    executives = [row for row in people_of(record) if row[2] == "executive"]
    return {_folded(name) for name, title, _ in executives if re.search(_SPELLED[role], title, re.I)}, False


def _name(entry: Any) -> str:
    return str(entry.get("name") or "") if isinstance(entry, dict) else str(entry or "")


def _folded(text: str) -> str:
    """Names and titles in a form in which case, blanks, points and forms of address do not count."""
    plain = unicodedata.normalize("NFKD", _PREFIX.sub("", text.strip()).translate(_LETTERS)).casefold()
    letters = "".join(char for char in plain if not unicodedata.combining(char))
    return " ".join(re.sub(r"[^\w&]+", " ", letters).split())
