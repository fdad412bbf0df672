"""Rules of the review: functions over a `Subject` that return `Spot`s, and what is known about each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from stepdeploy.review.model import Axis, Spot
from stepdeploy.review.subject import Subject

Check = Callable[[Subject], list[Spot] | None]
"""All places that the rule is about, sound ones without a message; [] where it is about nothing in this machine, None
where it cannot be judged."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule and its metadata. title: what is missing. weights: axis -> points it takes off at most. section: of the
    architecture review that it comes from; "" for one of ours. needs: what has to be known to judge it. fixable: whether
    `review --fix` can write the fix."""

    id: str
    title: str
    weights: Mapping[Axis, float]
    section: str
    reason: str
    fix: str
    needs: str
    fixable: bool
    check: Check


_rules: dict[str, Rule] = {}


def rule(
    id: str,
    title: str,
    *,
    weights: Mapping[Axis, float],
    reason: str,
    fix: str,
    section: str = "",
    needs: str = "",
    fixable: bool = False,
) -> Callable[[Check], Check]:
    """Register a function as a rule."""

    def register(check: Check) -> Check:
        if id in _rules:
            raise ValueError(f"two rules are called {id}")
        _rules[id] = Rule(id, title, weights, section, reason, fix, needs, fixable, check)
        return check

    return register


@cache
def rules() -> tuple[Rule, ...]:
    """All rules, by id."""
    import stepdeploy.review.rules  # noqa: F401 - registers them

    return tuple(sorted(_rules.values(), key=lambda item: item.id))
