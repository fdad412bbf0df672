"""Asks Nova Pro who leads a company, when no rule could tell, and saves the fuller extraction."""

from __future__ import annotations

import time
from typing import Any

from common import api_use
from common.api_use import Usage
from common.gaps import Passage, fill_gaps
from common.jobs import Job
from common.saving import saved_passages
from common.store import load_extraction
from cxo_answer import answered
from cxo_extraction import CxoDocument, Person

_HEAD = "chief_executive_officer"


def fill(job: Job, extraction_timestamp: str) -> dict[str, Any]:
    """Ask for what a stored extraction lacks, save the fuller one as a new item, and answer as an extraction does.

    Raises InvalidInput, UpstreamThrottled, UpstreamUnavailable, ServiceUnavailable, DatabaseError, StorageError.
    """
    started = time.monotonic()
    stored = load_extraction("CXO_TABLE", job.company_id, extraction_timestamp).document
    document, usage = CxoDocument.from_dict(stored), Usage()
    gaps = {} if document.has_head() else {_HEAD: None}
    texts = [Passage(*text) for text in saved_passages("cxo", job)]
    try:
        found = fill_gaps(gaps, texts, "cxo", execution_id=job.execution_id, usage=usage)
    finally:
        api_use.log(usage)
    document.skipped += found["skipped"]
    if _HEAD in found["filled"]:
        _take_head(document, found["filled"][_HEAD])
    return answered(
        job,
        document,
        usage=usage.after(stored.get("usage")),
        calls=found["api_calls"],
        durations={"fill_gaps": round((time.monotonic() - started) * 1000)},
    )


def _take_head(document: CxoDocument, head: Any) -> None:
    """The model's answer as the CEO. A person of that name who is known already keeps what was read."""
    if not isinstance(head["value"], str):
        return
    name = head["value"]
    document.roles["CEO"] = [name]
    if all(person.name != name for person in document.of("executive")):
        document.people.append(
            Person(name, "Chief Executive Officer", "executive", "", head["source"], "model", head["quote"], 0.6)
        )
