"""DynamoDBToS3Merger: joins a company's two extractions into one document in S3.

Event: {"request", "execution_id", "sec": {"company_id", "extraction_timestamp", "completeness"}, "cxo": the same}.
Result body: {"company_id", "schema_version", "s3": {"bucket", "key", "version_id", "latest": {...}}, "quality_score",
"doubts": [{"field", "doubt", "weight"}]}: 0 to 100, and the heaviest doubts (docs/quality.md).
Written: companies/<company_id>/<time>.json, kept for good, and companies/<company_id>/<company_id>_latest.json.

With "partial": true one of sec and cxo is enough: companies/<company_id>/<time>.partial.json, marked partial, never the
latest.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from common import aws, claims, logging
from common.errors import ConfigurationError, InsufficientDataQuality, InvalidInput, PipelineError
from common.handler import Event, lambda_entry, success
from common.partial import delete_partials, folder, list_keys, load_partial
from common.store import Extraction, load_extraction
from merged_document import SCHEMA_VERSION, MergedDocument, Part, Side, merged_document, part_of, with_biographies
from merged_storage import Saved, save_latest, save_once

# The document has them all; the result travels through the state, and ten say what is wrong.
MAX_DOUBTS = 10

aws.prepare("dynamodb", "s3")


@lambda_entry
def lambda_handler(event: Event, context: Any) -> dict[str, Any]:
    """Merge and save. The same event again writes nothing new and gives the same result.

    Raises InvalidInput, InsufficientDataQuality, DatabaseError, StorageError, ConfigurationError.
    """
    partial = isinstance(event, dict) and event.get("partial") is True
    parts = [_part(event, name, partial) for name in ("sec", "cxo")]
    company = _one_company(event, parts)
    sec, cxo = (_side(part, table) for part, table in zip(parts, ("SEC_TABLE", "CXO_TABLE"), strict=True))
    execution = str(event.get("execution_id") or "")
    if cxo:
        cxo = (cxo[0], _with_workers_biographies(cxo[1], company, execution))
    document = merged_document(event, sec, cxo)
    bucket = os.environ.get("MERGED_BUCKET", "").strip()
    if not bucket:
        raise ConfigurationError("MERGED_BUCKET must hold a bucket's name")
    place = f"companies/{company}/{document.file_time}"
    if partial:
        return _result(company, bucket, save_once(bucket, f"{place}.partial.json", document), None, document)
    check_quality(document)
    saved = save_once(bucket, f"{place}.json", document)
    latest = save_latest(bucket, f"companies/{company}/{company}_latest.json", document)
    _finish(company, execution, f"s3://{bucket}/{saved.key}")
    return _result(company, bucket, saved, latest, document)


def _part(event: Event, name: str, partial: bool) -> Part | None:
    """A branch's result; None where a partial document lacks it."""
    return None if partial and not event.get(name) else part_of(event, name)


def _side(part: Part | None, table: str) -> Side | None:
    """A branch's result, and what it stored."""
    return (part, load_extraction(table, part.company_id, part.extraction_timestamp)) if part else None


def check_quality(document: MergedDocument) -> None:
    """Raise InsufficientDataQuality, with the fields in doubt, for a score below QUALITY_THRESHOLD (0 to 100)."""
    text = os.environ.get("QUALITY_THRESHOLD", "").strip() or "0"
    try:
        threshold = float(text)
    except ValueError:
        raise ConfigurationError(f"QUALITY_THRESHOLD must be a number, not {text[:40]!r}") from None
    quality = document.content["quality"]
    if quality["score"] < threshold:
        doubts = "; ".join(f"{doubt['field']}: {doubt['doubt']}" for doubt in quality["doubts"][:MAX_DOUBTS])
        raise InsufficientDataQuality(
            f"quality {quality['score']} of 100, at least {threshold:g} is asked for: {doubts}"
        )


def _with_workers_biographies(extraction: Extraction, company: str, execution_id: str) -> Extraction:
    """The extraction with what ReadBios found; nothing is lost but biographies where that cannot be read."""
    try:
        prefix = folder(company, execution_id)
        kinds = [key.removeprefix(prefix).removesuffix(".json") for key in list_keys(f"{prefix}cxo-bios-")]
        found = [load_partial(kind, company, execution_id) or {} for kind in kinds]
    except PipelineError as error:
        logging.warning("biographies not joined", error=type(error).__name__, cause=str(error))
        return extraction
    return with_biographies(extraction, found) if found else extraction


def _finish(company: str, execution_id: str, result: str) -> None:
    """The document is safe: remove what led to it, and let the next execution begin. Both also end by themselves."""
    try:
        delete_partials(company, execution_id)
        claims.release(company, execution_id, result)
    except PipelineError as error:
        logging.warning("not tidied up", error=type(error).__name__, cause=str(error))


def _result(company: str, bucket: str, saved: Saved, latest: Saved | None, document: MergedDocument) -> dict[str, Any]:
    place: dict[str, Any] = {"bucket": bucket, "key": saved.key, "version_id": saved.version_id}
    if latest:
        place["latest"] = latest.as_dict()
    quality = document.content["quality"]
    return success(
        company_id=company,
        schema_version=SCHEMA_VERSION,
        partial=document.content["partial"],
        s3=place,
        quality_score=quality["score"],
        doubts=quality["doubts"][:MAX_DOUBTS],
    )


def _one_company(event: Event, parts: Iterable[Part | None]) -> str:
    """The company that all parts are about: joining two companies' data would be worse than failing."""
    companies = {part.company_id for part in parts if part}
    if event.get("company_id"):
        companies.add(str(event["company_id"]))
    if len(companies) > 1:
        raise InvalidInput(f"the parts are about different companies: {', '.join(sorted(companies))}")
    if not companies:
        raise InvalidInput("the event has neither a sec nor a cxo result")
    return companies.pop()
