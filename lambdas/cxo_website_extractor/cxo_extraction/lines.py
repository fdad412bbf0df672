"""Turn HTML into the lines a reader sees, each knowing where in the tree it stands.

A line is the text between two block borders or <br>. Its signature (tag and classes of the element that holds it and
of that element's parent) is what makes repeated structure visible: the names of all cards share one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from cxo_extraction.titles import is_noise
from cxo_extraction.zones import Zone, class_tokens, zone_of

MAX_CHARACTERS = 6_000_000
MAX_LINES = 20_000
MAX_DEPTH = 160

_INLINE = """
a abbr acronym b bdi bdo big cite code del em font i ins kbd label mark q s samp small span strike strong sub sup time tt
u var wbr
"""
_STYLING_TAGS = "abbr b big del em font i ins mark small strike strong sub sup u wbr"
_SKIPPED_TAGS = """
-comment -doctype audio canvas datalist head iframe input map math noscript object script select style svg template
textarea video
"""
_STATE_CLASSES = "active current even fade first hidden in last odd open show visible"
INLINE = frozenset(_INLINE.split())
_STYLING = frozenset(_STYLING_TAGS.split())
_SKIPPED = frozenset(_SKIPPED_TAGS.split())
_STATES = frozenset(_STATE_CLASSES.split())
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_MARK = re.compile(r"[\s\d()\[\],*†‡§®™℠©¹²³]{0,8}")
_NAME_HINTS = frozenset({"name", "fullname", "fn"})
_TITLE_HINTS = frozenset({"title", "position", "role", "job", "jobtitle", "designation", "subtitle", "occupation"})


@dataclass(slots=True)
class Element:
    """What is kept of an element: parent (index, -1 for the root), tag, depth, zone and its id or aria-label."""

    parent: int
    tag: str
    depth: int
    zone: Zone
    style: str
    label: str = ""
    identity: str = ""


@dataclass(slots=True)
class Run:
    """A piece of a line's text inside one innermost element."""

    text: str
    element: int


@dataclass(slots=True)
class Line:
    """A line of text. heading: 1-6 for h1-h6, else 0. block: the block element it stands in. href: of its link."""

    text: str
    element: int
    block: int
    signature: str
    heading: int
    zone: Zone
    hint: str = ""
    href: str = ""
    runs: list[Run] = field(default_factory=list)


@dataclass(slots=True)
class PageLines:
    """A page as lines. titles: <title> and site name; targets: element id -> text of the control that opens it."""

    lines: list[Line] = field(default_factory=list)
    elements: list[Element] = field(default_factory=list)
    title: str = ""
    site_name: str = ""
    links: list[tuple[str, str]] = field(default_factory=list)
    targets: dict[str, str] = field(default_factory=dict)

    def ancestors(self, element: int) -> Iterator[int]:
        """The element and all above it, innermost first."""
        while element >= 0:
            yield element
            element = self.elements[element].parent


@lru_cache(maxsize=4096)
def _style(tag: str, classes: str) -> str:
    kept = [re.sub(r"\d+", "#", name) for name in classes.split() if name.lower() not in _STATES]
    return f"{tag}.{'.'.join(sorted(kept))[:120]}" if kept else tag


def _hint(elements: list[Element], element: int) -> str:
    for index in (element, elements[element].parent):
        if index < 0:
            break
        tokens = set(class_tokens(elements[index].style))
        is_name, is_title = bool(tokens & _NAME_HINTS), bool(tokens & _TITLE_HINTS)
        if is_name != is_title:
            return "name" if is_name else "title"
    return ""


def _is_mark(node: Any) -> bool:
    """Whether an element is a footnote's or a trademark's mark: '¹', '(2)', '®'."""
    return node.tag == "sup" and bool(_MARK.fullmatch(node.text() or ""))


