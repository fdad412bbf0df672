"""Names and titles of people, as signature pages and lists of officers print them."""

from __future__ import annotations

import re

_SUFFIX = re.compile(r"(?:jr|sr|ii|iii|iv|v)\.?", re.I)
_DEGREE = re.compile(
    r"(?:m\.?d|ph\.?d|j\.?d|m\.?b\.?a|c\.?p\.?a|c\.?f\.?a|esq(?:uire)?|d\.?v\.?m|pharm\.?d|sc\.?d|d\.?o|d\.?d\.?s|ll\.?m"
    r"|p\.?e|r\.?n|ed\.?d|dr\.?p\.?h|m\.?s|b\.?s|cga|ca|fca|frcp\w*)\.?",
    re.I,
)
_HONORIFIC = re.compile(r"(?:mr|mrs|ms|dr|sir|dame|hon|prof|gen|adm|lt|col|the)\.?", re.I)
_SMALL_WORDS = "de del della der den di da dos du la le van von zu el al bin ibn ter ten st y e"
_PARTICLES = frozenset(_SMALL_WORDS.split())
_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|['\u2019.\-\u2010\u2011])*", re.UNICODE)
_INITIALS = re.compile(r"(?:[^\W\d_]\.?){1,3}", re.UNICODE)
_ROLE = (
    r"officers?|directors?|president|chair(?:man|woman|person)?|treasurer|secretary|controller|comptroller|counsel"
    r"|trustees?|partner|manager|c\.?e\.?o|c\.?f\.?o|c\.?o\.?o|c\.?t\.?o|c\.?a\.?o|founder|principal|chief|actuary"
    r"|administrator|attorney|agent|executive|managing|general|senior|vice|svp|evp|member|leader|auditor|accountant"
)
_TITLE = re.compile(
    r"\b(?:officers?|directors?|president|chair(?:man|woman|person)?|treasurer|secretary|controller|comptroller|counsel"
    r"|trustees?|partner|managers?|c\.?e\.?o|c\.?f\.?o|c\.?o\.?o|c\.?t\.?o|c\.?a\.?o|founder|chief|head|actuary"
    r"|administrator|attorney[- ]in[- ]fact|member|leader|svp|evp|technoking|accounting|principal)\b",
    re.I,
)
_NOT_A_NAME = re.compile(
    rf"\b(?:{_ROLE}|inc|corp(?:oration)?|company|co|llc|llp|l\.?p|plc|ltd|limited|trust|bank|group|holdings?|partners"
    r"|registrant|signatures?|titles?|names?|dates?d?|by|age|positions?|offices?|capacity|report|form|table|contents"
    r"|annual|item|part|exhibit|index|board|finance|financial|operations|marketing|development|resources"
    r"|technology|products?|global|america|international|fund|capital|energy|its|and|of|for|with)\b",
    re.I,
)
_OFFICE = re.compile(
    r"\b(?:officer|president|treasurer|secretary|controller|comptroller|counsel|chief|c\.?e\.?o|c\.?f\.?o|c\.?o\.?o"
    r"|c\.?t\.?o|c\.?a\.?o|principal (?:executive|financial|accounting)|managing (?:director|member|partner)"
    r"|general (?:partner|manager)|executive chair(?:man|woman|person)?|head|svp|evp|actuary)\b",
    re.I,
)
_SENTENCE = re.compile(
    r"[a-z]\.\s+[A-Z][a-z]+ [a-z]|\b(?:have|has|had|been|is|are|was|were|be|whose|this|these|hereby|below|their|his|her"
    r"|which|pursuant|shall|will|each|following|who|not)\b"
)
_MOST_WORDS = 6
_OPEN_END = re.compile(
    r"(?:[,&]|\band|\bof|\bthe|\bfor|\bchief|\bvice|\bsenior|\bexecutive|\bprincipal|\bgeneral)$", re.I
)


def person_name(text: str) -> str:
    """The name of one person, without degrees and brackets; "" when the text is anything else."""
    plain = re.sub(r"(?<=\w)\s*[(\u201c\"][^()\u201c\u201d\"]*[)\u201d\"]", "", text.replace("\n", " "))
    plain = plain.strip(" _*,;:()[]\u2020\u2021\t")
    head, *rest = [part.strip() for part in plain.split(",")]
    suffix = ""
    for part in rest:
        if _SUFFIX.fullmatch(part):
            suffix = f", {part}"
        elif not all(_DEGREE.fullmatch(word) for word in part.split()):
            return ""
    words = head.split()
    while words and _HONORIFIC.fullmatch(words[0]):
        words.pop(0)
    while len(words) > 2 and _DEGREE.fullmatch(words[-1]) and not _INITIALS.fullmatch(words[-1]):
        words.pop()
    if not 2 <= len(words) <= _MOST_WORDS or _NOT_A_NAME.search(" ".join(words)):
        return ""
    if not all(_is_name_word(word) for word in words) or _INITIALS.fullmatch(words[-1].rstrip(".")) is not None:
        return _with_suffix_inside(words, suffix)
    return readable(" ".join(words)) + suffix


def _with_suffix_inside(words: list[str], suffix: str) -> str:
    """ "John Smith III": a suffix without a comma; "Ming Li" ends in a short word that is no initial."""
    last = words[-1]
    if not all(_is_name_word(word) for word in words):
        return ""
    if _SUFFIX.fullmatch(last) or (len(last) >= 2 and not last.endswith(".")):
        return readable(" ".join(words)) + suffix
    return ""


def _is_name_word(word: str) -> bool:
    word = word.strip("\u201c\u201d\"'()")
    if word.lower().rstrip(".") in _PARTICLES:
        return True
    return _WORD.fullmatch(word) is not None and word[0].isupper()


def readable(name: str) -> str:
    """A name all in capitals in the usual spelling; others as they are."""
    letters = [letter for letter in name if letter.isalpha()]
    if not letters or any(letter.islower() for letter in letters):
        return name
    return " ".join(_capitalised(word) for word in name.split())


def _capitalised(word: str) -> str:
    if _SUFFIX.fullmatch(word) and len(word.rstrip(".")) > 1 and word.upper().rstrip(".") not in ("JR", "SR"):
        return word
    if "." in word and len(word) <= 6 and _INITIALS.fullmatch(word):
        return word
    parts = re.split(r"([-'\u2019\u2010\u2011])", word)
    plain = "".join(part.capitalize() for part in parts)
    return re.sub(r"^Mc([a-z])", lambda found: f"Mc{found[1].upper()}", plain)


def is_title(text: str) -> bool:
    """Whether a text is the title of an office, or a part of one, and not a sentence."""
    plain = " ".join(text.split())
    return 2 < len(plain) <= 220 and _TITLE.search(plain) is not None and not _SENTENCE.search(plain)


def is_officer(title: str) -> bool:
    """Whether a title is an officer's: a director or a chair alone is none."""
    return _OFFICE.search(title) is not None


def name_and_title(text: str) -> tuple[str, str]:
    """(name, title) of "Jane Roe", "Chief Executive Officer" or "Jane Roe, Chief Executive Officer"."""
    name = person_name(text)
    if name:
        return name, ""
    for comma in (found.start() for found in re.finditer(r",|\s[\u2013\u2014-]\s", text)):
        name, rest = person_name(text[:comma]), text[comma:].strip(" ,\u2013\u2014-")
        if name and is_title(rest) and not re.match(r"(?:jr|sr|i{2,3}|iv)\b", rest, re.I):
            return name, rest
    return ("", text.strip("* ")) if is_title(text) else ("", "")


def joined_title(parts: list[str]) -> str:
    """The lines of a title as one: with a comma, unless the line goes on."""
    title = ""
    for part in (" ".join(part.split()).strip(" ;") for part in parts):
        if not part:
            continue
        goes_on = not title or part[0] in "(,&" or part[0].islower() or _OPEN_END.search(title) or part == "Officer"
        title = f"{title}{' ' if goes_on else ', '}{part}".strip()
    title = re.sub(r",?\s*(?:and|&)?\s*(?:as\s+)?attorneys?[- ]in[- ]fact(?: for .*)?", "", title, flags=re.I)
    title = re.sub(r"\s+,", ",", title).strip(" ,;*&-\u2013\u2014")
    return re.sub(r",?\s+and$", "", title)
