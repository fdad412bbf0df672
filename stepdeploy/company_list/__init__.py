"""Lists of companies, CSV or JSON Lines: read whole, every broken line told, before anything is started.

CSV has a header of fields of the machine's input, such as `company_name,website_url,stock_symbol` (RFC 4180; `;` and tab
may stand for the comma, as spreadsheets write them). JSON Lines has an object of these fields a line.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stepdeploy.company_list.fields import Check, request_check
from stepdeploy.company_list.rows import InvalidList, csv_rows, decoded, json_rows, unknown
from stepdeploy.errors import InvalidProject, StepdeployError, UsageError

__all__ = ["Check", "Company", "InvalidList", "company_id", "digest", "load", "parse", "request_check"]

MAX_COMPANIES = 100_000
MAX_BYTES = 256 * 2**20
SLUG_LENGTH = 60
DIGEST_LENGTH = 8
# Letters that Unicode does not take apart into a base letter and a mark; as the pipeline's own company_id has them.
_LETTERS = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i"})


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
    """The companies of a list, in order. check: the fields of a request, and what is wrong with one.

    encoding: None = UTF-8, or UTF-16 where a byte order mark says so. Raises UsageError, InvalidList.
    """
    text = decoded(data, name, encoding)
    rows = json_rows(text) if text.lstrip().startswith(("{", "[")) else csv_rows(text, name, check)
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
    """What is wrong with a line. Takes empty fields out of `row`, and white space around texts."""
    if isinstance(row, str):
        return [InvalidProject(row, where=where)]
    strange = [name for name in row if name not in check.fields]
    if strange:
        return [unknown("field", name, where, check) for name in strange]
    for name in check.fields:
        if isinstance(row.get(name), str):
            row[name] = row[name].strip()
        if row.get(name) is None or row.get(name) == "":
            row.pop(name, None)
    wrong = [InvalidProject(item.message, where=where, hint=item.hint) for item in check.problems(row)]
    if not wrong and not company_id(row["company_name"]):
        message = f"company_name '{row['company_name'][:40]}' holds no letter or digit that can stand in an identifier"
        return [InvalidProject(message, where=where, hint="Write it in Latin letters.")]
    return list(wrong)


def _duplicate(company: Company, first: int, where: str) -> InvalidProject:
    hint = "Two lines about one company would overwrite each other's document: leave one out."
    return InvalidProject(f"{company.company_id} stands in line {first} already", where=where, hint=hint)
