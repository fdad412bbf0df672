"""The same work for less."""

from __future__ import annotations

from stepdeploy.review.model import Spot
from stepdeploy.review.registry import rule
from stepdeploy.review.subject import Subject, function_name


@rule(
    "REV502",
    "Functions do not run on arm64",
    weights={"cost": 0.4},
    section="4.2",
    reason="A second of arm64 costs a fifth less than one of x86_64.",
    fix="Set the architecture to arm64, where all libraries have wheels for it.",
    needs="its functions' architecture",
)
def architecture(subject: Subject) -> list[Spot] | None:
    names = dict.fromkeys(name for task in subject.lambdas if (name := function_name(task)))
    known = {name: found for name in names if (found := subject.facts.function(name).architecture) is not None}
    if subject.lambdas and not known:
        return None
    return [
        Spot(about=f"function:{name}", message=None if found == "arm64" else f"{name} runs on {found}.")
        for name, found in known.items()
    ]
