"""What a heading says about the people below it: executives, board, staff, a subsidiary, or people of others."""

from __future__ import annotations

import re
from functools import lru_cache

from cxo_extraction.names import fold
from cxo_extraction.words import ORG_SUFFIXES

MAX_HEADING_WORDS = 12
LEGAL_FORMS = frozenset(
    [
        "inc",
        "incorporated",
        "corp",
        "corporation",
        "co",
        "company",
        "llc",
        "ltd",
        "limited",
        "plc",
        "lp",
        "llp",
        "sa",
        "ag",
        "nv",
        "gmbh",
        "se",
        "holdings",
        "pvt",
        "private",
        "ab",
        "oy",
        "bv",
        "spa",
        "pty",
    ]
)
_ADVISERS = re.compile(r"\b(?:advisors?|advisers?|advisory|emeritus|scientific board|alumni|fellows)\b")
_BOARD = re.compile(r"\b(?:boards?|directors|directorate|trustees|governors|supervisory|non executives?|nominees)\b")
_EXECUTIVE = re.compile(
    r"\b(?:leaderships?|leaders|executives|executive (?:team|leadership|management|committee|officers?|board|staff|profiles|"
    r"bios|group|council)|management|c suite|senior team|officers|founders?|founding team|who leads|key people|execs)\b"
)
_STAFF = re.compile(
    r"\b(?:team|people|staff|employees|crew|humans|who we are|experts|faces|colleagues|associates|members)\b"
)
_FOREIGN = re.compile(
    r"\b(?:testimonials?|what (?:our )?(?:clients|customers|people|others) say|(?:customers|clients|they|users) (?:say|are saying)|trusted by|news|newsroom|press|"
    r"blogs?|posts?|articles?|events?|webinars?|timeline|our history|milestones|case stud(?:y|ies)|success stories|"
    r"customer stories|portfolio (?:compan(?:y|ies)|ceos|founders|leaders|executives)|(?:our |featured )?(?:customers|clients)$|awards?|careers|open positions|jobs|contact us|media contacts?|investor contacts?|in memoriam|"
    r"speakers|resources|past (?:presidents|leaders|directors)|former)\b"
)
_NOT_SECTION = re.compile(
    r"\b(?:risk|product|project|asset|wealth|vulnerability|log|data|identity|thought|content|cash|case) (?:management|leadership)\b"
    r"|\bmanagement (?:system|software|platform|services|consulting|solutions)\b|\bleadership development\b"
)


@lru_cache(maxsize=4096)
def classify(text: str) -> str:
    """'executive', 'board', 'adviser', 'staff', 'foreign' or '' for a heading, tab, id or page title."""
    flat = fold(re.sub(r"([a-z])([A-Z])", r"\1 \2", text))
    if not flat or len(flat.split()) > MAX_HEADING_WORDS or _NOT_SECTION.search(flat):
        return ""
    executive = _EXECUTIVE.search(flat)
    if _FOREIGN.search(flat):
        return "foreign"
    if _ADVISERS.search(flat):
        return "adviser"
    if _BOARD.search(flat) and not re.search(r"\bexecutive directors?\b(?! and)", flat):
        # "Board and Management" covers both: what a title says decides then.
        return "mixed" if executive and re.search(r"\b(?:and|&|management|team)\b", flat) else "board"
    if executive:
        return "executive"
    return "staff" if _STAFF.search(flat) else ""


def bare_section(text: str) -> bool:
    """Whether a line that is no heading element still is nothing but a section's name ('Board of Directors')."""
    flat = fold(text)
    return flat != "chief executive" and bool(
        re.fullmatch(
            r"(?:meet )?(?:the |our )?(?:[a-z]+ )?(?:board(?: of (?:directors|trustees|governors))?(?: members)?|board & kmp|directors|"
            r"(?:non executive|independent) directors|(?:senior |executive |corporate )*(?:leadership|management|executive)"
            r"(?: team| committee| board)?|executives|(?:senior )?leaders|(?:executive |corporate )?officers|advisory board|"
            r"advisors|trustees|founders|executive management team|senior management|(?:our |the )?(?:team|staff))",
            flat,
        )
    )


_UNITS = re.compile(
    r"\b(?:regional|divisional|divisions?|subsidiar(?:y|ies)|affiliates?|country|business units?|(?:group|operating|member) companies)\b"
    r"|^(?:our |strategic |technology |channel |business |alliance )*partners$"
)


def names_unit(heading: str, own: frozenset[str]) -> bool:
    """Whether a heading names a subsidiary: a legal form ('Other Investments, Inc.'), or the company's name and more."""
    words = fold(heading).split()
    if not 1 < len(words) <= 8 or same_organisation(heading, own):
        return False
    flat = " ".join(words)
    return words[-1] in LEGAL_FORMS or any(flat.startswith(name + " ") and words[-1] in ORG_SUFFIXES for name in own)


def of_units(heading: str) -> bool:
    """Whether a heading is about parts of the company ('Regional leadership', 'Subsidiary CEOs')."""
    return bool(_UNITS.search(fold(heading)))


def same_organisation(text: str, own: frozenset[str]) -> bool:
    """Whether a text names the company itself; `own` holds folded names without legal form."""
    flat = core_name(text)
    return bool(flat) and (flat in own or flat.replace(" ", "") in {name.replace(" ", "") for name in own})


def core_name(text: str) -> str:
    """A company's folded name without article and legal form: 'The Acme Group, Inc.' -> 'acme group'."""
    words = fold(text).split()
    if words[:1] == ["the"]:
        words = words[1:]
    while len(words) > 1 and words[-1] in LEGAL_FORMS:
        words.pop()
    return " ".join(words)
