"""Cross-checks of names: the company's and the people's, in the report and on the website."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime

from common.quality_findings import Found, Skipped, doubt, lacking
from common.quality_names import same_company, same_person
from common.quality_reading import Cxo, Sec, plain_words
from common.quality_weights import (
    MANY_ROLES,
    NAMED_TWICE,
    OTHER_CEO,
    OTHER_NAME,
    TWO_HEADS,
)

_PRINCIPAL = re.compile(r"principal executive", re.I)
_CHIEF = re.compile(
    r"(?<!former )(?<!former co-)(?<!deputy )(?<!retired )(?<!ex-)(?<!vice )(?<!to the )(?<!office of the )"
    r"\b(?:chief executive(?: officer)?|c\.?e\.?o\b\.?)",
    re.I,
)
# What may follow where the whole company is meant: another office, the company, or nothing.
_WHOLE_COMPANY = re.compile(
    r"\W*(?:$|&|(?:and|president|director|chair\w*|founder|co|member|secretary|treasurer|trustee|chief|principal"
    r"|executive|interim|acting|officer|manag\w+|vice|since|effective|as of"
    r"|of (?:(?:the|our|its) )?(?:company|registrant|corporation|issuer|trust|bank|partnership|general partner|manager"
    r"|managing member))\b)",
    re.I,
)


def names(sec: Sec, cxo: Cxo, _: datetime) -> Found:
    """The registrant against the company that the website was read for."""
    registrant, asked = sec.words("registrant_name"), cxo.company_name
    symbol = plain_words(sec.words("ticker"))
    if not registrant or not asked:
        yield lacking(sec, "registrant_name") if asked else Skipped("the website's company is not named")
    elif plain_words(asked) != symbol and not same_company(registrant, asked):
        text = f"the report is of {registrant}, the website was read for {asked}"
        yield doubt("sec.registrant_name", text, OTHER_NAME)


def chief(sec: Sec, cxo: Cxo, _: datetime) -> Found:
    """Who the website names as CEO against who signed the report as such, where the report's officers were read."""
    registrant = sec.words("registrant_name")
    signed = [name for name, title in sec.officers if leads_company(title, registrant)]
    named = cxo.roles.get("CEO", [])
    if not signed or not named:
        who = "the website names no CEO" if signed else lacking(sec, "officers").why
        yield Skipped("the report names no chief executive" if sec.officers and not signed else who)
    elif not any(same_person(one, other) for one in signed for other in named):
        text = f"the website names {', '.join(named[:3])} as CEO, the report {', '.join(signed[:3])}"
        yield doubt("cxo.roles.CEO", text, OTHER_CEO)


def leads_company(title: str, registrant: str = "") -> bool:
    """Whether a title is that of the registrant's chief executive: not a former one's, nor that of a part of it
    ("CEO of Commercial Banking", "Chief Executive Officer, Europe")."""
    if _PRINCIPAL.search(title):
        return True
    for found in _CHIEF.finditer(title):
        rest = title[found.end() :]
        of = re.match(r"\W*of\W+(.+)", rest)
        if _WHOLE_COMPANY.match(rest) or (registrant and of and same_company(registrant, of[1])):
            return True
    return False


def roles(_: Sec, cxo: Cxo, __: datetime) -> Found:
    """A role with two holders, a person with two of the four roles, a person who stands twice on the page."""
    for role, names in sorted(cxo.roles.items()):
        titles = " ".join(person.title for person in cxo.executives if person.name in names).casefold()
        if len(set(names)) > 1 and "co-" not in titles:
            text = f"{len(set(names))} people hold the role: {', '.join(sorted(set(names))[:3])}"
            yield doubt(f"cxo.roles.{role}", text, TWO_HEADS)
    holders = Counter(name for names in cxo.roles.values() for name in set(names))
    for name, count in sorted(holders.items()):
        if count > 1:
            yield doubt("cxo.roles", f"{name} holds {count} of the roles", MANY_ROLES)
    twice = [name for name, count in Counter(person.name for person in cxo.executives).items() if count > 1]
    if twice:
        yield doubt("cxo.executives", f"named more than once: {', '.join(sorted(twice)[:3])}", NAMED_TWICE)
