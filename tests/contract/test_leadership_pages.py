"""The CXO extractor on recorded leadership pages: precision and recall of names, titles, groups and roles.

The pages are not part of the project; without them these tests are skipped. `python -m pytest -s` prints a line a page.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parents[2]
DATA = ROOT / "../shared/data"
sys.path.insert(0, str(ROOT / "lambdas" / "cxo_website_extractor"))

from common.fetch import Fetcher  # noqa: E402
from cxo_extraction import CxoDocument, extract  # noqa: E402
from cxo_extraction.names import fold  # noqa: E402

if not (DATA / "truth.jsonl").is_file():
    pytest.skip(f"no recorded pages at {DATA}", allow_module_level=True)

RECORDS = [
    record
    for line in (DATA / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    if (record := json.loads(line))["kind"] == "leadership"
]
NAMES_PRECISION, NAMES_RECALL, TITLES_RIGHT, GROUPS_RIGHT = 0.97, 0.95, 0.95, 0.95
GROUPS = {"executives": "executive", "board": "board", "others": "other"}


@dataclass
class Score:
    """Counts for one page, or summed over all. wrong: what to look at, in words."""

    found: int = 0
    true: int = 0
    both: int = 0
    titles: int = 0
    groups: int = 0
    wrong_roles: int = 0
    missed_roles: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, other: Score) -> None:
        for name in ("found", "true", "both", "titles", "groups", "wrong_roles", "missed_roles"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.wrong += other.wrong


def _entries(people: list[tuple[str, str, str]]) -> dict[str, set[tuple[str, str]]]:
    entries: dict[str, set[tuple[str, str]]] = {}
    for name, title, group in people:
        entries.setdefault(fold(name), set()).add((fold(title), group))
    return entries


def score(record: dict[str, Any], document: CxoDocument) -> Score:
    """Compare a document with the truth. A person counts once, whatever the number of lists that show them."""
    true = _entries([(p["name"], p["title"], group) for key, group in GROUPS.items() for p in record[key]])
    found = _entries([(p.name, p.title, p.group) for p in document.people])
    both = set(true) & set(found)
    result = Score(len(found), len(true), len(both))
    result.wrong += [f"not a person: {name}" for name in sorted(set(found) - set(true))]
    result.wrong += [f"not found: {name}" for name in sorted(set(true) - set(found))]
    for name in both:
        result.titles += {title for title, _ in true[name]} == {title for title, _ in found[name]}
        result.groups += {group for _, group in true[name]} == {group for _, group in found[name]}
        if true[name] != found[name]:
            result.wrong.append(f"{name}: {sorted(true[name] - found[name])}, not {sorted(found[name] - true[name])}")
    for role, holders in document.roles.items():
        stated = record["roles"].get(role) or []
        expected = {fold(name) for name in ([stated] if isinstance(stated, str) else stated)}
        named = {fold(name) for name in holders}
        result.wrong_roles += len(named - expected)
        result.missed_roles += len(expected - named)
        if named != expected:
            result.wrong.append(f"{role}: {sorted(expected)}, not {sorted(named)}")
    return result


@pytest.fixture(scope="module")
def served() -> Iterator[str]:
    """serve.py on a free port of loopback; sites of one recorded page are answered at the path their links name."""
    specification = importlib.util.spec_from_file_location("recorded_pages", DATA / "serve.py")
    assert specification and specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)

    class Handler(module.Handler):  # type: ignore[name-defined, misc]
        def do_GET(self) -> None:
            self.path = _mounted(self.path.split("?")[0])
            super().do_GET()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def _mounted(path: str) -> str:
    """A recorded site has its home page and its leadership page, no other: put the second where links lead to."""
    for record in RECORDS:
        home = f"/leadership/{record['company']}/site"
        original = urlsplit(record["original_url"]).path.strip("/").removesuffix("/index.html")
        if path.startswith(home) and path.removeprefix(home).strip("/").removesuffix("/index.html") == original:
            return f"/{record['document']}"
    return path


def read(record: dict[str, Any], served: str, path: str) -> CxoDocument:
    """Extract through the real fetcher, over HTTP."""
    host = urlsplit(served).netloc
    fetcher = Fetcher("example-research research@example.com", allowed_private={host})
    try:
        return extract({"company_name": record["company_name"], "website_url": served + path}, fetcher)
    finally:
        fetcher.close()


@pytest.fixture(scope="module")
def scores(served: str) -> dict[str, Score]:
    found = {r["company"]: score(r, read(r, served, f"/{r['document']}")) for r in RECORDS}
    for company, result in found.items():
        print(
            f"\n{company}: {result.both} of {result.true} names, {result.found} read; {'; '.join(result.wrong)}", end=""
        )
    return found


@pytest.mark.parametrize("company", [record["company"] for record in RECORDS])
def test_no_role_is_wrong(company: str, scores: dict[str, Score]) -> None:
    assert scores[company].wrong_roles == 0, scores[company].wrong


@pytest.mark.parametrize("company", [record["company"] for record in RECORDS])
def test_names_of_a_page(company: str, scores: dict[str, Score]) -> None:
    result = scores[company]
    assert result.both >= 0.9 * result.true, result.wrong
    assert result.both >= 0.9 * result.found, result.wrong


def test_floors_over_all_pages(scores: dict[str, Score]) -> None:
    total = Score()
    for result in scores.values():
        total.add(result)
    assert total.both / total.found >= NAMES_PRECISION, total.wrong
    assert total.both / total.true >= NAMES_RECALL, total.wrong
    assert total.titles / total.both >= TITLES_RIGHT, total.wrong
    assert total.groups / total.both >= GROUPS_RIGHT, total.wrong
    assert total.wrong_roles == 0
    assert total.missed_roles <= 1, total.wrong


def test_from_the_home_page(served: str) -> None:
    """A home page that links to the leaders, and one that links only to a company page, which is not recorded."""
    with_home = [r for r in RECORDS if (DATA / "leadership" / r["company"] / "site/index.html").is_file()]
    assert with_home
    for record in with_home:
        home = f"/leadership/{record['company']}/site/index.html"
        document = read(record, served, home)
        assert document.pages and document.pages != [served + home]
        assert score(record, document).wrong_roles == 0
        assert set(document.roles["CEO"]) == {record["roles"]["CEO"]}
