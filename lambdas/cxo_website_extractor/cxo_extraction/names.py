"""Recognise a person's name in a short text, score it, and take degrees off its end."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from cxo_extraction.given_names import GIVEN_NAMES
from cxo_extraction.words import (
    BOTH,
    DEGREES,
    HONORIFICS,
    NAME_PARTICLES,
    NAME_SUFFIXES,
    NOT_NAMES,
    SURNAMES,
    TITLE_HEADS,
)

MAX_NAME_LENGTH = 60
_TOKEN = re.compile(r"^[^\W\d_](?:[^\W\d_]|['’ʼ`.\-‐‑])*$")
_QUOTED = re.compile(r"""["“”„«»]([^"“”„«»]{1,24})["“”„«»]|\(([^()]{1,24})\)|(?<=\s)['‘]([^'’]{1,24})['’](?=\s)""")
_REVERSED = re.compile(r"(?P<last>[^,()\"]{2,40}), *(?P<first>[^,()\"]{2,30})(?P<rest>(?:,.*)?)")
_PUNCTUATION = " \t\n\r,;:|–—-·•*†‡®™℠¹²³"
# Letters that Unicode does not take apart into a base letter and a mark.
_LETTERS = str.maketrans(
    {"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ß": "ss", "æ": "ae", "Æ": "Ae", "ı": "i"}
)
_PRONOUNS = re.compile(r"\((?:(?:she|he|they|her|him|them|his|hers|ze|any)\s*[/|,]?\s*)+\)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class NameReading:
    """How much a text looks like one person's name. score: 0 (no) to 1. text: the name without its degrees."""

    text: str
    score: float


_NOT_A_NAME = NameReading("", 0.0)


def fold(text: str) -> str:
    """Lower case, no accents, no punctuation but single spaces: for comparing names and titles."""
    flat = (
        unicodedata.normalize("NFKD", text.translate(_LETTERS)).encode("ascii", "ignore").decode()
        if not text.isascii()
        else text
    )
    return " ".join(re.sub(r"[^a-z0-9&]+", " ", (flat or text).lower()).split())


def name_key(name: str) -> tuple[str, ...]:
    """First and last part of a name, folded: 'Mr. Corey E. Thomas' and 'Corey Thomas' give the same key."""
    parts = [part for part in fold(re.sub(r"[\"“(].*?[\"”)]", " ", name)).split() if part not in HONORIFICS]
    while len(parts) > 2 and parts[-1] in {"jr", "sr", "ii", "iii", "iv"}:
        parts.pop()
    if not parts:
        return (name.casefold(),)
    while len(parts) > 2 and len(parts[0]) == 1:
        parts.pop(0)
    return (parts[0], parts[-1]) if len(parts) > 1 else (parts[0],)


def is_degree(token: str) -> bool:
    """Whether a token is a degree or a professional designation ('CPA', 'Ph.D.', 'FAAHPM')."""
    plain = token.strip("().*,; ").lower()
    bare = plain.replace(".", "").replace("®", "").replace("™", "")
    if bare in DEGREES or plain in DEGREES:
        return True
    if bare in TITLE_HEADS or bare in NAME_SUFFIXES:
        return False
    letters = re.sub(r"[^A-Za-z]", "", token)
    return len(letters) >= 3 and letters.isupper() and bool(re.fullmatch(r"[A-Z]{3,7}(?:-[A-Z]{1,4})?[®™]?", token))


def strip_degrees(text: str) -> str:
    """Take degrees off the end of a name: 'Bethany Snider, MD, HMDC' -> 'Bethany Snider'."""
    head, *tail = re.split(r"\s*,\s*", text.strip(_PUNCTUATION))
    kept = [head]
    for part in tail:
        if part.lower() in NAME_SUFFIXES:
            kept.append(part)
        elif not part or not all(is_degree(token) for token in part.replace("/", " ").split()):
            return ""
    if head.isupper():
        known = {"jr", "sr"} | DEGREES - {"ma", "do", "ba", "ed", "od", "pa", "ca", "pe", "ot", "qc", "kc", "sc", "mac"}
        tokens = head.split()
        while len(tokens) > 2 and tokens[-1].replace(".", "").lower() in known and len(tail) == 0:
            tokens.pop()
        kept[0] = " ".join(tokens)
    else:
        tokens = head.split()
        while len(tokens) > 2 and _caps_degree(tokens[-1]):
            tokens.pop()
        kept[0] = " ".join(tokens)
    return ", ".join(kept)


def _caps_degree(token: str) -> bool:
    plain = token.strip("()")
    mixed = plain.replace(".", "").lower() in DEGREES and (plain.isupper() or "." in plain or plain in {"PhD", "ChFC"})
    return plain not in {"II", "III", "IV"} and (mixed or (len(plain) > 2 and plain.isupper() and is_degree(plain)))


@lru_cache(maxsize=8192)
def read_name(text: str) -> NameReading:
    """Score a whole line as a person's name; degrees and pronouns are left out of the result's text."""
    if not 2 <= len(text) <= MAX_NAME_LENGTH + 60:
        return _NOT_A_NAME
    plain = strip_degrees(_in_order(_PRONOUNS.sub("", text).strip(_PUNCTUATION)))
    if not plain or len(plain) > MAX_NAME_LENGTH:
        return _NOT_A_NAME
    core = _QUOTED.sub(_nickname, plain)
    tokens = core.replace(",", " ").split()
    honoured = 0
    while honoured < len(tokens) and tokens[honoured].rstrip(".").lower() in HONORIFICS and len(tokens) > honoured + 1:
        honoured += 1
    body = tokens[honoured:]
    while len(body) > 1 and body[-1].lower() in NAME_SUFFIXES:
        body = body[:-1]
    score = _score(body, core.isupper()) if _shaped(body) else 0.0
    if honoured and score:
        score = max(score, 0.9 if tokens[0].endswith(".") or len(body) > 1 else 0.5)
    return NameReading(plain, score) if score else _NOT_A_NAME


def _in_order(text: str) -> str:
    """'Whitfield, Dana M.' as 'Dana M. Whitfield': what follows the comma must look like given names."""
    match = _REVERSED.fullmatch(text)
    if not match:
        return text
    last, first = match["last"].split(), match["first"].split()
    if len(last) > 3 or len(first) > 3 or not all(_TOKEN.match(token) for token in (*last, *first)):
        return text
    words = {word.lower() for word in (*last, *first) if len(word.rstrip(".")) > 1}
    # 'WHITFIELD, Xochitl' and 'Whitfield, Xochitl M.' are of no other kind.
    plain = (match["last"].isupper() and not match["first"].isupper()) or re.fullmatch(r"[^\W\d_]\.", first[-1])
    if words & (TITLE_HEADS | HONORIFICS) or (NOT_NAMES - SURNAMES - BOTH) & words or not (plain or _known(first[0])):
        return text
    if _known(last[0]) and last[0].lower() not in NAME_PARTICLES and len(last) > 1 and not plain:
        return text  # 'Dana Whitfield, Hugh': two people
    return f"{match['first']} {match['last']}{match['rest']}"


def _nickname(match: re.Match[str]) -> str:
    """Leave a nickname out of the reading; anything else in quotes or brackets spoils the name."""
    words = (match[1] or match[2] or match[3]).lower().split()
    return " " if len(words) <= 2 and not TITLE_HEADS.intersection(words) else " 0 "


def _shaped(tokens: list[str]) -> bool:
    if not 1 <= len(tokens) <= 6 or not all(_TOKEN.match(token) for token in tokens):
        return False
    if tokens[-1].endswith(".") and len(tokens[-1]) > 2:
        return False
    for position, token in enumerate(tokens):
        if token[0].isupper() or (token[0].isalpha() and token.lower() == token.upper()):
            continue
        inner_capital = any(letter.isupper() for letter in token)  # d'Arcy, al-Sayed
        if not (token.lower() in NAME_PARTICLES or inner_capital) or (
            position == len(tokens) - 1 != 0 and not inner_capital
        ):
            return False
    return True


def _known(token: str) -> bool:
    parts = re.split(r"[-‐‑.]", token.lower())
    return fold(parts[0]) in GIVEN_NAMES or fold(token) in GIVEN_NAMES


def _score(tokens: list[str], capitals: bool) -> float:
    words = [token.lower().strip(".'’") for token in tokens]
    initials = [len(token.replace(".", "")) == 1 for token in tokens]
    stops = [len(word) > 1 and (word in NOT_NAMES or word in TITLE_HEADS) for word in words]
    if words[0] == "md" and len(tokens) > 2:
        stops[0] = False  # short for Mohammed
    known_first = _known(tokens[0]) and (not stops[0] or words[0] in BOTH)
    if len(tokens) == 1:
        if stops[0] or initials[0] or (len(words[0]) < 3 and not known_first) or tokens[0].isupper():
            return 0.0
        return 0.3 if known_first else 0.15
    if all(initials):
        return 0.0
    bad = sum(stop and not (index == 0 and known_first) for index, stop in enumerate(stops))
    if bad:
        # 'Ann Power' and 'Tim Cook' are people; 'Cloud Services' and 'Will Contact Sales' are not.
        if bad > 1 or not stops[-1] or words[-1] in TITLE_HEADS or len(tokens) > 3:
            return 0.0
        if known_first:
            return 0.55 if words[0] not in BOTH else 0.25
        return 0.4 if words[-1] in SURNAMES and not stops[0] else 0.0
    has_initial = any(initials)
    if known_first:
        return 0.95 if not capitals else 0.85
    if has_initial:
        return 0.85
    if any(_known(token) for token in tokens[1:]) or any(word in NAME_PARTICLES for word in words[1:]):
        return 0.75
    acronym = any(token.isupper() and len(token) > 2 for token in tokens) and not capitals
    if acronym:
        return 0.2
    return (0.6 if len(tokens) <= 3 else 0.4) * (0.6 if capitals else 1.0)
