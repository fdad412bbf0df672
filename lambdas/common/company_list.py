"""Lists of companies, CSV or JSON Lines, and the token of a company: the name of its execution.

CSV has a header of fields of a request, such as `company_name,website_url,stock_symbol` (RFC 4180; `;` and tab may stand
for the comma, as spreadsheets write them). JSON Lines has an object of these fields a line. The tool reads lists by the
same rules.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import json
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from common.errors import InvalidInput
from common.ids import company_id
from common.request_fields import FIELDS, REQUIRED, checked, told, value_of

__all__ = ["BadLine", "Company", "UnusableList", "checked", "read_list", "token"]

MAX_COMPANIES = 100_000
_DELIMITERS = (",", ";", "\t")
_DIGEST_LENGTH = 8


class UnusableList(InvalidInput):
    """Nothing of a list can be used. line: where that shows, 0 where it is no line's fault."""

    def __init__(self, problem: str, line: int = 0) -> None:
        super().__init__(problem)
        self.line = line


class Company(NamedTuple):
    """A usable line. request: the input of the company's execution."""

    line: int
    company_id: str
    request: dict[str, Any]


class BadLine(NamedTuple):
    """A line that cannot be used, and why."""

    line: int
    problem: str


def token(company: str, request: dict[str, Any], day: str, salt: str = "") -> str:
    """The name of a company's execution: `apple-inc-20261123-1a2b3c4d`, at most 78 characters.

    The same request on the same day gives the same name, which AWS takes once; another website or symbol gives another.
    company: its company_id. day: yyyymmdd, UTC. salt: what makes a wanted second run differ, such as the batch that is
    retried.
    """
    text = json.dumps(request, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(f"{text}\n{salt}".encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_LENGTH]
    return f"{company}-{day}-{digest}"


def read_list(body: bytes) -> tuple[list[Company], list[BadLine]]:
    """The companies of a list and its bad lines, in order. Of lines about the same company the first counts.

    Raises UnusableList for a list of which nothing can be used: encoding, header, no line or over 100,000 of them.
    """
    text = _decoded(body)
    rows = _json_rows(text) if text.lstrip().startswith(("{", "[")) else _csv_rows(text)
    good: list[Company] = []
    bad: list[BadLine] = []
    seen: dict[str, int] = {}
    for line, row in rows:
        if len(good) + len(bad) >= MAX_COMPANIES:
            raise UnusableList(f"the list has more than {MAX_COMPANIES} companies")
        try:
            company = _company(line, row)
            if company.company_id in seen:
                raise InvalidInput(f"{company.company_id} stands in line {seen[company.company_id]} already")
        except InvalidInput as error:
            bad.append(BadLine(line, str(error)))
            continue
        seen[company.company_id] = line
        good.append(company)
    if not good and not bad:
        raise UnusableList("the list holds no company")
    return good, bad


def _company(line: int, row: object) -> Company:
    if isinstance(row, InvalidInput):
        raise row
    request = checked(row)
    return Company(line, company_id(request["company_name"]), request)


def _decoded(body: bytes) -> str:
    """UTF-8, or UTF-16 where a byte order mark says so."""
    wide = body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = body.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise UnusableList(f"line {line} is not {'UTF-16' if wide else 'UTF-8'}") from error
    if "\0" in text:
        raise UnusableList("the list holds NUL characters")
    return text


def _json_rows(text: str) -> Iterator[tuple[int, object]]:
    """(line, object or what is wrong with it). Lines end at line feeds alone: JSON text may hold U+2028."""
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            hooks = {"object_pairs_hook": _unique, "parse_constant": _no_number, "parse_float": _finite}
            yield number, json.loads(line, **hooks)
        except InvalidInput as error:
            yield number, error
        except (ValueError, RecursionError) as error:
            yield number, InvalidInput(f"is no JSON: {error}")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise InvalidInput("names a field twice")
    return found


def _no_number(name: str) -> float:
    raise InvalidInput(f"{name} is no number of JSON")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_number(text)


def _csv_rows(text: str) -> Iterator[tuple[int, object]]:
    """(line, fields by column or what is wrong with them)."""
    head = text.lstrip("\r\n").split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(head), strict=True)
    header: list[str] | None = None
    while True:
        start = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            # After this the reader's idea of where lines begin is not to be trusted.
            if header is None:
                raise UnusableList(str(error), start) from error
            yield start, InvalidInput(f"{error}; what follows is not read")
            return
        if row is None:
            return
        if not any(cell.strip() for cell in row):
            continue
        if header is None:
            header = _header(row, start)
        elif any(cell.strip() for cell in row[len(header) :]):
            yield start, InvalidInput(f"has {len(row)} cells, and the header has {len(header)}")
        else:
            cells = zip(header, row, strict=False)
            yield start, {column: value_of(column, cell.strip()) for column, cell in cells}


def _delimiter(head: str) -> str:
    """The one of which the first line has most."""
    return max(_DELIMITERS, key=head.count)


def _header(row: list[str], line: int) -> list[str]:
    names = [cell.strip() for cell in row]
    while names and not names[-1]:
        names.pop()
    wrong = [name for name in names if name not in FIELDS]
    if wrong:
        raise UnusableList(f"unknown {told(wrong, 'column')}", line)
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise UnusableList(f"the column {missing[0]} is missing", line)
    if len(set(names)) < len(names):
        raise UnusableList("a column stands twice in the header", line)
    return names
