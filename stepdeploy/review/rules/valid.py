"""The validator finds nothing."""

from __future__ import annotations

from stepdeploy.review.model import Spot
from stepdeploy.review.registry import rule
from stepdeploy.review.subject import Subject


@rule(
    "REV115",
    "The definition has errors",
    weights={"robustness": 3.0},
    reason="AWS refuses such a definition, or it fails whenever the state is reached.",
    fix="See `validate`.",
)
def valid(subject: Subject) -> list[Spot]:
    errors = [found for found in subject.findings if found.severity == "error" and found.layer != "data"]
    return [Spot(found.pointer, f"{found.rule}: {found.message}") for found in errors]
