"""Which text of a document is printed bold, in italics or underlined. Fed with the same tags as `lines` is."""

from __future__ import annotations

import re

BOLD, ITALIC, UNDERLINE = 1, 2, 4
HIDDEN = 8

_ELEMENTS = {"b": BOLD, "strong": BOLD, "i": ITALIC, "em": ITALIC, "u": UNDERLINE, "ins": UNDERLINE}
_ELEMENTS |= {"h1": BOLD, "h2": BOLD, "h3": BOLD, "h4": BOLD, "h5": BOLD, "h6": BOLD, "th": BOLD}
_STYLE_ON = (
    (re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)|font\s*:[^;]*\bbold", re.I), BOLD),
    (re.compile(r"font-style\s*:\s*(?:italic|oblique)|font\s*:[^;]*\bitalic", re.I), ITALIC),
    (re.compile(r"text-decoration(?:-line)?\s*:[^;]*underline", re.I), UNDERLINE),
    (re.compile(r"display\s*:\s*none", re.I), HIDDEN),
)
_STYLE_OFF = (
    (re.compile(r"font-weight\s*:\s*(?:normal|[1-5]00)", re.I), BOLD),
    (re.compile(r"font-style\s*:\s*normal", re.I), ITALIC),
)
# Elements that stand for themselves: nothing follows that would end them.
VOID = frozenset({"br", "hr", "img", "input", "meta", "link", "col", "area", "base", "wbr"})
# An open paragraph ends where the next one begins, unless one of these was opened in it.
_HOLDS_PARAGRAPHS = frozenset({"table", "td", "th", "tr", "div", "li", "ul", "ol", "blockquote", "body"})
# How far up an end tag looks for its start tag: tag soup must not cost more than a walk.
_REACH = 64
_MOST_STYLES = 5000


class Emphasis:
    """Follows the open elements. `now` is the sum of BOLD, ITALIC and UNDERLINE that holds for text."""

    def __init__(self) -> None:
        self.now = 0
        self._open: list[tuple[str, int]] = []

    def start(self, name: str, style: str | None) -> None:
        """An element begins. style: its style attribute."""
        if name in VOID:
            return
        if name == "p":
            self._end_paragraph()
        self._open.append((name, self.now))
        on, off = _switches(style) if style else (0, 0)
        self.now = ((self.now | _ELEMENTS.get(name, 0)) & ~off) | (on & ~HIDDEN)

    def end(self, name: str) -> None:
        """An element ends, and with it all that was opened in it and left open."""
        stack = self._open
        for depth in range(len(stack) - 1, max(len(stack) - 1 - _REACH, -1), -1):
            if stack[depth][0] == name:
                self.now = stack[depth][1]
                del stack[depth:]
                return

    def _end_paragraph(self) -> None:
        stack = self._open
        for depth in range(len(stack) - 1, max(len(stack) - 1 - _REACH, -1), -1):
            name, before = stack[depth]
            if name in _HOLDS_PARAGRAPHS:
                return
            if name == "p":
                self.now = before
                del stack[depth:]
                return


def is_hidden(style: str | None) -> bool:
    """Whether a style attribute hides its element."""
    return bool(style) and bool(_switches(style or "")[0] & HIDDEN)


_known: dict[str, tuple[int, int]] = {}


def _switches(style: str) -> tuple[int, int]:
    """(what a style attribute turns on, what it turns off); a filing repeats the same few hundreds of them."""
    found = _known.get(style)
    if found is None:
        on = sum(flag for pattern, flag in _STYLE_ON if pattern.search(style))
        off = sum(flag for pattern, flag in _STYLE_OFF if pattern.search(style))
        found = (on, off)
        if len(_known) < _MOST_STYLES:
            _known[style] = found
    return found
