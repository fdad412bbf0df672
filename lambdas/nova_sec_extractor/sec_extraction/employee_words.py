"""The words by which `employees` tells a count of the whole workforce from other numbers of people."""

from __future__ import annotations

import re

_NUMBER = (
    r"(?P<number>\d{1,3}(?:,\d{3}){1,2}|\d{1,6}(?:\.\d{1,4})?(?:\s(?:million|thousand))?"
    r"|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
)
_ABOUT = r"(?:approximately|about|nearly|over|more than|roughly|some|around|almost|an estimated|a total of|\s)*"
_MONTH = "(?:january|february|march|april|may|june|july|august|september|october|november|december)"
# Adjectives between the number and the noun.
_KIND = (
    r"(?:full[- ]time[- ]equivalents?|full[- ]time|part[- ]time|\(?ftes?\)?|and|or|regular|permanent|active|salaried"
    r"|hourly|global|total|dedicated|talented|direct|corporate|temporary|seasonal|contract|company|diverse|non-union"
    r"|union|worldwide|u\.s\.|team|staff|highly|skilled|of our|our|,)"
)
_STRONG = r"employees|teammates|team members|employee-owners|staff members|ftes?\b|full[- ]time equivalents"
_WEAK = r"associates|colleagues|persons|people|individuals|staff|personnel|workers|partners|crew members|professionals"

WEAK_NOUN = re.compile(_WEAK, re.I)
# "424 employees", "164,000 full-time equivalent employees", "2.1 million associates".
COUNTED = re.compile(
    rf"(?<![\d$.,])\b{_NUMBER}\s+(?P<kind>(?:{_KIND}\s*){{0,6}})(?P<noun>{_STRONG}|{_WEAK})\b",
    re.I,
)
# "our headcount was 125,665", "the number of employees worldwide totaled over 150,000".
TOTALLED = re.compile(
    r"(?:headcount|(?:work|labor )force"
    r"|number of (?:our |its |regular |full[- ]time )*(?:employees|associates|team members)"
    r"|employee (?:count|population|base)|total employees)(?P<kind>[^.;%$\d]{0,140}?)"
    r"\b(?:was|were|is|of|totall?ed|numbered|consist(?:s|ed) of|compris(?:es|ed)(?: of)?|stood at)"
    rf"\s+{_ABOUT}{_NUMBER}(?P<noun>)\b(?!\s*%)(?!\s+percent)",
    re.I,
)
# "69,700 and 79,100 employees as of December 31, 2024 and 2023, respectively": the first number is the current one.
PAIRED = re.compile(
    rf"(?<![\d$.,])\b{_NUMBER}\s+and\s+{_ABOUT}\d[\d,]*\s+(?P<kind>(?:{_KIND}\s*){{0,4}})(?P<noun>{_STRONG})\b"
    rf"[^.;]{{0,60}}\b(?P<first>20\d\d)\s+and\s+(?:{_MONTH}\s+\d+,\s+)?(?P<second>20\d\d),?\s+respectively",
    re.I,
)

EMPLOYMENT = re.compile(
    rf"\bemploy(?:s|ed|ing|ees?|ment)?\b|\bworkforce\b|\bheadcount\b|human capital|\b(?:{_STRONG})\b", re.I
)
EMPLOYS = re.compile(r"\b(?:had|have|has|employ(?:s|ed|ing)?|headcount|workforce)\b", re.I)
WHOLE = re.compile(
    r"worldwide|global(?:ly)?|in total|a total of|around the world|in (?:over |more than |approximately )?\d+ countries"
    r"|and (?:its|our) (?:consolidated )?subsidiaries",
    re.I,
)
DATED = re.compile(rf"\bas of\b|\bat (?:the end of|year[- ]end|fiscal|{_MONTH})|\bon {_MONTH}|currently", re.I)
# What else a sentence with a number of employees may be about.
ELSEWHERE = re.compile(
    r"shares|\bstock\b|\boptions?\b|awards?\b|pension|retire|401\(k\)|\bplans?\b|layoffs?|laid off|terminat|severance"
    r"|reduction in|reduce|eliminat|\bhired\b|\badded\b|train(?:ed|ing)|participat|volunteer|\bjoined\b|promoted"
    r"|reimburse|lawsuit|class action|plaintiffs?|respectively|\bif\b|exempt|defined as|large employers?|divest"
    r"|transferred|hours|\bsurvey|apprentice|threshold|\beach of\b",
    re.I,
)
PART_BEFORE = re.compile(
    r"(?:of (?:whom|which|these|those|them|our|the)|including|includes?|consisting of|comprised of|with|plus|and"
    r"|an additional|additional|team of|group of|another|remaining|other|fewer than|less than|up to|at least"
    r"|(?<!total )(?<!headcount )(?<!force )(?<!population )(?<!aggregate )(?<!base )(?<!average )\bof)"
    rf"\s*{_ABOUT}$",
    re.I,
)
# A place, a task, a union: "4,700 employees in the region". "36,000 employees in 38 countries" is the whole.
PART_AFTER = re.compile(
    r"^\s*,?\s*(?:who|whom|that|which)?\s*"
    r"(?:are|were|is|was|work(?:ing|ed)?|engaged|focused|dedicated|located|based|employed|reside|represented"
    r"|covered)?\s*(?:primarily |principally )?"
    r"(?:(?:in|at|within|outside|from|by|under|of|on|to)\s+"
    r"(?!whom|which|(?:over |more than |approximately |about |nearly )?\d+\b|our company|total\b|all\b|a full"
    r"|a consolidated|the aggregate|the world|a variety|year[- ]end|the end|fiscal|calendar|such date|that date"
    rf"|{_MONTH})"
    r"|are\b|were\b|focused|dedicated|represented|covered|unionized)",
    re.I,
)
SOMEWHERE_FIRST = re.compile(
    r"^\W*(?:in|outside|within) (?:the )?"
    r"(?:u\.?s\.?\b|united states|north america|europe|asia|china|india|canada|mexico)",
    re.I,
)
OTHERS = re.compile(
    r"franchisees?|joint ventures?|bargaining|\bunions?\b|suppliers?|customers?|clients?|dealers|licensees"
    r"|contract manufacturers",
    re.I,
)
PART_TIMERS = re.compile(r"\d[\d,]*\s+(?:[\w-]+\s+){0,3}(?:part[- ]time|temporary|seasonal)", re.I)
