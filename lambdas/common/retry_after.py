"""The header Retry-After: seconds, or a date (RFC 9110, section 10.2.3)."""

from __future__ import annotations

import email.utils
import time


def seconds(text: str) -> float | None:
    """Seconds from now; None for what is neither."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return max(0.0, moment.timestamp() - time.time())
