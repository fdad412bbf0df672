"""Facts as bytes and back: gzip'd JSON in which a Ref that is not known yet stands as it does in a plan's JSON."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from typing import Any

from stepdeploy.engine.model import plain
from stepdeploy.references import Pending, Ref


def pack(value: Any) -> bytes:
    """The same bytes for the same value."""
    text = json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return gzip.compress(text.encode(), compresslevel=6, mtime=0)


def unpack(data: bytes) -> Any:
    """What `pack` was given; files stay named by `$file`. Raises ValueError for what is not packed JSON."""
    try:
        return unplain(json.loads(gzip.decompress(data)))
    except (OSError, EOFError) as error:
        raise ValueError(f"not packed JSON: {error}") from error


def unplain(value: Any) -> Any:
    """JSON data with its `$ref` and `$join` made Ref and Pending again."""
    if isinstance(value, Mapping):
        if value.keys() == {"$ref"}:
            address, _, attribute = str(value["$ref"]).rpartition(".")
            return Ref(address, attribute)
        if value.keys() == {"$join"}:
            return Pending(tuple(unplain(part) for part in value["$join"]))
        return {key: unplain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [unplain(item) for item in value]
    return value
