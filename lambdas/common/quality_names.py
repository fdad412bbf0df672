"""Whether two names may be one company's, or one person's, although they are spelled differently."""

from __future__ import annotations

from common.quality_reading import plain_words

# Words that tell a company's legal form and not its name.
_LEGAL_FORMS = """inc incorporated corp corporation co company companies ltd limited llc lp llp plc sa ag nv se the and of
group holding holdings trust de del"""
_FORM_WORDS = frozenset(_LEGAL_FORMS.split())
_AROUND_NAMES = "jr sr ii iii iv esq md phd cpa cfa mba jd dds dvm pe rn dr mr mrs ms prof sir dame"
_SUFFIXES = frozenset(_AROUND_NAMES.split())
# Short forms that do not begin as the name does, or that share no letter after the first. Common American ones.
_SHORT_FORMS = (
    "robert bob rob bobby robbie bert",
    "william bill will billy liam",
    "richard dick rick rich ricky",
    "james jim jimmy jamie",
    "john jack johnny jon",
    "edward ed ted eddie ned",
    "theodore ted theo",
    "henry hank harry",
    "charles chuck charlie chip",
    "francis frank fran",
    "anthony tony",
    "elizabeth liz beth betsy betty lisa eliza",
    "margaret peggy meg maggie marge greta",
    "katherine kathryn catherine kate kathy cathy katie",
    "patricia pat patty trish tricia",
    "patrick pat paddy",
    "alexander alex sandy",
    "sandra sandy",
    "andrew andy drew",
    "eugene gene",
    "gerald gerry jerry",
    "gerard gerry jerry",
    "jerome jerry",
    "lawrence laurence larry",
    "michael mike mick",
    "joseph joe",
    "thomas tom tommy",
    "timothy tim",
    "stephen steven steve",
    "christopher chris kit",
    "samuel samantha sam",
    "albert al bert",
    "alfred al fred",
    "frederick fred rick",
    "ronald ron",
    "donald don",
    "daniel dan danny",
    "david dave",
    "matthew matt",
    "gregory greg",
    "jeffrey geoffrey jeff geoff",
    "walter walt",
    "vincent vince",
    "victoria vicky tori",
    "deborah debra deb debbie",
    "rebecca becky",
    "susan sue",
    "nicholas nick",
    "leonard len leo",
    "raymond ray",
    "antonio tony",
    "roberto bob",
)
_SAME_GIVEN = {(one, other) for line in _SHORT_FORMS for one in line.split() for other in line.split()}


def same_company(one: str, other: str) -> bool:
    """Whether two names may be one company's: the words of one stand in the other, or are its initials."""
    words, others = _name_words(one), _name_words(other)
    if not words or not others:
        return plain_words(one) == plain_words(other)
    if set(words) <= set(others) or set(others) <= set(words) or "".join(words) == "".join(others):
        return True
    short, long = sorted((plain_words(one), plain_words(other)), key=lambda parts: (len(parts), parts))
    initials = {"".join(word[0] for word in parts) for parts in (long, _without_forms(long))}
    return bool(_without_forms(short)) and "".join(_without_forms(short)) in initials


def same_person(one: str, other: str) -> bool:
    """Whether two names may be one person's: a surname in common, and given names of which one may stand for the other
    (`Timothy D. Cook` and `Tim Cook`, `J. Duato` and `Joaquin Duato`, `Robert A. Iger` and `Bob Iger`)."""
    words, others = _person_words(one), _person_words(other)
    if not words or not others:
        return False
    if len(words) == 1 or len(others) == 1:
        return bool(set(words) & set(others)) or any(_stands_for(a, b) for a in words[:1] for b in others[:1])
    surnames = {words[-1], others[-1]} & set(words) & set(others)
    if not surnames:
        return False
    given, others_given = ([word for word in side if word not in surnames] for side in (words, others))
    if not given or not others_given or given[0][0] == others_given[0][0]:
        return True
    return any(_stands_for(mine, theirs) for mine in given for theirs in others_given)


def _stands_for(one: str, other: str) -> bool:
    """Whether one given name may be the other: the same, its initial, or a short form."""
    if one == other or (one, other) in _SAME_GIVEN:
        return True
    short, long = sorted((one, other), key=len)
    return long.startswith(short) and (len(short) == 1 or len(short) >= 3)


def _person_words(name: str) -> list[str]:
    words = plain_words(name)
    return [word for word in words if word not in _SUFFIXES] or words


def _name_words(name: str) -> list[str]:
    return _without_forms(plain_words(name)) or plain_words(name)


def _without_forms(words: list[str]) -> list[str]:
    return [word for word in words if word not in _FORM_WORDS]
