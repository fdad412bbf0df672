"""The text of a list, and its lines as objects."""

from __future__ import annotations

import codecs
import csv
import io
import json
import math
from collections.abc import Iterator
from typing import Any

from stepdeploy.company_list.fields import Check
from stepdeploy.errors import InvalidProject, StepdeployError, UsageError
from stepdeploy.references import nearest

DELIMITERS = (",", ";", "\t")

Rows = Iterator[tuple[int, dict[str, Any] | str]]


class InvalidList(InvalidProject):
    """A list of companies is broken; `problems` has every line that is. Exit 3."""


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
            value = json.loads(line, object_pairs_hook=_unique, parse_constant=_no_number, parse_float=_finite)
        except (ValueError, RecursionError) as error:
            yield number, f"is no JSON object: {error}"
            continue
        yield number, value if isinstance(value, dict) else "must be a JSON object"


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a field is named twice")
    return found


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_number(text)


def csv_rows(text: str, name: str, check: Check) -> Rows:
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
            header = _header(row, f"{name}:{start}", check)
        elif any(cell.strip() for cell in row[len(header) :]):
            yield start, f"has {len(row)} cells, and the header has {len(header)}"
        else:
            cells = zip(header, row, strict=False)
            yield start, {column: check.value(column, cell.strip()) for column, cell in cells}


def _header(row: list[str], where: str, check: Check) -> list[str]:
    names = [cell.strip() for cell in row]
    while names and not names[-1]:
        names.pop()
    strange = [item for item in names if item not in check.fields]
    problems: list[StepdeployError] = [unknown("column", item, where, check) for item in strange]
    problems += [
        InvalidProject(f"the column {item} is missing", where=where) for item in check.required if item not in names
    ]
    problems += [
        InvalidProject(f"the column {item} stands twice", where=where)
        for item in dict.fromkeys(names)
        if names.count(item) > 1
    ]
    if problems:
        raise InvalidList(str(problems[0]), problems=tuple(problems))
    return names


def unknown(what: str, name: str, where: str, check: Check) -> InvalidProject:
    """A column or field that no request has."""
    known = list(check.fields)
    hint = nearest(name.strip().lower().replace(" ", "_"), known) or f"There are: {', '.join(known)}."
    return InvalidProject(f"unknown {what} '{name[:40]}'", where=where, hint=hint)
