"""CleanupFailedRun: removes what a failed execution left, by its id, and nothing else. Repeating it is harmless.

Event: {"company_id"?, "request": {"company_name", ...}, "execution_id"}.
Result body: {"company_id", "removed": {"sec", "cxo", "objects"}, "kept": {"sec", "cxo"}, "claim_released"}.

Removed: its items in both tables, unless a merged document (a partial one too) is made of them; its partial objects;
its claim on the company. Other executions' data of the company is never touched: each delete names the execution.
"""

from __future__ import annotations

from typing import Any

from common import aws, claims, logging
from common.errors import InvalidInput, PipelineError
from common.handler import Event, lambda_entry, success
from common.ids import company_id
from common.partial import delete_partials, folder
from leftovers import TABLES, delete_extraction, extractions_of, merged_times

aws.prepare("dynamodb", "s3")


@lambda_entry
def lambda_handler(event: Event, context: Any) -> dict[str, Any]:
    """Remove and tell. Every part is tried, also when one before it failed; then the first error is raised.

    Raises InvalidInput, DatabaseError, StorageError, ConfigurationError.
    """
    company, execution = _of(event)
    failures: list[PipelineError] = []

    def tried(step: Any, otherwise: Any) -> Any:
        try:
            return step(company, execution)
        except PipelineError as error:
            logging.warning("clean-up incomplete", error=type(error).__name__, cause=str(error))
            failures.append(error)
            return otherwise

    removed, kept = tried(_remove_extractions, ({}, {}))
    objects = tried(delete_partials, [])
    released = tried(claims.release, False)
    if failures:
        raise failures[0]
    logging.info("cleaned up", removed=removed, kept=kept, objects=len(objects), claim_released=released)
    return success(company_id=company, removed={**removed, "objects": objects}, kept=kept, claim_released=released)


def _of(event: object) -> tuple[str, str]:
    """The company and the execution, checked. Raises InvalidInput."""
    fields = event if isinstance(event, dict) else {}
    execution, request = fields.get("execution_id"), fields.get("request")
    company = fields.get("company_id")
    if company is None and isinstance(request, dict):
        company = company_id(request.get("company_name"))  # type: ignore[arg-type]
    if not isinstance(execution, str) or not execution:
        raise InvalidInput("the event must hold an execution_id")
    folder(company, execution)  # type: ignore[arg-type]  # raises for what is no company or no execution
    return str(company), execution


def _remove_extractions(company: str, execution: str) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Delete the execution's items that no merged document holds; the timestamps deleted and kept, by table."""
    left = {kind: extractions_of(kind, company, execution) for kind in TABLES}
    merged = merged_times(company, {timestamp for found in left.values() for timestamp in found})
    removed = {
        kind: [time for time in found if time not in merged and delete_extraction(kind, company, time, execution)]
        for kind, found in left.items()
    }
    return removed, {kind: [time for time in found if time in merged] for kind, found in left.items()}
