"""Printed values and what they mean: numbers, dates, states, exchanges.

Number and date formats: the Inline XBRL Transformation Registry (XBRL International) and the SEC's own additions
(ixt-sec, EDGAR Filer Manual volume II, section 5.2.5.12).
"""

from __future__ import annotations

import re
from datetime import date

_DIGITS = re.compile(r"\d[\d,.' \u00a0\u2009]*")
_MOST_DIGITS = 30
_DASHES = frozenset("-\u2010\u2011\u2012\u2013\u2014\u2015\u2212")
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sept sep",
            "october oct",
            "november nov",
            "december dec",
        ),
        1,
    )
    for name in names.split()
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_MONTH_DAY = re.compile(rf"\b({_MONTH})\.?\s*(\d{{1,2}})(?:st|nd|rd|th)?\b", re.I)
_LONG_DATE = re.compile(rf"\b({_MONTH})\.?\s*(\d{{1,2}})(?:st|nd|rd|th)?\s*,?\s*(\d{{4}})\b", re.I)
_DAY_FIRST = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?({_MONTH})\.?,?\s+(\d{{4}})\b", re.I)
_SLASHED = re.compile(r"\b(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})\b")
_ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
# "numcommadot" of the first registry is the American form in spite of its name.
_COMMA_IS_POINT = frozenset({"numcommadecimal", "numdotcomma", "numspacecomma", "numcomma"})
_SMALL_NUMBERS = {
    word: number
    for number, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
        ]
    )
}
_MAGNITUDES = {"hundred": 2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12}


def parse_number(text: str, transform: str = "", scale: str = "", sign: str = "") -> int | float | None:
    """The value of an ix:nonFraction: text by its transformation, times 10**scale, with its sign.

    None when the text is not a number in that format.
    """
    name = transform.rpartition(":")[2].lower().replace("-", "")
    plain = text.strip()
    if name.startswith(("zerodash", "fixedzero", "numdash", "nocontent", "fixedempty")):
        return 0
    if name.startswith("numwords"):
        digits = number_word(plain)
    else:
        digits = _plain_digits(plain, comma_is_point=name in _COMMA_IS_POINT)
    if digits is None:
        return None
    try:
        value = scaled(digits, int(scale or 0))
    except ValueError:
        return None
    return -value if sign == "-" else value


def scaled(digits: str, power: int) -> int | float:
    """digits ("24.4") times 10**power, exactly: an int where the result is whole. Raises ValueError."""
    if abs(power) > _MOST_DIGITS or len(digits) > _MOST_DIGITS:
        raise ValueError("not a figure of a company")
    whole, _, fraction = digits.partition(".")
    fraction = fraction.rstrip("0")
    if power >= len(fraction):
        return int((whole or "0") + fraction.ljust(power, "0")) if power >= 0 else int(whole)
    return float(f"{digits}e{power}")


def number_word(text: str) -> str | None:
    """Digits for "no", "none", "eleven"; None for other words."""
    word = text.strip().lower()
    if word in ("no", "none", "nil", "—", "-"):
        return "0"
    return str(_SMALL_NUMBERS[word]) if word in _SMALL_NUMBERS else None


def magnitude(word: str) -> int:
    """The power of ten of "million" and its like; 0 for anything else."""
    return _MAGNITUDES.get(word.strip().lower(), 0)


def printed_number(text: str) -> int | float | None:
    """A number as a statement prints it: "188,756", "(248,383 )", "$ 1.5", "—" (zero); None for anything else."""
    plain = re.sub(r"[$€£¥\s\u00a0]|US\$|USD", "", text)
    if plain and set(plain) <= _DASHES:
        return 0
    negative = plain.startswith("(") or plain[:1] in _DASHES
    plain = plain.strip("()").lstrip("".join(_DASHES)).rstrip(")")
    if len(plain) > _MOST_DIGITS or not re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?|\d+(\.\d+)?|\.\d+", plain):
        return None
    value = scaled(plain.replace(",", ""), 0)
    return -value if negative else value


def _plain_digits(text: str, *, comma_is_point: bool) -> str | None:
    if text and set(text) <= _DASHES:
        return "0"
    found = _DIGITS.fullmatch(text) or (re.fullmatch(r"\.\d+", text) if text.startswith(".") else None)
    if found is None:
        return None
    digits = re.sub(r"[\s\u00a0\u2009']", "", text)
    if comma_is_point:
        digits = digits.replace(".", "").replace(",", ".")
    else:
        digits = digits.replace(",", "")
    return digits if re.fullmatch(r"\d*(\.\d*)?", digits) and digits.strip(".") else None


def parse_date(text: str) -> date | None:
    """The first date in a text: "September 28, 2024", "28 September 2024", "9/28/2024", "2024-09-28"."""
    candidates: list[tuple[int, date]] = []
    for pattern, order in ((_LONG_DATE, "mdy"), (_DAY_FIRST, "dmy"), (_ISO, "ymd"), (_SLASHED, "mdy")):
        found = pattern.search(text)
        if found:
            parts = dict(zip(order, found.groups(), strict=True))
            day = _date(parts["y"], parts["m"], parts["d"])
            if day:
                candidates.append((found.start(), day))
    return min(candidates)[1] if candidates else None


def iso_day(text: object) -> str | None:
    """The date of "2024-11-01" or of an SGML header's "20241101", as ISO 8601; None for anything else."""
    found = re.match(r"(\d{4})-?(\d{2})-?(\d{2})(?!\d)", str(text or ""))
    day = _date(*found.groups()) if found else None
    return day.isoformat() if day else None


def parse_month_day(text: str) -> tuple[int, int] | None:
    """(month, day) of "December 31" or of the ISO form "--12-31"."""
    iso = re.fullmatch(r"--(\d{2})-(\d{2})", text.strip())
    if iso:
        return int(iso.group(1)), int(iso.group(2))
    found = _MONTH_DAY.search(text)
    return (_MONTHS[found.group(1).lower()], int(found.group(2))) if found else None


def _date(year: str, month: str, day: str) -> date | None:
    number = _MONTHS.get(month.lower()) or (int(month) if month.isdigit() else 0)
    full = int(year) if len(year) == 4 else (1900 if int(year) > 50 else 2000) + int(year)
    try:
        return date(full, number, int(day))
    except ValueError:
        return None
