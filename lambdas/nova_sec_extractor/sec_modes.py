"""What the SEC extractor does around its reading: the gaps, the fields a model may be asked for, saving, the answer."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from common import api_use
from common.api_use import Usage
from common.errors import UnexpectedContent
from common.gaps import Passage, fill_gaps, reason_not_to_ask
from common.handler import success
from common.jobs import Job
from common.saving import Texts, save, saved_passages
from common.store import load_extraction
from sec_extraction.model import FIELDS, Field, SecDocument, missing

MAX_MISSING = 50
# What a language model may be asked for: words and counts of the prose, never figures of the statements.
_TEXTS = dict.fromkeys(("auditor", "auditor_location", "hq_address", "phone"), (str,))
_ASKABLE: dict[str, tuple[type, ...]] = {"employees": (int, float), **_TEXTS}


def gaps_of(document: SecDocument) -> dict[str, None]:
    """The missing fields that a model may be asked for."""
    return {name: None for name in document.missing if name in _ASKABLE}


def passages_of(document: SecDocument, texts: Sequence[str]) -> list[tuple[str, str]]:
    """The passages with the address of the document that they stand in."""
    source = next((url for url in document.sources if "/Archives/" in url), "")
    return [(text, source) for text in texts]


def fill(job: Job, extraction_timestamp: str) -> dict[str, Any]:
    """Ask for what a stored extraction lacks, save the fuller one as a new item, and answer as an extraction does.

    Raises InvalidInput, UpstreamThrottled, UpstreamUnavailable, ServiceUnavailable, DatabaseError, StorageError.
    """
    started = time.monotonic()
    stored = load_extraction("SEC_TABLE", job.company_id, extraction_timestamp).document
    document, usage = document_of(stored), Usage()
    texts = saved_passages("sec", job)
    try:
        found = fill_gaps(
            gaps_of(document),
            [Passage(*text) for text in texts],
            "sec",
            execution_id=job.execution_id,
            usage=usage,
        )
    finally:
        api_use.log(usage)
    for name, answer in found["filled"].items():
        field = borne_out(name, answer)
        if field is not None:
            document.fields[name] = field
    return answered(
        job,
        document,
        usage=usage.after(stored.get("usage")),
        calls=found["api_calls"],
        skipped=found["skipped"],
        durations={"fill_gaps": _milliseconds(started)},
    )


def answered(
    job: Job,
    document: SecDocument,
    *,
    usage: dict[str, Any],
    calls: dict[str, int],
    skipped: list[str],
    durations: dict[str, int],
    gap_calls: int = 0,
    passages: Texts = (),
) -> dict[str, Any]:
    """Save the document, and the result that says so. Raises what `common.saving.save` does."""
    started = time.monotonic()
    timestamp = save("sec", "SEC_TABLE", job, {**document.to_dict(), "usage": usage}, passages)
    return success(
        company_id=job.company_id,
        extraction_timestamp=timestamp,
        completeness=document.completeness,
        missing=document.missing[:MAX_MISSING],
        sources=document.sources,
        skipped=skipped,
        api_calls=calls,
        gap_calls=gap_calls,
        usage=usage,
        durations_ms={**durations, "save": _milliseconds(started)},
    )


def calls_for_gaps(document: SecDocument, texts: Sequence[str]) -> tuple[int, list[str]]:
    """How many calls of the model filling the gaps takes, and why it is none although there are gaps."""
    if not gaps_of(document):
        return 0, []
    reason = reason_not_to_ask(texts)
    return (0, [reason]) if reason else (1, [])


def borne_out(name: str, answer: Mapping[str, Any]) -> Field | None:
    """A field out of an answer of the right type; it is never surer than what was read by rule."""
    value = answer["value"]
    if not isinstance(value, _ASKABLE[name]) or isinstance(value, bool):
        return None
    return Field(value, {"url": answer["source"], "method": "model", "quote": answer["quote"]}, 0.5)


def document_of(stored: Mapping[str, Any]) -> SecDocument:
    """A document out of its stored form. Raises UnexpectedContent when it is of another form."""
    fields, notes, sources = stored.get("fields"), stored.get("notes", []), stored.get("sources", [])
    if not isinstance(fields, dict) or not isinstance(notes, list) or not isinstance(sources, list):
        raise UnexpectedContent("the stored extraction is not a SEC document")
    return SecDocument({name: _field(fields.get(name)) for name in FIELDS}, list(notes), list(sources))


def _field(stored: object) -> Field:
    if not isinstance(stored, dict):
        return missing("not in the stored extraction")
    if stored.get("value") is None:
        return missing(str(stored.get("reason", "")), applicable=stored.get("applicable") is not False)
    return Field(stored["value"], dict(stored.get("source") or {}), float(stored.get("confidence", 0)))


def _milliseconds(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
