"""A circuit breaker for each API: whoever calls an API asks first, and reports how the call went.

::

    if breaker.check("serper", execution_id) == "open":
        ...                             # go on without, or raise ServiceUnavailable
    breaker.succeeded("serper")         # or failed("serper"): unavailable, no answer in time; or throttled("serper", 60)

closed: calls go. After BREAKER_FAILURES failures within BREAKER_WINDOW_SECONDS it is open: no calls for
BREAKER_OPEN_SECONDS. Then half-open: one caller, and no other, is the probe. Its success closes the breaker, its
failure opens it anew; a probe that does not report within BREAKER_PROBE_SECONDS is given up, and the next caller is
the probe. A state is one DynamoDB item, replaced only by who has seen it last (`state.swap`), so two are never chosen.
The probe that asks again is still the probe: an execution asks when it reserves its calls, and again before it calls,
since the API may have gone down while it waited for its turn.

An API that answers 429 is not down: it works, and we ask too fast. That counts for nothing here, and as an answer where a
probe gets it; but nobody calls for as long as the API asked for (`paused`), and places in its budget begin after that.

Source: M. Nygard, "Release It!" (2nd ed., 2018), "Circuit Breaker". Ours besides: after a probe's success half of the
failures stay counted, so that an API that comes and goes costs half as much.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from common import logging, state
from common.errors import ConfigurationError, DatabaseError, PipelineError

CLOSED, OPEN, HALF_OPEN, PAUSED = "closed", "open", "half_open", "paused"
#: The longest pause that an API is granted, seconds.
MAX_PAUSE = 3600.0
#: The pause of an API that does not say for how long: a limit a minute is free after one. EDGAR serves an address again
#: once it has kept the limit for ten minutes (https://www.sec.gov/os/accessing-edgar-data).
PAUSE, PAUSES = 60.0, {"edgar": 600.0}
_ATTEMPTS = 8
_PAUSE_SECONDS = 0.03
# A time this far ahead of us, in seconds, was not written by a clock that is right.
_SKEW = 5.0


class Settings(NamedTuple):
    """When to open, and for how long; seconds."""

    failures: int = 10
    window: float = 300.0
    open: float = 300.0
    probe: float = 120.0


class Record(NamedTuple):
    """A breaker as it is stored. Times are seconds since 1970, 0 for never; failures: those that count, by time.

    paused_until: the API asked us to slow down; only a closed breaker heeds it.
    """

    state: str = CLOSED
    failures: tuple[float, ...] = ()
    opened_at: float = 0.0
    probe_until: float = 0.0
    probe_by: str = ""
    paused_until: float = 0.0


class Verdict(NamedTuple):
    """What a caller may do. half_open: this caller is the probe. retry_at: when to ask again if it is open or paused."""

    state: str
    retry_at: float


def check(api: str, caller: str = "", now: float | None = None) -> str:
    """`closed`, `half_open` (this caller is the probe), `open` or `paused`. caller: the execution; "" is never known again.

    Raises DatabaseError, ConfigurationError.
    """
    return ask(api, caller, now).state


def ask(api: str, caller: str = "", now: float | None = None) -> Verdict:
    """`check`, with the time at which an open breaker may be asked again."""
    return _change(api, lambda record, moment, settings: on_ask(record, moment, settings, caller), now)


def succeeded(api: str, now: float | None = None) -> None:
    """Report a call that was answered. Never raises: the call's result counts for more than its report."""
    _report(api, on_success, now)


def failed(api: str, now: float | None = None) -> None:
    """Report a call that the API did not serve: no answer, 5xx. Never raises."""
    _report(api, on_failure, now)


def throttled(api: str, seconds: float | None = None, now: float | None = None) -> None:
    """Report a call that was refused because we ask too fast. seconds: the API's Retry-After. Never raises."""
    pause = min(PAUSES.get(api, PAUSE) if seconds is None else max(seconds, 1.0), MAX_PAUSE)
    _report(api, lambda record, moment, settings: on_throttled(record, moment, settings, pause), now)


def on_ask(record: Record, now: float, settings: Settings, caller: str = "") -> tuple[Verdict, Record]:
    """The verdict for a caller and the record after it. Pure, as all transitions are."""
    if record.state == CLOSED:
        paused = now < record.paused_until <= now + MAX_PAUSE + _SKEW
        return Verdict(PAUSED, record.paused_until) if paused else Verdict(CLOSED, now), record
    if not _elapsed(record, now, settings):
        return Verdict(OPEN, record.opened_at + settings.open), record
    if not _probing(record, now, settings):
        return Verdict(HALF_OPEN, now), record._replace(probe_until=now + settings.probe, probe_by=caller)
    if caller and caller == record.probe_by:
        return Verdict(HALF_OPEN, now), record
    return Verdict(OPEN, record.probe_until), record


