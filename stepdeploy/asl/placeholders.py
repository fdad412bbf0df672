"""`${name}` and `${kind:name.attribute}` in strings: references that are not rendered yet. They stand for any value."""

from __future__ import annotations

import re
from typing import Any

_REFERENCE = re.compile(r"\$\{[^{}]+\}")


def is_whole(value: Any) -> bool:
    """Whether a value is one reference and nothing else; once rendered it may be of any type."""
    return isinstance(value, str) and value.startswith("${") and _REFERENCE.fullmatch(value) is not None


def filled(text: str, stand_in: str) -> str:
    """A text with `stand_in` for each reference."""
    return _REFERENCE.sub(stand_in, text) if "${" in text else text
