"""Reading one company's site politely: robots.txt, a budget of pages, a deadline, and no other site."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

from common.errors import PageNotFound, PipelineError, ProgressStalled, UpstreamBlocked
from common.progress import tick

from cxo_extraction.links import normal_url, same_site

HTML = ("text/html", "application/xhtml+xml")
MAX_SKIPPED = 20


class Site:
    """A company's site as a budgeted source of pages.

    root: address that the request names. agent: the product token that robots.txt rules are matched against.
    budget: pages at most, robots.txt and sitemaps not counted. ends: time.monotonic() at which reading stops.
    """

    def __init__(
        self,
        root: str,
        fetcher: Any,
        *,
        agent: str,
        budget: int,
        ends: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.root = root
        self.agent = agent
        self.budget = budget
        self.calls = 0
        self.skipped: list[str] = []
        self.failures: list[PipelineError] = []
        self._fetcher = fetcher
        self._ends = ends
        self._clock = clock
        self._robots: dict[str, RobotFileParser] = {}
        self._seen: set[str] = set()

    def open(self) -> bool:
        """Whether another page may be read."""
        return self.budget > 0 and self._clock() < self._ends

    def html(self, url: str) -> Any | None:
        """The page at an address of this site, or None when it is seen, refused, missing or not HTML."""
        key = url.rstrip("/")
        if not self.open() or key in self._seen or not same_site(self.root, url):
            return None
        self._seen.add(key)
        if not self._may_read(url):
            return None
        self.budget -= 1
        page = self._get(url, HTML)
        if page is None or not same_site(self.root, page.url):
            return None
        self._seen.add(page.url.rstrip("/"))
        return page

    def _may_read(self, url: str) -> bool:
        try:
            if self.allowed(url):
                return True
        except ProgressStalled:
            raise
        except PipelineError as error:
            if urlsplit(url).netloc == urlsplit(self.root).netloc:
                raise
            self._skip(f"{type(error).__name__}: {error}"[:300])
            return False
        self._skip(f"{url}: robots.txt does not allow it")
        return False

    def data(self, url: str) -> str:
        """The text of a data file of this site (page-data.json, sitemap), '' when there is none."""
        if self._clock() >= self._ends or not same_site(self.root, url) or not self._may_read(url):
            return ""
        page = self._get(url, ("application/json", "application/xml", "text/xml", "text/plain", "text/html"))
        return page.text if page is not None else ""

    def sitemap(self) -> list[str]:
        """Addresses of the site's map (one index level), at most 2,000; none when it has no map."""
        urls: list[str] = []
        queue = [normal_url(self.root, "/sitemap.xml")]
        for _ in range(3):
            if not queue:
                break
            text = self.data(queue.pop(0))[:3_000_000]
            found = [normal_url(self.root, url) for url in re.findall(r"<loc>\s*([^<\s]{1,500})\s*</loc>", text)[:2000]]
            nested = "<sitemapindex" in text[:2000]
            if nested:
                queue.extend(sorted(found, key=lambda url: "page" not in url)[:2])
            else:
                urls.extend(found)
        return [url for url in urls if url][:2000]

    def allowed(self, url: str) -> bool:
        """What the host's robots.txt says for our agent (RFC 9309; a missing or forbidden file allows everything)."""
        parts = urlsplit(url)
        host = f"{parts.scheme}://{parts.netloc}"
        if host not in self._robots:
            parser = RobotFileParser()
            parser.parse(self._robots_text(f"{host}/robots.txt").splitlines()[:5000])
            self._robots[host] = parser
        return self._robots[host].can_fetch(self.agent, url)

    def _robots_text(self, url: str) -> str:
        # RFC 9309, 2.3.1.3: a 4xx means no rules. 2.3.1.4: unreachable means no reading at all: those errors go up.
        self.calls += 1
        try:
            page = self._fetcher.get(url, accept=("text/plain", "text/html"), max_bytes=500_000)
        except (PageNotFound, UpstreamBlocked):
            return ""
        except PipelineError as error:
            if type(error).__name__ in {"UnexpectedContent", "DocumentTooLarge"}:
                return ""
            raise
        return page.text if page.text.lstrip()[:1] != "<" else ""

    def _get(self, url: str, accept: tuple[str, ...]) -> Any | None:
        self.calls += 1
        tick()
        try:
            return self._fetcher.get(url, accept=accept)
        except PageNotFound:
            return None
        except ProgressStalled:
            raise
        except PipelineError as error:
            self.failures.append(error)
            self._skip(f"{type(error).__name__}: {error}"[:300])
            return None

    def _skip(self, reason: str) -> None:
        if len(self.skipped) < MAX_SKIPPED:
            self.skipped.append(reason)
