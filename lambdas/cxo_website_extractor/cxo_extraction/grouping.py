"""Put people into executives, board and others, by the headings they stand under and the titles they have."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cxo_extraction.lines import PageLines
from cxo_extraction.sections import bare_section, classify, names_unit, of_units
from cxo_extraction.titles import is_top_title
from cxo_extraction.zones import Zone

LARGE_STAFF = 30
_BARE_LEVEL = 2
_BOARD_TITLE = re.compile(
    r"^(?:(?:lead |senior )?(?:independent|non-?\s?executive|outside|external)\b.*(?:director|chair)|board (?:member|director|observer)"
    r"|director|member of the board|member,? board|trustee|(?:vice |co-?)?chair(?:man|woman|person)?(?: of the board)?(?: emeritus)?"
    r"|(?:board )?(?:vice )?chair(?:man|woman|person)?,? board(?: of directors)?)\b[\s,&]*(?:member|director|of the board.*)?$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Section:
    """What stands above a person: kind (see sections.classify) and the subsidiary that the nearest heading names."""

    kind: str = ""
    unit: str = ""


class Sections:
    """The section of every line of a page. people: indexes of lines that are names or titles, not headings."""

    def __init__(self, page: PageLines, people: frozenset[int], own: frozenset[str]) -> None:
        self.page = page
        self.own = own
        self.default = ""
        self._by_line = self._scan(people)
        self._panels = self._find_panels()
        self.default = self.default or classify(page.title)
        if self.default == "foreign":
            self.default = ""

    def of(self, line: int) -> Section:
        """The section that a line stands in."""
        kind, unit, heading_line = self._by_line[line]
        panel = self._panel_of(line)
        if panel is not None and not (kind and self._inside(heading_line, panel[0])):
            kind = panel[1]
        return Section(kind or self.default, unit)

    def _scan(self, people: frozenset[int]) -> list[tuple[str, str, int]]:
        stack: dict[int, tuple[str, str, int]] = {}
        found = []
        for index, line in enumerate(self.page.lines):
            level = self._level(index, people)
            if level:
                kind = classify(line.text)
                if level == 1 and not self.default and kind not in {"foreign", "adviser"}:
                    self.default = kind
                for deeper in [key for key in stack if key >= level]:
                    del stack[deeper]
                stack[level] = (kind, line.text, index)
            found.append(self._read(stack))
        return found

    def _level(self, index: int, people: frozenset[int]) -> int:
        line = self.page.lines[index]
        if index in people or line.zone & (Zone.NAVIGATION | Zone.FOOTER | Zone.FORM):
            return 0
        if line.heading:
            return line.heading
        if not line.zone & Zone.CONTROL and bare_section(line.text):
            return _BARE_LEVEL
        return 0

    def _read(self, stack: dict[int, tuple[str, str, int]]) -> tuple[str, str, int]:
        unit, deepest = "", True
        for level in sorted(stack, reverse=True):
            kind, text, line = stack[level]
            if deepest and level > 1 and ((not kind and names_unit(text, self.own)) or of_units(text)):
                unit = text
            deepest = False
            if kind:
                return kind, unit, line
        return "", unit, -1

    def _find_panels(self) -> dict[int, str]:
        panels = {}
        for index, element in enumerate(self.page.elements):
            opener = self.page.targets.get(element.identity, "") if element.identity else ""
            for text in (opener, element.label, element.identity.replace("-", " ").replace("_", " ")):
                kind = classify(text) if text else ""
                if kind in {"executive", "board", "adviser"} and element.tag not in {
                    "html",
                    "body",
                    "main",
                    "a",
                    "button",
                }:
                    panels[index] = kind
                    break
        return panels

    def _panel_of(self, line: int) -> tuple[int, str] | None:
        for element in self.page.ancestors(self.page.lines[line].element):
            if element in self._panels:
                return element, self._panels[element]
        return None

    def _inside(self, line: int, element: int) -> bool:
        return line >= 0 and element in self.page.ancestors(self.page.lines[line].element)


def group_of(title: str, section: str, *, by_title: bool, mostly_top: bool) -> str:
    """'executive', 'board' or 'other' for one person."""
    board_title = bool(_BOARD_TITLE.match(title.strip()))
    if section == "board":
        return "board"
    if section == "adviser":
        return "other"
    if section == "executive" and not by_title:
        independent = re.match(r"(?:independent|non-?\s?executive|board member|trustee|lead independent)", title, re.I)
        return "board" if board_title and independent else "executive"
    if board_title and not re.search(r"\bexecutive chair", title, re.IGNORECASE):
        return "board"
    if is_top_title(title):
        return "executive"
    return "executive" if mostly_top and title else "other"


def decide_groups(titles: list[str], sections: list[str]) -> list[str]:
    """The groups of all people of a page; a whole staff under one heading is told apart by title."""
    top = [is_top_title(title) for title in titles]
    undecided = [top[i] for i, section in enumerate(sections) if section in {"", "staff", "mixed"}]
    named = [top[i] for i, section in enumerate(sections) if section == "executive"]
    whole_staff = len(named) > LARGE_STAFF and sum(named) < 0.4 * len(named)
    mostly_top = 2 <= len(undecided) <= 15 and sum(undecided) >= 0.6 * len(undecided)
    return [
        group_of(title, section, by_title=whole_staff, mostly_top=mostly_top and section == "")
        for title, section in zip(titles, sections, strict=True)
    ]


__all__ = ["Section", "Sections", "decide_groups", "group_of"]
