"""What an extractor is asked to do: `{"request", "execution_id", "mode"?, "workload"?}`, checked before anything is read."""

from __future__ import annotations

import math
import os
from collections.abc import Collection
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

from common import partial, progress
from common.errors import ConfigurationError, InvalidInput
from common.ids import company_id

EXTRACT = "extract"
MAX_PAGES = 200
MAX_WORKERS = 40


class Workload(NamedTuple):
    """What the analysis of the workload says; None where it says nothing.

    timeout_seconds: the task's limit. deadline_seconds: when the function is to end itself. page_budget: pages to read
    at most. bio_workers: how many read biographies.
    """

    timeout_seconds: float | None = None
    deadline_seconds: float | None = None
    page_budget: int | None = None
    bio_workers: int = 1

    def seconds(self, reserve: float) -> float:
        """For all reading; `reserve` of the task's limit is kept for saving and answering. Infinite without limits."""
        timeout = math.inf if self.timeout_seconds is None else self.timeout_seconds - reserve
        return max(1.0, min(timeout, math.inf if self.deadline_seconds is None else self.deadline_seconds))


class Job(NamedTuple):
    """One invocation of an extractor."""

    mode: str
    request: dict[str, Any]
    company_id: str
    execution_id: str
    workload: Workload


def job_of(event: object, modes: Collection[str]) -> Job:
    """The job of an event. Raises InvalidInput."""
    fields = event if isinstance(event, dict) else {}
    request = fields.get("request")
    if not isinstance(request, dict):
        raise InvalidInput("the event must hold a request")
    mode = fields.get("mode") or EXTRACT
    if mode not in modes:
        raise InvalidInput(f"mode must be one of {', '.join(modes)}, not {str(mode)[:40]!r}")
    company = company_id(request.get("company_name"))  # type: ignore[arg-type]
    execution = fields.get("execution_id")
    partial.folder(company, execution)  # type: ignore[arg-type]  # what is found is stored below this name
    named = fields.get("company_id")
    if named is not None and named != company:
        raise InvalidInput(f"company_id is {str(named)[:80]!r}, but the request is about {company}")
    return Job(mode, request, company, str(execution), _workload(fields.get("workload")))


def text_of(event: dict[str, Any], name: str) -> str:
    """A field that must be text. Raises InvalidInput."""
    value = event.get(name)
    if not isinstance(value, str) or not value:
        raise InvalidInput(f"the event must hold {name}")
    return value


def seconds_left(context: Any, reserve: float) -> float:
    """What Lambda leaves this invocation, less a reserve; at least 1, infinite outside Lambda."""
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    return math.inf if remaining is None else max(1.0, remaining() / 1000 - reserve)


def watched() -> AbstractContextManager[None]:
    """The deadline on standing still, PROGRESS_SECONDS (60 if it is not set). Raises ConfigurationError."""
    text = os.environ.get("PROGRESS_SECONDS", "").strip()
    try:
        seconds = float(text) if text else progress.SECONDS
    except ValueError:
        seconds = -1.0
    if not 0 < seconds <= 900:
        raise ConfigurationError(f"PROGRESS_SECONDS must be a number of seconds up to 900, not {text[:40]!r}")
    return progress.deadline(seconds)


def _workload(told: object) -> Workload:
    if told is None:
        return Workload()
    if not isinstance(told, dict):
        raise InvalidInput("workload must be an object")
    pages, workers = _whole(told, "page_budget", MAX_PAGES), _whole(told, "bio_workers", MAX_WORKERS)
    timeout, deadline = (_number(told, name, 86_400) for name in ("timeout_seconds", "deadline_seconds"))
    return Workload(timeout, deadline, pages, workers or 1)


def _whole(told: dict[str, Any], name: str, most: int) -> int | None:
    """A whole number; Step Functions may hand one on as 3.0."""
    value = _number(told, name, most)
    if value is not None and value % 1:
        raise InvalidInput(f"workload.{name} must be a whole number, not {value}")
    return None if value is None else int(value)


def _number(told: dict[str, Any], name: str, most: float) -> float | None:
    value = told.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value < 1:
        raise InvalidInput(f"workload.{name} must be a number of at least 1, not {str(value)[:40]!r}")
    return min(value, most)
