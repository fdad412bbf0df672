"""A Choice has an answer to everything."""

from __future__ import annotations

from stepdeploy.review.model import Spot
from stepdeploy.review.registry import rule
from stepdeploy.review.subject import Subject


@rule(
    "REV116",
    "A Choice has no Default",
    weights={"robustness": 0.3},
    reason="Where no rule fits, States.NoChoiceMatched ends the execution, and no Catch takes it.",
    fix="Add a Default, if only to a Fail state that says what was not expected.",
)
def default(subject: Subject) -> list[Spot]:
    return [
        Spot(choice.pointer, None if "Default" in choice.value else f"'{choice.name}' has no Default.")
        for choice in subject.of("Choice")
    ]
