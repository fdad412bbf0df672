"""Makes a mutating request come out the same when it is done again: one clock and one random source a request.

While `repeating(seed, at)` is active in a thread, `now()` stands still at `at`, and ids are drawn from a generator
seeded with `seed`. The first run of a request and its replay at the next start both go through here, so ids, ARNs and
creation dates survive a restart. moto draws from `mock_random` and reads `moto.core.utils.utcnow`; both are made to
follow us, as are the few places in moto that use `uuid4`, `os.urandom`, `time.time` or `datetime.now` directly.
"""

from __future__ import annotations

import datetime as datetime_module
import os
import random
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
from types import ModuleType
from typing import Any


class _Thread(threading.local):
    """What this thread's request follows. Not a ContextVar: asyncio would hand that on to tasks that outlive it."""

    generator: random.Random | None = None
    instant: datetime | None = None


_thread = _Thread()
_free = random.SystemRandom()


@contextmanager
def repeating(seed: str, at: datetime) -> Iterator[None]:
    """Inside, this thread's ids follow `seed` and its clock stands at `at` (aware UTC)."""
    before = _thread.generator, _thread.instant
    _thread.generator, _thread.instant = random.Random(seed), at
    try:
        yield
    finally:
        _thread.generator, _thread.instant = before


@contextmanager
def suspended() -> Iterator[None]:
    """Inside, ids and clock are free again: for work that happens once a process, whichever request comes first."""
    before = _thread.generator, _thread.instant
    _thread.generator = _thread.instant = None
    try:
        yield
    finally:
        _thread.generator, _thread.instant = before


def is_repeating() -> bool:
    """True inside `repeating`: a request is being done that the journal will hold, or holds."""
    return _thread.instant is not None


def now() -> datetime:
    """The time, aware UTC."""
    return _thread.instant or datetime.now(UTC)


def new_id() -> str:
    """A uuid4 as text."""
    return str(_uuid4())


def _source() -> random.Random:
    return _thread.generator or _free


def _uuid4() -> uuid.UUID:
    return uuid.UUID(int=_source().getrandbits(128), version=4)


def _utcnow() -> datetime:
    """As moto's utcnow: naive, UTC."""
    return now().replace(tzinfo=None)


class _Shim:
    """A module in the eyes of moto: some names are ours, all others the real module's."""

    def __init__(self, real: ModuleType, **ours: Any) -> None:
        self.__dict__.update(ours)
        self.__dict__["_real"] = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_real"], name)


class _AnyDatetime(type):
    """Lets every real datetime pass `isinstance(value, _Datetime)`."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, datetime)


class _Datetime(datetime, metaclass=_AnyDatetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Any:
        return now().astimezone(tz) if tz is not None else now().astimezone().replace(tzinfo=None)

    @classmethod
    def utcnow(cls) -> Any:
        return _utcnow()


_os = _Shim(os, urandom=lambda size: _source().randbytes(size))
_time = _Shim(time, time=lambda: now().timestamp())
_datetime = _Shim(datetime_module, datetime=_Datetime)
_uuid = _Shim(uuid, uuid4=_uuid4)
_bound: set[str] = set()


def install() -> None:
    """Make moto's random object follow us. Called once, after the first import of moto."""
    from moto.moto_api._internal import mock_random
    from moto.moto_api._internal.moto_random import MotoRandom

    class FollowingRandom(MotoRandom):
        """Draws from the request's generator; all other methods of Random are built on these two."""

        def random(self) -> float:
            return _source().random()

        def getrandbits(self, k: int, /) -> int:
            return _source().getrandbits(k)

    mock_random.__class__ = FollowingRandom


def bind(package: str) -> None:
    """Make the modules of a moto package (e.g. "s3") that are loaded by now read our clock and our random source."""
    import moto.core.utils

    original = moto.core.utils.__dict__.setdefault("_stepdeploy_utcnow", moto.core.utils.utcnow)
    replacements = [
        (original, _utcnow),
        (uuid.uuid4, _uuid4),
        (uuid, _uuid),
        (os, _os),
        (time, _time),
        (datetime_module, _datetime),
        (datetime, _Datetime),
    ]
    prefixes = (f"moto.{package}.", "moto.core.", "moto.utilities.", "moto.moto_api._internal.managed")
    for name, module in list(sys.modules.items()):
        if not name.startswith(prefixes) or name in _bound:
            continue
        _bound.add(name)
        for key, value in list(vars(module).items()):
            for real, ours in replacements:
                if value is real and key != "_stepdeploy_utcnow":
                    setattr(module, key, ours)
