"""Cross-checks: what two values, or both documents, say of each other. Each has a published weight (docs/quality.md)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from common.quality_dates import fiscal_year, period
from common.quality_figures import balance, counts, income, share_price, sizes
from common.quality_findings import Check, Outcome, Skipped
from common.quality_people import chief, names, roles
from common.quality_reading import Cxo, Doubt, Sec

# An outcome travels with the document; one sentence is enough.
MAX_WHY = 400
CHECKS: Mapping[str, Check] = {
    "sizes": sizes,
    "balance": balance,
    "income": income,
    "counts": counts,
    "period": period,
    "fiscal_year": fiscal_year,
    "share_price": share_price,
    "company": names,
    "ceo": chief,
    "roles": roles,
}


def run(sec: Sec, cxo: Cxo, now: datetime) -> tuple[list[Doubt], list[Outcome]]:
    """All that does not fit together, and what became of each check. One that lacks a value is skipped and says why."""
    doubts: list[Doubt] = []
    outcomes: list[Outcome] = []
    for name, check in CHECKS.items():
        found = list(check(sec, cxo, now))
        raised = [item for item in found if not isinstance(item, Skipped)]
        skipped = [item.why for item in found if isinstance(item, Skipped)]
        doubts += raised
        state = "doubt" if raised else "skipped" if skipped else "passed"
        why = "; ".join([doubt["doubt"] for doubt in raised] or skipped)
        outcomes.append(Outcome(check=name, outcome=state, why=why[:MAX_WHY]))
    return doubts, outcomes
