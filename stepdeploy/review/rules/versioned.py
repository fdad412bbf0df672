"""A bad release can be taken back."""

from __future__ import annotations

from stepdeploy.review.model import Spot
from stepdeploy.review.registry import rule
from stepdeploy.review.subject import Subject


@rule(
    "REV113",
    "There is no version to go back to",
    weights={"robustness": 0.3},
    section="5.3 gap 1, option 3.4",
    reason="An update overwrites the definition: there is nothing to go back to when it turns out to be wrong.",
    fix="Publish a version with each release and move an alias to it (alias in project.json).",
    needs="whether it has an alias",
)
def versioned(subject: Subject) -> list[Spot] | None:
    if subject.facts.aliased is None:
        return None
    message = None if subject.facts.aliased else "The machine has no alias: each update overwrites the one before."
    return [Spot(about="machine", message=message)]
