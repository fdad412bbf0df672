"""Parts of a page that change how a line in them is read: menus, footers, dialogs, quotes, news."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import IntFlag
from functools import lru_cache
from typing import Any


class Zone(IntFlag):
    """Parts of a page that change how a line is read. Inherited by everything inside."""

    NONE = 0
    NAVIGATION = 1
    FOOTER = 2
    DIALOG = 4
    QUOTE = 8
    NEWS = 16
    CONTROL = 32  # inside <a> or <button>
    PERSON = 64  # microdata Person, h-card
    FORM = 128


FOREIGN = Zone.NAVIGATION | Zone.FOOTER | Zone.QUOTE | Zone.NEWS | Zone.FORM

_TOKEN_ZONES = {
    "nav": Zone.NAVIGATION, "navbar": Zone.NAVIGATION, "navigation": Zone.NAVIGATION, "breadcrumb": Zone.NAVIGATION,
    "breadcrumbs": Zone.NAVIGATION, "megamenu": Zone.NAVIGATION, "menu": Zone.NAVIGATION, "cookie": Zone.NAVIGATION,
    "cookies": Zone.NAVIGATION, "footer": Zone.FOOTER, "modal": Zone.DIALOG, "dialog": Zone.DIALOG, "popup": Zone.DIALOG,
    "lightbox": Zone.DIALOG, "fancybox": Zone.DIALOG, "testimonial": Zone.QUOTE, "testimonials": Zone.QUOTE,
    "quote": Zone.QUOTE, "quotes": Zone.QUOTE, "blockquote": Zone.QUOTE, "review": Zone.QUOTE, "reviews": Zone.QUOTE,
    "news": Zone.NEWS, "timeline": Zone.NEWS, "milestones": Zone.NEWS, "webinars": Zone.NEWS, "events": Zone.NEWS,
    "press": Zone.NEWS, "author": Zone.NEWS, "byline": Zone.NEWS, "vcard": Zone.PERSON,
}  # fmt: skip
# Class names of people's cards: with one of these a word such as 'footer' is about the card, not about the page.
_PERSONAL = frozenset(
    {"card", "person", "people", "team", "member", "members", "profile", "bio", "leader", "leaders", "leadership", "executive",
     "executives", "management", "board", "director", "directors", "staff"}
)  # fmt: skip
_TAG_ZONES = {
    "nav": Zone.NAVIGATION, "blockquote": Zone.QUOTE, "dialog": Zone.DIALOG, "a": Zone.CONTROL, "button": Zone.CONTROL,
    "form": Zone.FORM,
}  # fmt: skip
_ROLE_ZONES = {
    "navigation": Zone.NAVIGATION, "menu": Zone.NAVIGATION, "menubar": Zone.NAVIGATION, "contentinfo": Zone.FOOTER,
    "dialog": Zone.DIALOG, "button": Zone.CONTROL, "tab": Zone.CONTROL,
}  # fmt: skip


@lru_cache(maxsize=4096)
def class_tokens(text: str) -> tuple[str, ...]:
    """The words of class names and ids: 'PersonCard_title--big' -> person, card, title, big."""
    spread = re.sub(r"([a-z])([A-Z])", r"\1 \2", text)
    return tuple(token for token in re.split(r"[^a-z0-9]+", spread.lower()) if token)


def zone_of(tag: str, attributes: Mapping[str, Any], names: str, parent_tag: str) -> Zone:
    """The zone that an element opens by its tag, role, class names and ids. parent_tag: a card's <footer> is no page footer."""
    zone = _TAG_ZONES.get(tag, Zone.NONE) | _ROLE_ZONES.get(str(attributes.get("role") or "").lower(), Zone.NONE)
    if tag == "footer" and parent_tag not in {"article", "figure", "section", "li", "blockquote"}:
        zone |= Zone.FOOTER
    if tag == "form" and parent_tag == "body":
        zone &= ~Zone.FORM  # some servers put a whole page into one form
    if tag not in {"html", "body", "main", "article", "h1", "h2", "h3", "h4", "h5", "h6"} and names:
        tokens = class_tokens(names)
        for token in tokens:
            zone |= _TOKEN_ZONES.get(token, Zone.NONE)
        if not _PERSONAL.isdisjoint(tokens):
            zone &= ~(Zone.NAVIGATION | Zone.FOOTER)  # 'card-footer', 'team-nav'
    if str(attributes.get("itemtype") or "").rstrip("/").endswith("schema.org/Person"):
        zone |= Zone.PERSON
    return zone
