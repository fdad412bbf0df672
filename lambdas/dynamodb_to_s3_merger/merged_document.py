"""The merged document: what it holds, and the same bytes for the same extractions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from common.errors import InvalidInput
from common.handler import Event
from common.quality import score
from common.store import Extraction

SCHEMA_VERSION = "1.0"


@dataclass(frozen=True)
class Part:
    """One extractor's result, as the state machine hands it on."""

    company_id: str
    extraction_timestamp: str
    completeness: float


@dataclass(frozen=True)
class MergedDocument:
    """A document to save. data_time: the later of the two extractions, ISO 8601 in UTC."""

    content: dict[str, Any]
    data_time: str

    @cached_property
    def body(self) -> bytes:
        """The document as UTF-8 JSON; equal content gives equal bytes."""
        return json.dumps(self.content, ensure_ascii=False, indent=2, sort_keys=True).encode("utf-8") + b"\n"

    @cached_property
    def sha256(self) -> str:
        """Hexadecimal SHA-256 of the body."""
        return hashlib.sha256(self.body).hexdigest()

    @property
    def file_time(self) -> str:
        """data_time without the characters that file systems and URLs dislike: `20261123T120000.123456Z`."""
        return self.data_time.replace("-", "").replace(":", "")


def part_of(event: Event, name: str) -> Part:
    """The part `sec` or `cxo` of the event. Raises InvalidInput when a field is missing or of another type."""
    part = event.get(name) if isinstance(event, dict) else None
    if not isinstance(part, dict):
        raise InvalidInput(f"the event has no {name} result")
    texts = [part.get("company_id"), part.get("extraction_timestamp")]
    completeness = part.get("completeness")
    if not all(isinstance(text, str) and text for text in texts):
        raise InvalidInput(f"the {name} result has no company_id or no extraction_timestamp")
    if isinstance(completeness, bool) or not isinstance(completeness, (int, float)):
        raise InvalidInput(f"the {name} result has no completeness")
    return Part(texts[0], texts[1], completeness)


Side = tuple[Part, Extraction]


def merged_document(event: Event, sec: Side | None, cxo: Side | None) -> MergedDocument:
    """Join the extractions; one that is None makes the document partial.

    Nothing but the event and the extractions goes in, no clock: repeating changes nothing. Raises InvalidInput.
    """
    sides = [side for side in (sec, cxo) if side]
    if not sides:
        raise InvalidInput("there is neither a sec nor a cxo result to save")
    data_time = max(data.extraction_timestamp for _, data in sides)
    documents = [side[1].document if side else {} for side in (sec, cxo)]
    quality = score(*documents, now=_moment(data_time))
    request = event.get("request")
    request = request if isinstance(request, dict) else {}
    content = {
        "schema_version": SCHEMA_VERSION,
        "partial": len(sides) == 1,
        "company": {
            "company_id": sides[0][0].company_id,
            "name": request.get("company_name"),
            "website_url": request.get("website_url"),
            "stock_symbol": request.get("stock_symbol"),
        },
        "sec": sec[1].document if sec else None,
        "cxo": cxo[1].document if cxo else None,
        "quality": {
            "sec_completeness": sec[0].completeness if sec else 0,
            "cxo_completeness": cxo[0].completeness if cxo else 0,
            "score": quality.score,
            "doubts": quality.doubts,
            "checks": quality.checks,
            "confidence": quality.confidence,
        },
        "provenance": {
            "execution_id": event.get("execution_id"),
            "sec": _provenance(sec[1]) if sec else None,
            "cxo": _provenance(cxo[1]) if cxo else None,
        },
    }
    return MergedDocument(content, data_time)


def with_biographies(extraction: Extraction, found: Iterable[Mapping[str, Any]]) -> Extraction:
    """The executives with the biographies that other workers read: {"bios": [{"name", "bio", "url"}]} each.

    A biography that is there already is kept; one of a person who is not listed is left out.
    """
    bios = {str(bio.get("name")): bio for part in found for bio in part.get("bios") or () if bio.get("bio")}
    document = dict(extraction.document)
    for group in ("executives", "board", "others"):
        people = document.get(group)
        if isinstance(people, list):
            document[group] = [_with_bio(person, bios) for person in people]
    return replace(extraction, document=document)


def _with_bio(person: Any, bios: Mapping[str, Mapping[str, Any]]) -> Any:
    found = bios.get(str(person.get("name"))) if isinstance(person, dict) and not person.get("bio") else None
    return {**person, "bio": found["bio"], "bio_url": found.get("url")} if found else person


def _moment(timestamp: str) -> datetime:
    """The time of an extraction, so that the quality does not depend on when the merge runs."""
    try:
        return datetime.fromisoformat(timestamp)
    except ValueError:
        raise InvalidInput(f"extraction_timestamp is not a time: {timestamp[:40]!r}") from None


def _provenance(extraction: Extraction) -> dict[str, str]:
    return {"execution_id": extraction.execution_id, "extraction_timestamp": extraction.extraction_timestamp}
