"""JSON text as AWS writes it: no blanks, no \\u escapes."""

from __future__ import annotations

import json
from typing import Any

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def to_text(value: Any) -> str:
    """Compact JSON text of JSON data."""
    return _encode(value)


def exceeds(text: str, limit: int) -> bool:
    """Whether the UTF-8 form of a text is longer than `limit` bytes."""
    if len(text) * 4 <= limit:
        return False
    return len(text) > limit or len(text.encode("utf-8", "surrogatepass")) > limit
