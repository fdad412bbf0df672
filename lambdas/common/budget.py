"""The calls that all executions together may make of an API: each caller gets a time of its own, none two the same.

::

    reservation = budget.reserve("serper", 1, budget.rates()["serper"])
    reservation.not_before      # make the call at this time, or a little later

A virtual schedule (GCRA, "Generic Cell Rate Algorithm", ITU-T I.371, annex A) with one number an API, `tat`: the next
free slot, microseconds since 1970. A reservation adds to it in one atomic update, so callers neither read before they
write nor fight for the item, however many come at once.

Slots are `interval` apart, `(per_seconds + late_seconds) / calls`: then no window of per_seconds ever sees more than
`calls` calls, if each is made at its time or at most late_seconds after it. GCRA's own tolerance for bursts would break
this (a burst on top of a full window). Ours lets the first `burst` calls after a whole idle window go at once: their
slots are still spent, and the window before them is empty.
"""

from __future__ import annotations

import json
import math
import os
import random
import time
from datetime import UTC, datetime
from typing import Any, NamedTuple

from common import state
from common.errors import ApiBudgetExhausted, ConfigurationError, DatabaseError

_SECOND = 1_000_000
_ATTEMPTS = 6
_PAUSE_SECONDS = 0.02
_DEFAULT_MAX_WAIT = 3600.0
# The share of the window that a call may be late when the rate does not say: it costs as much of the limit.
_LATE_SHARE = 0.04
# No reservation is as far away. A schedule that says so was written by a broken clock.
_PLAUSIBLE = 86_400 * _SECOND
_NUMBER = "attribute_type(tat, :number)"


class Rate(NamedTuple):
    """A limit: `calls` in any window of `per_seconds`. burst: calls that may go at once after an idle window.

    late_seconds: how late a call may be and still keep the limit; None for 4 % of the window.
    """

    calls: int
    per_seconds: float
    burst: int = 1
    late_seconds: float | None = None

    @property
    def window(self) -> int:
        """The window with the lateness allowed for, microseconds."""
        late = self.per_seconds * _LATE_SHARE if self.late_seconds is None else self.late_seconds
        return math.ceil((self.per_seconds + late) * _SECOND)

    @property
    def interval(self) -> int:
        """Microseconds from one slot to the next."""
        return math.ceil(self.window / self.calls)


class Reservation(NamedTuple):
    """The right to `calls` calls: the first at `not_before` (UTC), each further one interval_seconds after the last."""

    not_before: datetime
    calls: int
    interval_seconds: float


