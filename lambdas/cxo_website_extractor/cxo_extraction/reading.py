"""Read everything that one fetched page says about people: its HTML first, then the data it carries."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from cxo_extraction.grouping import decide_groups
from cxo_extraction.lines import PageLines, read_lines
from cxo_extraction.links import page_kind
from cxo_extraction.merging import merge
from cxo_extraction.model import Person
from cxo_extraction.people import people_of
from cxo_extraction.sections import classify
from cxo_extraction.site import Site
from cxo_extraction.structured import flight_html, json_ld_people, load, payload_people, payloads
from cxo_extraction.titles import is_top_title

ENOUGH = 2


@dataclass(slots=True)
class PageReading:
    """A page, its lines, the people on it and what its title, first heading or address calls it."""

    url: str
    lines: PageLines
    kind: str = ""
    people: list[Person] = field(default_factory=list)

    def score(self) -> float:
        """How good a leadership page this is: people with top titles count most."""
        executives = [person for person in self.people if person.group == "executive"]
        top = sum(1 for person in executives if is_top_title(person.title))
        bonus = 3 if self.kind == "executive" else 0
        return 2 * top + 0.2 * len(self.people) + bonus if executives else 0.0


def read_page(url: str, html: str, own: frozenset[str], site: Site | None = None) -> PageReading:
    """All people of a page. Payloads are opened only when the page's own text holds fewer than ENOUGH people."""
    lines = read_lines(html)
    reading = PageReading(url, lines, _kind(lines, url))
    reading.people = people_of(lines, url, own)
    extra = json_ld_people(html, url, own)
    if len(reading.people) + len(extra) < ENOUGH:
        extra += _from_payloads(html, url, own)
    if len(reading.people) + len(extra) < ENOUGH and site is not None:
        extra += _from_gatsby(html, url, site)
    if extra:
        known = {(person.name, person.title) for person in reading.people}
        fresh = [person for person in extra if (person.name, person.title) not in known]
        _regroup(fresh, reading)
        reading.people = merge([*reading.people, *fresh])
    return reading


def _kind(lines: PageLines, url: str) -> str:
    first = next((line.text for line in lines.lines if line.heading == 1), "")
    for text in (first, lines.title, page_kind(url)):
        kind = classify(text)
        if kind and kind != "foreign":
            return kind
    return ""


def _from_payloads(html: str, url: str, own: frozenset[str]) -> list[Person]:
    found: list[Person] = []
    for payload in payloads(html):
        people = payload_people(payload, url)
        if not people:
            markup = flight_html(payload)
            people = people_of(read_lines(markup), url, own) if "<" in markup else []
            for person in people:
                person.method = "page-data"
        found.extend(people)
    return found


def _from_gatsby(html: str, url: str, site: Site) -> list[Person]:
    if "___gatsby" not in html and "gatsby" not in html[:20_000]:
        return []
    parts = urlsplit(url)
    path = parts.path.strip("/") or "index"
    text = site.data(f"{parts.scheme}://{parts.netloc}/page-data/{path}/page-data.json")
    return payload_people(load(text), url) if text else []


def _regroup(people: list[Person], reading: PageReading) -> None:
    open_people = [person for person in people if person.group == "other" and not person.leftover]
    groups = decide_groups([person.title for person in open_people], [reading.kind] * len(open_people))
    by_name = {person.name: person.group for person in reading.people}
    for person, group in zip(open_people, groups, strict=True):
        person.group = by_name.get(person.name, group)
