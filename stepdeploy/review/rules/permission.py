"""The role may do what the settings ask for."""

from __future__ import annotations

from fnmatch import fnmatchcase

from stepdeploy.review.model import Spot
from stepdeploy.review.registry import rule
from stepdeploy.review.subject import Subject


@rule(
    "REV206",
    "The role may not write logs or traces",
    weights={"observability": 0.5},
    section="option 1.3",
    reason="AWS refuses a machine whose role may not deliver its log, and drops traces without a word.",
    fix="Allow logs:CreateLogDelivery and its kin, and xray:PutTraceSegments, on *.",
    needs="its role's policy",
)
def permission(subject: Subject) -> list[Spot] | None:
    facts = subject.facts
    wanted = []
    if facts.log_level not in (None, "OFF"):
        wanted.append("logs:createlogdelivery")
    if facts.tracing:
        wanted.append("xray:puttracesegments")
    if not wanted:
        return []
    if facts.actions is None:
        return None
    return [
        Spot(
            about="machine",
            message=None
            if any(fnmatchcase(action, allowed) for allowed in facts.actions)
            else f"The machine's role does not allow {action}.",
        )
        for action in wanted
    ]