def on_failure(record: Record, now: float, settings: Settings) -> Record:
    """A failure counts while closed, and opens anew while half-open. Latecomers to an open breaker change nothing."""
    if record.state == OPEN:
        return Record(OPEN, (), now) if _elapsed(record, now, settings) else record
    recent = tuple(moment for moment in record.failures if now - settings.window < moment <= now + _SKEW)
    counted = (*recent, now)
    if len(counted) >= settings.failures:
        return Record(OPEN, (), now)
    return record._replace(failures=counted)


def on_success(record: Record, now: float, settings: Settings) -> Record:
    """A success closes a half-open breaker. One of before it opened proves nothing."""
    if record.state == OPEN and _elapsed(record, now, settings):
        return Record(CLOSED, (now,) * (settings.failures // 2))
    return record


def on_throttled(record: Record, now: float, settings: Settings, pause: float) -> Record:
    """A pause, never a shorter one than there is. A probe that is told to slow down found the API at work."""
    record = on_success(record, now, settings)
    known = record.paused_until if record.paused_until <= now + MAX_PAUSE + _SKEW else 0.0
    return record._replace(paused_until=max(known, now + pause)) if record.state == CLOSED else record


def _elapsed(record: Record, now: float, settings: Settings) -> bool:
    """Whether it was open for long enough, or since a time that is yet to come: a clock was wrong then."""
    return not record.opened_at <= now + _SKEW or now >= record.opened_at + settings.open


def _probing(record: Record, now: float, settings: Settings) -> bool:
    """Whether a probe is out, and not for longer than one may be."""
    return now < record.probe_until <= now + settings.probe + _SKEW


def settings_from_environment() -> Settings:
    """BREAKER_FAILURES, BREAKER_WINDOW_SECONDS, BREAKER_OPEN_SECONDS, BREAKER_PROBE_SECONDS. ConfigurationError."""
    default = Settings()
    return Settings(
        int(_setting("BREAKER_FAILURES", default.failures, least=1)),
        _setting("BREAKER_WINDOW_SECONDS", default.window),
        _setting("BREAKER_OPEN_SECONDS", default.open),
        _setting("BREAKER_PROBE_SECONDS", default.probe),
    )


def _setting(name: str, default: float, least: float = 0.001) -> float:
    text = os.environ.get(name, "").strip()
    try:
        value = float(text) if text else default
    except ValueError:
        value = -1.0
    if not least <= value <= 86_400:
        raise ConfigurationError(f"{name} must be a number from {least} to 86,400, not {text!r}")
    return value


def _report(api: str, transition: Callable[[Record, float, Settings], Record], now: float | None) -> None:
    def change(record: Record, moment: float, settings: Settings) -> tuple[Verdict, Record]:
        return Verdict(record.state, moment), transition(record, moment, settings)

    try:
        _change(api, change, now)
    except PipelineError as error:
        logging.warning("breaker not told", api=api, error=type(error).__name__, cause=str(error))


def _change(
    api: str, change: Callable[[Record, float, Settings], tuple[Verdict, Record]], now: float | None
) -> Verdict:
    """Read, decide, and write if something changes; once more when another came in between."""
    settings = settings_from_environment()
    for attempt in range(_ATTEMPTS):
        item = state.read(*_key(api))
        moment = state.now() if now is None else now
        before = _record(api, item)
        verdict, after = change(before, moment, settings)
        if after == before:
            return verdict
        if state.swap(*_key(api), item, _stored(after)):
            _log(api, before, after)
            return verdict
        time.sleep(random.uniform(0, _PAUSE_SECONDS * (attempt + 1)))
    raise DatabaseError(f"the breaker of {api} was changed by others {_ATTEMPTS} times on end")


def _record(api: str, item: Mapping[str, Any] | None) -> Record:
    """The record of an item. One that cannot be read counts as closed: it must not keep an API out of use for good."""
    if item is None:
        return Record()
    try:
        failures = tuple(float(moment) for moment in item["failures"])
        times = float(item["opened_at"]), float(item["probe_until"])
        paused = float(item.get("paused_until", 0))
        record = Record(str(item["state"]), failures, *times, str(item["probe_by"]), paused)
    except (KeyError, TypeError, ValueError):
        record = Record(state="unreadable")
    if record.state not in (CLOSED, OPEN):
        logging.warning("breaker unreadable, taken as closed", api=api)
        return Record()
    return record


def _stored(record: Record) -> dict[str, Any]:
    return {**record._asdict(), "failures": list(record.failures)}


def _log(api: str, before: Record, after: Record) -> None:
    """A change of state and a pause are worth a line and a metric; a counted failure is not."""
    if after.paused_until > before.paused_until:
        logging.metrics("breaker", {"ApiThrottled": (1, "Count")}, dimensions={"Api": api}, state=PAUSED)
    if before.state != after.state:
        opened = 1 if after.state == OPEN else 0
        logging.metrics("breaker", {"BreakerOpened": (opened, "Count")}, api=api, state=after.state)
    elif after.state == OPEN:
        logging.info("breaker", api=api, state=HALF_OPEN if after.probe_until else OPEN)


def _key(api: str) -> tuple[str, str]:
    return f"breaker#{api}", "breaker"
