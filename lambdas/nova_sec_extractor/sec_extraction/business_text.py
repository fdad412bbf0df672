"""What the company says of its business first: the opening paragraphs of Item 1, as they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sec_extraction.lines import Line
from sec_extraction.model import Field, missing
from sec_extraction.sections import find_item, is_page_furniture

# Characters: some five paragraphs, enough to say what the company does.
MAX_SUMMARY = 1500
_REACH = 60
_SHORTEST = 60
# Definitions, warnings and directions that open many an Item 1 and say nothing of the business.
_BESIDE_THE_POINT = re.compile(
    r"forward[- ]looking\s+statement|private securities litigation|safe harbor"
    r"|^\W*(?:unless|except where|except as)\b.{0,80}(?:context|indicated|noted|stated|specified|requires|defined)"
    r"|^\W*(?:as used (?:herein|in this)|references? (?:in|to)\b|when we refer|in this (?:annual )?report\b|the terms?\b"
    r"|throughout this|for purposes of this|this (?:annual )?report|this item|certain (?:statements|information)"
    r"|the following (?:discussion|description|information)|please |see |you should |all references)"
    r"|should be read (?:in conjunction|together)"
    r"|\b(?:annual reports? on form 10-k,|form 8-k|free of charge|www\.sec\.gov|sec\.gov)"
    r"|fiscal year (?:is|ends|consists|was) (?:a|the|on|of)?.{0,40}(?:5[23]|saturday|sunday|friday)"
    r"|incorporated (?:herein |in this \w+ )?by reference",
    re.I | re.S,
)
_REFERENCE = re.compile(
    r"incorporated (?:herein |in this \w+ )?by reference|annual report to (?:share|stock)holders", re.I
)
_ENDED = re.compile(r"[.!?:;\u201d\")]$")
_BETWEEN_SENTENCES = re.compile(r"(?<=[a-z0-9)\u201d][.!?])\s+(?=[A-Z\u201c])")
_SENTENCE_END = re.compile(r"[.!?][\u201d\")]?(?=\s)")


def read_business(lines: Sequence[Line], url: str) -> Field:
    """The opening paragraphs of Item 1, at most MAX_SUMMARY characters, cut after a sentence."""
    section = find_item(lines, "1")
    if section is None:
        return missing("the document has no item on the business that can be told")
    chosen: list[str] = []
    first, left = 0, MAX_SUMMARY
    for number, text in _paragraphs(lines, section.start, section.end):
        if _is_beside_the_point(text):
            continue
        fitting = _cut(text, left)
        if not fitting:
            break
        first = first or number
        chosen.append(fitting)
        left -= len(fitting) + 1
        if fitting != text:
            break
    if not chosen:
        own = " ".join(line.text for line in lines[section.start : min(section.end, section.start + _REACH)])
        elsewhere = _REFERENCE.search(own) is not None
        return missing("the item refers to another document" if elsewhere else "the item holds no paragraph of prose")
    place = f"{section.heading[:100]}, line {first}"
    source = {"url": url, "method": "text", "place": place, "quote": chosen[0][:200]}
    return Field("\n".join(chosen), source, 0.9)


def _is_beside_the_point(text: str) -> bool:
    """Whether a paragraph begins with such a sentence, or has little else."""
    sentences = [part for part in _BETWEEN_SENTENCES.split(text) if part]
    beside = [_BESIDE_THE_POINT.search(sentence) is not None for sentence in sentences]
    return beside[0] or 2 * sum(beside) > len(beside)


def _paragraphs(lines: Sequence[Line], start: int, end: int) -> Iterator[tuple[int, str]]:
    """(number of its first line, from 1; paragraph) of the prose; one that a page or a line break parts is whole."""
    begun, text = 0, ""
    for index in range(start, min(end, start + _REACH)):
        line = lines[index]
        part = " ".join(line.text.split())
        if is_page_furniture(part) or not part:
            continue
        if text and not _ENDED.search(text) and (part[0].islower() or _is_wrapped(lines, index)):
            text = f"{text} {part}"
            continue
        if len(text) >= _SHORTEST and _ENDED.search(text):
            yield begun, text
        begun, text = (index + 1, part) if _is_prose(line, part) else (0, "")
    if len(text) >= _SHORTEST and _ENDED.search(text):
        yield begun, text


def _is_prose(line: Line, text: str) -> bool:
    """Whether a line begins a paragraph: no heading, bullet or row of figures."""
    if line.lead == line.text and line.lead:
        return len(text) > 250
    return not text.startswith(("\u2022", "\u00b7", "\u25aa", "\u25cf", "-", "*")) and (
        len(line.cells) == 1 or len(max(line.cells, key=len)) > 150 or not line.table
    )


def _is_wrapped(lines: Sequence[Line], index: int) -> bool:
    """Whether the document breaks its lines itself (plain text): the line before is as long as such lines are."""
    return not lines[index].table and 50 <= len(lines[index - 1].text) <= 90


def _cut(text: str, limit: int) -> str:
    """As many whole sentences as fit; "" when not even one does."""
    if len(text) <= limit:
        return text
    ends = [found.end() for found in _SENTENCE_END.finditer(text[: limit + 1])]
    return text[: ends[-1]].strip() if ends else ""
