"""CXOWebsiteExtractor: reads a company's executives and board from its website and saves them in DynamoDB.

Event: {"request": {"company_name", "website_url", "stock_symbol"?, "live"?}, "execution_id"}.
Result body: {"company_id", "extraction_timestamp", "completeness", "missing", "sources", "skipped", "api_calls"}.
"""

from __future__ import annotations

from typing import Any

from common.errors import InvalidInput
from common.fetch import Fetcher
from common.handler import Event, lambda_entry, success
from common.ids import company_id
from common.store import save_extraction
from cxo_extraction import extract
from cxo_extraction.model import CxoDocument, Person

# Lambda's own limit is longer; saving and an answer must still fit in.
RESERVE_SECONDS = 20.0
DEADLINE_SECONDS = 90.0


@lambda_entry
def lambda_handler(event: Event, context: Any) -> dict[str, Any]:
    """Extract and save.

    Raises InvalidInput, UnsafeUrl, LeadershipPageNotFound, the Upstream errors, DatabaseError, ConfigurationError.
    """
    request = event.get("request") if isinstance(event, dict) else None
    if not isinstance(request, dict):
        raise InvalidInput("the event must hold a request")
    company = company_id(request.get("company_name"))  # type: ignore[arg-type]
    document = extract(request, Fetcher.from_environment(request), deadline=_seconds(context))
    calls = {"website": document.api_calls}
    if not document.has_head():
        calls.update(_fill_head(document))
    timestamp = save_extraction("CXO_TABLE", company, document.to_dict(), str(event.get("execution_id") or ""))
    return success(
        company_id=company,
        extraction_timestamp=timestamp,
        completeness=document.completeness(),
        missing=document.missing()[:50],
        sources=document.pages,
        skipped=document.skipped,
        api_calls=calls,
    )


def _seconds(context: Any) -> float:
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    if remaining is None:
        return DEADLINE_SECONDS
    return max(1.0, min(DEADLINE_SECONDS, remaining() / 1000 - RESERVE_SECONDS))


def _fill_head(document: CxoDocument) -> dict[str, int]:
    """Ask the optional services who leads the company; what they cannot bear out with a quote stays missing."""
    from common.gaps import Passage, fill_gaps

    passages = [Passage(f"{person.quote}\n{person.bio}", person.url) for person in document.people]
    found = fill_gaps({"chief_executive_officer": None}, passages, "cxo", company=document.company_name)
    document.skipped.extend(found["skipped"])
    head = found["filled"].get("chief_executive_officer")
    if head:
        name = str(head["value"])
        document.roles["CEO"] = [name]
        if all(person.name != name for person in document.of("executive")):
            document.people.append(
                Person(name, "Chief Executive Officer", "executive", "", head["source"], "model", head["quote"], 0.6)
            )
    return dict(found["api_calls"])
