"""Profile pages: biographies (and titles, where the list has none) of the people who hold a role."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from cxo_extraction.lines import PageLines, read_lines
from cxo_extraction.links import normal_url, same_site
from cxo_extraction.model import CxoDocument, Person
from cxo_extraction.names import fold, name_key
from cxo_extraction.site import Site
from cxo_extraction.titles import is_prose, title_in_prose, title_score
from cxo_extraction.zones import FOREIGN

MAX_BIO = 4000
# Pages for one worker, and for all: an answer travels through the state (256 KiB for all of it).
BATCH = 8
MAX_BIO_PAGES = 80
_MAX_URL = 500


class Profiles:
    """The links of some pages, by the names that their paths hold ('/leadership/jane-doe')."""

    def __init__(self, pages: Iterable[PageLines], base: str) -> None:
        self._links = [(_words(href), normal_url(base, href)) for lines in pages for href, _ in lines.links]

    @classmethod
    def of_addresses(cls, urls: Iterable[str]) -> Profiles:
        """The same of addresses alone."""
        found = cls((), "")
        found._links = [(_words(url), url) for url in urls]
        return found

    def link(self, name: str) -> str:
        """The link whose path holds a person's first and last name, or ''."""
        key = name_key(name)
        if len(key) != 2:
            return ""
        return next((url for words, url in self._links if all(part in words for part in key)), "")


def _words(href: str) -> frozenset[str]:
    last = fold(urlsplit(href).path.rsplit("/", 2)[-1] or href)
    return frozenset([*re.split(r"[^a-z0-9]+", last), *fold(href).split()])


def complete_from_profiles(document: CxoDocument, profiles: Profiles, site: Site, budget: int) -> None:
    """Read at most `budget` linked profiles: first of people without a title, then of role holders without a bio."""
    holders = {name for names in document.roles.values() for name in names}
    wanted = _without_title(document)
    wanted += [p for p in document.of("executive") if p.title and not p.bio and p.name in holders]
    _complete_all(wanted, profiles, site, budget)


def complete_titles(document: CxoDocument, profiles: Profiles, site: Site, budget: int) -> None:
    """Read at most `budget` linked profiles of people without a title; the biographies are left to others."""
    _complete_all(_without_title(document), profiles, site, budget)


def bio_links(document: CxoDocument, profiles: Profiles) -> list[str]:
    """The profiles of all executives without a biography, on this site, in page order; at most MAX_BIO_PAGES."""
    found: dict[str, None] = {}
    for person in document.of("executive"):
        url = "" if person.bio else profiles.link(person.name)
        if url and len(url) <= _MAX_URL and same_site(document.website_url, url):
            found[url] = None
    return list(found)[:MAX_BIO_PAGES]


def batches(urls: list[str], workers: int) -> list[list[str]]:
    """The addresses in lists of at most BATCH, one for each of the workers where there are enough of them."""
    size = max(1, min(BATCH, -(-len(urls) // workers)))
    return [urls[start : start + size] for start in range(0, len(urls), size)]


def biography(name: str, page: PageLines) -> str:
    """What a profile says about a person, from the first paragraph that names them on; '' when none does."""
    parts = name_key(name)
    lines = (line for line in page.lines if not line.zone & FOREIGN)
    prose = [line.text for line in lines if is_prose(line.text) and len(line.text) > 60]
    start = next((i for i, text in enumerate(prose) if any(part in fold(text).split() for part in parts)), None)
    return "" if start is None else "\n".join(prose[start : start + 8])[:MAX_BIO]


def _without_title(document: CxoDocument) -> list[Person]:
    return [person for person in document.of("executive") if not person.title]


def _complete_all(people: list[Person], profiles: Profiles, site: Site, budget: int) -> None:
    for person in people:
        if budget <= 0 or not site.open():
            return
        url = profiles.link(person.name)
        page = site.html(url) if url else None
        if url:
            budget -= 1
        if page is not None:
            _complete(person, read_lines(page.text))


def _complete(person: Person, page: PageLines) -> None:
    if not person.bio:
        person.bio = biography(person.name, page)
    if person.title:
        return
    parts = name_key(person.name)
    lines = [line for line in page.lines if not line.zone & FOREIGN]
    position = next((i for i, line in enumerate(lines) if name_key(line.text) == parts), None)
    near = [line.text for line in lines[position + 1 : position + 4]] if position is not None else []
    person.title = next((text for text in near if title_score(text) >= 0.6), "") or title_in_prose(person.bio)
