"""Read all people of one HTML page: pair, attach bios, read prose, group, and merge what occurs twice."""

from __future__ import annotations

import re
from collections import defaultdict

from cxo_extraction.cells import Cell, make_cells
from cxo_extraction.grouping import Section, Sections, decide_groups
from cxo_extraction.lines import PageLines, read_lines
from cxo_extraction.merging import drop_leftovers, merge
from cxo_extraction.model import Person
from cxo_extraction.names import fold, name_key, read_name
from cxo_extraction.pairing import Pairing, Record
from cxo_extraction.sections import bare_section
from cxo_extraction.titles import is_top_title, title_in_prose, title_score
from cxo_extraction.words import HONORIFICS
from cxo_extraction.zones import FOREIGN, Zone

MAX_BIO = 4000
MAX_TITLE = 300
_SENTENCE_NAME = re.compile(
    r"^(?P<name>(?:[A-Z][\w.]{0,4}\. )?[^\W\d_][\w'’.-]+(?: [^\W\d_][\w'’.-]*){1,3}?)(?P<comma>,)? "
    r"(?=(?:is|serves|has|was|joined|became|currently)\b|[A-Z])"
)


def read_people(html: str, url: str, own: frozenset[str]) -> list[Person]:
    """All people of a page. own: folded names of the company, to tell its own sections from its subsidiaries'."""
    page = read_lines(html)
    return people_of(page, url, own)


def people_of(page: PageLines, url: str, own: frozenset[str]) -> list[Person]:
    """As read_people, from lines. Menus, footers, quotes and news are looked at only when nothing stands elsewhere."""
    first = next((line.text for line in page.lines if line.heading == 1), "")
    named = any(bare_section(text) for text in (first, *re.split(r"\s[-–—|:]\s", page.title)))
    for excluded in (FOREIGN, Zone.FOOTER | Zone.QUOTE | Zone.NEWS, Zone.NAVIGATION | Zone.FOOTER):
        if excluded & Zone.NEWS or named:
            found = _read(page, url, own, excluded)
            if found:
                return found
    return []


def _read(page: PageLines, url: str, own: frozenset[str], excluded: Zone) -> list[Person]:
    cells = make_cells(page, excluded)
    pairing = Pairing(page, cells)
    records = pairing.run()
    records += _from_prose_cards(page, cells, pairing.used)
    if len(records) < 2:
        records += _from_sentences(cells, {record.name for record in records})
    records = _without_quoted(cells, sorted(records, key=lambda record: record.name))
    _attach_bios(page, cells, records)
    _titles_from_bios(cells, records)
    people = _to_people(page, cells, records, url, own)
    drop_leftovers(people)
    return merge(people)


def _from_prose_cards(page: PageLines, cells: list[Cell], used: set[int]) -> list[Record]:
    """Name over prose, without a title line: the prose must speak of the person; two of a kind, or a stated title."""
    found: dict[str, list[Record]] = defaultdict(list)
    for index, cell in enumerate(cells[:-1]):
        following = cells[index + 1]
        if index in used or cell.name.score < 0.6 or not following.prose:
            continue
        same_line = following.line == cell.line and title_in_prose(f"{cell.text} {following.text}")
        if not same_line and not _speaks_of(following.text, cell):
            continue
        title = title_in_prose(following.text) or title_in_prose(f"{cell.text} {following.text}")
        if title and cell.name.score < 0.75 and not is_top_title(title):
            continue
        record = Record(index, title_text=title, weight=0.6 if title else 0.4, method="prose")
        found[cell.signature].append(record)
    return [record for records in found.values() for record in records if record.title_text or len(records) >= 3]


def _from_sentences(cells: list[Cell], taken: set[int]) -> list[Record]:
    """'Jane Doe is Chief Executive Officer of Acme.' and 'Jane Doe, Chief Executive Officer, joined …'."""
    records = []
    for index, cell in enumerate(cells):
        if index in taken or not cell.prose:
            continue
        match = _SENTENCE_NAME.match(cell.text)
        reading = read_name(match["name"]) if match else None
        if match is None or reading is None or reading.score < 0.75:
            continue
        title = title_in_prose(cell.text)
        if match["comma"]:
            segment = cell.text[match.end() :].split(",")[0].strip()
            title = segment if title_score(segment) >= 0.85 else title
        if title:
            cell.name = reading
            records.append(Record(index, title_text=title, weight=0.5, method="prose"))
    return records


