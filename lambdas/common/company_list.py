"""Lists of companies, CSV or JSON Lines, and the token of a company: the name of its execution.

CSV has the header `company_name,website_url,stock_symbol` (RFC 4180; `;` and tab may stand for the comma, as spreadsheets
write them). JSON Lines has an object of these fields a line. The tool reads lists by the same rules.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from common.errors import InvalidInput
from common.ids import company_id

COLUMNS = ("company_name", "website_url", "stock_symbol")
MAX_COMPANIES = 100_000
_REQUIRED = COLUMNS[:2]
_DELIMITERS = (",", ";", "\t")
_DIGEST_LENGTH = 8
# As in definitions/company_data_extraction.input.schema.json; a test holds them together.
_LIMITS = {"company_name": 200, "website_url": 2048, "stock_symbol": 12}
_FORMS = {
    "company_name": (re.compile(r"\S"), "must not be empty"),
    "website_url": (re.compile(r"^https?://[^\s/?#]+"), "must start with http:// or https:// and a host"),
    "stock_symbol": (re.compile(r"^[A-Za-z0-9][A-Za-z0-9.\-]*\Z"), "must be letters, digits, '.' and '-'"),
}


class Company(NamedTuple):
    """A usable line. request: the input of the company's execution."""

    line: int
    company_id: str
    request: dict[str, str]


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

    Raises InvalidInput for a list of which nothing can be used: encoding, header, no line or over 100,000 of them.
    """
    text = _decoded(body)
    rows = _json_rows(text) if text.lstrip().startswith(("{", "[")) else _csv_rows(text)
    good: list[Company] = []
    bad: list[BadLine] = []
    seen: dict[str, int] = {}
    for line, row in rows:
        if len(good) + len(bad) >= MAX_COMPANIES:
            raise InvalidInput(f"the list has more than {MAX_COMPANIES} companies")
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
        raise InvalidInput("the list holds no company")
    return good, bad


def checked(request: object) -> dict[str, str]:
    """A request whose fields the pipeline takes, stripped, without empty ones. Raises InvalidInput."""
    if not isinstance(request, dict):
        raise InvalidInput("a company must be an object")
    unknown = [name for name in request if name not in COLUMNS]
    if unknown:
        raise InvalidInput(f"unknown field {unknown[0][:40]!r}; there are {', '.join(COLUMNS)}")
    fields: dict[str, str] = {}
    for name in COLUMNS:
        value = request.get(name)
        if value is None or value == "":
            if name in _REQUIRED:
                raise InvalidInput(f"{name} is missing")
            continue
        if not isinstance(value, str):
            raise InvalidInput(f"{name} must be text")
        fields[name] = _field(name, value.strip())
    return fields


def _field(name: str, value: str) -> str:
    pattern, problem = _FORMS[name]
    if not pattern.search(value):
        raise InvalidInput(f"{name} {problem}")
    if len(value) > _LIMITS[name]:
        raise InvalidInput(f"{name} is {len(value)} characters long; at most {_LIMITS[name]} are allowed")
    return value


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
        raise InvalidInput(f"line {line} is not {'UTF-16' if wide else 'UTF-8'}") from error
    if "\0" in text:
        raise InvalidInput("the list holds NUL characters")
    return text


def _json_rows(text: str) -> Iterator[tuple[int, object]]:
    """(line, object or what is wrong with it). Lines end at line feeds alone: JSON text may hold U+2028."""
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line, object_pairs_hook=_unique)
        except InvalidInput as error:
            yield number, error
        except (ValueError, RecursionError) as error:
            yield number, InvalidInput(f"is no JSON: {error}")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise InvalidInput("names a field twice")
    return found


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
                raise InvalidInput(f"line {start}: {error}") from error
            yield start, InvalidInput(f"{error}; what follows is not read")
            return
        if row is None:
            return
        if not any(cell.strip() for cell in row):
            continue
        if header is None:
            header = _header(row)
        elif any(cell.strip() for cell in row[len(header) :]):
            yield start, InvalidInput(f"has {len(row)} cells, and the header has {len(header)}")
        else:
            yield start, dict(zip(header, (cell.strip() for cell in row), strict=False))


def _delimiter(head: str) -> str:
    """The one of which the first line has most."""
    return max(_DELIMITERS, key=head.count)


def _header(row: list[str]) -> list[str]:
    names = [cell.strip() for cell in row]
    while names and not names[-1]:
        names.pop()
    wrong = [name for name in names if name not in COLUMNS]
    if wrong:
        raise InvalidInput(f"unknown column {wrong[0][:40]!r}; there are {', '.join(COLUMNS)}")
    missing = [name for name in _REQUIRED if name not in names]
    if missing:
        raise InvalidInput(f"the column {missing[0]} is missing")
    if len(set(names)) < len(names):
        raise InvalidInput("a column stands twice in the header")
    return names
