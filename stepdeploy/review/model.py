"""What a review is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from stepdeploy.asl.findings import Pointer

Axis = Literal["robustness", "efficiency", "observability", "scalability", "cost"]
AXES: tuple[Axis, ...] = ("robustness", "efficiency", "observability", "scalability", "cost")
BEST = 10.0
"""The score of an axis that nothing is taken off."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place that a rule has looked at.

    pointer: in the definition. about: the settings it is about instead: "machine" or "function:<name>". message: what is
    wrong there, None where all is well. part: how much of it is wrong, over 0 up to 1.
    """

    pointer: Pointer = ()
    message: str | None = None
    about: str | None = None
    part: float = 1.0


@dataclass(frozen=True, slots=True)
class Deduction:
    """What a rule takes off. points: axis -> points, over 0. spots: where; all have a message. places: how many places the
    rule has looked at."""

    rule: str
    title: str
    section: str
    reason: str
    fix: str
    fixable: bool
    points: Mapping[Axis, float]
    spots: tuple[Spot, ...]
    places: int


@dataclass(frozen=True, slots=True)
class Score:
    """An axis's score, 0 to 10. It is the most it can be where `unknown` rules of the axis could not be judged."""

    axis: Axis
    points: float
    unknown: int

    @property
    def complete(self) -> bool:
        return self.unknown == 0


@dataclass(frozen=True, slots=True)
class Unknown:
    """A rule that could not be judged, and what it would have to know."""

    rule: str
    title: str
    needs: str


@dataclass(frozen=True, slots=True)
class Review:
    """Scores by axis, in the order of AXES; what took them down, the heaviest first; what is not known."""

    scores: tuple[Score, ...]
    deductions: tuple[Deduction, ...]
    unknown: tuple[Unknown, ...]

    @property
    def overall(self) -> float:
        """The mean of the axes, to one digit."""
        return round(sum(score.points for score in self.scores) / len(self.scores), 1)

    @property
    def complete(self) -> bool:
        return not self.unknown

    def score(self, axis: Axis) -> float:
        return next(item.points for item in self.scores if item.axis == axis)
