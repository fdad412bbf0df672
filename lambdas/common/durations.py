"""How long a company's extractions took, how many pages they read and how many biographies there were.

`record` is called by the extractors, `past` by the analysis that plans the next run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from common import logging, state
from common.errors import PipelineError

KEPT = 5
_ATTEMPTS = 4
_KEPT_SECONDS = 400 * 86_400


class Run(NamedTuple):
    """One past extraction. pages: requests made. bios: biography pages found."""

    duration_ms: int
    pages: int
    bios: int


def record(company_id: str, kind: str, duration_ms: float, pages: int = 0, bios: int = 0) -> None:
    """Remember an extraction that ended well; kind is `sec` or `cxo`. Never raises: it is a hint, no result."""
    run = Run(max(0, int(duration_ms)), max(0, int(pages)), max(0, int(bios)))
    try:
        for _ in range(_ATTEMPTS):
            item = state.read(*_key(company_id, kind))
            runs = [*_runs(item), run][-KEPT:]
            new = {"runs": [found._asdict() for found in runs], "expires_at": int(state.now()) + _KEPT_SECONDS}
            if state.swap(*_key(company_id, kind), item, new):
                return
    except PipelineError as error:
        logging.warning("duration not recorded", error=type(error).__name__, cause=str(error))


def past(company_id: str, kind: str) -> list[Run]:
    """The newest runs, oldest first; empty when none is known. Raises DatabaseError, ConfigurationError."""
    return _runs(state.read(*_key(company_id, kind)))


def _runs(item: Mapping[str, Any] | None) -> list[Run]:
    """The runs of an item, without what is no run."""
    found = item.get("runs") if item else None
    runs = []
    for fields in found if isinstance(found, list) else []:
        values = [fields.get(name) for name in Run._fields] if isinstance(fields, dict) else [None]
        if all(isinstance(value, int) and not isinstance(value, bool) and value >= 0 for value in values):
            runs.append(Run(*values))
    return runs


def _key(company_id: str, kind: str) -> tuple[str, str]:
    return f"duration#{company_id}", kind
