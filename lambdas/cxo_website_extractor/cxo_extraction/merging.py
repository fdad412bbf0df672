"""Make one person of what a page says twice: card and modal, summary and profile."""

from __future__ import annotations

from cxo_extraction.model import Person
from cxo_extraction.names import fold, name_key


def drop_leftovers(people: list[Person]) -> None:
    """Settle `leftover`, which comes in as 'stands in a dialog'.

    Where visible cards and dialogs show the same people, someone who is only in a dialog is left over from an earlier
    version of the page: no longer among the executives.
    """
    visible = {name_key(person.name) for person in people if not person.leftover}
    hidden = {name_key(person.name) for person in people if person.leftover}
    both = visible & hidden
    for person in people:
        person.leftover = person.leftover and len(both) >= 2 and name_key(person.name) not in visible
        if person.leftover:
            person.group = "other"


def merge(people: list[Person]) -> list[Person]:
    """One entry a person and group, in page order. A person may stand among the executives and on the board."""
    merged: dict[tuple[object, ...], Person] = {}
    for person in people:
        key = _find(merged, person)
        if key is None:
            merged[(name_key(person.name), person.group, fold(person.title))] = person
        else:
            _join(merged[key], person)
    listed = {name_key(person.name) for person in merged.values() if person.group in {"executive", "board"}}
    return [
        p for p in merged.values() if p.group != "other" or name_key(p.name) not in listed or len(name_key(p.name)) < 2
    ]


def _find(merged: dict[tuple[object, ...], Person], person: Person) -> tuple[object, ...] | None:
    key = name_key(person.name)
    for candidate, other in merged.items():
        if candidate[0] != key or other.group != person.group:
            continue
        # Two people may share a single first name; their titles differ then.
        if len(key) > 1 or candidate[2] == fold(person.title) or not person.title:
            return candidate
    return None


def _join(kept: Person, other: Person) -> None:
    if not kept.title:
        kept.title, kept.quote, kept.method = other.title, other.quote, other.method
    if kept.name.isupper() and not other.name.isupper() and fold(kept.name) == fold(other.name):
        kept.name = other.name
    if len(other.bio) > len(kept.bio):
        kept.bio = other.bio
    kept.confidence = min(0.99, max(kept.confidence, other.confidence) + 0.02)
