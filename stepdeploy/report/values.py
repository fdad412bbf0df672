"""Values in one short line each."""

from __future__ import annotations

import json
from typing import Any

from stepdeploy.engine.model import KNOWN_AFTER_APPLY, is_known, plain
from stepdeploy.masking import is_mask

VALUE_LIMIT = 100
"""Characters of a value that a line shows."""
LEAD = 30
"""Characters that are shown before the first difference of two long values."""


def value_text(value: Any) -> str:
    """A value in one short line."""
    return _cut(_text(value))


def pair_texts(before: Any, after: Any) -> tuple[str, str]:
    """Two values in one short line each, so that what differs is seen: long ones from shortly before it on."""
    one, other = _text(before), _text(after)
    if max(len(one), len(other)) <= VALUE_LIMIT:
        return one, other
    pairs = enumerate(zip(one, other, strict=False))
    same = next((index for index, (old, new) in pairs if old != new), min(len(one), len(other)))
    start = max(0, same - LEAD) if same > VALUE_LIMIT // 2 else 0
    return _from(one, start), _from(other, start)


def literal(value: Any) -> str:
    """A value as it stands in JSON, but bare where that could be nothing but the string it is."""
    if not isinstance(value, str):
        return value_text(value)
    plain_word = value.isprintable() and value and " " not in value and '"' not in value and not _is_json(value)
    bare = plain_word or is_mask(value)
    return _cut(value if bare else json.dumps(value, ensure_ascii=False))


def literal_pair(before: Any, after: Any) -> tuple[str, str]:
    """`literal` of two values, cut as `pair_texts` cuts them."""
    if isinstance(before, str) and isinstance(after, str) and max(len(before), len(after)) > VALUE_LIMIT:
        return pair_texts(before, after)
    if isinstance(before, str) or isinstance(after, str):
        return literal(before), literal(after)
    return pair_texts(before, after)


def _is_json(text: str) -> bool:
    """Whether it would be taken for a number, true, false, null or a list."""
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _text(value: Any) -> str:
    if not is_known(value):
        return KNOWN_AFTER_APPLY
    text = value if isinstance(value, str) else json.dumps(plain(value), ensure_ascii=False, default=str)
    return " ".join(text.split())


def _cut(text: str) -> str:
    return text if len(text) <= VALUE_LIMIT else text[: VALUE_LIMIT - 1] + "…"


def _from(text: str, start: int) -> str:
    return ("…" if start else "") + _cut(text[start:])
