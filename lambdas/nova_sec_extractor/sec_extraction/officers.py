"""The officers that a report names: those who signed it as such, then the others of its own list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from common.quality_names import same_person

from sec_extraction.lines import Line
from sec_extraction.model import Field, missing
from sec_extraction.officer_list import Listed, read_officer_list
from sec_extraction.person_words import is_officer
from sec_extraction.signatures import Signer, read_signatures

SIGNED, LISTED = "signatures", "executive officers"
_MOST = 60


def read_officers(lines: Sequence[Line], url: str) -> Field:
    """[{"name", "title", "where", "line", "quote"}]: each with the place that it was read from, lines from 1."""
    people: list[dict[str, Any]] = []
    for signer in read_signatures(lines):
        _add(people, signer, SIGNED)
    for listed in read_officer_list(lines):
        _add(people, listed, LISTED)
    if not people:
        return missing("neither a signature page nor a list of executive officers that can be read")
    source = {"url": url, "method": "text", "quote": people[0]["quote"], "place": f"line {people[0]['line']}"}
    return Field(people[:_MOST], source, 0.92 if people[0]["where"] == SIGNED else 0.85)


def _add(people: list[dict[str, Any]], found: Signer | Listed, where: str) -> None:
    """Add an officer, or to what is known of one: the fuller name, the longer title of the same page."""
    if not is_officer(found.title):
        return
    known = next((person for person in people if same_person(person["name"], found.name)), None)
    if known is None:
        entry = {"name": found.name, "title": found.title, "where": where, "line": found.line + 1}
        people.append(entry | {"quote": found.quote})
    elif where == known["where"] and len(found.title) > len(known["title"]):
        name = max(known["name"], found.name, key=len)
        known |= {"name": name, "title": found.title, "line": found.line + 1, "quote": found.quote}
    elif where != known["where"] and _given_length(found.name) > 1 >= _given_length(known["name"]):
        known["name"] = found.name


def _given_length(name: str) -> int:
    """Letters of the first word: 1 for an initial."""
    return len(name.split()[0].strip("."))
