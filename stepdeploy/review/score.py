"""Spots -> points -> scores.

A rule takes `weight * sqrt(share)` off an axis, `share` being the part of its places where it is broken: one place of
three costs more than half of the weight, one of forty a sixth.
"""

from __future__ import annotations

from math import sqrt
from typing import Any

from stepdeploy.asl import model
from stepdeploy.asl.findings import Finding
from stepdeploy.review.facts import Facts
from stepdeploy.review.model import AXES, BEST, Axis, Deduction, Review, Score, Spot, Unknown
from stepdeploy.review.registry import Rule, rules
from stepdeploy.review.subject import Subject


def review(definition: dict[str, Any], facts: Facts | None = None, findings: tuple[Finding, ...] = ()) -> Review:
    """Review a parsed definition. facts: what is known besides; findings: what `asl.check` says of it."""
    facts = facts or Facts()
    subject = Subject(model.build(definition, facts.type), facts, findings)
    judged = [(rule, rule.check(subject)) for rule in rules()]
    found = [made for rule, spots in judged if spots and (made := _deduction(rule, spots))]
    unknown = [rule for rule, spots in judged if spots is None]
    return Review(
        scores=tuple(_score(axis, found, unknown) for axis in AXES),
        deductions=tuple(sorted(found, key=lambda item: -sum(item.points.values()))),
        unknown=tuple(Unknown(rule.id, rule.title, rule.needs) for rule in unknown),
    )


def _deduction(rule: Rule, spots: list[Spot]) -> Deduction | None:
    broken = tuple(spot for spot in spots if spot.message)
    if not broken:
        return None
    share = sum(spot.part for spot in broken) / len(spots)
    points = {axis: round(weight * sqrt(share), 2) for axis, weight in rule.weights.items()}
    return Deduction(
        rule=rule.id,
        title=rule.title,
        section=rule.section,
        reason=rule.reason,
        fix=rule.fix,
        fixable=rule.fixable,
        points=points,
        spots=broken,
        places=len(spots),
    )


def _score(axis: Axis, found: list[Deduction], unknown: list[Rule]) -> Score:
    taken = sum(item.points.get(axis, 0.0) for item in found)
    return Score(axis, round(max(0.0, BEST - taken), 1), sum(axis in rule.weights for rule in unknown))
