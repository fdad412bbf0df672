"""Lists in pages: maxResults (default and most 1,000, 0 = default) and nextToken.

A token holds the position and a digest of the request it belongs to, so that a token of another list is refused.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any, TypeVar

from stepdeploy.local.states import faults

T = TypeVar("T")

DEFAULT = 100
MOST = 1000


def limit(params: dict[str, Any], default: int = DEFAULT) -> int:
    """How many results the caller wants."""
    return min(params.get("maxResults") or default, MOST)


def offset(params: dict[str, Any]) -> int:
    """Where the page starts. Raises InvalidToken."""
    token = params.get("nextToken")
    if token is None:
        return 0
    try:
        position, digest = base64.urlsafe_b64decode(token).decode().split(":")
        if digest != _digest(params):
            raise ValueError("of another request")
        return int(position)
    except ValueError:
        raise faults.invalid_page_token(token) from None


def token(params: dict[str, Any], position: int) -> str:
    """The token of the page that starts at `position`."""
    return base64.urlsafe_b64encode(f"{position}:{_digest(params)}".encode()).decode()


def page(items: list[T], params: dict[str, Any], key: str, default: int = DEFAULT) -> dict[str, Any]:
    """One page of `items` as output members: `key` and, where more follow, nextToken."""
    start = offset(params)
    end = start + limit(params, default)
    output: dict[str, Any] = {key: items[start:end]}
    if end < len(items):
        output["nextToken"] = token(params, end)
    return output


def _digest(params: dict[str, Any]) -> str:
    asked = {name: value for name, value in params.items() if name not in ("nextToken", "maxResults")}
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]