def rates() -> dict[str, Rate]:
    """The limits in API_RATES: `{"serper": {"calls": 60, "per_seconds": 60, "burst": 5}, ...}`.

    Raises ConfigurationError.
    """
    try:
        told = json.loads(os.environ.get("API_RATES", ""))
        return {str(api): _checked(Rate(**fields)) for api, fields in told.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise ConfigurationError(f"API_RATES must hold a JSON object of rates: {error}") from error


def max_wait_seconds() -> float:
    """MAX_BUDGET_WAIT_SECONDS: how far away a reservation may be. Raises ConfigurationError."""
    text = os.environ.get("MAX_BUDGET_WAIT_SECONDS", "").strip()
    try:
        seconds = float(text) if text else _DEFAULT_MAX_WAIT
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < math.inf:
        raise ConfigurationError(f"MAX_BUDGET_WAIT_SECONDS must be a number of seconds, not {text!r}")
    return seconds


def reserve(api: str, calls: int, rate: Rate, now: datetime | None = None) -> Reservation:
    """Take the next `calls` slots of an API. now: for simulations; else DynamoDB's time.

    Raises ApiBudgetExhausted (nothing is taken) when they are further away than MAX_BUDGET_WAIT_SECONDS,
    DatabaseError, ConfigurationError.
    """
    wait = int(max_wait_seconds() * _SECOND)
    for attempt in range(_ATTEMPTS):
        moment = int((now.timestamp() if now else state.now()) * _SECOND)
        taken = _take(api, calls, rate, moment, moment + wait)
        if taken is not None:
            return taken
        time.sleep(random.uniform(0, _PAUSE_SECONDS * attempt))
    raise DatabaseError(f"the budget of {api} was changed by others {_ATTEMPTS} times on end")


def hold(api: str, until: float) -> None:
    """Give no place before `until` (seconds since 1970): the API asked for a pause. Places that were given stay.

    Raises DatabaseError, ConfigurationError.
    """
    values = {"until": int(until * _SECOND), "number": "N"}
    state.update(*_key(api), "SET tat = :until", f"attribute_not_exists(tat) OR ({_NUMBER} AND tat < :until)", values)


def _take(api: str, calls: int, rate: Rate, moment: int, latest: int) -> Reservation | None:
    """One attempt; None when others came in between. Busy APIs are served by the first update."""
    cost = calls * rate.interval
    condition = f"{_NUMBER} AND tat BETWEEN :now AND :latest"
    values = {"cost": cost, "now": moment, "latest": latest, "number": "N"}
    queued = state.update(*_key(api), "SET tat = tat + :cost", condition, values)
    if queued.done and queued.item:
        return _reservation(queued.item, calls, rate, moment)
    if queued.item is None or "tat" not in queued.item:
        return _start(api, calls, rate, moment, idle=True)
    tat = queued.item["tat"]
    if isinstance(tat, bool) or not isinstance(tat, (int, float)) or tat > moment + _PLAUSIBLE:
        return _start_again(api, calls, rate, moment, tat)
    if tat > latest:
        seconds = (tat - moment) / _SECOND
        raise ApiBudgetExhausted(f"the next free call of {api} is {seconds:.0f} s away; {calls} asked for")
    return _start(api, calls, rate, moment, idle=tat <= moment - rate.window)


def _start(api: str, calls: int, rate: Rate, moment: int, *, idle: bool) -> Reservation | None:
    """Take slots from now on: nothing is reserved beyond. After an idle window a burst may follow."""
    values = {"next": moment + calls * rate.interval, "now": moment, "number": "N"}
    expression, condition = "SET tat = :next", f"{_NUMBER} AND tat < :now"
    if idle:
        expression = "SET tat = :next, burst_from = :now"
        condition = f"attribute_not_exists(tat) OR ({_NUMBER} AND tat <= :idle)"
        values["idle"] = moment - rate.window
    started = state.update(*_key(api), expression, condition, values)
    return _reservation(started.item, calls, rate, moment) if started.done and started.item else None


def _start_again(api: str, calls: int, rate: Rate, moment: int, broken: Any) -> Reservation | None:
    """Replace a schedule that cannot be meant, one window from now: what was called until now is not known."""
    first = moment + rate.window
    values = {"next": first + calls * rate.interval, "broken": broken}
    done = state.update(*_key(api), "SET tat = :next REMOVE burst_from", "tat = :broken", values).done
    return _at(first, calls, rate) if done else None


def _reservation(item: state.Item, calls: int, rate: Rate, moment: int) -> Reservation:
    """The slots just taken: the last ones before `tat`, or at once where all of them belong to a burst."""
    first, last = item["tat"] - calls * rate.interval, item["tat"] - rate.interval
    begun = item.get("burst_from")
    if isinstance(begun, int) and begun <= first and last < begun + rate.burst * rate.interval:
        first = max(moment, begun)
    return _at(first, calls, rate)


def _at(micros: int, calls: int, rate: Rate) -> Reservation:
    return Reservation(datetime.fromtimestamp(micros / _SECOND, UTC), calls, rate.interval / _SECOND)


def _checked(rate: Rate) -> Rate:
    whole = all(isinstance(value, int) and not isinstance(value, bool) for value in (rate.calls, rate.burst))
    if not whole or not 1 <= rate.burst <= rate.calls or not 0 < rate.per_seconds <= 86_400:
        raise ValueError(f"burst must be 1 to calls, per_seconds 0 to 86,400: {rate}")
    if rate.late_seconds is not None and not 0 <= rate.late_seconds < math.inf:
        raise ValueError(f"late_seconds must be a number of seconds: {rate}")
    return rate


def _key(api: str) -> tuple[str, str]:
    return f"budget#{api}", "budget"
