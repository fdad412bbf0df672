"""Causes in short: what a person needs of the JSON that errors carry."""

from __future__ import annotations

import json
from typing import Any

MAX_CAUSE = 300


def short(cause: str) -> str:
    """A cause in at most 300 characters: each JSON object in it becomes its message."""
    decoder = json.JSONDecoder()
    parts: list[str] = []
    position = 0
    while (start := cause.find("{", position)) >= 0:
        parts.append(cause[position:start])
        try:
            value, position = decoder.raw_decode(cause, start)
        except (ValueError, RecursionError):
            # Cut off, or no JSON: it stays as it is.
            parts.append("{")
            position = start + 1
            continue
        parts.append(_told(value))
    text = " ".join("".join([*parts, cause[position:]]).split())
    return text if len(text) <= MAX_CAUSE else f"{text[: MAX_CAUSE - 1]}…"


def _told(value: Any) -> str:
    if not isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    if "errorMessage" in value:
        return str(value["errorMessage"])
    body = value.get("body")
    if "statusCode" in value and isinstance(body, dict):
        if body.get("error"):
            return f"{body['error']}: {short(str(body.get('cause') or ''))}"
        return f"{body.get('completeness')} % complete."
    return json.dumps(value, ensure_ascii=False)