class _Reader:
    """Walks the tree without recursion (pages nest thousands deep) and collects lines."""

    def __init__(self) -> None:
        self.page = PageLines()
        self.runs: list[Run] = []
        self.link = ""
        self.full = False

    def read(self, root: Any) -> PageLines:
        stack: list[tuple[Any, int, bool]] = [(root, -1, False)]
        while stack and not self.full:
            node, parent, leaving = stack.pop()
            if leaving:
                self.leave(parent, node)
            elif node.tag == "-text":
                self.text(node.text_content or "", parent)
            elif node.tag == "br":
                self.flush()
            elif node.tag not in _SKIPPED and not _is_mark(node):
                index = self.enter(node, parent)
                stack.append((node.tag, index, True))
                children = []
                child = node.first_child
                while child is not None:
                    children.append((child, index, False))
                    child = child.next
                stack.extend(reversed(children))
        self.flush()
        return self.page

    def enter(self, node: Any, parent: int) -> int:
        elements = self.page.elements
        above = elements[parent] if parent >= 0 else None
        if above is not None and above.depth >= MAX_DEPTH:
            if node.tag not in INLINE:
                self.flush()
            return parent
        attributes = node.attributes
        classes, identity = attributes.get("class") or "", attributes.get("id") or ""
        tag = node.tag
        if tag not in INLINE:
            self.flush()
        zone = zone_of(tag, attributes, f"{classes} {attributes.get('id') or ''}", above.tag if above else "")
        label = attributes.get("aria-label") or ""
        elements.append(
            Element(
                parent, tag, above.depth + 1 if above else 0, (above.zone if above else Zone.NONE) | zone,
                _style(tag, classes), label[:80], identity[:80],
            )
        )  # fmt: skip
        if tag in {"a", "button", "li", "div", "span"}:
            self.control(node, attributes, tag)
        return len(elements) - 1

    def control(self, node: Any, attributes: dict[str, Any], tag: str) -> None:
        href = attributes.get("href") or ""
        names = [attributes.get(key) or "" for key in ("aria-controls", "data-target", "data-bs-target", "data-tab")]
        target = next((name for name in [href if href.startswith("#") else "", *names] if name), "")
        if tag == "a" and href and not href.startswith("#") and len(self.page.links) < 3000:
            text = " ".join((node.text(separator=" ") or "").split())[:120]
            self.page.links.append((href, text or attributes.get("aria-label") or attributes.get("title") or ""))
            self.link = href
        if target and len(self.page.targets) < 500:
            text = " ".join((node.text(separator=" ") or "").split())
            if 0 < len(text) < 60:
                self.page.targets.setdefault(target.lstrip("#"), text)

    def leave(self, element: int, tag: str) -> None:
        if tag not in INLINE:
            self.flush()

    def text(self, text: str, element: int) -> None:
        if not text:
            return
        if self.runs and self.runs[-1].element == element:
            self.runs[-1].text += text
        else:
            self.runs.append(Run(text, element))

    def flush(self) -> None:
        runs, self.runs = self.runs, []
        if not any(run.text.strip() for run in runs):
            return
        if len(self.page.lines) >= MAX_LINES:
            self.full = True
            return
        line = make_line(self.page, runs)
        line.href, self.link = self.link, ""
        self.page.lines.append(line)


def make_line(page: PageLines, runs: list[Run]) -> Line:
    """Join runs to a line; its signature comes from the first run that has text."""
    elements = page.elements
    runs = [run for run in runs if run.text.strip()] if len(runs) > 1 else runs
    if len(runs) > 1:
        # A button at a line's end ('READ MORE') is no part of it.
        runs = [r for r in runs if not (elements[r.element].zone & Zone.CONTROL and is_noise(r.text.strip()))] or runs
    first = runs[0].element
    block = first
    while elements[block].tag in INLINE and elements[block].parent >= 0:
        block = elements[block].parent
    above = elements[first].parent
    signature = elements[first].style + ">" + (elements[above].style if above >= 0 else "")
    heading = next((int(e.tag[1]) for i in page.ancestors(first) if (e := elements[i]).tag in _HEADINGS), 0)
    return Line(
        join_runs(page, runs), first, block, signature, heading, elements[first].zone, _hint(elements, first), "", runs
    )


def join_runs(page: PageLines, runs: list[Run]) -> str:
    """The text of runs; a space between elements that a browser lays out side by side (spans, links)."""
    joined = ""
    for run in runs:
        if (
            joined
            and page.elements[run.element].tag not in _STYLING
            and joined[-1].isalnum()
            and run.text[:1].isalnum()
        ):
            joined += " "
        joined += run.text
    return " ".join(joined.replace("\u200b", "").replace("\ufeff", "").replace("\u00ad", "").split())


def parse_html(html: str) -> Any:
    """A Lexbor tree of at most MAX_CHARACTERS of HTML."""
    from selectolax.lexbor import LexborHTMLParser

    return LexborHTMLParser(html[:MAX_CHARACTERS].replace("\x00", ""))


def read_lines(html: str) -> PageLines:
    """The lines of a page, its title, its site name and its links."""
    tree = parse_html(html)
    root = tree.body or tree.root
    page = _Reader().read(root) if root is not None else PageLines()
    title = tree.css_first("title")
    page.title = " ".join(title.text().split())[:200] if title is not None else ""
    site = tree.css_first("meta[property='og:site_name']")
    page.site_name = " ".join((site.attributes.get("content") or "").split())[:120] if site is not None else ""
    return page
