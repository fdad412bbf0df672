"""The merged document: what it holds, and the same bytes for the same extractions."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
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


def merged_document(event: Event, sec: tuple[Part, Extraction], cxo: tuple[Part, Extraction]) -> MergedDocument:
    """Join both extractions. Nothing but the event and the extractions goes in, no clock: repeating changes nothing."""
    (sec_part, sec_data), (cxo_part, cxo_data) = sec, cxo
    data_time = max(sec_data.extraction_timestamp, cxo_data.extraction_timestamp)
    quality = score(sec_data.document, cxo_data.document, now=_moment(data_time))
    request = event.get("request")
    request = request if isinstance(request, dict) else {}
    content = {
        "schema_version": SCHEMA_VERSION,
        "company": {
            "company_id": sec_part.company_id,
            "name": request.get("company_name"),
            "website_url": request.get("website_url"),
            "stock_symbol": request.get("stock_symbol"),
        },
        "sec": sec_data.document,
        "cxo": cxo_data.document,
        "quality": {
            "sec_completeness": sec_part.completeness,
            "cxo_completeness": cxo_part.completeness,
            "score": quality.score,
            "doubts": quality.doubts,
            "confidence": quality.confidence,
        },
        "provenance": {
            "execution_id": event.get("execution_id"),
            "sec": _provenance(sec_data),
            "cxo": _provenance(cxo_data),
        },
    }
    return MergedDocument(content, data_time)


def _moment(timestamp: str) -> datetime:
    """The time of an extraction, so that the quality does not depend on when the merge runs."""
    try:
        return datetime.fromisoformat(timestamp)
    except ValueError:
        raise InvalidInput(f"extraction_timestamp is not a time: {timestamp[:40]!r}") from None


def _provenance(extraction: Extraction) -> dict[str, str]:
    return {"execution_id": extraction.execution_id, "extraction_timestamp": extraction.extraction_timestamp}
