"""Calls of the APIs that all executions share: the breaker is asked before, told after, and what was used is counted.

::

    with guarded("serper", execution_id):
        hits = serper.search(query)
    usage.serper += 1
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from common import breaker, logging
from common.errors import (
    AmbiguousCompany,
    CompanyNotFound,
    DocumentTooLarge,
    NoAnnualReport,
    PageNotFound,
    ServiceUnavailable,
    UpstreamThrottled,
    UpstreamUnavailable,
)

# The API answered; the answer was no.
_ANSWERED = (PageNotFound, CompanyNotFound, AmbiguousCompany, NoAnnualReport, DocumentTooLarge)


@dataclass
class Usage:
    """What was used of the services that are paid by use: tokens of Nova Pro, searches of Serper.

    nova: calls of Nova Pro, which cost nothing by themselves.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    serper: int = 0
    nova: int = 0

    @property
    def calls(self) -> dict[str, int]:
        """Calls by API, those that were made."""
        return {api: count for api, count in (("serper", self.serper), ("nova", self.nova)) if count}

    def to_dict(self) -> dict[str, Any]:
        """As it is stored and answered: {"nova": {"input_tokens", "output_tokens"}, "serper"}."""
        tokens = {"input_tokens": self.input_tokens, "output_tokens": self.output_tokens}
        return {"nova": tokens, "serper": self.serper}

    def after(self, stored: object) -> dict[str, Any]:
        """The sum of this and what an earlier step stored (its `to_dict`; anything else counts as nothing)."""
        before = stored if isinstance(stored, dict) else {}
        nova = before.get("nova")
        tokens = nova if isinstance(nova, dict) else {}
        return Usage(
            self.input_tokens + _count(tokens.get("input_tokens")),
            self.output_tokens + _count(tokens.get("output_tokens")),
            self.serper + _count(before.get("serper")),
        ).to_dict()


@contextmanager
def guarded(api: str, execution_id: str) -> Iterator[None]:
    """Call an API inside. Raises ServiceUnavailable instead when its breaker is open, UpstreamThrottled while it pauses.

    5xx and no answer count against it. 429 pauses it for all executions: it works, we were too fast.

    Trouble with the breaker itself is a line in the log: it never stops or fails a call.
    """
    state = _quietly(breaker.check, api, execution_id)
    if state == breaker.OPEN:
        raise ServiceUnavailable(f"the circuit breaker of {api} is open")
    if state == breaker.PAUSED:
        raise UpstreamThrottled(f"{api} asked to slow down a while ago, and is not called yet")
    try:
        yield
    except UpstreamThrottled as error:
        _quietly(breaker.throttled, api, error.retry_after)
        raise
    except UpstreamUnavailable:
        _quietly(breaker.failed, api)
        raise
    except _ANSWERED:
        _quietly(breaker.succeeded, api)
        raise
    _quietly(breaker.succeeded, api)


def log(usage: Usage, **calls: int) -> None:
    """Metrics of one invocation: calls by API (a handful of names; those of `usage` and others), tokens."""
    for api, count in {**usage.calls, **calls}.items():
        if count:
            logging.metrics("calls", {"ApiCalls": (count, "Count")}, dimensions={"Api": api})
    if usage.input_tokens or usage.output_tokens:
        used = {"NovaInputTokens": usage.input_tokens, "NovaOutputTokens": usage.output_tokens}
        logging.metrics("tokens", {name: (count, "Count") for name, count in used.items()})


def _quietly(step: Callable[..., Any], *arguments: Any) -> Any:
    """What the step answers, or None: no trouble of the bookkeeping, of whatever kind, is the extraction's."""
    try:
        return step(*arguments)
    except Exception as error:
        logging.warning("breaker not reached", api=arguments[0], error=type(error).__name__, cause=str(error)[:300])
        return None


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
