"""Lists of companies, CSV or JSON Lines: read whole, every broken line told, before anything is started.

CSV has the header `company_name,website_url,stock_symbol` (RFC 4180; `;` and tab may stand for the comma, as spreadsheets
write them). JSON Lines has an object of these fields a line.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stepdeploy import schema
from stepdeploy.errors import InvalidProject, StepdeployError, UsageError
from stepdeploy.jsonsource import Source
from stepdeploy.references import nearest

COLUMNS = ("company_name", "website_url", "stock_symbol")
REQUIRED = COLUMNS[:2]
MAX_COMPANIES = 100_000
MAX_BYTES = 256 * 2**20
DELIMITERS = (",", ";", "\t")
SLUG_LENGTH = 60
DIGEST_LENGTH = 8
# Letters that Unicode does not take apart into a base letter and a mark; as the pipeline's own company_id has them.
_LETTERS = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i"})

Check = Callable[[Mapping[str, Any]], list[StepdeployError]]
Rows = Iterator[tuple[int, dict[str, Any] | str]]


class InvalidList(InvalidProject):
    """A list of companies is broken; `problems` has every line that is. Exit 3."""


@dataclass(frozen=True)
class Company:
    """A line of a list. request: the input of the company's execution."""

    line: int
    company_id: str
    request: dict[str, Any]

    def item(self, day: str, salt: str = "") -> dict[str, Any]:
        """What the batch machine reads of a company. day: yyyymmdd, UTC."""
        named = {"line": self.line, "company_id": self.company_id, "token": self.token(day, salt)}
        return {**named, "request": self.request}

    def token(self, day: str, salt: str = "") -> str:
        """The name of the company's execution: `apple-inc-20261123-1a2b3c4d`, at most 78 characters.

        The same request on the same day gives the same name, which AWS takes once; another website or symbol gives
        another. salt: what makes a wanted second run differ, such as the batch that is retried.
        """
        text = json.dumps(self.request, sort_keys=True, separators=(",", ":"))
        return f"{self.company_id}-{day}-{digest(text + chr(10) + salt)}"


def digest(text: str) -> str:
    """Eight hexadecimal digits that stand for a text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:DIGEST_LENGTH]


def company_id(name: str) -> str:
    """The pipeline's key of a company: `Apple Inc.` -> `apple-inc`, at most 60 characters, [a-z0-9-].

    Two companies with the same one would overwrite each other's documents. "" when nothing of the name is left.
    """
    letters = unicodedata.normalize("NFKD", name.casefold().translate(_LETTERS))
    plain = letters.encode("ascii", "ignore").decode("ascii").replace("'", "")
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if len(slug) <= SLUG_LENGTH:
        return slug
    return f"{slug[: SLUG_LENGTH - DIGEST_LENGTH - 1].rstrip('-')}-{digest(slug)}"


def load(path: Path, check: Check, *, encoding: str | None = None) -> list[Company]:
    """Read a list from a file. Raises UsageError, InvalidList (with all bad lines)."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise UsageError(f"{path} has {size} bytes; a list has at most {MAX_BYTES}")
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from error
    return parse(data, path.name, check, encoding=encoding)


def parse(data: bytes, name: str, check: Check, *, encoding: str | None = None) -> list[Company]:
    """The companies of a list, in order. check: what is wrong with a request, by the machine's input schema.

    encoding: None = UTF-8, or UTF-16 where a byte order mark says so. Raises UsageError, InvalidList.
    """
    text = decoded(data, name, encoding)
    rows = json_rows(text) if text.lstrip().startswith(("{", "[")) else csv_rows(text, name)
    found: list[Company] = []
    problems: list[StepdeployError] = []
    seen: dict[str, int] = {}
    for line, row in rows:
        if len(found) + len(problems) >= MAX_COMPANIES:
            raise InvalidList(f"has more than {MAX_COMPANIES:,} companies", where=name, hint="Divide the list.")
        where = f"{name}:{line}"
        wrong = _problems(row, where, check)
        if isinstance(row, dict) and not wrong:
            company = Company(line, company_id(row["company_name"]), row)
            if company.company_id in seen:
                wrong = [_duplicate(company, seen[company.company_id], where)]
            else:
                seen[company.company_id] = line
                found.append(company)
        problems += wrong
    if not found and not problems:
        raise InvalidList("holds no company", where=name)
    if problems:
        raise InvalidList(str(problems[0]), problems=tuple(problems))
    return found


