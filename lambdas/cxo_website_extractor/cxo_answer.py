"""Save a document about a company's leaders, and the result that says so."""

from __future__ import annotations

import time
from typing import Any

from common.gaps import reason_not_to_ask
from common.handler import success
from common.jobs import Job
from common.saving import save
from cxo_extraction import CxoDocument

MAX_MISSING = 50


def answered(
    job: Job,
    document: CxoDocument,
    *,
    usage: dict[str, Any],
    calls: dict[str, int],
    durations: dict[str, int],
    gap_calls: int = 0,
) -> dict[str, Any]:
    """Save, then answer. The passages are kept for fill_gaps if there are gaps to fill.

    Raises what `common.saving.save` does.
    """
    started = time.monotonic()
    passages = document.passages if gap_calls else ()
    timestamp = save("cxo", "CXO_TABLE", job, {**document.to_dict(), "usage": usage}, passages)
    more = {"bio_batches": document.bio_batches} if document.bio_batches else {}
    return success(
        company_id=job.company_id,
        extraction_timestamp=timestamp,
        completeness=document.completeness(),
        missing=document.missing()[:MAX_MISSING],
        sources=document.pages,
        skipped=document.skipped,
        api_calls=calls,
        gap_calls=gap_calls,
        usage=usage,
        durations_ms={**durations, "save": round((time.monotonic() - started) * 1000)},
        **more,
    )


def calls_for_gaps(document: CxoDocument) -> tuple[int, list[str]]:
    """How many calls of the model finding the head of the company takes, and why it is none although none is known."""
    if document.has_head():
        return 0, []
    reason = reason_not_to_ask(text for text, _ in document.passages)
    return (0, [reason]) if reason else (1, [])
