"""A scanner for HTML as it is filed: never fails, runs in linear time, calls the handlers that expat would call."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

from common import progress

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]
Data = Callable[[str], None]

_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:_.-]*)([^<>]*)>")
_ATTRIBUTE = re.compile(r"""([A-Za-z_:][\w:.-]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_RAW = frozenset({"script", "style"})
# Tags between two ticks of progress: some milliseconds.
_TICK = 2048
# Inline XBRL names keep their case (they are XML); HTML's are compared in lower case.
_EMPTY: dict[str, str] = {}


def scan(text: str, start: Start, end: End, data: Data) -> None:
    """Walk through a document. Element names without a prefix come in lower case; entities are resolved."""
    position, length = 0, len(text)
    steps = 0
    while position < length:
        steps += 1
        if not steps % _TICK:
            progress.tick()
        opening = text.find("<", position)
        if opening < 0:
            data(unescape(text[position:]))
            return
        if opening > position:
            data(unescape(text[position:opening]))
        if text.startswith("<!--", opening):
            closing = text.find("-->", opening + 4)
            position = length if closing < 0 else closing + 3
            continue
        tag = _TAG.match(text, opening)
        if tag is None:
            position = _skip_other(text, opening, data)
            continue
        position = tag.end()
        name = tag.group(2) if ":" in tag.group(2) else tag.group(2).lower()
        if tag.group(1):
            end(name)
        else:
            start(name, attributes_of(tag.group(3)))
            if tag.group(3).endswith("/"):
                end(name)
            elif name in _RAW:
                position = _skip_raw(text, position, name)
                end(name)


def attributes_of(source: str) -> dict[str, str]:
    """The attributes of a start tag, names as written, entities resolved."""
    if "=" not in source:
        return _EMPTY
    return {
        match.group(1): unescape(match.group(2) or match.group(3) or match.group(4) or "")
        for match in _ATTRIBUTE.finditer(source)
    }


def _skip_other(text: str, opening: int, data: Data) -> int:
    """Pass over a declaration or processing instruction; a lone "<" is text."""
    if text[opening + 1 : opening + 2] in ("!", "?"):
        closing = text.find(">", opening)
        return len(text) if closing < 0 else closing + 1
    data("<")
    return opening + 1


def _skip_raw(text: str, position: int, name: str) -> int:
    closing = re.compile(rf"</{name}\b", re.I).search(text, position)
    return closing.start() if closing else len(text)
