"""The number of employees, from prose: no tag holds it. A doubtful number is left out rather than guessed.

Every sentence that counts employees is scored: what speaks for the whole workforce adds, what speaks for a part of it
(a country, a union, a plan, a lay-off) takes away. The words are in `employee_words`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from common import progress

from sec_extraction import employee_words as words
from sec_extraction.values import magnitude, number_word, scaled

_SENTENCE = re.compile(r"(?<=[a-z0-9)%\"\u201d]\.)\s+(?=[A-Z\u201c])")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_MOST = 5_000_000
# Pieces of text between two ticks of progress.
_TICK = 256
_NEEDED = 3
# Numbers that are weighed: a report holds a few dozen, a document of nothing else would take minutes.
_MOST_WEIGHED = 5_000


class Headcount(NamedTuple):
    """A number of employees and the sentence it stands in. certainty: 0 to 1."""

    number: int
    quote: str
    certainty: float


class _Candidate(NamedTuple):
    score: float
    order: int
    number: int
    quote: str


def find_employees(segments: Sequence[str], years: Sequence[int]) -> Headcount | None:
    """The size of the whole workforce, or None when no sentence says it beyond doubt.

    years: calendar years that a current number may be dated to (the report's and the next).
    """
    found = [candidate for candidate in _candidates(segments, years) if candidate.score >= _NEEDED]
    if not found:
        return None
    best = max(found, key=lambda candidate: (candidate.score, -candidate.order))
    rivals = [other for other in found if other.score >= best.score - 1 and other.number != best.number]
    agreeing = sum(other.number == best.number for other in found)
    # A larger number, or one as well stated, that is not outnumbered: the best may be only a part.
    if any(rival.number > best.number or rival.score >= best.score for rival in rivals) and agreeing <= len(rivals):
        return None
    return Headcount(best.number, best.quote, 0.9 if best.score >= _NEEDED + 2 else 0.8)


def _candidates(segments: Sequence[str], years: Sequence[int]) -> Iterator[_Candidate]:
    order = 0
    for number, segment in enumerate(segments):
        if not number % _TICK:
            progress.tick()
        if not words.EMPLOYMENT.search(segment):
            continue
        for part, sentence in enumerate(_SENTENCE.split(segment)):
            if part and not part % _TICK:
                progress.tick()
            paired = words.PAIRED.search(sentence)
            matches = [paired] if paired else [*words.COUNTED.finditer(sentence), *words.TOTALLED.finditer(sentence)]
            for match in matches:
                order += 1
                if order > _MOST_WEIGHED:
                    return
                candidate = _candidate(sentence, match, order, years)
                if candidate:
                    yield candidate


def _candidate(sentence: str, match: re.Match[str], order: int, years: Sequence[int]) -> _Candidate | None:
    number = _number(match["number"])
    if number is None or not 1 <= number <= _MOST:
        return None
    if words.WEAK_NOUN.fullmatch(match["noun"] or "") and not words.EMPLOYMENT.search(sentence[: match.start()]):
        return None
    if match.re is words.PAIRED and not int(match["first"]) > int(match["second"]):
        return None
    quote = " ".join(sentence.split())[:240]
    return _Candidate(_score(sentence, match, years), order, number, quote)


def _score(sentence: str, match: re.Match[str], years: Sequence[int]) -> float:
    """How well a sentence speaks for the whole workforce; _NEEDED and more is good enough."""
    before, after = sentence[: match.start()], sentence[match.end() :]
    totalled, paired = match.re is words.TOTALLED, match.re is words.PAIRED
    score = 4.0 if totalled else 2.0 * bool(words.EMPLOYS.search(before[-120:]))
    score += bool(words.WHOLE.search(sentence)) + bool(words.DATED.search(sentence) or paired)
    if not totalled and not match["kind"].strip() and score > 0:
        score += 1
    dated = {int(year) for year in _YEAR.findall(sentence)}
    doubts = (
        words.ELSEWHERE.search(sentence) and not paired,
        words.PART_BEFORE.search(before) and not totalled,
        words.PART_AFTER.search(after) and not paired,
        words.SOMEWHERE_FIRST.search(sentence),
        words.OTHERS.search(before[-160:]) or words.OTHERS.search(after[:60]),
        _is_part_by_kind(match["kind"], sentence),
        dated and not dated & set(years),
    )
    return score - 5.0 * sum(bool(doubt) for doubt in doubts)


def _number(text: str) -> int | None:
    """The number as an int; None for what is a year rather than a count."""
    digits, _, unit = text.lower().partition(" ")
    if digits.isalpha():
        digits = number_word(digits) or ""
    if not digits or (_YEAR.fullmatch(digits) and not unit):
        return None
    value = scaled(digits.replace(",", ""), magnitude(unit))
    return int(value) if value == int(value) else None


def _is_part_by_kind(kind: str, sentence: str) -> bool:
    """Whether the adjectives name one kind of employee, while another kind is counted apart."""
    kind = kind.lower().replace("-", " ")
    if re.search(r"(?:and|or) (?:part time|temporary|seasonal|hourly)|equivalent", kind):
        return False
    if re.search(r"part time|temporary|seasonal|contract|hourly|salaried|union", kind):
        return True
    return "full" in kind and words.PART_TIMERS.search(sentence) is not None
