"""Profile pages: biographies (and titles, where the list has none) of the people who hold a role."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from cxo_extraction.lines import PageLines, read_lines
from cxo_extraction.links import normal_url
from cxo_extraction.model import CxoDocument, Person
from cxo_extraction.names import fold, name_key
from cxo_extraction.site import Site
from cxo_extraction.titles import is_prose, title_in_prose, title_score
from cxo_extraction.zones import FOREIGN

MAX_BIO = 4000


def complete_from_profiles(document: CxoDocument, pages: list[PageLines], site: Site, budget: int) -> None:
    """Read at most `budget` linked profiles: first of people without a title, then of role holders without a bio."""
    holders = {name for names in document.roles.values() for name in names}
    wanted = [person for person in document.of("executive") if not person.title]
    wanted += [p for p in document.of("executive") if p.title and not p.bio and p.name in holders]
    base = document.pages[0]
    for person in wanted:
        if budget <= 0 or not site.open():
            return
        url = profile_link(person, pages, base)
        page = site.html(url) if url else None
        if url:
            budget -= 1
        if page is not None:
            _complete(person, read_lines(page.text))


def profile_link(person: Person, pages: list[PageLines], base: str) -> str:
    """The link whose path holds a person's first and last name ('/leadership/jane-doe'), or ''."""
    key = name_key(person.name)
    for lines in pages:
        for href, _ in lines.links:
            words = re.split(r"[^a-z0-9]+", fold(urlsplit(href).path.rsplit("/", 2)[-1] or href))
            path = fold(href).split()
            if len(key) == 2 and all(part in path or part in words for part in key):
                return normal_url(base, href)
    return ""


def _complete(person: Person, page: PageLines) -> None:
    lines = [line for line in page.lines if not line.zone & FOREIGN]
    parts = name_key(person.name)
    prose = [line.text for line in lines if is_prose(line.text) and len(line.text) > 60]
    start = next((i for i, text in enumerate(prose) if any(part in fold(text).split() for part in parts)), None)
    if start is not None and not person.bio:
        person.bio = "\n".join(prose[start : start + 8])[:MAX_BIO]
    if person.title:
        return
    position = next((i for i, line in enumerate(lines) if name_key(line.text) == parts), None)
    near = [line.text for line in lines[position + 1 : position + 4]] if position is not None else []
    person.title = next((text for text in near if title_score(text) >= 0.6), "") or title_in_prose(person.bio)
