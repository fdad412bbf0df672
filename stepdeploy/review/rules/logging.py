"""Executions are logged."""

from __future__ import annotations

from stepdeploy.review.model import Spot
from stepdeploy.review.registry import rule
from stepdeploy.review.subject import Subject

_PARTS = {"OFF": (1.0, "Nothing is logged"), "FATAL": (0.3, "Only failed executions are logged"),
          "ERROR": (0.15, "Only errors are logged")}  # fmt: skip


@rule(
    "REV201",
    "Executions are not logged",
    weights={"observability": 3.0},
    section="2.3 gap 1, option 1.3",
    reason="Without logs nobody sees which states an execution passed, and with what data.",
    fix="Set the log level to ALL, with execution data, and a log group under /aws/vendedlogs/states/.",
    needs="its log level",
)
def logging(subject: Subject) -> list[Spot] | None:
    level = subject.facts.log_level
    if level is None:
        return None
    part, text = _PARTS.get(level, (0.0, ""))
    return [Spot(about="machine", message=f"{text} (log level {level})." if text else None, part=part)]
