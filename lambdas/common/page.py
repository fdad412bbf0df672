"""A page that was read, and its text."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from functools import cached_property

_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{1,40})""", re.I)
_XML_ENCODING = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9_:.-]{1,40})["']""")
# How far browsers look for <meta charset> (WHATWG HTML, "prescan a byte stream"); filings put comments first.
_PRESCAN_BYTES = 4096
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# Pages labelled so are windows-1252 in fact (WHATWG Encoding, "labels").
_LATIN = frozenset({"iso8859-1", "ascii", "latin-1"})


@dataclass(frozen=True)
class Page:
    """An answer with status 200.

    url: the final address, as the world sees it. content_type: media type in lower case, without parameters.
    body: unpacked bytes. charset: what the Content-Type header said, or "".
    """

    url: str
    status: int
    content_type: str
    body: bytes
    charset: str = ""

    @cached_property
    def text(self) -> str:
        """The body as text: by byte order mark, header, meta element, else UTF-8. Invalid bytes become U+FFFD."""
        return decode(self.body, self.charset)


def decode(body: bytes, charset: str = "") -> str:
    """Bytes as text. `charset` is the label of the Content-Type header, or "" when it had none."""
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    declared = _known(charset) or _declared(body)
    if declared:
        return body.decode(declared, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        damaged = body.decode("utf-8", "replace")
    # Undeclared and not UTF-8: a few bad bytes are damage, many are windows-1252.
    return (
        damaged
        if damaged.count("\ufffd") * 3 < len(re.findall(rb"[\x80-\xff]", body))
        else body.decode("cp1252", "replace")
    )


def _declared(body: bytes) -> str | None:
    head = body[:_PRESCAN_BYTES]
    found = _XML_ENCODING.search(head) or _META_CHARSET.search(head)
    return _known(found.group(1).decode("ascii")) if found else None


def _known(label: str) -> str | None:
    """Python's name of a text encoding, or None when it is unknown, not a text encoding, or UTF-16 without a mark."""
    try:
        info = codecs.lookup(label.strip())
    except (LookupError, ValueError):
        return None
    if not info._is_text_encoding or info.name.startswith(("utf-16", "utf-32", "utf-7", "idna", "punycode")):
        return None
    return "cp1252" if info.name in _LATIN else info.name
