"""The CXO extractor's tests: its folder on the path, and a fetcher that reads from a dictionary."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

FUNCTION = Path(__file__).parents[3] / "lambdas" / "cxo_website_extractor"
if str(FUNCTION) not in sys.path:
    sys.path.insert(0, str(FUNCTION))

from common.errors import PageNotFound  # noqa: E402


@dataclass(frozen=True)
class FakePage:
    """What common.page.Page gives to the extractor."""

    url: str
    text: str
    status: int = 200
    content_type: str = "text/html"

    @property
    def body(self) -> bytes:
        return self.text.encode()


class FakeFetcher:
    """Answers from `pages` (address -> text, or an error to raise); everything else is not found."""

    def __init__(self, pages: dict[str, str | Exception]) -> None:
        self.pages = pages
        self.asked: list[str] = []

    def get(self, url: str, *, accept: tuple[str, ...], max_bytes: int | None = None) -> FakePage:
        self.asked.append(url)
        answer = self.pages.get(url)
        if isinstance(answer, Exception):
            raise answer
        if answer is None:
            raise PageNotFound(f"{url} answers 404")
        return FakePage(url, answer)

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def site() -> Callable[[dict[str, str | Exception]], FakeFetcher]:
    """Make a fetcher for a site: site({"https://x.example/": "<html>…"})."""
    return FakeFetcher
