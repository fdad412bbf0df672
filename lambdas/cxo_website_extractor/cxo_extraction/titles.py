"""Recognise a job title, tell prose from labels, and find a title inside a sentence about a person."""

from __future__ import annotations

import re
from functools import lru_cache

from cxo_extraction.words import NOT_NAMES, ORG_SUFFIXES, TITLE_HEADS

MAX_TITLE_WORDS = 24
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*\.?")
_TOP = re.compile(
    r"\bchief\b.{0,60}\b(?:officer|executive|architect|of|counsel|scientist|economist|actuary)\b|\bchief executive\b"
    r"|\bc[efotirpmlshdnv](?:[eitx])?o\b|\bciso\b|\bc\.e\.o\b|\bpresident\b|\b[ese]?vp\b|\bsvp\b|\bavp\b|\bfounder\b"
    r"|\bco-?founder\b|\bgeneral counsel\b|\bmanaging (?:director|partner|member|principal)\b|\bgeneral manager\b"
    r"|\bexecutive director\b|\bchair(?:man|woman|person)?\b|\bofficer\b|\btreasurer\b|\bcorporate secretary\b|\bowner\b"
    r"|\bchief\b",
    re.IGNORECASE,
)
# Lower case only: 'IT', 'US' and 'Names' stand in titles, 'it', 'us' and 'names' in sentences.
_VERBS = re.compile(
    r"\b(?:is|was|are|were|has|have|had|joined|joins|served|serves|leads|led|brings|brought|holds|held|received|earned|"
    r"began|started|worked|works|oversees|oversaw|manages|managed|became|founded|graduated|specialises|specializes|"
    r"drives|focuses|spent|said|says|announced|announces|appoints|appointed|named|names|welcomes|looks|runs|keeps|will|can|"
    r"you|we|our|your|my|us|it|they|this|his|her|she|he)\b"
)
_NOISE = re.compile(
    r"^(?:(?:view|read|see|show|hide|full|more|short|download|close|open|expand|collapse)\b(?: (?:full|the|his|her|their|"
    r"more|less|bio|biography|profile|details|info|about))*(?: .{0,40})?|bio|biography|profile|details|learn more.{0,40}|"
    r"more(?: info(?:rmation)?)?|linked ?in.{0,20}|connect(?: (?:on|with).{0,30})?|follow.{0,20}|twitter|x|facebook|"
    r"instagram|github|e-?mail(?: .{0,30})?|website|vcard|contact(?: .{0,20})?|phone:?|tel:?|mobile:?|fax:?|photo|image|"
    r"meet \w+|get to know .{0,30}|.{1,30}['’]s (?:full )?(?:bio|biography|profile|story)|"
    r"previous|next|back|share:?|\W*|top|menu|search|play(?: video)?|watch.{0,20}|\+|load more)$",
    re.IGNORECASE,
)
_CONTACT = re.compile(r"@|https?://|www\.|\+?\d[\d\s().-]{6,}\d|\b[A-Z]{2} \d{5}\b")
_PLACE = re.compile(r"^[A-Z][\w.' -]+, [A-Z]{2}(?: \d{5})?$|^[A-Z][\w.' -]+, (?:USA|UK|Canada|India|Germany)$")


def words_of(text: str) -> list[str]:
    """Lower-case words of a text, full stops of abbreviations taken off."""
    return [word.lower().rstrip(".") for word in _WORD.findall(text)]


def is_noise(text: str) -> bool:
    """Buttons and contact data that stand between a name and its title ('View Bio', '×', an e-mail address)."""
    return bool(_NOISE.match(text)) or (bool(_CONTACT.search(text)) and len(text) < 80)


def is_dated(text: str) -> bool:
    """'Since 2015', 'Age 54', 'Joined: 2011', 'Term expires 2027': a fact about a person, no part of a title."""
    return bool(re.search(r"\b(?:19|20)\d\d\b|^(?:age|since|joined|born)\b|\byears?\b", text, re.IGNORECASE))


def is_place(text: str) -> bool:
    """'Reston, VA', 'Berlin, Germany': stands where a title's second line could."""
    return bool(_PLACE.match(text)) and not (set(words_of(text)) & TITLE_HEADS)


