"""ReserveApiBudget: when an execution may make its next calls of an API that all executions share.

Event: {"api": "serper" | "nova" | "edgar" | ..., "calls": 1, "execution_id"}.
Result body: {"api", "calls", "allowed", "state", "not_before", "wait_seconds", "interval_seconds", "reason"}.
The machine waits until `not_before`; a function that waited would be paid for it.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from common import aws, breaker, budget, logging, state
from common.claims import iso
from common.errors import InvalidInput
from common.handler import Event, lambda_entry, success

MAX_CALLS = 1000

aws.prepare("dynamodb")


@lambda_entry
def lambda_handler(event: Event, context: Any) -> dict[str, Any]:
    """Ask the breaker, then reserve. An open breaker is an answer (`allowed` false), not an error; a pause is waited for.

    Raises InvalidInput, ApiBudgetExhausted, DatabaseError, ConfigurationError.
    """
    api, calls, rate = _asked(event)
    execution = str(event.get("execution_id") or "")
    verdict = breaker.ask(api, execution)
    answer = {"api": api, "calls": calls, "state": verdict.state, "interval_seconds": rate.interval / 1_000_000}
    if verdict.state == breaker.OPEN:
        again = datetime.fromtimestamp(verdict.retry_at, UTC)
        return success(**answer, allowed=False, **_wait(again), reason=f"the circuit breaker of {api} is open")
    if verdict.state == breaker.PAUSED:
        budget.hold(api, verdict.retry_at)
    reservation = budget.reserve(api, calls, rate)
    waits = _wait(reservation.not_before)
    logging.metrics("reserved", {"BudgetWait": (waits["wait_seconds"], "Seconds")}, api=api, calls=calls)
    return success(**answer, allowed=True, **waits, reason=None)


def _asked(event: object) -> tuple[str, int, budget.Rate]:
    """The event's API, its calls and the limit. Raises InvalidInput, ConfigurationError."""
    fields = event if isinstance(event, dict) else {}
    rates = budget.rates()
    api, calls = fields.get("api"), fields.get("calls")
    if not isinstance(api, str) or api not in rates:
        raise InvalidInput(f"api must be one of {', '.join(sorted(rates))}, not {str(api)[:40]!r}")
    # Step Functions may hand a whole number on as 3.0.
    if isinstance(calls, bool) or not isinstance(calls, (int, float)) or not 1 <= calls <= MAX_CALLS or calls % 1:
        raise InvalidInput(f"calls must be a whole number from 1 to {MAX_CALLS}, not {str(calls)[:40]!r}")
    return api, int(calls), rates[api]


def _wait(moment: datetime) -> dict[str, Any]:
    """The time for a Wait state, rounded up to a millisecond: never too early."""
    rounded = datetime.fromtimestamp(math.ceil(moment.timestamp() * 1000) / 1000, UTC)
    return {"not_before": iso(rounded), "wait_seconds": round(max(0.0, rounded.timestamp() - state.now()), 3)}
