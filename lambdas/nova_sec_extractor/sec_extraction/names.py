"""Company names, made comparable."""

from __future__ import annotations

import re
import unicodedata

# EDGAR's conformed names end in "/MN" or "/DE/" where two companies share a name.
_STATE_TAIL = re.compile(r"\s*[/\\]\s*(?:[A-Za-z]{2,3}|new|adr|adv)\s*[/\\]?\s*$", re.I)
_FORMS = {
    "incorporated": "inc",
    "corporation": "corp",
    "company": "co",
    "companies": "cos",
    "limited": "ltd",
    "and": "",
    "the": "",
}
_LEGAL_FORMS = frozenset(
    [
        "inc",
        "corp",
        "co",
        "cos",
        "ltd",
        "llc",
        "lp",
        "plc",
        "sa",
        "nv",
        "ag",
        "se",
        "holdings",
        "holding",
        "group",
        "trust",
        "de",
    ]
)


def without_state_tail(name: str) -> str:
    """A conformed name without EDGAR's "/MN"."""
    return _STATE_TAIL.sub("", name).strip()


def normalised(name: str) -> str:
    """Lower case, ASCII letters and digits, legal forms in one spelling, no "the" and "and"."""
    return " ".join(_words(name))


def core(name: str) -> str:
    """The normalised name without legal forms at its end: "apple" for "Apple Inc."."""
    words = _words(name)
    while len(words) > 1 and words[-1] in _LEGAL_FORMS:
        words.pop()
    return " ".join(words)


def _words(name: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", without_state_tail(name)).encode("ascii", "ignore").decode().lower()
    plain = plain.replace("&", " and ").replace("'", "")
    plain = re.sub(r"\b([a-z])\.(?=[a-z]\b)", r"\1", plain)  # "N.V." is "nv"
    words = (_FORMS.get(word, word) for word in re.findall(r"[a-z0-9]+", plain))
    return [word for word in words if word]
