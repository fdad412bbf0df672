"""Which of CEO, CFO, CTO and COO a title gives its holder at this company, and only at this company."""

from __future__ import annotations

import re

from cxo_extraction.model import ROLES, Person
from cxo_extraction.names import fold
from cxo_extraction.sections import LEGAL_FORMS, core_name
from cxo_extraction.titles import title_score
from cxo_extraction.words import NOT_NAMES, TITLE_HEADS

_C_LEVEL = {
    "CEO": r"(?:ceo|chief executive(?: officer)?)",
    "CFO": r"(?:cfo|chief (?:financial|finance)(?: officer)?)",
    "CTO": r"(?:cto|chief (?:technology|technical)(?: officer)?)",
    "COO": r"(?:coo|chief (?:operating|operations)(?: officer)?)",
}
_WORDS = {
    "CEO": r"executive",
    "CFO": r"(?:financial|finance)",
    "CTO": r"(?:technology|technical)",
    "COO": r"(?:operating|operations)",
}
# Words that may stand before a role without taking it to a part of the company.
_BEFORE = re.compile(
    r"(?:(?:co|group|global|corporate|interim|acting|executive|senior|sr|vice|president|chairman|chairwoman|chairperson|"
    r"chair|founder|cofounder|founding|director|managing|evp|svp|vp|our|the|company|firm|board|of|and|&|non|general|"
    r"partner|principal|owner|manager|secretary|treasurer|ceo|cfo|cto|coo|chief|officer|finance|financial|technology|"
    r"operations|operating|engineering|interim|md|dr|member|head)\s*)*"
)
_PAST = re.compile(
    r"\b(?:former|formerly|ex|past|previous|previously|retired|emeritus|incoming|elect|designate|until|deputy|assistant|"
    r"associate|advisor to|adviser to|assistant to|office of|to the|reporting to)\b"
)
# Parts of a company: what stands after the role narrows it.
_SEPARATORS = re.compile(r"\s*(?:,|/|\||;|\s[-–—]\s|\band\b|&|\+|•|·|\n)\s*")
_FUNCTION = re.compile(
    r"(?:finance|administration|treasury|accounting|operations|technology|engineering|strategy|product|products|founder|"
    r"co founder|cofounder|inventor|owner|it|legal|hr|human resources|people|innovation|security|research|development|"
    r"corporate development|accounting|investor relations|information technology|risk|compliance|sustainability)(?: .*)?"
)


def roles_of(title: str, own: frozenset[str]) -> set[str]:
    """The roles that a title gives at the company itself; `own` holds its folded names without legal form.

    'Chief Financial Officer, Other Corp.', 'CEO, Asia', 'Former CTO', 'Deputy CFO' and 'SVP Finance' give none.
    """
    found = set()
    for role in ROLES:
        if _holds(title, role, own):
            found.add(role)
    return found


def _holds(title: str, role: str, own: frozenset[str]) -> bool:
    text = title.replace("C.E.O.", "CEO").replace("C.F.O.", "CFO").replace("C.T.O.", "CTO").replace("C.O.O.", "COO")
    text = re.sub(r"(?<=[Oo]fficer) \([A-Z]{3}\)|(?<=OFFICER) \([A-Z]{3}\)", " ", text)  # 'Chief … Officer (CFO)'
    text = re.sub(r"\(([A-Z]{3})\)", r", \1", text)  # 'Head of Finance (CFO)'
    text = re.sub(r"\s*[(,]\s*(?:since|from) (?:[A-Z][a-z]+ )?\d{4}\)?$", "", text)  # 'CEO (since 2020)'
    flat = fold_keep(text)
    match = re.search(rf"\b{_C_LEVEL[role]}\b", flat) or _combined(flat, role)
    if match is None:
        return False
    before, after = flat[: match.start()], flat[match.end() :]
    if _PAST.search(before) or re.match(r"\s*(?:elect|designate|emeritus|retired)\b", after):
        return False
    segment = _SEPARATORS.split(before)[-1].strip(" ()")
    if segment.split()[-1:] in (["vice"], ["sub"]):
        return False
    if segment and not _BEFORE.fullmatch(segment.replace("-", " ")):
        return _own_prefix(segment, own)
    return _after_is_ours(after, own)


def fold_keep(text: str) -> str:
    """Lower case without accents, keeping the separators of a title."""
    lowered = text.lower().replace("’", "'").replace(".", " ").replace("\u2011", "-")
    return " ".join(lowered.split())


def _combined(flat: str, role: str) -> re.Match[str] | None:
    """'Chief Financial & Operating Officer', 'Chief Product and Technology Officer'."""
    if role == "CEO":
        return None
    pattern = rf"\bchief (?:[a-z]+ ){{0,2}}?(?:[a-z]+(?:,| and| &|/| ?\+) ?)*{_WORDS[role]}(?: ?(?:,|and|&|/|\+) ?[a-z]+)* officer\b"
    match = re.search(pattern, flat)
    if match is None:
        return None
    middle = match[0].removeprefix("chief ").removesuffix(" officer")
    # Without a conjunction the words belong together: 'Chief Information Technology Officer', 'Chief Sales Operations Officer'.
    parts = [part.strip() for part in re.split(r",|\band\b|&|/|\+", middle)]
    return match if any(re.fullmatch(_WORDS[role], part) for part in parts) else None