def _problems(row: dict[str, Any] | str, where: str, check: Check) -> list[StepdeployError]:
    if isinstance(row, str):
        return [InvalidProject(row, where=where)]
    unknown = [name for name in row if name not in COLUMNS]
    if unknown:
        return [_unknown("field", name, where) for name in unknown]
    for name in COLUMNS:
        if isinstance(row.get(name), str):
            row[name] = row[name].strip()
        if row.get(name) in (None, ""):
            row.pop(name, None)
    wrong = [InvalidProject(item.message, where=where, hint=item.hint) for item in check(row)]
    if not wrong and not company_id(row["company_name"]):
        message = f"company_name '{row['company_name'][:40]}' holds no letter or digit that can stand in an identifier"
        return [InvalidProject(message, where=where, hint="Write it in Latin letters.")]
    return list(wrong)


def _duplicate(company: Company, first: int, where: str) -> InvalidProject:
    hint = "Two lines about one company would overwrite each other's document: leave one out."
    return InvalidProject(f"{company.company_id} stands in line {first} already", where=where, hint=hint)


def _unknown(what: str, name: str, where: str) -> InvalidProject:
    hint = nearest(name.strip().lower().replace(" ", "_"), COLUMNS) or f"There are: {', '.join(COLUMNS)}."
    return InvalidProject(f"unknown {what} '{name[:40]}'", where=where, hint=hint)


def request_check(input_schema: Mapping[str, Any] | None) -> Check:
    """A check of requests by a machine's input schema; without one, only that what is required is there."""
    wanted: Mapping[str, Any] = input_schema or {"type": "object", "required": list(REQUIRED)}

    def check(request: Mapping[str, Any]) -> list[StepdeployError]:
        return schema.problems(Source(request, "the line", json.dumps(request)), wanted)

    return check


def decoded(data: bytes, name: str, encoding: str | None) -> str:
    """The text of a list. Raises InvalidList with the line that is not in the encoding, UsageError for an unknown one."""
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    chosen = encoding or ("utf-16" if wide else "utf-8")
    try:
        text = data.decode("utf-8-sig" if chosen.lower() in ("utf-8", "utf8") else chosen)
    except (LookupError, TypeError) as error:
        raise UsageError(f"there is no encoding {chosen!r}", hint="For example: utf-8, cp1252, utf-16.") from error
    except UnicodeError as error:
        line = data.count(b"\n", 0, getattr(error, "start", 0)) + 1
        hint = "Save it as UTF-8, or name its encoding with --encoding (spreadsheets on Windows write cp1252)."
        raise InvalidList(f"is not {chosen.upper()}", where=f"{name}:{line}", hint=hint) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise InvalidList("holds NUL characters", where=f"{name}:{line}", hint="Save it as UTF-8.")
    return text


def json_rows(text: str) -> Rows:
    """(line, object, or what is wrong with it). Lines end at line feeds alone: JSON text may hold U+2028."""
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line, object_pairs_hook=_unique)
        except (ValueError, RecursionError) as error:
            yield number, f"is no JSON object: {error}"
            continue
        yield number, value if isinstance(value, dict) else "must be a JSON object"


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a field is named twice")
    return found


def csv_rows(text: str, name: str) -> Rows:
    """(line, fields by column, or what is wrong with them). Raises InvalidList for a header that cannot be used."""
    head = text.lstrip("\r\n").split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(DELIMITERS, key=head.count), strict=True)
    header: list[str] | None = None
    while True:
        start = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            # After this the reader's idea of where lines begin is not to be trusted.
            yield start, f"{error}; what follows is not read"
            return
        if row is None:
            return
        if not any(cell.strip() for cell in row):
            continue
        if header is None:
            header = _header(row, f"{name}:{start}")
        elif any(cell.strip() for cell in row[len(header) :]):
            yield start, f"has {len(row)} cells, and the header has {len(header)}"
        else:
            yield start, dict(zip(header, row, strict=False))


def _header(row: list[str], where: str) -> list[str]:
    names = [cell.strip() for cell in row]
    while names and not names[-1]:
        names.pop()
    problems: list[StepdeployError] = [_unknown("column", item, where) for item in names if item not in COLUMNS]
    problems += [InvalidProject(f"the column {item} is missing", where=where) for item in REQUIRED if item not in names]
    problems += [
        InvalidProject(f"the column {item} stands twice", where=where)
        for item in dict.fromkeys(names)
        if names.count(item) > 1
    ]
    if problems:
        raise InvalidList(str(problems[0]), problems=tuple(problems))
    return names
