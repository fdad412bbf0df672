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
    kept: list[Person] = []
    known: dict[tuple[tuple[str, ...], str], list[Person]] = {}
    for person in people:
        namesakes = known.setdefault((name_key(person.name), person.group), [])
        same = next((other for other in namesakes if _same(other, person)), None)
        if same is None:
            namesakes.append(person)
            kept.append(person)
        else:
            _join(same, person)
    listed = {name_key(person.name) for person in kept if person.group in {"executive", "board"}}
    return [p for p in kept if p.group != "other" or name_key(p.name) not in listed or len(name_key(p.name)) < 2]


def _same(one: Person, other: Person) -> bool:
    """Two people may share a single first name; their titles differ then."""
    return len(name_key(one.name)) > 1 or fold(one.title) == fold(other.title) or not other.title


def _join(kept: Person, other: Person) -> None:
    if not kept.title:
        kept.title, kept.quote, kept.method = other.title, other.quote, other.method
    if kept.name.isupper() and not other.name.isupper() and fold(kept.name) == fold(other.name):
        kept.name = other.name
    if len(other.bio) > len(kept.bio):
        kept.bio = other.bio
    kept.confidence = min(0.99, max(kept.confidence, other.confidence) + 0.02)