def _own_prefix(segment: str, own: frozenset[str]) -> bool:
    flat = fold(segment)
    return bool(flat) and any(
        flat == name or (flat.startswith(name + " ") and not flat[len(name) :].strip()) for name in own
    )


def _after_is_ours(after: str, own: frozenset[str]) -> bool:
    tail = after.strip()
    if not tail or tail in {")", "."}:
        return True
    linked = re.match(r"(?:,?\s*(?:of|at|for|@)\s+|,\s*|[-–—|:]\s*|\()?(?P<rest>.*)$", tail)
    rest = linked["rest"].strip(" ()") if linked else tail
    if not rest or _is_own(rest, own):
        return True
    if re.match(r"(?:of|at|for|@)\s", tail.lstrip(", ")):
        return any(_is_own(part, own) for part in (rest, *_SEPARATORS.split(rest)[:1])) or rest in {
            "the company",
            "the group",
        }
    first = _SEPARATORS.split(rest)[0] if not re.match(r"[&/+]|and\b", rest) else ""
    if first == "":
        # 'CEO & President', 'CTO / General Manager of Applications': another title follows.
        return not _leads_away(rest, own)
    if _is_own(first, own):
        return True
    if tail[0] not in ",/&-–—(|:" and not _NEXT_TITLE.match(first):
        return False  # 'CEO Coach', 'CFO Services'
    if title_score(first.title()) >= 0.6 or _NEXT_TITLE.match(first):
        return not _leads_away(rest, own)
    return bool(_FUNCTION.fullmatch(first)) and tail[0] in ",/&-–"


# What may follow a role without a separator, or in lower case.
_NEXT_TITLE = re.compile(
    r"(?:interim|acting|board|member|managing|executive|director|president|founder|co-?\s?founder|chair(?:man|woman|person)?|"
    r"owner|partner|treasurer|secretary|vice|senior|mobile|head|general|group|evp|svp|vp|md|ceo|cfo|cto|coo)\b"
)


def _leads_away(rest: str, own: frozenset[str]) -> bool:
    """'& President, Otherco', '& Founder of Otherco': the title that follows takes the whole to another place."""
    for mark, part in re.findall(r"(,|\bof\b|\bat\b|\s[-–—|]\s)\s*([^,|–—]+?)(?=,|\s[-–—|]\s|\bof\b|\bat\b|$)", rest):
        part = part.strip(" ()&/.")
        if not part or _is_own(part, own) or _is_own(_SEPARATORS.split(part)[0], own):
            continue
        first = re.split(r"[\s,]+", part)[0]
        ours = first in NOT_NAMES or first in TITLE_HEADS or _NEXT_TITLE.match(part) or title_score(part.title()) >= 0.6
        if mark == "at" or fold(part).split()[-1] in LEGAL_FORMS or not (ours or _FUNCTION.fullmatch(part)):
            return True
        if mark == "," and first in _PLACES:
            return True
    return False


_PLACES = frozenset(
    [
        "americas",
        "america",
        "apac",
        "asia",
        "africa",
        "canada",
        "china",
        "emea",
        "europe",
        "india",
        "international",
        "japan",
        "north",
        "south",
        "uk",
        "us",
        "usa",
    ]
)


def _is_own(text: str, own: frozenset[str]) -> bool:
    core = core_name(text).removesuffix(" group")
    return bool(core) and (core in own or core.replace(" ", "") in {name.replace(" ", "") for name in own})


def find_roles(people: list[Person], own: frozenset[str]) -> dict[str, list[str]]:
    """The holders of each role among the executives; empty where nobody clearly holds it.

    Several holders stand only where the titles say so (co-CEOs), or for roles that companies do split (CTO, COO).
    """
    holders: dict[str, list[Person]] = {role: [] for role in ROLES}
    for person in people:
        if person.group != "executive" or person.leftover or person.unit:
            continue
        for role in roles_of(person.title, own):
            holders[role].append(person)
    return {role: [person.name for person in _settle(role, found)] for role, found in holders.items()}


def _settle(role: str, found: list[Person]) -> list[Person]:
    shared = [
        person for person in found if re.search(r"\bco-?\s?(?:ceo|chief|cfo|cto|coo|president)", person.title, re.I)
    ]
    if len(found) < 2 or len(shared) >= 2 or role in {"CTO", "COO"}:
        return found
    group = [person for person in found if re.search(r"\bgroup\b", person.title, re.IGNORECASE)]
    return group[:1] if group else found[:1]
