"""An extraction is saved twice, side by side: as a new item in DynamoDB, and as the execution's partial result in S3.

The passages in which a model may look for what is missing go to S3 too (`<kind>-passages`), for the same execution's
`fill_gaps`: `{"passages": [{"text", "source"}, ...]}`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from common import aws
from common.jobs import Job
from common.partial import load_partial, save_partial
from common.store import save_extraction

# Characters of passages that are kept: what one question to the model may hold.
MAX_PASSAGES = 60_000

Texts = Sequence[tuple[str, str]]
"""(text, where it stands)"""


def save(kind: str, table_env: str, job: Job, document: Mapping[str, Any], passages: Texts = ()) -> str:
    """Save both and return the item's extraction_timestamp. What fails is raised after all have ended.

    kind: `sec` or `cxo`. table_env: the environment variable with the table's name. An item whose partial result
    could not be written stays behind, but is never answered: a retry makes a new one, the clean-up knows both by the
    execution. Raises DatabaseError, StorageError, DocumentTooLarge, UnexpectedContent, ConfigurationError.
    """
    # Made before the threads are: a session is not for use by several.
    aws.client("s3"), aws.client("dynamodb")
    objects: dict[str, Mapping[str, Any]] = {kind: document}
    if passages:
        objects[f"{kind}-passages"] = {"passages": _kept(passages)}
    with ThreadPoolExecutor(len(objects)) as threads:
        writes = [
            threads.submit(save_partial, name, job.company_id, job.execution_id, content)
            for name, content in objects.items()
        ]
        timestamp = save_extraction(table_env, job.company_id, document, job.execution_id)
        for write in writes:
            write.result()
    return timestamp


def saved_passages(kind: str, job: Job) -> list[tuple[str, str]]:
    """The passages that this execution's extraction saved; none if it saved none. Raises what load_partial does."""
    stored = load_partial(f"{kind}-passages", job.company_id, job.execution_id) or {}
    rows = stored.get("passages")
    return [
        (str(row.get("text", "")), str(row.get("source", "")))
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict)
    ]


def _kept(passages: Texts) -> list[dict[str, str]]:
    """The first passages, as far as MAX_PASSAGES reaches."""
    kept, left = [], MAX_PASSAGES
    for text, source in passages:
        if left <= 0:
            break
        kept.append({"text": text[:left], "source": source})
        left -= len(text)
    return kept
