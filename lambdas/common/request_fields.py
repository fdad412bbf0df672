"""The fields of a request: what each may hold, and how a cell of a CSV list becomes one.

As in definitions/company_data_extraction.input.schema.json; tests hold them together. The tool reads lists by the same
rules.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any

from common.errors import InvalidInput

REQUIRED = ("company_name", "website_url")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_MAX_CELL = 30

Check = Callable[[str, Any], Any]


def checked(request: object) -> dict[str, Any]:
    """A request whose fields the pipeline takes, texts stripped, without empty ones. Raises InvalidInput."""
    if not isinstance(request, dict):
        raise InvalidInput("a company must be an object")
    unknown = [name for name in request if name not in FIELDS]
    if unknown:
        raise InvalidInput(f"unknown {told(unknown, 'field')}")
    fields: dict[str, Any] = {}
    for name, check in FIELDS.items():
        value = request.get(name)
        value = value.strip() if isinstance(value, str) else value
        if value is None or value == "":
            if name in REQUIRED:
                raise InvalidInput(f"{name} is missing")
            continue
        fields[name] = check(name, value)
    return fields


def told(unknown: list[str], what: str) -> str:
    """Names that no request has, in words: `columns 'a', 'b'; there are ...`."""
    named = ", ".join(repr(str(name)[:40]) for name in unknown[:5])
    return f"{what}{'s' if len(unknown) > 1 else ''} {named}; there are {', '.join(FIELDS)}"


def value_of(name: str, cell: str) -> Any:
    """What a cell of CSV means in a column. One that cannot be meant stays text, which `checked` then refuses."""
    check = FIELDS[name]
    if check is _yes_or_no and cell.lower() in ("true", "false"):
        return cell.lower() == "true"
    if check is _hours and len(cell) < _MAX_CELL and _NUMBER.fullmatch(cell):
        number = json.loads(cell)
        return number if math.isfinite(number) else cell
    return cell


def _text(pattern: str, problem: str, most: int) -> Check:
    compiled = re.compile(pattern)

    def check(name: str, value: Any) -> str:
        if not isinstance(value, str):
            raise InvalidInput(f"{name} must be text")
        if not compiled.search(value):
            raise InvalidInput(f"{name} {problem}")
        if len(value) > most:
            raise InvalidInput(f"{name} is {len(value)} characters long; at most {most} are allowed")
        return value

    return check


def _yes_or_no(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise InvalidInput(f"{name} must be true or false")
    return value


def _hours(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= MAX_HOURS:
        raise InvalidInput(f"{name} must be a number from 0 to {MAX_HOURS}")
    return value


def _cik(name: str, value: Any) -> int | str:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return str(_CIK_TEXT(name, value))


MAX_HOURS = 8760
_CIK_TEXT = _text(r"^[0-9]{1,10}\Z", "must be up to 10 digits", 10)

FIELDS: dict[str, Check] = {
    "company_name": _text(r"\S", "must not be empty", 200),
    "website_url": _text(r"^https?://[^\s/?#]+", "must start with http:// or https:// and a host", 2048),
    "stock_symbol": _text(r"^[A-Za-z0-9][A-Za-z0-9.\-]*\Z", "must be letters, digits, '.' and '-'", 12),
    "force": _yes_or_no,
    "cache_ttl_hours": _hours,
    "accession": _text(r"^[0-9]{10}-?[0-9]{2}-?[0-9]{6}\Z", "must be an accession number, 0000320193-24-000123", 20),
    "cik": _cik,
    "live": _yes_or_no,
}
"""Name -> its check, in the order of the input schema."""
