"""Does a value really stand in a text? The test that every value of a language model has to pass.

A model may read a text wrongly, but it cannot add a value that the text does not hold.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_NUMBER = re.compile(r"(?<![\w.,])\d+(?:,\d{3})*(?:\.\d+)?(?![\w]|[.,]\d)(?:\s+(thousand|million|billion|trillion)\b)?")


def flat(text: str) -> str:
    """The text as it is compared: one form for each letter and quote, one space for each gap, no upper case."""
    same = unicodedata.normalize("NFKC", text).translate(str.maketrans("‘’“”–—‑", "''\"\"---"))
    return " ".join(same.casefold().split())


def stands_in(value: object, text: str) -> bool:
    """Whether a text or a number stands in a text, as whole words.

    A number stands there when one of the text's numbers equals it, with its word of scale ("1.5 million") or without.
    """
    if isinstance(value, bool) or value is None:
        return False
    if isinstance(value, (int, float)):
        return Decimal(str(value)) in set(_numbers(flat(text)))
    if not isinstance(value, str) or not flat(value):
        return False
    return re.search(rf"(?<!\w){re.escape(flat(value))}(?!\w)", flat(text)) is not None


def _numbers(text: str) -> Iterator[Decimal]:
    for match in _NUMBER.finditer(text):
        digits = match.group(0).split()[0].replace(",", "")
        try:
            number = Decimal(digits)
        except InvalidOperation:  # digits of another script
            continue
        yield number * _SCALES[match.group(1)] if match.group(1) else number
