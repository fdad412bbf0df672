"""DynamoDBToS3Merger: joins a company's two extractions into one document in S3.

Event: {"request", "execution_id", "sec": {"company_id", "extraction_timestamp", "completeness"}, "cxo": the same}.
Result body: {"company_id", "schema_version", "s3": {"bucket", "key", "version_id", "latest": {...}}, "quality_score",
"doubts": [{"field", "doubt", "weight"}]}: 0 to 100, and the heaviest doubts (docs/quality.md).
Written: companies/<company_id>/<time>.json, kept for good, and companies/<company_id>/<company_id>_latest.json.
"""

from __future__ import annotations

import os
from typing import Any

from common.errors import ConfigurationError, InvalidInput
from common.handler import Event, lambda_entry, success
from common.store import load_extraction
from merged_document import SCHEMA_VERSION, Part, merged_document, part_of
from merged_storage import save_latest, save_once

# The document has them all; the result travels through the state, and ten say what is wrong.
MAX_DOUBTS = 10


@lambda_entry
def lambda_handler(event: Event, context: Any) -> dict[str, Any]:
    """Merge and save. The same event again writes nothing new and gives the same result.

    Raises InvalidInput, DatabaseError, StorageError, ConfigurationError.
    """
    sec, cxo = part_of(event, "sec"), part_of(event, "cxo")
    company = _one_company(event, sec, cxo)
    document = merged_document(
        event,
        (sec, load_extraction("SEC_TABLE", company, sec.extraction_timestamp)),
        (cxo, load_extraction("CXO_TABLE", company, cxo.extraction_timestamp)),
    )
    bucket = os.environ.get("MERGED_BUCKET", "").strip()
    if not bucket:
        raise ConfigurationError("MERGED_BUCKET must hold a bucket's name")
    folder = f"companies/{company}"
    saved = save_once(bucket, f"{folder}/{document.file_time}.json", document)
    latest = save_latest(bucket, f"{folder}/{company}_latest.json", document)
    return success(
        company_id=company,
        schema_version=SCHEMA_VERSION,
        s3={"bucket": bucket, "key": saved.key, "version_id": saved.version_id, "latest": latest.as_dict()},
        quality_score=document.content["quality"]["score"],
        doubts=document.content["quality"]["doubts"][:MAX_DOUBTS],
    )


def _one_company(event: Event, sec: Part, cxo: Part) -> str:
    """The company that all parts are about: joining two companies' data would be worse than failing."""
    companies = {sec.company_id, cxo.company_id}
    if event.get("company_id"):
        companies.add(str(event["company_id"]))
    if len(companies) > 1:
        raise InvalidInput(f"the parts are about different companies: {', '.join(sorted(companies))}")
    return sec.company_id
