"""Functions start fast."""

from __future__ import annotations

from stepdeploy.review.facts import FunctionFacts
from stepdeploy.review.model import Spot
from stepdeploy.review.registry import rule
from stepdeploy.review.subject import Subject, function_name


@rule(
    "REV309",
    "Functions start slowly",
    weights={"efficiency": 0.3},
    section="5.1 gap 3",
    reason="A cold start with large libraries takes one to three seconds, for each function of an execution.",
    fix="Put libraries into a layer and load them when they are needed; provisioned concurrency or warm-up calls for the rest.",
    needs="where its functions' libraries are",
)
def cold_starts(subject: Subject) -> list[Spot] | None:
    names = dict.fromkeys(name for task in subject.lambdas if (name := function_name(task)))
    known = {name: facts for name in names if (facts := subject.facts.function(name)).dependencies is not None}
    if subject.lambdas and not known:
        return None
    return [
        Spot(
            about=f"function:{name}",
            message=f"{name} loads bundled libraries at every cold start." if _slow(facts) else None,
        )
        for name, facts in known.items()
    ]


def _slow(facts: FunctionFacts) -> bool:
    return facts.dependencies == "bundled" and not facts.kept_warm
