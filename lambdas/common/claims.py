"""One extraction of a company at a time: an execution claims the company by a conditional write.

::

    answer = claims.claim("apple-inc", execution_id, seconds=7200)
    if isinstance(answer, claims.Busy):
        ...                     # another execution extracts it; ask again later
    claims.release("apple-inc", execution_id)

The same execution may claim again (retries, redrive). A claim ends by its release, or at its `until`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from common import state
from common.errors import DatabaseError

# Nobody claims for longer. A later `until` was written by a broken clock, and holds nobody off.
MAX_SECONDS = 86_400
_KEPT = timedelta(days=1)
_FREE = (
    "attribute_not_exists(pk) OR (attribute_type(execution_id, :text) AND execution_id = :me)"
    " OR NOT attribute_type(#until, :text) OR #until < :now OR #until > :horizon"
)


class Claimed(NamedTuple):
    """The company is this execution's until `until` (UTC). released: another execution had it and gave it back."""

    until: datetime
    released: bool


class Busy(NamedTuple):
    """The company is another execution's: `execution_id`, since `since`, at most until `until` (UTC)."""

    until: datetime
    execution_id: str
    since: datetime


def claim(
    company_id: str, execution_id: str, seconds: float, now: datetime | None = None, *, dead: str = ""
) -> Claimed | Busy:
    """Claim the company, or learn who has it. now: for simulations; else DynamoDB's time.

    dead: an execution that is known to have ended: its claim counts for nothing.
    Raises DatabaseError, ConfigurationError.
    """
    moment = now or datetime.fromtimestamp(state.now(), UTC)
    until = moment + timedelta(seconds=min(max(seconds, 1), MAX_SECONDS))
    values = {
        "me": execution_id,
        "now": iso(moment),
        "until": iso(until),
        "horizon": iso(moment + timedelta(seconds=MAX_SECONDS)),
        "expires": int((until + _KEPT).timestamp()),
        "text": "S",
    }
    condition = _FREE
    if dead:
        values["dead"] = dead
        condition += " OR execution_id = :dead"
    change = "SET execution_id = :me, #until = :until, claimed_at = :now, expires_at = :expires"
    taken = state.update(*_key(company_id), change, condition, values, until="until")
    if taken.done and taken.item:
        return Claimed(until, "released_by" in taken.item)
    return _busy(company_id, taken.item, moment)


def release(company_id: str, execution_id: str, result: str | None = None) -> bool:
    """Give the company back, if it is this execution's; whether it was. Repeating it is harmless.

    result: where the merged document is, for people who look. Raises DatabaseError, ConfigurationError.
    """
    moment = iso(datetime.fromtimestamp(state.now(), UTC))
    values: dict[str, Any] = {"me": execution_id, "result": result, "now": moment}
    change = "SET released_by = :me, released_at = :now, #result = :result REMOVE execution_id, claimed_at, #until"
    names = {"until": "until", "result": "result"}
    return state.update(*_key(company_id), change, "execution_id = :me", values, **names).done


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds: `2026-11-23T12:00:00.000Z`. Sorts as text as it does as time."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _busy(company_id: str, item: state.Item | None, moment: datetime) -> Busy:
    """Who has the company, from the item that stood in the way."""
    if item is None:  # it was free, then claimed and expired while we looked: rare enough to be told as an error
        raise DatabaseError(f"the claim on {company_id} went away while it was looked at")
    until, holder = _time(item.get("until")) or moment, item.get("execution_id")
    return Busy(until, holder if isinstance(holder, str) else "", _time(item.get("claimed_at")) or moment)


def _time(text: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)  # type: ignore[arg-type]
    except (ValueError, TypeError):
        return None
    return found if found.tzinfo else None


def _key(company_id: str) -> tuple[str, str]:
    return f"claim#{company_id}", "claim"
