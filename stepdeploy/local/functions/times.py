"""Times as Lambda writes them."""

from __future__ import annotations

from datetime import datetime


def iso(at: datetime) -> str:
    """`2026-11-23T12:00:00.000+0000`, the form of LastModified and CreatedDate. at: aware UTC."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}+0000"
