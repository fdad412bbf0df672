"""Timestamps as Step Functions takes them."""

from __future__ import annotations

import re
from datetime import datetime

_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def is_timestamp(text: str) -> bool:
    """Whether a text is a date and time of RFC 3339 in the profile of the language (upper-case T and Z)."""
    if not _TIMESTAMP.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text[:19])
    except ValueError:
        return False
    return True
