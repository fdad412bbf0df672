"""Find who is on a page: pair names with titles by the structure that repeats.

Every name-like cell is paired on trial with its neighbours. Pairs with the same shape (signature of the name's element,
signature of the title's element, distance and order) vote together, so a page itself shows whether the title comes after
the name or before it; names and titles that no recogniser knows are then taken along in an accepted shape.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from cxo_extraction.cells import Cell
from cxo_extraction.lines import PageLines
from cxo_extraction.names import fold, name_key
from cxo_extraction.titles import is_dated, is_place

OFFSETS = (1, -1, 2, -2)
Shape = tuple[str, str, int]


@dataclass(slots=True)
class Record:
    """A person as cells: name (index), titles and bio (indexes in page order), and how sure the pairing is."""

    name: int
    titles: list[int] = field(default_factory=list)
    bio: list[int] = field(default_factory=list)
    title_text: str = ""
    weight: float = 0.0
    method: str = "card"


@dataclass(slots=True)
class _Trial:
    name: int
    title: int
    weight: float
    strong: bool
    contained: bool


class Pairing:
    """Pairs the cells of one page. `records` after run() is in page order."""

    def __init__(self, page: PageLines, cells: list[Cell]) -> None:
        self.page = page
        self.cells = cells
        self.used: set[int] = set()
        self.records: list[Record] = []
        self.people_below: dict[int, set[tuple[str, ...]]] = defaultdict(set)
        for cell in cells:
            if cell.name.score >= 0.5:
                for element in page.ancestors(cell.element):
                    self.people_below[element].add(name_key(cell.name.text))

    def run(self) -> list[Record]:
        """Pair, extend titles over several lines, and return the records in page order."""
        self._pair_rows()
        shapes = self._trials()
        self._accept_all({shape: [t for t in trials if t.contained] for shape, trials in shapes.items()})
        self._accept_all(shapes)
        self._take_untitled()
        self.records.sort(key=lambda record: record.name)
        for record in self.records:
            self._extend_title(record)
        return self.records

    def _pair_rows(self) -> None:
        """A row of names over a row of titles, as in tables: as many of the one as of the other, side by side."""
        index = 0
        while index < len(self.cells):
            names = self._alike(index, lambda cell: cell.name.score >= 0.6)
            titles = self._alike(index + names, lambda cell: cell.title >= 0.5) if names >= 2 else 0
            if names >= 2 and names == titles:
                for name in range(index, index + names):
                    self.used |= {name, name + names}
                    self.records.append(Record(name, [name + names], weight=0.7))
            index += max(names, 1)

    def _alike(self, start: int, fits: Callable[[Cell], bool]) -> int:
        """How many cells from `start` on fit and share one signature."""
        stop = start
        while (
            stop < len(self.cells)
            and fits(self.cells[stop])
            and self.cells[stop].signature == self.cells[start].signature
        ):
            stop += 1
        return stop - start

    def _accept_all(self, shapes: dict[Shape, list[_Trial]]) -> None:
        """The shape with most evidence first; at equal evidence the title that follows its name."""
        totals = {shape: sum(t.weight for t in trials if t.strong) for shape, trials in shapes.items()}
        for shape in sorted(shapes, key=lambda shape: (-totals[shape], OFFSETS.index(shape[2]))):
            self._accept(shapes[shape])

    def _trials(self) -> dict[Shape, list[_Trial]]:
        shapes: dict[Shape, list[_Trial]] = defaultdict(list)
        for index, cell in enumerate(self.cells):
            if cell.name.score < 0.15 or cell.title >= 0.85:
                continue
            for offset in OFFSETS:
                other = index + offset
                if not 0 <= other < len(self.cells) or self._blocked(index, other):
                    continue
                trial = self._trial(index, other, offset)
                if trial is not None:
                    shapes[(cell.signature, self.cells[other].signature, offset)].append(trial)
        return shapes

    def _blocked(self, index: int, other: int) -> bool:
        """Whether a name, prose or a heading stands between the two cells."""
        between = self.cells[min(index, other) + 1 : max(index, other)]
        return any(cell.name.score >= 0.5 or cell.prose or cell.title >= 0.5 for cell in between)

    def _trial(self, index: int, other: int, offset: int) -> _Trial | None:
        name, title = self.cells[index], self.cells[other]
        if title.prose or title.name.score >= 0.7 or title.title < 0.05:
            return None
        own = name_key(name.name.text)
        contained = self._contains_only(index, other, own)
        closeness = 1.0 if contained else 0.6
        weight = name.name.score * title.title * closeness * (1.0 if abs(offset) == 1 else 0.7)
        return _Trial(index, other, weight, title.title >= 0.5, contained)

    def _contains_only(self, index: int, other: int, own: tuple[str, ...]) -> bool:
        """Whether the smallest element around both cells holds no other person: it is this person's card."""
        above = set(self.page.ancestors(self.cells[other].element))
        common = next((element for element in self.page.ancestors(self.cells[index].element) if element in above), None)
        return common is not None and self.people_below[common] <= {own}

    def _accept(self, trials: list[_Trial]) -> None:
        open_trials = [t for t in trials if t.name not in self.used and t.title not in self.used]
        strong = [trial for trial in open_trials if trial.strong]
        total = sum(trial.weight for trial in strong)
        # One pair alone must be plain: a known name or a top title ('Salt Lake' over 'Recruiter' is a vacancy).
        plain = any(self.cells[t.name].name.score * self.cells[t.title].title >= 0.55 for t in strong)
        if not strong or not ((plain and total >= 0.4) or (len(strong) >= 3 and total >= 0.8)):
            return
        for trial in open_trials:
            if trial.name in self.used or trial.title in self.used:
                continue
            sure_name = self.cells[trial.name].name.score >= 0.5
            if (trial.strong and (sure_name or len(strong) >= 2)) or (
                len(strong) >= 2 and self._fits(trial, 0.3 if len(strong) == 2 else 0.15)
            ):
                self.used |= {trial.name, trial.title}
                confidence = min(1.0, trial.weight + 0.05 * min(len(strong), 5))
                self.records.append(Record(trial.name, [trial.title], weight=confidence))

    def _fits(self, trial: _Trial, least: float) -> bool:
        """Whether a pair without a recognised title may ride along with an accepted shape; `least`: its name's score."""
        title, name = self.cells[trial.title], self.cells[trial.name]
        unlike = title.name.score < (0.7 if title.signature != name.signature else 0.3)
        short = len(title.text.split()) <= 10 and unlike
        return name.name.score >= least and trial.contained and short and not is_place(title.text)

    def _take_untitled(self) -> None:
        """People without a title line: their names share the element of people that have one, or make a list.

        What a list is of, its heading must say; people.py drops those of which none does.
        """
        signatures: dict[str, list[int]] = defaultdict(list)
        taken = {record.name for record in self.records}
        for index, cell in enumerate(self.cells):
            base, _, part = cell.signature.partition("|")
            if not part.endswith("2"):
                signatures[base].append(index)
        for indexes in signatures.values():
            paired = [index for index in indexes if index in taken]
            names = [index for index in indexes if index not in self.used and self.cells[index].name.score >= 0.6]
            if len(paired) >= 2 and len(paired) >= 0.5 * len(indexes):
                method = "card"
            elif len(names) >= 3 and len(names) + len(paired) >= 0.8 * len(indexes):
                method = "list"
            else:
                continue
            self.used.update(names)
            self.records.extend(Record(index, weight=0.5, method=method) for index in names)

    def _extend_title(self, record: Record) -> None:
        """A title over several lines: <br> in one block, or several blocks that are all title-like."""
        if not record.titles:
            return
        step = 1 if record.titles[0] > record.name else -1
        while len(record.titles) < 4:
            last = record.titles[-1]
            following = last + step
            if not 0 <= following < len(self.cells) or following in self.used:
                break
            if not self._continues(last, following, name_key(self.cells[record.name].name.text)):
                break
            record.titles.append(following)
            self.used.add(following)
        record.titles.sort()

    def _continues(self, last: int, following: int, own: tuple[str, ...]) -> bool:
        here, there = self.cells[last], self.cells[following]
        if (
            there.prose
            or there.name.score >= 0.55
            or is_place(there.text)
            or is_dated(there.text)
            or len(there.text.split()) > 14
        ):
            return False
        if fold(there.text) in fold(here.text) or there.heading != here.heading:
            return False
        if here.block == there.block:
            return True
        elements = self.page.elements
        if elements[here.block].parent != elements[there.block].parent or not self._contains_only(last, following, own):
            return False
        ends = here.text.rstrip().lower().endswith((" and", "&", ",", " of", "/", " for", " -"))
        starts = there.text.lower().startswith(("and ", "& ", "of "))
        return there.title >= 0.6 or ends or starts
