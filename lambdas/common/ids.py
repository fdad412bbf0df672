"""The pipeline's name for a company: `company_id`, the key of both tables and the folder in the bucket."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from common.errors import InvalidInput

MAX_LENGTH = 60
_HASH_LENGTH = 8
# Letters that Unicode does not take apart into a base letter and a mark.
_LETTERS = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i"})


def company_id(name: str) -> str:
    """Slug of a company's name: `Apple Inc.` -> `apple-inc`. Only `[a-z0-9-]`, at most 60 characters.

    A longer slug ends in a hash of the whole, so that two long names that begin alike stay apart.
    Raises InvalidInput when nothing of the name is left.
    """
    if not isinstance(name, str):
        raise InvalidInput(f"company_name must be text, not {type(name).__name__}")
    letters = unicodedata.normalize("NFKD", name.casefold().translate(_LETTERS))
    ascii_only = letters.encode("ascii", "ignore").decode("ascii").replace("'", "")
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")
    if not slug:
        raise InvalidInput(f"company_name {name[:80]!r} holds no letter or digit that can stand in an identifier")
    if len(slug) <= MAX_LENGTH:
        return slug
    digest = hashlib.sha256(slug.encode("ascii")).hexdigest()[:_HASH_LENGTH]
    return f"{slug[: MAX_LENGTH - _HASH_LENGTH - 1].rstrip('-')}-{digest}"
