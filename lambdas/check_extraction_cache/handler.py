"""CheckExtractionCache: whether a company has to be extracted, was a short while ago, or is being extracted now.

Event: {"request": {"company_name", "cache_ttl_hours"?, "force"?, ...}, "execution_id"}.
Result body: {"decision": "extract" | "cached" | "wait", "company_id", "claimed", "wait_until", "cached", "holder"}.

`extract`: this execution holds the claim on the company, until it ends (`common.claims`). `wait`: another one does;
ask again at wait_until. `force` passes by the cache, not by the claim: two extractions at once gain nobody anything.
"""

from __future__ import annotations

import os
import random
from datetime import datetime, timedelta
from typing import Any

from cached import look_up, now_utc, ttl_of
from common import aws, claims, logging, state
from common.errors import ConfigurationError, InvalidInput
from common.handler import Event, lambda_entry, success
from common.ids import company_id

# An execution that was stopped cannot release its claim; asking about each other one at once would be too often.
_ASK_ABOUT_AFTER_SECONDS = 5.0

# S3 is asked about a company that was extracted a short while ago, Step Functions about one that is extracted now.
aws.prepare("dynamodb")


@lambda_entry
def lambda_handler(event: Event, context: Any) -> dict[str, Any]:
    """Decide. The same execution may ask again; it keeps its claim.

    Raises InvalidInput, DatabaseError (the claim), ConfigurationError. The cache itself never raises.
    """
    request = event.get("request") if isinstance(event, dict) else None
    execution = event.get("execution_id") if isinstance(event, dict) else None
    if not isinstance(request, dict) or not isinstance(execution, str) or not execution:
        raise InvalidInput("the event must hold a request and an execution_id")
    company = company_id(request.get("company_name"))  # type: ignore[arg-type]
    ttl = 0.0 if request.get("force") is True else ttl_of(request)
    hit = _look_up(company, ttl)
    if hit:
        return _decided("cached", company, cached=hit)
    answer = _claim(company, execution)
    if isinstance(answer, claims.Busy):
        return _decided("wait", company, wait_until=_ask_again_at(answer), holder=answer.execution_id)
    # The other's result may have come between our look and our claim.
    hit = _look_up(company, ttl) if answer.released else None
    if hit:
        claims.release(company, execution)
        return _decided("cached", company, cached=hit)
    return _decided("extract", company, claimed=True)


def _look_up(company: str, ttl_hours: float) -> dict[str, Any] | None:
    return look_up(company, ttl_hours, now_utc(state.now())) if ttl_hours else None


def _decided(decision: str, company: str, **more: Any) -> dict[str, Any]:
    logging.metrics("cache", {"CacheHit": (1 if decision == "cached" else 0, "Count")}, decision=decision)
    nothing = {"claimed": False, "wait_until": None, "cached": None, "holder": None}
    return success(**{"decision": decision, "company_id": company, **nothing, **more})


def _claim(company: str, execution: str) -> claims.Claimed | claims.Busy:
    """Claim the company, also from an execution that has ended without releasing it."""
    seconds = _seconds("CLAIM_SECONDS", 7200)
    answer = claims.claim(company, execution, seconds)
    if isinstance(answer, claims.Claimed):
        return answer
    held_for = state.now() - answer.since.timestamp()
    if held_for < _ASK_ABOUT_AFTER_SECONDS or not _has_ended(answer.execution_id):
        return answer
    logging.warning("claim taken over", holder=answer.execution_id)
    return claims.claim(company, execution, seconds, dead=answer.execution_id)


def _has_ended(execution: str) -> bool:
    """Whether Step Functions says so. In doubt it has not: the claim then ends by itself."""
    try:
        return str(aws.client("stepfunctions").describe_execution(executionArn=execution)["status"]) in (
            "SUCCEEDED",
            "FAILED",
            "TIMED_OUT",
            "ABORTED",
        )
    except Exception as error:  # whatever it is, it says nothing about the execution
        logging.warning("execution not described", holder=execution, error=type(error).__name__)
        return False


def _ask_again_at(busy: claims.Busy) -> str:
    """When to ask again: a quarter of the time that the other has taken so far, jittered, within the bounds.

    So the waits grow without anyone counting them, and those who wait do not come together.
    """
    now = state.now()
    least, most = _seconds("CLAIM_WAIT_SECONDS", 5), _seconds("CLAIM_WAIT_MAX_SECONDS", 60)
    wait = min(max((now - busy.since.timestamp()) / 4, least), most) * random.uniform(0.75, 1.25)
    latest: datetime = max(busy.until, now_utc(now)) + timedelta(seconds=least)
    return claims.iso(min(now_utc(now + wait), latest))


def _seconds(name: str, default: float) -> float:
    text = os.environ.get(name, "").strip()
    try:
        value = float(text) if text else default
    except ValueError:
        value = -1.0
    if not 0 < value <= claims.MAX_SECONDS:
        raise ConfigurationError(f"{name} must be a number of seconds up to {claims.MAX_SECONDS}, not {text!r}")
    return value
