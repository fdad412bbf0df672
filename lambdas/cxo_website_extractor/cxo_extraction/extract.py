"""From a company's website to a CxoDocument: find the page, read it, follow its board and profiles."""

from __future__ import annotations

import heapq
import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from common.errors import InvalidInput, LeadershipPageNotFound
from common.progress import tick

from cxo_extraction.links import COMMON_PATHS, link_score, normal_url, page_kind, registrable, same_site
from cxo_extraction.merging import merge
from cxo_extraction.model import CxoDocument
from cxo_extraction.names import fold
from cxo_extraction.profiles import BATCH, Profiles, batches, bio_links, complete_from_profiles, complete_titles
from cxo_extraction.reading import PageReading, read_page
from cxo_extraction.roles import find_roles
from cxo_extraction.sections import classify, core_name
from cxo_extraction.site import Site
from cxo_extraction.zones import FOREIGN

PAGE_BUDGET = 14
PROFILE_BUDGET = 4
DEADLINE_SECONDS = 90.0
MAX_PEOPLE = 400
MAX_PASSAGE = 30_000
MAX_HOPS = 3  # home page, company page, leadership page, and a board page that only that one links to
_PEOPLE_PAGE = 5.0


def extract(
    request: Mapping[str, Any],
    fetcher: Any,
    *,
    deadline: float = DEADLINE_SECONDS,
    page_budget: int = PAGE_BUDGET,
    bio_workers: int = 1,
    starts: Sequence[str] = (),
    clock: Callable[[], float] = time.monotonic,
) -> CxoDocument:
    """Read the leaders of a company from its site.

    request: {"company_name", "website_url"}; the address may be the home page or the leadership page itself.
    fetcher: common.fetch.Fetcher. deadline: seconds for all reading. page_budget: pages at most. bio_workers: how many
    may read biographies after us; with more than one, those of a heavy site are left to them (`bio_batches`).
    starts: addresses on the site to read first and instead of website_url, as a search found them.
    Raises InvalidInput, LeadershipPageNotFound, and the fetcher's error when the site cannot be read at all.
    """
    name, root = _checked(request)
    site = open_site(root, fetcher, budget=page_budget, deadline=deadline, clock=clock)
    search = _Search(site, own_names(name, root))
    search.run(starts)
    best = search.best()
    if best is None:
        if site.failures and not search.readings:
            raise site.failures[0]
        raise LeadershipPageNotFound(f"no page of {root} lists leaders; {site.calls} addresses tried")
    document = CxoDocument(name, root)
    chosen = [best, *search.companions(best)]
    document.people = merge([person for reading in chosen for person in reading.people])[:MAX_PEOPLE]
    document.pages = [reading.url for reading in chosen]
    document.roles = find_roles(document.people, search.own)
    _read_profiles(document, Profiles([reading.lines for reading in chosen], best.url), site, bio_workers)
    if not document.has_head():
        document.passages = [(_prose(reading), reading.url) for reading in chosen]
    document.api_calls, document.skipped = site.calls, list(site.skipped)
    return document


def open_site(
    root: str, fetcher: Any, *, budget: int, deadline: float, clock: Callable[[], float] = time.monotonic
) -> Site:
    """The site, to be read for `deadline` seconds from now, `budget` pages at most."""
    agent = (os.environ.get("USER_AGENT") or "stepdeploy").split()[0]
    return Site(root, fetcher, agent=agent, budget=budget, ends=clock() + deadline, clock=clock)


def _read_profiles(document: CxoDocument, profiles: Profiles, site: Site, workers: int) -> None:
    """Read some profiles here; where there are many and others to read them, only what a title is missing for."""
    links = bio_links(document, profiles)
    document.bio_pages = len(links)
    if workers > 1 and len(links) > BATCH:
        complete_titles(document, profiles, site, PROFILE_BUDGET)
        document.bio_batches = batches(bio_links(document, profiles), workers)
    else:
        complete_from_profiles(document, profiles, site, PROFILE_BUDGET)


def _prose(reading: PageReading) -> str:
    """A page's own text, for a second look."""
    return "\n".join(line.text for line in reading.lines.lines if not line.zone & FOREIGN)[:MAX_PASSAGE]


def _checked(request: Mapping[str, Any]) -> tuple[str, str]:
    name, url = request.get("company_name"), request.get("website_url")
    if not isinstance(name, str) or not 0 < len(name.strip()) <= 200:
        raise InvalidInput("company_name must be a text of 1 to 200 characters")
    if not isinstance(url, str) or len(url) > 2048 or not re.match(r"https?://[^/\s]+", url.strip(), re.IGNORECASE):
        raise InvalidInput("website_url must be an http(s) address of at most 2,048 characters")
    root = normal_url(url.strip(), "")
    if not root:
        raise InvalidInput(f"website_url {url[:200]!r} cannot be read as an address")
    return name.strip(), root


