"""The true values that scripts/score_extraction compares with: read from files of JSON lines, whatever state these are in."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

SEC, LEADERSHIP, SUBMISSIONS = "sec", "leadership", "submissions"
GROUPS = {"executives": "executive", "board": "board", "others": "other"}
# data/<CIK>/<accession number, with or without dashes>/<document>; the oldest filings have no folder of their own.
_ARCHIVED = re.compile(r"Archives/edgar/data/(\d{1,10})/(\d{10})-?(\d{2})-?(\d{6})(?:/([^/]+))?$")


class Record(NamedTuple):
    """One document with its true values. row: as in the file. number: which line of the truth, from 1."""

    kind: str
    company: str
    document: str
    row: Mapping[str, Any]
    number: int

    @property
    def label(self) -> str:
        """How the record is called in the output."""
        return f"{self.company} ({Path(self.document).name or 'no document'})"


class Archived(NamedTuple):
    """A filing as its address names it. name: of the document."""

    cik: str
    accession: str
    name: str


def read_truth(paths: list[Path]) -> tuple[list[Record], list[str]]:
    """(records, what could not be read in words). A file holds JSON lines, or one JSON list. Raises OSError."""
    records: list[Record] = []
    problems: list[str] = []
    for path in paths:
        text = unpacked(path).decode("utf-8-sig", "replace")
        for number, row in _rows(text, path.name, problems):
            if not isinstance(row, Mapping):
                problems.append(f"{path.name}:{number}: not an object")
                continue
            kind = _kind(row)
            document = str(row.get("document") or "").strip().lstrip("/")
            company = str(row.get("company") or row.get("company_name") or document or f"record {number}")
            if kind:
                records.append(Record(kind, company, document, row, number))
            else:
                problems.append(f"{path.name}:{number}: of no known kind: {str(row.get('kind'))[:40]!r}")
    return records, problems


def unpacked(path: Path) -> bytes:
    """A file's content, unpacked when it is gzip's. Raises OSError, also when it cannot be unpacked."""
    content = path.read_bytes()
    try:
        return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    except (EOFError, zlib.error) as error:
        raise OSError(f"{path.name} cannot be unpacked: {error}") from error


def archived(document: str) -> Archived | None:
    """The filing that a document's place in the folder names, if it does."""
    found = _ARCHIVED.search(document.removesuffix(".gz"))
    if not found:
        return None
    cik, *accession, name = found.groups()
    number = "-".join(accession)
    return Archived(f"{int(cik):010d}", number, name or f"{number}.txt")


def cik_in(document: str) -> str:
    """The CIK that a name like CIK0000000001.json holds, or ""."""
    found = re.search(r"CIK(\d{10})[^/]*$", document)
    return found[1] if found else ""


def values_of(record: Record) -> dict[str, Any]:
    """Field to true value. A field is `{"value": …, "how": …}` or the bare value."""
    fields = record.row.get("fields")
    found = fields if isinstance(fields, Mapping) else {}
    return {str(name): entry.get("value") if isinstance(entry, Mapping) else entry for name, entry in found.items()}


def people_of(record: Record) -> list[tuple[str, str, str]]:
    """(name, title, group) of everyone; entries without a name are passed over."""
    found = []
    for key, group in GROUPS.items():
        rows = record.row.get(key)
        for row in rows if isinstance(rows, list) else []:
            name, title = (row.get("name"), row.get("title")) if isinstance(row, Mapping) else (row, None)
            if isinstance(name, str) and name.strip():
                found.append((name, title if isinstance(title, str) else "", group))
    return found


def _rows(text: str, name: str, problems: list[str]) -> Iterator[tuple[int, Any]]:
    if text.lstrip().startswith("["):
        try:
            yield from enumerate(json.loads(text), start=1)
            return
        except ValueError as error:
            problems.append(f"{name}: not JSON: {error}")
            return
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except ValueError as error:
                problems.append(f"{name}:{number}: not JSON: {error}")


def _kind(row: Mapping[str, Any]) -> str:
    """By what the record says of itself, else by what it holds."""
    if row.get("kind") in (SEC, LEADERSHIP, SUBMISSIONS):
        return str(row["kind"])
    if any(isinstance(row.get(key), list) for key in GROUPS):
        return LEADERSHIP
    fields = row.get("fields")
    if not isinstance(fields, Mapping):
        return ""
    return SUBMISSIONS if "latest_10k_accession" in fields else SEC