@lru_cache(maxsize=8192)
def is_prose(text: str) -> bool:
    """Whether a text reads as sentences and not as a label."""
    count = len(text.split())
    if count > MAX_TITLE_WORDS:
        return True
    if count >= 6 and _VERBS.search(text):
        return True
    ends = text.rstrip().endswith((".", "…", "!", "?"))
    return count >= 10 and ends and text.split()[-1].lower().rstrip(".") not in ORG_SUFFIXES


def is_top_title(text: str) -> bool:
    """Whether a title ranks at the top of a company: chiefs, presidents and vice presidents, founders, counsel."""
    if re.search(r"\b(?:assistant|secretary) to\b|\bexecutive assistant\b|\badministrative officer\b", text, re.I):
        return False
    return bool(_TOP.search(text))


@lru_cache(maxsize=8192)
def title_score(text: str) -> float:
    """Score a whole line as a job title, 0 to 1."""
    if not 2 <= len(text) <= 220 or is_noise(text) or is_prose(text) or text.endswith("?"):
        return 0.0
    words = words_of(text)
    if not words or (text[0].islower() and text[0].isascii() and not text.split()[0].isalnum()):
        return 0.0
    if _HEADLINE.search(text):
        return 0.0
    if _TOP.search(text):
        return 0.95 if len(words) <= 16 else 0.6
    heads = [word for word in words if word in TITLE_HEADS or any(p in TITLE_HEADS for p in word.split("-"))]
    if heads:
        return 0.85 if len(words) <= 14 else 0.5
    return 0.6 if re.match(r"(?:head|vice|deputy|director|board) ", text, re.IGNORECASE) else 0.05


_HEADLINE = re.compile(
    r"^(?:meet|our|the|find|become|contact|about|why|how|for|all|join|about|learn|view|become|ask|welcome|talk)\b"
    r"|\b(?:named|names|appoints|appointed|announces|joins|welcomes|elected|promoted)\b|©|copyright",
    re.IGNORECASE,
)

_INTRO = (
    r"(?:is|serves as|currently serves as|has served as|has been|was appointed|was named|became|joined .{2,60}? as|"
    r"is currently|currently is|assumed the role of|works as|acts as)"
)
_PHRASE = re.compile(
    rf"\b{_INTRO}\s+(?:(?:the|a|an|our|its|his|her|their|[A-Z][\w&.]*(?:\s[A-Z][\w&.]*)*['’]s?)\s+)*(?P<title>[A-Za-z][^.;:()]{{3,140}})"
)
_STOP = re.compile(
    r"\s+(?:of the company|where|who|which|since|with|responsible|and (?:is|has|was|oversees|leads|serves|joined|manages|heads|directs|a member|his|her)|"
    r"at (?=[A-Z])|for (?=[A-Z])|of (?=[A-Z][\w&]+(?:[ ,.]|$))|in (?:(?:19|20)\d\d|January|February|March|April|May|June|July|"
    r"August|September|October|November|December)|from|as|having|bringing|based|overseeing|leading|after|when)\b|,\s+(?:a|an|"
    r"the|where|and (?:is|has|was)|responsible|leading|overseeing|having|which|who|with)\b"
)


def _cut(text: str) -> str:
    """Up to where a title ends in a sentence. 'of Sales' belongs to the title, 'of Acme' does not."""
    for stop in _STOP.finditer(text):
        following = text[stop.end() :].split()
        if stop[0].split()[:1] == ["of"] and following and following[0].strip(",.").lower() in NOT_NAMES:
            continue
        return text[: stop.start()]
    return text


def title_in_prose(text: str) -> str:
    """The present title in 'Jane Doe is the Chief Executive Officer of Acme.', or '' when no sentence states one."""
    match = _PHRASE.search(text[:400])
    if match is None or re.search(r"\b(?:was|former|formerly|previously)\b", text[: match.start()], re.IGNORECASE):
        return ""
    phrase = _cut(match["title"]).strip(" ,")
    while phrase and phrase.split()[-1].lower() in {"and", "of", "the", "for", "at", "in"}:
        phrase = phrase.rsplit(None, 1)[0]
    return phrase if title_score(phrase) >= 0.6 and not re.search(r"\bformer\b", phrase, re.I) else ""