def own_names(company_name: str, url: str) -> frozenset[str]:
    """How titles may name the company itself: its name without legal form, and its domain's first label."""
    names = {core_name(company_name), fold(company_name)}
    label = registrable(urlsplit(url).hostname or "").split(".")[0]
    if len(label) > 2 and not label.isdigit():
        names.add(fold(label))
    return frozenset(name for name in names if name)


class _Entry(NamedTuple):
    """An address to read. rank: lower is earlier. order: of discovery. board: its link speaks of a board."""

    rank: float
    order: int
    url: str
    hops: int
    board: bool


class _Search:
    """Best-first search over a site's links. readings: every page that was read."""

    def __init__(self, site: Site, own: frozenset[str]) -> None:
        self.site = site
        self.own = own
        self.readings: list[PageReading] = []
        self._queue: list[_Entry] = []
        self._known: set[str] = set()
        self._hubs: list[tuple[float, str]] = []

    def run(self, starts: Sequence[str] = ()) -> None:
        """Read the start page and follow its links; then the sitemap; then the usual paths.

        With `starts` it is those pages that are read first, until one lists leaders, and their links that are followed.
        """
        for url in starts or (self.site.root,):
            if self.best() is None:
                self._visit(url, 0)
        if not self.readings and urlsplit(self.site.root).path != "/":
            self._visit(normal_url(self.site.root, "/"), 0)  # the page has moved: its site may still lead there
        self._drain()
        if self.best() is None and self.readings:
            for url in self.site.sitemap():
                self._add(link_score("", url), url, 2)
            self._drain()
        if self.best() is None and self.readings:
            for url in self._guesses():
                self._add(1.0, url, 1)
            self._drain()

    def _guesses(self) -> list[str]:
        """Addresses that no link names: below the pages that link further ('/company.html'), then the usual paths."""
        hubs = [url for _, url in sorted(self._hubs, key=lambda hub: -hub[0])[:2]]
        guesses = []
        for url in hubs:
            stem, extension = re.fullmatch(r"(.*?)/?(\.(?:html?|php|aspx?))?", url).groups()  # type: ignore[union-attr]
            guesses += [f"{stem}/{word}{extension or ''}" for word in ("leadership", "management", "team")]
        return guesses + [normal_url(self.site.root, path) for path in COMMON_PATHS]

    def best(self) -> PageReading | None:
        """The page that most looks like the leadership page, if any does."""
        ranked = [reading for reading in self.readings if reading.score() >= 2]
        return max(ranked, key=lambda reading: reading.score(), default=None)

    def companions(self, best: PageReading) -> list[PageReading]:
        """Other pages that list executives or board members under that name (not home or staff pages)."""
        kinds = {"executive", "board"}
        return [r for r in self.readings if r is not best and r.kind in kinds and len(r.people) >= 2]

    def _drain(self) -> None:
        """Read the likeliest addresses until the head of the company is known; then only a board page, if none was read."""
        while self._queue and self.site.open():
            known = self._head_known()
            if known and self._board_known():
                return
            entry = next((e for e in sorted(self._queue) if e.board), None) if known else self._queue[0]
            if entry is None:
                return
            self._queue.remove(entry)
            heapq.heapify(self._queue)
            self._visit(entry.url, entry.hops)

    def _head_known(self) -> bool:
        best = self.best()
        return best is not None and bool(find_roles(best.people, self.own)["CEO"])

    def _board_known(self) -> bool:
        return any(person.group == "board" for reading in self.readings for person in reading.people)

    def _visit(self, url: str, hops: int) -> None:
        page = self.site.html(url)
        if page is None:
            return
        tick()
        reading = read_page(page.url, page.text, self.own, self.site)
        tick()
        self._learn_name(reading.lines.site_name)
        self.readings.append(reading)
        if hops >= MAX_HOPS:
            return
        for href, text in reading.lines.links:
            target = normal_url(page.url, href)
            if target and same_site(self.site.root, target):
                self._add(link_score(text, target), target, hops + 1, text)

    def _learn_name(self, site_name: str) -> None:
        """Take the site's own name for itself ('Acme Health' where the request says 'Acme') as one of the company's."""
        core = core_name(site_name)
        if core and len(core.split()) <= 4 and any(core.startswith(name) or name.startswith(core) for name in self.own):
            self.own |= {core}

    def _add(self, score: float, url: str, hops: int, text: str = "") -> None:
        key = url.rstrip("/")
        if score <= 0 or not url or key in self._known or len(self._known) > 5000:
            return
        self._known.add(key)
        if 2 < score < _PEOPLE_PAGE and "?" not in url:
            self._hubs.append((score, url))
        board = "board" in {classify(text), classify(page_kind(url))}
        heapq.heappush(self._queue, _Entry(-score + 0.5 * hops, len(self._known), url, hops, board))