def _attach_bios(page: PageLines, cells: list[Cell], records: list[Record]) -> None:
    """Prose of a person's own card, else the prose between this person and the next."""
    owners: dict[int, set[tuple[str, ...]]] = defaultdict(set)
    for record in records:
        for element in page.ancestors(cells[record.name].element):
            owners[element].add(name_key(cells[record.name].name.text))
    claimed: set[int] = set()
    for position, record in enumerate(records):
        own = {name_key(cells[record.name].name.text)}
        start = records[position - 1].name + 1 if position else max(0, record.name - 8)
        stop = records[position + 1].name if position + 1 < len(records) else min(len(cells), record.name + 40)
        near = [i for i in range(start, stop) if cells[i].prose and i not in claimed]
        card = [i for i in near if owners[_common(page, cells[record.name].element, cells[i].element)] <= own]
        after = [i for i in near if i >= record.name][:12]
        record.bio = card or (after if after and _speaks_of(cells[after[0]].text, cells[record.name]) else [])
        claimed |= set(record.bio)


def _without_quoted(cells: list[Cell], records: list[Record]) -> list[Record]:
    """Leave out who signs a quotation, unless most people of the page stand under one."""
    quoted = {
        record.name
        for record in records
        if (start := min([record.name, *record.titles])) > 0 and _is_quotation(cells[start - 1])
    }
    if 2 * len(quoted) > len(records):
        return records
    return [record for record in records if record.name not in quoted]


def _is_quotation(cell: Cell) -> bool:
    """Prose that opens with a quotation mark, or a few words between two."""
    if cell.text[0] not in '"“„«‘':
        return False
    return cell.prose or (len(cell.text.split()) >= 2 and cell.text.rstrip(" .!?")[-1:] in '"”“»’')


def _speaks_of(text: str, cell: Cell) -> bool:
    """Whether prose names a person, or speaks of a 'he' or 'she', near its start."""
    parts = [part for part in fold(cell.name.text).split() if part not in HONORIFICS and len(part) > 1]
    return bool(re.search(rf"\b(?:{'|'.join(map(re.escape, parts))}|he|she|his|her)\b", fold(text[:300])))


def _common(page: PageLines, first: int, second: int) -> int:
    above = set(page.ancestors(second))
    return next((element for element in page.ancestors(first) if element in above), -1)


def _titles_from_bios(cells: list[Cell], records: list[Record]) -> None:
    for record in records:
        if not record.titles and not record.title_text and record.bio:
            record.title_text = title_in_prose(cells[record.bio[0]].text)


def _to_people(
    page: PageLines, cells: list[Cell], records: list[Record], url: str, own: frozenset[str]
) -> list[Person]:
    lines = frozenset(cells[i].line for record in records for i in (record.name, *record.titles))
    sections = Sections(page, lines, own)
    kept = [(record, sections.of(cells[record.name].line)) for record in records]
    kept = [(record, section) for record, section in kept if _belongs(record, section)]
    titles = [_title_text(cells, record) for record, _ in kept]
    groups = decide_groups(titles, [section.kind for _, section in kept])
    people = []
    for (record, section), title, group in zip(kept, titles, groups, strict=True):
        cell = cells[record.name]
        quote = " | ".join([cell.text[:120], *(cells[i].text for i in record.titles)])
        person = Person(
            cell.name.text, title, group, _bio_text(cells, record), url, record.method, quote[:400],
            min(0.99, max(0.3, record.weight)), section.unit, bool(cell.zone & Zone.DIALOG),
        )  # fmt: skip
        people.append(person)
    return people


def _belongs(record: Record, section: Section) -> bool:
    """Not under a heading of other things; and names without a title only under a heading that says who they are."""
    titled = bool(record.titles or record.title_text) or record.method == "card"
    return section.kind != "foreign" and (titled or section.kind in {"executive", "board", "mixed"})


def _title_text(cells: list[Cell], record: Record) -> str:
    text = " ".join(cells[i].text for i in record.titles) or record.title_text
    return text.strip(" ,;|–—-")[:MAX_TITLE]


def _bio_text(cells: list[Cell], record: Record) -> str:
    return "\n".join(cells[i].text for i in record.bio)[:MAX_BIO]
