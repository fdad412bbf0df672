"""Memory is measured, not guessed."""

from __future__ import annotations

from stepdeploy.review.model import Spot
from stepdeploy.review.registry import rule
from stepdeploy.review.subject import Subject, function_name

MUCH = 1024


@rule(
    "REV305",
    "A function's memory looks guessed",
    weights={"cost": 0.5, "efficiency": 0.1},
    section="3.3, 4.2 point 1",
    reason=f"Every second of a function is paid for by its memory; {MUCH} MB and more is seldom what waiting on APIs needs.",
    fix="Look at Max Memory Used in the function's REPORT lines, and set what it needs and a quarter.",
    needs="its functions' memory",
)
def memory(subject: Subject) -> list[Spot] | None:
    names = dict.fromkeys(name for task in subject.lambdas if (name := function_name(task)))
    known = {name: size for name in names if (size := subject.facts.function(name).memory_mb) is not None}
    if subject.lambdas and not known:
        return None
    return [
        Spot(about=f"function:{name}", message=f"{name} has {size} MB." if size >= MUCH else None)
        for name, size in known.items()
    ]
