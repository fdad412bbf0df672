"""The number of employees, from prose: no tag holds it. A doubtful number is left out rather than guessed.

Every sentence that counts employees is scored: what speaks for the whole workforce adds, what speaks for a part of it
(a country, a union, a plan, a lay-off) takes away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sec_extraction.values import number_word

_NUMBER = r"(?P<number>\d{1,3}(?:,\d{3})+|\d{1,6}(?:\.\d+)?(?:\s+million)?|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
_KIND = (
    r"(?:full[- ]time[- ]equivalents?|full[- ]time|part[- ]time|fte|\(ftes?\)|and|or|regular|permanent|active|salaried|hourly"
    r"|global|total|dedicated|talented|direct|corporate|temporary|seasonal|contract|company|diverse|non-union|union|worldwide"
    r"|u\.s\.|team|staff|highly|skilled|of our|our|\(?including[^,.;]{0,40}\)|,)"
)
_STRONG_NOUN = (
    r"(?:employees|teammates|team members|employee-owners|staff members|fte\b|ftes\b|full[- ]time equivalents)"
)
_WEAK_NOUN = (
    r"(?:associates|colleagues|persons|people|individuals|staff|personnel|workers|partners|crew members|professionals)"
)
_COUNTED = re.compile(
    rf"(?<![\d$.,])\b{_NUMBER}\s+(?P<kind>(?:{_KIND}\s*){{0,6}})(?P<noun>{_STRONG_NOUN}|{_WEAK_NOUN})\b", re.I
)
_TOTALLED = re.compile(
    r"(?:headcount|workforce|number of (?:our )?(?:full[- ]time )?(?:employees|associates|team members)|employee (?:count|population|base)|total employees)"
    r"(?P<kind>[^.;%$\d]{0,60}?)\b(?:was|were|is|of|totall?ed|numbered|consist(?:s|ed) of|compris(?:es|ed)(?: of)?|stood at|:)"
    rf"\s+(?:approximately|about|nearly|over|more than|roughly|around|some|a total of|\s)*{_NUMBER}\b(?!\s*%)(?P<noun>)",
    re.I,
)
_SENTENCE = re.compile(r"(?<=[a-z0-9)%\"\u201d]\.)\s+(?=[A-Z\u201c])")

_EMPLOYS = re.compile(r"\b(?:had|have|has|employ(?:s|ed|ing)?|employee headcount|headcount|workforce)\b", re.I)
_EMPLOYMENT = re.compile(r"\bemploy(?:s|ed|ing|ees?|ment)?\b|\bworkforce\b|\bheadcount\b|human capital", re.I)
_WHOLE = re.compile(
    r"worldwide|global(?:ly)?|in total|a total of|around the world|in (?:over |more than |approximately )?\d+ countries|and (?:its|our) (?:consolidated )?subsidiaries",
    re.I,
)
_DATED = re.compile(
    r"\bas of\b|\bat (?:the end of|year[- ]end|fiscal)|\bat (?:january|february|march|april|may|june|july|august|september|october|november|december)|\bon (?:january|february|march|april|may|june|july|august|september|october|november|december)|currently",
    re.I,
)
_ELSEWHERE = re.compile(
    r"shares|\bstock\b|\boptions?\b|awards?|pension|retire|401\(k\)|\bplans?\b|layoffs?|laid off|terminat|severance|reduction in|reduce|eliminat"
    r"|\bhired\b|\badded\b|train(?:ed|ing)|participat|volunteer|\bjoined\b|promoted|reimburse|lawsuit|class action|plaintiffs?"
    r"|respectively|\bif\b|exempt|defined as|large employers?|divest|transferred|hours|\bsurvey|apprentice|threshold|\beach of\b",
    re.I,
)
_PART_BEFORE = re.compile(
    r"(?:of (?:whom|which|these|those|them|our|the)|including|includes?|consisting of|comprised of|with|plus|and|an additional|additional"
    r"|team of|group of|another|remaining|other|of)\s*(?:approximately|about|nearly|over|more than|roughly|some|around|an estimated|\s)*$",
    re.I,
)
_PART_AFTER = re.compile(
    r"^\s*,?\s*(?:who|whom|that|which)?\s*(?:are|were|is|was|work(?:ing|ed)?|engaged|focused|dedicated|located|based|employed|reside|represented|covered|members?)?\s*"
    r"(?:primarily |principally )?(?:(?:in|at|within|outside|from|by|under|of|on|to)\s+(?!whom|which|(?:over |more than |approximately |about |nearly )?\d+\b|our company|total\b|all\b|the aggregate|the world|a variety)"
    r"|are\b|were\b|focused|dedicated|represented|covered|unionized)",
    re.I,
)
_OTHERS = re.compile(
    r"franchisees?|joint ventures?|bargaining|union|suppliers?|customers?|dealers|licensees|contract manufacturers",
    re.I,
)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_NEEDED = 3


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
    if any(rival.number > best.number or rival.score >= best.score for rival in rivals) and agreeing <= len(rivals):
        return None
    return Headcount(best.number, best.quote, 0.9 if best.score >= _NEEDED + 2 else 0.8)


def _candidates(segments: Sequence[str], years: Sequence[int]) -> Iterator[_Candidate]:
    order = 0
    for segment in segments:
        if not _EMPLOYMENT.search(segment) and not re.search(_STRONG_NOUN, segment, re.I):
            continue
        for sentence in _SENTENCE.split(segment):
            for pattern in (_COUNTED, _TOTALLED):
                for match in pattern.finditer(sentence):
                    order += 1
                    candidate = _candidate(sentence, match, order, years)
                    if candidate:
                        yield candidate


def _candidate(sentence: str, match: re.Match[str], order: int, years: Sequence[int]) -> _Candidate | None:
    number = _number(match["number"])
    if number is None or number < 1:
        return None
    before, after = sentence[: match.start()], sentence[match.end() :]
    score = 0.0
    if match.re is _TOTALLED:
        score += 2
    elif re.fullmatch(_WEAK_NOUN, match["noun"], re.I) and not _EMPLOYMENT.search(before):
        return None
    score += 2 * bool(_EMPLOYS.search(before[-120:]) or match.re is _TOTALLED)
    score += 1 * bool(_WHOLE.search(sentence))
    score += 1 * bool(_DATED.search(sentence))
    score -= 5 * bool(_ELSEWHERE.search(sentence))
    score -= 4 * bool(_PART_BEFORE.search(before)) * (match.re is _COUNTED)
    score -= 4 * bool(_PART_AFTER.search(after))
    score -= 4 * bool(_OTHERS.search(before[-160:]) or _OTHERS.search(after[:60]))
    score -= 4 * _is_part_by_kind(match["kind"], sentence)
    dated = {int(year) for year in _YEAR.findall(sentence)}
    score -= 4 * bool(dated and not dated & set(years))
    score += 1 * (match.re is _COUNTED and not match["kind"].strip() and score > 0)
    return _Candidate(score, order, number, " ".join(sentence.split())[:240])


def _number(text: str) -> int | None:
    """The number as an int; None for what is a year rather than a count."""
    words = text.lower().split()
    if len(words) == 2:
        return int(float(words[0]) * 1_000_000)
    if words[0].isalpha():
        return int(number_word(words[0]) or 0)
    if _YEAR.fullmatch(text) or "." in text:
        return None
    return int(text.replace(",", ""))


def _is_part_by_kind(kind: str, sentence: str) -> bool:
    """Whether the adjectives name one kind of employee, while another kind is counted apart."""
    kind = kind.lower()
    full, part = "full" in kind, re.search(r"part[- ]time|temporary|seasonal|contract|hourly|salaried|union", kind)
    if "and part" in kind.replace("-", " ") or "or part" in kind.replace("-", " "):
        return False
    if full and "equivalent" in kind:
        return False
    if part:
        return True
    return (
        full
        and re.search(r"\d[\d,]*\s+(?:[\w-]+\s+){0,3}(?:part[- ]time|temporary|seasonal)", sentence, re.I) is not None
    )
